"""The words themselves: short sentences, plain English, discreet labels, and every emergency fact in its place."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace

import pytest
import textstat
from conftest import PROJECT

import bot.__main__ as command
from bot.dialogue.screens import SCREENS
from bot.words import codes, keys, load_codes, load_words, words
from knowledge.yamlfile import FaultError

EASE = 6.0


def running(text: str) -> str:
    """The running text of a page: lines that end in a full stop, without digits and names in braces."""
    text = re.sub(r"\{\w+\}|[\d:;]+", "", text.replace('"', ""))
    lines = [re.sub(r"^- ", "", line).strip() for line in text.splitlines()]
    return " ".join(line for line in lines if line.endswith((".", "?")))


def pages() -> dict[str, str]:
    found = {f"texts.{k}": v for k, v in words().texts.items()}
    found |= {f"emergency.{k}": v for k, v in words().emergency.items()}
    return found | {f"question.{k}": q.text for k, q in words().questions.items()}


def too_long(text: str) -> list[str]:
    sentences = re.split(r"(?<=[.?!:])\s+", running(text))
    return [s for s in sentences if len(s.split()) > 20]


def grade(text: str) -> float:
    return textstat.flesch_kincaid_grade(running(text)) if len(running(text).split()) >= 25 else 0.0


@pytest.mark.parametrize("key", sorted(pages()))
def test_texts_are_plain(key):
    text = pages()[key]
    assert not too_long(text)
    assert grade(text) <= EASE


def test_statements_are_plain(knowledge):
    said = [f for facts in knowledge.guidance.values() for f in facts]
    assert said
    assert not [(f.id, too_long(f.value)) for f in said if too_long(f.value)]
    assert not [(f.id, grade(f.value)) for f in said if grade(f.value) > EASE]


def test_topics_are_plain_as_a_whole(knowledge):
    hard = {}
    for topic, facts in knowledge.guidance.items():
        if (found := grade("\n".join(f.value for f in facts))) > EASE:
            hard[topic] = found
    assert not hard


def test_every_statement_has_a_page(knowledge):
    assert set(knowledge.guidance) <= set(words().topics)


def test_labels_are_short():
    labels = list(words().labels.values()) + [t.label for t in words().topics.values()]
    assert not [label for label in labels if len(label) > 24]


LEAD = ("999", "whisper", "cough", "tap", "mobile", "press 55 when asked", "stay on the line")


@pytest.mark.parametrize("needle", LEAD)
def test_the_lead_says(needle):
    assert needle in words().emergency["lead"].lower()


def test_the_lead_is_two_short_lines():
    lead = words().emergency["lead"]
    assert len(lead.splitlines()) == 2
    assert len(lead) <= 160


@pytest.mark.parametrize(
    "needle",
    [
        "whisper", "listen", "cough or tap", "on a mobile", "press 55 when it asks", "not before", "the call may end",
        "stay on the line", "on a landline: 55 does not work", "55 does not show where you are",
        "a silent call alone does not send help", "i can't call anyone",
    ],
)  # fmt: skip
def test_the_emergency_steps_say(needle):
    assert needle in words().emergency["steps"].lower()


@pytest.mark.parametrize(
    "needle", ['text "register" to 999', 'answer "yes"', "slower than a call", "three minutes", "18000", "999 bsl",
               "can stay on the phone"]
)  # fmt: skip
def test_without_speaking_says(needle):
    assert needle in words().emergency["without_speaking"].lower()


@pytest.mark.parametrize("word", ["will come", "will send", "will find you", "within minutes", "guarantee", "promise"])
def test_nothing_is_promised(word):
    assert word not in " ".join(words().emergency.values()).lower()


def test_close_is_explained_with_its_limits():
    start = words().texts["start"].lower()
    for needle in ("close", "calls", "bill", "alert", "devices", "drafts", "copied", "name", "noticed"):
        assert needle in start, needle


def faults(folder, name, old, new):
    """The faults of the words as shipped, with one thing changed in one file."""
    shutil.copytree(PROJECT / "bot" / "words" / "en", folder / "en")
    text = (folder / "en" / name).read_text(encoding="utf-8")
    assert old in text
    (folder / "en" / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FaultError) as caught:
        load_words(folder=folder)
    line = text[: text.index(old)].count("\n") + 1
    return [fault.replace(f"bot/words/en/{name}:{line}:", "here:") for fault in caught.value.lines]


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("texts.yaml", "back: Back\n", "", "here: missing text 'back'"),
        ("texts.yaml", "back: Back", "bakc: Back",
         "here: unknown text 'bakc': bot/words/keys.py lists those that are used"),
        ("texts.yaml", "back: Back", "back: ''", "here: 'back' is empty"),
        ("texts.yaml", "back: Back", "back: [Back]", "here: 'back' must be a text"),
        ("texts.yaml", "copy: Copy {number}", "copy: Copy {nummer}",
         "here: 'copy' has {nummer}, which nothing fills in"),
        ("texts.yaml", "copy: Copy {number}", "copy: Copy it", "here: 'copy' must have {number}"),
        ("texts.yaml", "copy: Copy {number}", "copy: Copy {number", "here: 'copy' has a brace without its other half"),
        ("texts.yaml", "back: Back", "back: Back to where you came from",
         "here: the label 'Back to where you came from' is longer than 24 characters"),
        ("texts.yaml", "back: Back", "back: Hurting now",
         "here: the label 'Hurting now' tells an onlooker too much: 'Hurt'"),
        ("texts.yaml", "trial: \"Trial: numbers listed in spring 2020.\"", "trial: Trial: numbers",
         "here: put quotes round a text that has a colon"),
        ("emergency.yaml", "third_party: You", "thirdparty: You",
         "here: unknown text 'thirdparty': bot/words/keys.py lists those that are used"),
        ("emergency.yaml", "  pl: Polish", "  pl: ''", "here: 'pl' is empty"),
        ("questions.yaml", "{value: me, label: Me}", "{value: me, label: The Victim}",
         "here: the label 'The Victim' tells an onlooker too much: 'Victim'"),
        ("questions.yaml", "Which part of {area}?", "Which part?", "here: 'text' must have {area}"),
        ("questions.yaml", "    text: Who is this about?", "    txt: Who is this about?", "here: unknown key 'txt'"),
        ("questions.yaml", "      - {value: older, label: Older person}\n", "",
         "bot/words/en/questions.yaml:4: missing answer 'audience older'"),
        ("topics.yaml", "label: Court orders,", "label: The police and courts,",
         "here: the label 'The police and courts' tells an onlooker too much: 'police'"),
        ("topics.yaml", "{id: phone-safety, label: Is this phone safe?", "{id: phones, label: Is this phone safe?",
         "bot/words/en/topics.yaml:6: missing topic 'phone-safety'"),
    ],
)  # fmt: skip
def test_a_slip_in_the_words_is_named_by_file_and_line(tmp_path, name, old, new, told):
    assert told in faults(tmp_path, name, old, new)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("  who: wh\n", "", "bot/words/codes.yaml:3: missing code of place 'who'"),
        ("  who: wh\n", "  who: ne\n", "bot/words/codes.yaml:11: code 'ne' stands twice"),
        ("    older: old\n", "", "bot/words/codes.yaml:3: missing code of answer 'audience older'"),
        ("retired: []", "retired: [wh]", "bot/words/codes.yaml:9: code 'wh' is retired"),
    ],
)
def test_a_slip_in_the_codes_is_named_by_file_and_line(tmp_path, old, new, told):
    text = (PROJECT / "bot" / "words" / "codes.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "codes.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FaultError) as caught:
        load_codes(tmp_path)
    assert told in caught.value.lines


def test_check_names_what_is_wrong_with_words_and_sheets(monkeypatch, capsys):
    assert command.main(["check"]) == 0
    assert "sound" in capsys.readouterr().out

    def broken():
        raise FaultError(["bot/words/en/texts.yaml:5: 'back' is empty", "bot/words/en/texts.yaml:6: 'close' is empty"])

    monkeypatch.setattr("bot.words.load_words", broken)
    assert command.main(["check"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "bot/words/en/texts.yaml:5: 'back' is empty", "bot/words/en/texts.yaml:6: 'close' is empty"
    ]  # fmt: skip
    assert command.main(["chat"]) == 2
    assert capsys.readouterr() == (
        "", "python -m bot: bot/words/en/texts.yaml:5: 'back' is empty (and 1 more: run 'python -m bot check')\n"
    )  # fmt: skip


def test_check_names_areas_without_a_code_and_statements_that_are_not_there(monkeypatch, capsys):
    fewer = replace(codes(), answers={c: a for c, a in codes().answers.items() if a != ("area", "derby")})
    monkeypatch.setattr("bot.words.load_codes", lambda: fewer)
    topics = {**words().topics, "orders": replace(words().topics["orders"], starts_with=("nothing",))}
    monkeypatch.setattr("bot.words.load_words", lambda: replace(words(), topics=topics))
    assert command.main(["check"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "bot/words/codes.yaml:1: missing code of answer 'area derby'",
        "bot/words/en/topics.yaml:1: 'orders' starts with the unknown statement 'nothing'",
    ]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "python -m bot: the following arguments are required: COMMAND"),
        (["chat", "--at", "noon"], "python -m bot chat: argument --at: not an ISO 8601 time: noon"),
        (["screens"], "screens: only --jsonl is known"),
    ],
)
def test_wrong_usage_is_one_plain_line_and_status_2(argv, message, capsys):
    try:
        status = command.main(argv)
    except SystemExit as end:
        status = end.code
    assert (status, capsys.readouterr().err) == (2, message + "\n")


def test_every_place_of_the_conversation_needs_a_code():
    assert set(keys.PLACES) == set(SCREENS)


def test_statements_that_start_a_page_are_there(knowledge):
    for topic in words().topics.values():
        assert set(topic.starts_with) <= {f.id for f in knowledge.guidance.get(topic.id, ())}, topic.id


@pytest.mark.parametrize("name", ["texts", "emergency", "questions", "topics", "smalltalk"])
def test_any_line_of_the_words_may_be_damaged_and_nothing_but_faults_comes_of_it(tmp_path, name):
    shutil.copytree(PROJECT / "bot" / "words" / "en", tmp_path / "en")
    path = tmp_path / "en" / f"{name}.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    for at, line in enumerate(lines):
        for damaged in ([line[: len(line) // 2]], [line.replace(":", ": [x]", 1)]):
            path.write_text("\n".join([*lines[:at], *damaged, *lines[at + 1 :]]), encoding="utf-8")
            found = [f"bot/words/en/{name}.yaml:1: none"]
            try:
                load_words(folder=tmp_path)
            except FaultError as error:
                found = error.lines
            assert found
            assert [f for f in found if not re.fullmatch(r"bot/words/en/\w+\.yaml:[1-9]\d*: .+", f)] == []
