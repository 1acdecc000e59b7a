"""The fact sheets: what loads, and the exact message for what does not."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from conftest import PROJECT
from little_sheets import FALLBACKS, LATER, SHEET, changed, line_of, write

from knowledge.load import load
from knowledge.model import Fact, Knowledge
from knowledge.yamlfile import FaultError


def faults(folder: Path, sheet: str = SHEET, topics: list[str] | None = None, **more: str) -> list[str]:
    with pytest.raises(FaultError) as caught:
        load(write(folder, sheet, **more), topics=topics)
    return caught.value.lines


def facts(knowledge: Knowledge, kind: str) -> list[Fact]:
    return [f for f in knowledge.facts if f.kind == kind]


def test_a_sheet_becomes_services_contacts_and_facts(tmp_path: Path) -> None:
    knowledge = load(write(tmp_path))
    harbour = knowledge.services["harbour"]
    phone, email = harbour.contacts
    assert (phone.normalised, phone.shown, phone.sources[0].line) == ("+443003033778", "0300 303 3778", 3)
    assert phone.schedule is not None
    assert (phone.schedule.opening_hours, phone.schedule.printed) == ("24/7", "24-hour")
    assert (email.value, email.normalised) == ("Help@harbour.org", "help@harbour.org")
    assert phone.sources[0].publisher == "Eastshire Police"
    assert knowledge.areas.group_of["port"] == "port"


def test_every_contact_phrase_of_time_option_name_and_statement_is_a_fact(tmp_path: Path) -> None:
    knowledge = load(write(tmp_path))
    found = {(f.line, f.kind, f.value, f.normalised, f.service, f.status) for f in knowledge.facts}
    assert found == {
        (3, "phone", "0300 303 3778", "+443003033778", "harbour", "shown"),
        (3, "hours", "24-hour", "24/7", "harbour", "shown"),
        (3, "email", "Help@harbour.org", "help@harbour.org", "harbour", "shown"),
        (3, "other", "Harbour helps everyone", "", "harbour", "shown"),
        (4, "other", "Anchor Line", "", "anchor", "shown"),
        (4, "phone", "0808 802 4040", "+448088024040", "anchor", "shown"),
        (4, "other", "option 2", "2", "anchor", "shown"),
        (5, "phone", "0121 626 5442", "+441216265442", "", "not-public"),
        (6, "guidance", "Pack a bag. Hide it.", "", "", "shown"),
    }
    assert [f.id for f in knowledge.guidance["safety-plan"]] == ["bag"]


FIRST_PHONE = "      - phone: 0300 303 3778\n        line: 3\n"
BROKEN = [
    # what is changed, into what, where the fault is, the message
    ("    name: Harbour", "    nome: Harbour", "nome:", "unknown key 'nome'"),
    ("    needs: [talk]", "    needs: [tlak]", "[tlak]", "unknown 'tlak' in 'needs'"),
    ("    needs: [talk]", "    needs: []", "needs: []", "'needs' is needed"),
    ("areas: [eastshire]", "areas: [westshire]", "[westshire]", "unknown 'westshire' in 'areas'"),
    ("who: [me, someone-else]", "who: [us]", "[us]", "unknown 'us' in 'who'"),
    ("    line: 3\n    anchor: H", "    anchor: H", "id: harbour", "missing key 'line'"),
    ("  - id: harbour\n", "  - id: harbour\n    id: haven\n", "    id: haven", "duplicate key 'id'"),
    ("    line: 3\n    anchor: H", "    line: three\n    anchor: H", "line: three", "'line' must be a whole number"),
    (
        "phone: 0300 303 3778", "fone: 0300 303 3778", "fone",
        "a contact needs one of: phone, sms, email, url, chat, app; it has: fone, line, hours",
    ),
    ("        line: 3\n        hours", "        line: 3\n        hour", "hour: ", "unknown key 'hour'"),
    ("0300 303 3778", "0300 303 377", "phone: 0300", "'0300 303 377' is not a valid UK number"),
    ("0300 303 3778", "see below", "phone: see", "'see below' is not a telephone number"),
    ("opening_hours: 24/7", "opening_hours: always", "always", "'always' is not opening_hours notation"),
    (
        "opening_hours: 24/7", "opening_hours: 24/7; PH off", "24/7; PH",
        "public and school holidays (PH, SH) are not used",
    ),
    (
        FIRST_PHONE, FIRST_PHONE + "        status: expired\n", "phone: 0300",
        "'reason' is needed: the status is 'expired'",
    ),
    (", reason: For the press.", "", "status: not-public", "'reason' is needed: the status is 'not-public'"),
    (
        "status: not-public, reason", "status: hidden, reason", "hidden",
        "'status' is 'hidden', must be one of: shown, not-public, professionals, wrong-area, superseded, ambiguous, "
        "expired, no-contact, context, hold",
    ),
    ("anchor: Keep a bag ready,", "", "kind: guidance", "missing key 'anchor'"),
    (
        "anchor: Keep a bag ready", "anchor: Keep a bag ready near the", "Keep a bag ready near",
        "'anchor' is longer than 5 words",
    ),
    ("text: Pack a bag", "text: " + "very " * 20 + "long", "very very", "'text' has a sentence of more than 20 words"),
    ("text: Pack a bag", "text: " + "A bag. " * 50, "A bag.", "'text' is longer than 300 characters"),
    (
        "text: Pack a bag. Hide it.", "text: Pack., value: x", "value: x",
        "a fact needs either 'value', as printed, or 'text', in our own words",
    ),
    ("topic: safety-plan", "topic: safty", "topic: safty", "unknown topic 'safty'"),
    (
        "status: not-public, reason: For the press.", "service: port", "service: port",
        "unknown service 'port'",
    ),
    (
        "status: not-public, reason: For the press.", "status: shown", "status: shown",
        "'0121 626 5442' is to be shown but belongs to no service",
    ),
    (
        "value: 0121 626 5442", "value: 0808 802 4040", "kind: phone",
        "'0808 802 4040' is not-public here but shown for 'anchor'",
    ),
    (
        "who: [own-behaviour]", "who: [own-behaviour, me]", "id: anchor",
        "'neutral_name' is needed: the service is for people who harm and for others",
    ),
    ("id: bag", "id: Bag of things", "Bag of", "'Bag of things' is not a kebab-case id"),
    ("date: 2020-04-21", "date: 2020-04-31", "2020-04-31", "'date' is '2020-04-31', which is no day of the calendar"),
    ("Help@harbour.org", "harbour.org", "harbour.org", "'harbour.org' is not an e-mail address"),
    (
        "phone: 0808 802 4040", 'phone: "999"', "phone: \"999\"",
        "'999' is no number of a service: every screen opens with 999",
    ),
    ("reason: For the press.", "reason: TODO why.", "kind: phone", "still to do: 'TODO why.'"),
    ("id: anchor\n", "id: harbour\n", "id: harbour\n    name: Anchor",
     "the id 'harbour' is already used: choose another, or put the same service under 'also'"),
    ("date: 2020-04-21", "date: 21/04/2020", "21/04", "'date' must be an ISO date, year-month or year"),
    ('id: "000"', 'id: "001"', '"001"', "'id' must be '000', as the file is called"),
    ("listed: April 2020", "listed: [April]", "[April]", "'listed' must be a text"),
    (
        "0808 802 4040", "0300 303 3778", "phone: 0300 303 3778, line: 4",
        "'0300 303 3778' of 'anchor' is also of 'harbour': 'shared: true' on each if so",
    ),
    (
        "      - {email: Help@harbour.org, line: 3}", "      - {phone: 0800 8024 040, line: 3}", "0808 802 4040",
        "'0808 802 4040' looks like 0800 802 4040 of 'harbour'",
    ),
    (
        "      - {email: Help@harbour.org, line: 3}", "      - {phone: 0300 3033 778, line: 3}", "0300 3033 778",
        "'0300 3033 778' is listed twice for line 3",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "where", "message"), BROKEN)
def test_a_broken_sheet_is_named_by_file_line_and_fault(
    tmp_path: Path, old: str, new: str, where: str, message: str
) -> None:
    sheet = changed(old, new)
    expected = f"seeds/000.yaml:{line_of(sheet, where)}: {message}"
    assert expected in faults(tmp_path, sheet, topics=["safety-plan"])


def test_an_id_that_is_too_long(tmp_path: Path) -> None:
    name = "harbour-for-everyone-in-all-eastshire"
    assert f"seeds/000.yaml:12: id '{name}' is longer than 26 characters" in faults(
        tmp_path, changed("id: harbour", f"id: {name}"), fallbacks=FALLBACKS.replace("harbour", name)
    )


def test_a_renamed_key_is_missing_and_unknown(tmp_path: Path) -> None:
    found = faults(tmp_path, changed("    description: Help for", "    describtion: Help for"))
    line = line_of(SHEET, "description: Help for")
    assert f"seeds/000.yaml:{line}: unknown key 'describtion'" in found
    assert "seeds/000.yaml:12: 'description' is needed" in found


@pytest.mark.parametrize(
    "key", ["document", "services", "facts", "publisher", "sha256", "organization", "who", "contacts", "kind", "reason"]
)
def test_every_key_fails_loudly_when_renamed(tmp_path: Path, key: str) -> None:
    assert any(f"unknown key '{key}x'" in f for f in faults(tmp_path, changed(f"{key}:", f"{key}x:")))


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    sheet = changed(
        "0300 303 3778", "0300", changed("[talk]", "[tlak]", changed("code: E07000001", "", SHEET + "#code: E07000001"))
    )
    areas = (write(tmp_path) / "areas.yaml").read_text().replace("E07000001", "E7")
    found = faults(tmp_path, sheet, areas=areas)
    assert "seeds/areas.yaml:10: 'E7' is not an ONS code" in found
    assert any("'0300' is not a valid UK number" in f for f in found)
    assert any("unknown 'tlak'" in f for f in found)


@pytest.mark.parametrize("change", ["gone", "twice", "cut", "other"])
def test_any_line_may_be_damaged_and_nothing_but_faults_comes_of_it(tmp_path: Path, change: str) -> None:
    lines = SHEET.splitlines()
    for at, line in enumerate(lines):
        damaged = {
            "gone": [],
            "twice": [line, line],
            "cut": [line[: len(line) // 2]],
            "other": [line.replace(":", ": [x]", 1)],
        }
        text = "\n".join([*lines[:at], *damaged[change], *lines[at + 1 :]])
        found = ["seeds/000.yaml:1: none"]
        try:
            load(write(tmp_path, text))
        except FaultError as error:
            found = error.lines
        assert found
        assert all(re.match(r"seeds/(000|fallbacks)\.yaml:[1-9]\d*: .", fault) for fault in found)


def test_yaml_that_cannot_be_read(tmp_path: Path) -> None:
    found = faults(tmp_path, "document:\n  id: [1\nservices:\n", areas="- a\n")
    assert found == [
        "seeds/areas.yaml:1: must be a mapping of keys",
        "seeds/000.yaml:3: a bracket is not closed, or a comma is missing, here or above",
    ]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: b\nname: Harbour: the line\n", 2, "put quotes round a text that has a colon"),
        (
            "a: b\n  name: Harbour\n",
            2,
            "check the spaces at the start of the line, and that a colon stands after the key",
        ),
        (
            "a:\n  - b: c\n   d: e\n",
            3,
            "check the spaces at the start of the line, and that a colon stands after the key",
        ),
        ("a:\n\t- b\n", 2, "a tab stands here: use spaces"),
        ("a: @harbour\n", 1, "put quotes round a text that begins with @"),
        ('a: "b\nc: d\n', 3, "a quotation mark is not closed, here or above"),
        ("a: {b: c\nd: e\n", 2, "a bracket is not closed, or a comma is missing, here or above"),
    ],
)
def test_a_slip_of_form_is_told_in_plain_words(tmp_path: Path, text: str, line: int, message: str) -> None:
    assert faults(tmp_path, text) == [f"seeds/000.yaml:{line}: {message}"]


def test_a_folder_without_sheets(tmp_path: Path) -> None:
    seeds = write(tmp_path)
    (seeds / "000.yaml").unlink()
    (seeds / "areas.yaml").unlink()
    with pytest.raises(FaultError) as caught:
        load(seeds)
    assert "seeds/areas.yaml:1: cannot be read (FileNotFoundError)" in caught.value.lines
    assert "seeds:1: no fact sheet" in caught.value.lines


def test_a_branch_without_a_line_that_can_be_rung(tmp_path: Path) -> None:
    found = faults(tmp_path, changed("    line: 4\n", "    status: hold\n    line: 4\n"))
    assert found == ["seeds/fallbacks.yaml:4: 'own-behaviour' names no service that can be rung"]
    found = faults(tmp_path, fallbacks=FALLBACKS.replace("man:", "men:"))
    assert "seeds/fallbacks.yaml:3: unknown key 'men'" in found
    assert "seeds/fallbacks.yaml:2: missing key 'man'" in found


def test_a_shared_number_that_says_so_on_each(tmp_path: Path) -> None:
    sheet = changed("{phone: 0808 802 4040, line: 4,", "{phone: 0300 303 3778, line: 4, shared: true,")
    assert [f.partition(": ")[2] for f in faults(tmp_path, sheet)] == [
        "'0300 303 3778' of 'anchor' is also of 'harbour': 'shared: true' on each if so"
    ]
    sheet = changed("phone: 0300 303 3778\n", "phone: 0300 303 3778\n        shared: true\n", sheet)
    knowledge = load(write(tmp_path, sheet))
    assert {s.id for s in knowledge.services.values() if s.phones[0].normalised == "+443003033778"} == {
        "harbour",
        "anchor",
    }


ALSO = """
document: {id: "001", file: 001.txt, sha256: SHA, title: T, publisher: Port Council, date: 2020-05, listed: May 2020}
also:
  - service: harbour
    line: 8
    name_printed: The Harbour
    contacts:
      - {phone: 0300 3033 778, line: 9}
""".replace("SHA", "0" * 64)


def test_another_sheet_adds_its_lines_to_the_same_service_and_number(tmp_path: Path) -> None:
    knowledge = load(write(tmp_path, **{"001": ALSO}))
    harbour = knowledge.services["harbour"]
    assert [(s.document, s.line, s.printed) for s in harbour.sources] == [
        ("000", 3, "Harbour helps everyone"),
        ("001", 8, "The Harbour"),
    ]
    (phone,) = harbour.phones
    assert [(s.document, s.line, s.printed) for s in phone.sources] == [
        ("000", 3, "0300 303 3778"),
        ("001", 9, "0300 3033 778"),
    ]
    lines = [(f.document, f.line, f.value) for f in facts(knowledge, "phone") if f.service == "harbour"]
    assert lines == [("000", 3, "0300 303 3778"), ("001", 9, "0300 3033 778")]


def test_an_unknown_service_of_another_sheet(tmp_path: Path) -> None:
    sheet = ALSO.replace("harbour", "haven")
    assert faults(tmp_path, SHEET, None, **{"001": sheet}) == ["seeds/001.yaml:4: unknown service 'haven'"]


NEWER = (
    LATER
    + """
also:
  - service: harbour
    source: Harbour
    listed: July 2024
    date: 2024-07
    alert: Ask for the day team.
    contacts:
      - {phone: 0300 555 0055, replaces: 0300 303 3778, hours: {printed: 9 to 5, opening_hours: Mo-Fr 09:00-17:00}}
      - {email: help@harbour.org, confirmed: {date: 2026-11-20, by: "A. Name, by e-mail"}}
"""
)


def test_a_later_number_replaces_one_openly(tmp_path: Path) -> None:
    knowledge = load(write(tmp_path, later=NEWER))
    harbour = knowledge.services["harbour"]
    old, email, new = harbour.contacts
    assert (old.status, old.reason) == ("superseded", "Replaced by 0300 555 0055 (Harbour, July 2024).")
    assert [p.shown for p in harbour.phones] == ["0300 555 0055"]
    assert (new.sources[0].document, new.sources[0].publisher, new.sources[0].date) == ("later", "Harbour", "2024-07")
    assert harbour.alert == "Ask for the day team."
    assert email.confirmed is not None
    assert (email.confirmed.date, len(email.sources)) == ("2026-11-20", 2)
    fact = next(f for f in facts(knowledge, "phone") if f.value == "0300 303 3778")
    assert (fact.status, fact.reason) == ("superseded", old.reason)
    hours = next(f for f in facts(knowledge, "hours") if f.value == "24-hour")
    assert hours.status == "superseded"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("replaces: 0300 303", "replaces: 0300 555", "'harbour' has no other phone '0300 555 3778' to replace"),
        ("    source: Harbour\n", "", "missing key 'source'"),
        ("    date: 2024-07", "    line: 4", "unknown key 'line'"),
        ("date: 2026-11-20", "date: 2026", "'date' of a confirmation must be a whole date"),
        ("date: 2026-11-20", "date: 2026-02-31", "'date' is '2026-02-31', which is no day of the calendar"),
        ("date: 2026-11-20", "date: 2019-12-31", "'date' of a confirmation must not be before 2020-01-01"),
        (
            ", hours: {printed: 9 to 5, opening_hours: Mo-Fr 09:00-17:00}", "",
            "'0300 303 3778' has hours ('24-hour'): give the 'hours' of the new one, or hours: none",
        ),
        (
            "0300 555 0055, replaces: 0300 303 3778,", "0300 303 3778,",
            "the hours differ from '24-hour' of 000:3: 'replaces' must name that phrase",
        ),
    ],
)  # fmt: skip
def test_a_later_sheet_overrides_nothing_in_silence(tmp_path: Path, old: str, new: str, message: str) -> None:
    later = changed(old, new, NEWER)
    assert any(f.startswith("seeds/later.yaml:") and f.endswith(f": {message}") for f in faults(tmp_path, later=later))


def test_later_hours_override_when_they_name_the_old_phrase(tmp_path: Path) -> None:
    later = changed("0300 555 0055, replaces: 0300 303 3778,", "0300 303 3778,", NEWER)
    later = changed("{printed: 9 to 5,", "{printed: 9 to 5, replaces: 24-hour,", later)
    (phone,) = load(write(tmp_path, later=later)).services["harbour"].phones
    assert phone.schedule is not None
    assert (phone.schedule.opening_hours, phone.schedule.source.listed) == ("Mo-Fr 09:00-17:00", "July 2024")
    statuses = {f.value: (f.status, f.reason) for f in facts(load(write(tmp_path, later=later)), "hours")}
    assert statuses == {
        "24-hour": ("superseded", "Replaced by '9 to 5' (Harbour, July 2024)."),
        "9 to 5": ("shown", ""),
    }


def test_a_replaced_number_without_known_hours_says_so(tmp_path: Path) -> None:
    later = changed("{printed: 9 to 5, opening_hours: Mo-Fr 09:00-17:00}", "none", NEWER)
    (phone,) = load(write(tmp_path, later=later)).services["harbour"].phones
    assert (phone.shown, phone.schedule) == ("0300 555 0055", None)


CHANGED_ANCHOR = (
    LATER
    + """
also:
  - service: anchor
    source: Anchor
    contacts:
      - {phone: 0300 555 0055, replaces: 0808 802 4040}
"""
)


def test_a_menu_option_does_not_go_in_silence(tmp_path: Path) -> None:
    assert faults(tmp_path, later=CHANGED_ANCHOR) == [
        f"seeds/later.yaml:{line_of(CHANGED_ANCHOR, '- {phone')}: '0808 802 4040' has the note 'Press option 2.': "
        "give the 'note' of the new one, or note: \"\""
    ]
    for note in ("Press option 5.", ""):
        stated = changed("4040}", f'4040, note: "{note}"}}', CHANGED_ANCHOR)
        (phone,) = load(write(tmp_path, later=stated)).services["anchor"].phones
        assert phone.note == note


def test_a_shared_number_is_replaced_everywhere_or_told(tmp_path: Path) -> None:
    sheet = changed("{phone: 0808 802 4040, line: 4,", "{phone: 0300 303 3778, line: 4, shared: true,")
    sheet = changed("phone: 0300 303 3778\n", "phone: 0300 303 3778\n        shared: true\n", sheet)
    assert faults(tmp_path, sheet, later=NEWER) == [
        f"seeds/later.yaml:{line_of(NEWER, '- {phone')}: "
        "'anchor' still has 0300 303 3778, which is replaced here: replace it there too"
    ]
    both = (
        NEWER.replace("0300 303 3778,", "0300 303 3778, shared: true,")
        + """
  - service: anchor
    source: Anchor
    contacts:
      - {phone: 0300 555 0055, replaces: 0300 303 3778, shared: true, note: Press option 4., hours: none}
"""
    )
    knowledge = load(write(tmp_path, sheet, later=both))
    assert [p.shown for s in knowledge.services.values() for p in s.phones] == ["0300 555 0055"] * 2


def test_a_confirmation_may_not_lie_ahead(tmp_path: Path) -> None:
    seeds = write(tmp_path, later=NEWER)
    load(seeds, today=date(2026, 11, 20))
    with pytest.raises(FaultError) as caught:
        load(seeds, today=date(2026, 11, 19))
    assert caught.value.lines == [
        f"seeds/later.yaml:{line_of(NEWER, 'confirmed')}: 'date' of a confirmation lies ahead: today is 2026-11-19"
    ]


def test_a_service_on_hold_keeps_its_facts_off_the_screens(tmp_path: Path) -> None:
    knowledge = load(
        write(
            tmp_path,
            changed("    line: 4\n", "    status: hold\n    line: 4\n"),
            fallbacks=FALLBACKS.replace("anchor", "harbour"),
        )
    )
    statuses = {f.status for f in knowledge.facts if f.service == "anchor"}
    assert statuses == {"hold"}


def test_a_statement_that_names_a_service_goes_with_it(tmp_path: Path) -> None:
    sheet = changed("text: Pack a bag. Hide it.", "text: Pack a bag. Ring Anchor.")
    assert faults(tmp_path, sheet) == [
        f"seeds/000.yaml:{line_of(sheet, 'Pack a bag')}: the text names 'anchor': say service: anchor"
    ]
    sheet = changed("id: bag,", "id: bag, service: anchor,", sheet)
    assert [f.id for f in load(write(tmp_path, sheet)).guidance["safety-plan"]] == ["bag"]
    held = changed("    line: 4\n", "    status: hold\n    line: 4\n", sheet)
    assert load(write(tmp_path, held, fallbacks=FALLBACKS.replace("anchor", "harbour"))).guidance == {}


def test_the_corrections_that_the_readme_shows_can_be_copied(tmp_path: Path) -> None:
    home = PROJECT / "seeds"
    _, number, confirmation, hold = re.findall(r"```yaml\n(.*?)```", (home / "README.md").read_text("utf-8"), re.DOTALL)
    for sheet in home.glob("*.yaml"):
        text = sheet.read_text(encoding="utf-8")
        if sheet.stem == "later":
            text = changed("\nalso:\n", f"\nalso:\n{number}{confirmation}", text)
        (tmp_path / sheet.name).write_text(text, encoding="utf-8")
    services = load(tmp_path).services
    assert [p.shown for p in services["pathway"].phones] == ["0808 157 0123"]
    (glow,) = services["glow"].phones
    assert glow.confirmed is not None
    assert glow.schedule is not None
    held = changed("\n    areas: [lichfield-tamworth]\n", f"\n    areas: [lichfield-tamworth]\n{hold}",
                   (home / "000.yaml").read_text(encoding="utf-8"))  # fmt: skip
    (tmp_path / "000.yaml").write_text(held, encoding="utf-8")
    assert load(tmp_path).services["pathway"].status == "hold"


def test_guidance_without_a_topic_is_kept_as_context(tmp_path: Path) -> None:
    knowledge = load(write(tmp_path, changed("topic: safety-plan, ", "")))
    (fact,) = facts(knowledge, "guidance")
    assert (fact.status, bool(fact.reason), knowledge.guidance) == ("context", True, {})
