"""A new document becomes a proposed sheet, which a person mends."""

from __future__ import annotations

from pathlib import Path

import pytest
from little_sheets import write

from knowledge.draft import draft, to_notation
from knowledge.load import load
from knowledge.model import Knowledge
from knowledge.yamlfile import Entry, FaultError, read

DOCUMENTS = Path(__file__).parents[1].parent / "shared" / "documents"
NAMES = ["000_25b69b6a57be430b", "001_b2f7a403b0b1d458", "002_0f6ee09de7e308eb", "003_5b8f5bd9f8757259",
         "004_03e7ff825467d37c"]  # fmt: skip

MENDED = {
    'description: ""  # TODO, one short sentence of our own': "description: Help.",
    "areas: []  # TODO": "areas: [port]",
    "who: []  # TODO": "who: [me]",
    "needs: []  # TODO": "needs: [talk]",
}


def sheet_of(folder: Path, name: str, text: str) -> Entry:
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    faults: list[str] = []
    found = read(path, faults)
    assert faults == []
    return found


def test_a_draft_names_the_document_its_services_and_what_is_left(tmp_path: Path) -> None:
    write(tmp_path)
    assert draft(tmp_path / "000_page.txt").splitlines()[:3] == ["document:", '  id: "000"', '  file: "000_page.txt"']
    sheet = sheet_of(tmp_path, "draft", draft(tmp_path / "000_page.txt"))
    (service,) = sheet.entries("services")
    assert (service.text("name"), service.number("line")) == ("Anchor Line", 4)
    assert [f.text("value") for f in sheet.entries("facts")] == [
        "24-hour", "0300 303 3778", "Help@harbour.org", "0121 626 5442",
    ]  # fmt: skip


def test_a_draft_with_its_gaps_filled_in_is_a_sheet(tmp_path: Path) -> None:
    seeds = write(tmp_path)
    path = tmp_path / "001_new.txt"
    path.write_text("Report of 3 May 2020\n\nLantern Helpline (all ages): 0800 111 4998, open Mon-Fri 9am-5pm\n")
    text = draft(path)
    (seeds / "001.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(FaultError) as caught:
        load(seeds)
    assert all(line.startswith("seeds/001.yaml:") and line.endswith("is needed") for line in caught.value.lines)
    for gap, filled in MENDED.items():
        assert gap in text
        text = text.replace(gap, filled)
    (seeds / "001.yaml").write_text(text, encoding="utf-8")
    knowledge = load(seeds)
    assert knowledge.documents["001"].date == "2020-05-03"
    (phone,) = knowledge.services["lantern-helpline"].phones
    assert phone.schedule is not None
    assert (phone.shown, phone.schedule.opening_hours) == ("0800 111 4998", "Mo-Fr 09:00-17:00")


def test_the_hours_of_a_chat_are_not_given_to_a_number(tmp_path: Path) -> None:
    path = tmp_path / "005_new.txt"
    path.write_text("Lantern: 0800 111 4998. Online chat (Mon–Fri 9am- 5pm)\n", encoding="utf-8")
    sheet = sheet_of(tmp_path, "draft", draft(path))
    (contact,) = sheet.entries("services")[0].entries("contacts")
    assert not contact.has("hours")
    assert [f.text("value") for f in sheet.entries("facts")] == ["Mon–Fri 9am- 5pm"]


def test_hours_go_to_the_only_number_of_a_line_and_never_to_an_address(tmp_path: Path) -> None:
    path = tmp_path / "New page_2.txt"
    path.write_text("Lantern: 0800 111 4998, help@lantern.org, Monday-Friday 9am-5pm\n", encoding="utf-8")
    sheet = sheet_of(tmp_path, "draft", draft(path))
    phone, email = sheet.entries("services")[0].entries("contacts")
    assert [h.text("printed") for h in phone.entries("hours")] == ["Monday-Friday 9am-5pm"]
    assert not email.has("hours")
    document = sheet.entry("document")
    assert document is not None
    assert document.text("id") == "new-page"


def test_what_looks_like_a_number_is_proposed_as_ambiguous(tmp_path: Path) -> None:
    path = tmp_path / "005_new.txt"
    path.write_text("Lantern: 0800 111 4998 or 07700 900123\n", encoding="utf-8")
    sheet = sheet_of(tmp_path, "draft", draft(path))
    (fact,) = sheet.entries("facts")
    assert (fact.text("kind"), fact.text("value"), fact.text("status")) == ("phone", "07700 900123", "ambiguous")


@pytest.mark.parametrize("text", ["", "Nothing to ring here.\n"])
def test_a_document_without_a_value_is_no_draft(tmp_path: Path, text: str) -> None:
    path = tmp_path / "005_new.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="holds no number, address or time"):
        draft(path)


@pytest.mark.parametrize(
    ("phrase", "notation"),
    [
        ("24-hour", "24/7"),
        ("Monday-Friday 9am-5pm", "Mo-Fr 09:00-17:00"),
        ("Mon–Fri 9am- 5pm", "Mo-Fr 09:00-17:00"),
        ("weekends 9.30am-4pm", "Sa-Su 09:30-16:00"),
        ("Monday to Friday 10- 12pm", "Mo-Fr 10:00-12:00"),
        ("Wednesday 8am-8pm", "We 08:00-20:00"),
        ("9am-5pm", ""),
        ("out of hours", ""),
        ("Friday 10pm-2am", ""),
    ],
)
def test_a_plain_phrase_of_time_becomes_notation(phrase: str, notation: str) -> None:
    assert to_notation(phrase) == notation


@pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="the originals are not here")
@pytest.mark.parametrize("name", NAMES)
def test_a_draft_of_an_original_proposes_its_values(name: str, knowledge: Knowledge, tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, "draft", draft(DOCUMENTS / f"{name}.txt"))
    proposed = {(f.number("line"), f.text("value")) for f in sheet.entries("facts")}
    for service in sheet.entries("services"):
        for contact in service.entries("contacts"):
            kind = next(k for k in ("phone", "sms", "email", "url") if contact.has(k))
            proposed.add((contact.number("line"), contact.text(kind)))
            proposed |= {(h.number("line"), h.text("printed")) for h in contact.entries("hours")}
    # The sheets were made by hand, so they are a measure that does not come from the same search.
    wanted = [
        f
        for f in knowledge.facts
        if f.document == name[:3] and f.kind in ("phone", "sms", "url", "email", "hours") and not f.anchor
    ]  # fmt: skip
    missed = [f for f in wanted if not any(line == f.line and _same(f.value, p) for line, p in proposed)]
    assert len(missed) <= 0.05 * len(wanted), missed


def _same(value: str, proposed: str) -> bool:
    return value in proposed or proposed in value
