"""Every word that a person reads, and the codes of the button tokens, loaded once from YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Formatter

from bot.words import keys
from knowledge.model import AUDIENCES, NEEDS, WHO
from knowledge.yamlfile import Entry, FaultError, read

LABEL = 24  # characters that fit on a button
# Words that tell somebody who looks over a shoulder what the buttons are about.
INDISCREET = re.compile(
    r"abuse|violence|violent|police|victim|refuge|\brape|assault|perpetrator|\bhit\b|\bhurt|danger", re.IGNORECASE
)
NOBODY = "none"  # stands for a skipped `who` in a topic's list of branches


@dataclass(frozen=True, slots=True)
class Option:
    """A button of a question: the value of the slot, and its label."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question as worded: the place that asks it, the slot it fills, its text and its options in order."""

    place: str
    slot: str
    text: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """A page of things to know; its statements stand in the fact sheets."""

    id: str
    label: str
    title: str
    opens_with: str  # key of a text, or ""
    who: tuple[str, ...]
    needs: tuple[str, ...]
    first_for: tuple[str, ...]  # branches or audiences that find it first of all
    starts_with: tuple[str, ...]  # ids of the statements that stand first on it


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of places and answers; every code means one thing only, retired ones nothing any more."""

    places: Mapping[str, str]
    answers: Mapping[str, tuple[str, str]]  # code -> (slot, value)
    retired: frozenset[str]


@dataclass(frozen=True, slots=True)
class Words:
    """All words of one language."""

    texts: Mapping[str, str]
    emergency: Mapping[str, str]
    languages: Mapping[str, str]  # ISO 639-1 -> the language's name in English
    questions: Mapping[str, Question]
    labels: Mapping[tuple[str, str], str]  # (slot, value) -> label of its button
    topics: Mapping[str, Topic]
    greetings: frozenset[str]
    thanks: frozenset[str]


def load_words(language: str = "en", folder: Path | Traversable | None = None) -> Words:
    """The words of a language, as the code asks for them in `keys`.

    Raises FaultError with every fault, each `file:line: message`.
    """
    home = (folder or files("bot.words")) / language
    faults: list[str] = []

    names = ("texts", "emergency", "questions", "smalltalk", "topics")
    sheets = [read(home / f"{n}.yaml", faults, f"bot/words/{language}/{n}.yaml") for n in names]
    if faults and not all(s.items for s in sheets):
        raise FaultError(faults)  # all that an unreadable file lacks would bury the slip itself
    texts, emergency, asked, small, listed = sheets
    languages = emergency.entry("languages")
    questions = [_question(e) for e in asked.entries("questions")]
    topics = [_topic(e) for e in listed.entries("topics")]
    words = Words(
        texts=_texts(texts, keys.TEXTS, labels=keys.LABELS),
        emergency=_texts(emergency, keys.EMERGENCY, others=("languages",)),
        languages={key: _filled(languages, key) for key in languages.keys()} if languages else {},
        questions={q.place: q for q in questions},
        labels={(q.slot, o.value): o.label for q in questions if q.place != "afraid" for o in q.options},
        topics={t.id: t for t in topics},
        greetings=frozenset(small.texts("greetings")),
        thanks=frozenset(small.texts("thanks")),
    )
    _complete(asked, "question", [q.place for q in questions], keys.QUESTIONS)
    _complete(asked, "answer", [" ".join(pair) for pair in words.labels], _answers())
    _complete(listed, "topic", [t.id for t in topics], keys.TOPICS)
    for part in (asked, listed, small):
        part.close()
    if faults:
        raise FaultError(dict.fromkeys(faults))
    return words


def _texts(
    sheet: Entry, wanted: Mapping[str, frozenset[str]], labels: Iterable[str] = (), others: Iterable[str] = ()
) -> dict[str, str]:
    """The texts of a sheet: all that are wanted, each with its names in braces, and none but those and the `others`."""
    for key in (k for k in wanted if not sheet.has(k)):
        sheet.fault(f"missing text '{key}'")
    for key in sheet.keys():
        if key not in wanted and key not in others:
            sheet.fault(f"unknown text '{key}': bot/words/keys.py lists those that are used", sheet.line_of(key))
    found = {key: _filled(sheet, key) for key in wanted if sheet.has(key)}
    for key, text in found.items():
        _check_names(sheet, key, text, wanted[key])
        if key in labels:
            _check_label(sheet, key, re.sub(r"\{\w*\}", "", text))
    return found


def _filled(entry: Entry, key: str) -> str:
    text = entry.text(key)
    if entry.has(key) and not text.strip():
        entry.fault(f"'{key}' is empty", entry.line_of(key))
    return text


def _check_names(entry: Entry, key: str, text: str, wanted: Iterable[str]) -> None:
    """The names in braces are those that are filled in: another would stop the screen, a missing one leave it bare."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        entry.fault(f"'{key}' has a brace without its other half", entry.line_of(key))
        return
    found = {name for _, name, _, _ in parts if name is not None}
    for name in sorted(found - set(wanted)):
        entry.fault(f"'{key}' has {{{name}}}, which nothing fills in", entry.line_of(key))
    for name in sorted(set(wanted) - found):
        entry.fault(f"'{key}' must have {{{name}}}", entry.line_of(key))


def _check_label(entry: Entry, key: str, label: str) -> None:
    label = " ".join(label.split())  # a fault is one line
    if len(label) > LABEL:
        entry.fault(f"the label '{label}' is longer than {LABEL} characters", entry.line_of(key))
    if word := INDISCREET.search(label):
        entry.fault(f"the label '{label}' tells an onlooker too much: '{word[0]}'", entry.line_of(key))


def _answers() -> list[str]:
    return [f"{slot} {value}" for slot, values in keys.ANSWERS.items() for value in values]


def _complete(sheet: Entry, what: str, found: Sequence[str], wanted: Iterable[str]) -> None:
    for name in sorted({n for n in found if found.count(n) > 1}):
        sheet.fault(f"the {what} '{name}' stands twice")
    for name in (n for n in wanted if n not in found):
        sheet.fault(f"missing {what} '{name}'")


def _question(entry: Entry) -> Question:
    place = entry.choice("place", keys.QUESTIONS)
    slot, names = keys.QUESTIONS.get(place, ("", frozenset()))
    options = []
    for choice in entry.entries("choices"):
        options.append(Option(choice.choice("value", keys.ANSWERS.get(slot, ())), _filled(choice, "label")))
        _check_label(choice, "label", options[-1].label)
        choice.close()
    question = Question(place, entry.choice("slot", (slot,)), _filled(entry, "text"), tuple(options))
    _check_names(entry, "text", question.text, names)
    entry.close()
    return question


def _topic(entry: Entry) -> Topic:
    topic = Topic(
        id=_filled(entry, "id"),
        label=_filled(entry, "label"),
        title=_filled(entry, "title"),
        opens_with=entry.choice("opens_with", keys.TEXTS, ""),
        who=entry.texts("who", (NOBODY, *WHO)),
        needs=entry.texts("needs", NEEDS),
        first_for=entry.texts("first_for", (*WHO, *AUDIENCES)),
        starts_with=entry.texts("starts_with"),
    )
    _check_label(entry, "label", topic.label)
    entry.close()
    return topic


def load_codes(folder: Path | Traversable | None = None) -> Codes:
    """The codes of the button tokens.

    Raises FaultError where a place or answer has none, or a code stands twice, is retired or is malformed.
    """
    faults: list[str] = []
    sheet = read((folder or files("bot.words")) / "codes.yaml", faults, "bot/words/codes.yaml")
    if faults:
        raise FaultError(faults)
    retired = frozenset(sheet.texts("retired"))
    places: dict[str, str] = {}
    answers: dict[str, tuple[str, str]] = {}

    def take(entry: Entry, name: str) -> str:
        code = entry.text(name)
        if not (1 <= len(code) <= 3 and code.isascii() and code.isalpha() and code.islower()):
            entry.fault(f"code '{code}' must be one to three small letters", entry.line_of(name))
        if code in retired:
            entry.fault(f"code '{code}' is retired", entry.line_of(name))
        if code in places or code in answers:
            entry.fault(f"code '{code}' stands twice", entry.line_of(name))
        return code

    if part := sheet.entry("places"):
        for name in part.keys():
            places[take(part, name)] = name
    if slots := sheet.entry("answers"):
        for slot in slots.keys():
            if part := slots.entry(slot):
                for value in part.keys():
                    answers[take(part, value)] = (slot, value)
    _complete(sheet, "code of place", list(places.values()), keys.PLACES)
    _complete(sheet, "code of answer", [" ".join(pair) for pair in answers.values()], _answers())
    sheet.close()
    if faults:
        raise FaultError(dict.fromkeys(faults))
    return Codes(places, answers, retired)


@cache
def words() -> Words:
    """The words in use, loaded once."""
    return load_words()


def texts() -> Mapping[str, str]:
    """The lines of texts.yaml by key."""
    return words().texts


@cache
def codes() -> Codes:
    """The codes in use, loaded once."""
    return load_codes()
