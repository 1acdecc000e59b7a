"""The words themselves: short sentences, plain English, discreet labels, and every emergency fact in its place."""

from __future__ import annotations

import re

import pytest
import textstat

from bot.words import load_words, words
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


def test_a_renamed_key_of_a_question_is_refused(tmp_path):
    home = tmp_path / "en"
    home.mkdir()
    for name, text in {
        "texts.yaml": "start: a\n",
        "emergency.yaml": "lead: a\nlanguages: {}\n",
        "questions.yaml": "questions:\n  - {place: who, slot: who, txt: Who, choices: []}\n",
        "topics.yaml": "topics: []\n",
        "smalltalk.yaml": "greetings: []\nthanks: []\n",
    }.items():
        (home / name).write_text(text, encoding="utf-8")
    with pytest.raises(FaultError) as caught:
        load_words(folder=tmp_path)
    assert caught.value.lines == [
        "bot/words/en/questions.yaml:2: missing key 'text'", "bot/words/en/questions.yaml:2: unknown key 'txt'",
    ]  # fmt: skip


def test_statements_that_start_a_page_are_there(knowledge):
    for topic in words().topics.values():
        assert set(topic.starts_with) <= {f.id for f in knowledge.guidance.get(topic.id, ())}, topic.id
