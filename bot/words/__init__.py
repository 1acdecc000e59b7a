"""Every word that a person reads, and the codes of the button tokens, loaded once from YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from knowledge.model import AUDIENCES, NEEDS, WHO
from knowledge.yamlfile import Entry, FaultError, read

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
    """The words of a language. Raises FaultError with every fault, each `file:line: message`."""
    home = (folder or files("bot.words")) / language
    faults: list[str] = []

    def sheet(name: str) -> Entry:
        return read(home / name, faults, f"bot/words/{language}/{name}")

    texts = sheet("texts.yaml")
    emergency = sheet("emergency.yaml")
    languages = emergency.entry("languages")
    asked = sheet("questions.yaml")
    questions = {q.place: q for q in map(_question, asked.entries("questions"))}
    small = sheet("smalltalk.yaml")
    listed = sheet("topics.yaml")
    topics = {t.id: t for t in map(_topic, listed.entries("topics"))}
    words = Words(
        texts={key: texts.text(key) for key in texts.keys()},
        emergency={key: emergency.text(key) for key in emergency.items if key != "languages"},
        languages={key: languages.text(key) for key in languages.keys()} if languages else {},
        questions=questions,
        labels={(q.slot, o.value): o.label for q in questions.values() if q.place != "afraid" for o in q.options},
        topics=topics,
        greetings=frozenset(small.texts("greetings")),
        thanks=frozenset(small.texts("thanks")),
    )
    for part in (asked, listed, small):
        part.close()
    if faults:
        raise FaultError(faults)
    return words


def _question(entry: Entry) -> Question:
    options = []
    for choice in entry.entries("choices"):
        options.append(Option(choice.text("value"), choice.text("label")))
        choice.close()
    question = Question(entry.text("place"), entry.text("slot"), entry.text("text"), tuple(options))
    entry.close()
    return question


def _topic(entry: Entry) -> Topic:
    topic = Topic(
        id=entry.text("id"),
        label=entry.text("label"),
        title=entry.text("title"),
        opens_with=entry.text("opens_with", ""),
        who=entry.texts("who", (NOBODY, *WHO)),
        needs=entry.texts("needs", NEEDS),
        first_for=entry.texts("first_for", (*WHO, *AUDIENCES)),
        starts_with=entry.texts("starts_with"),
    )
    entry.close()
    return topic


def load_codes(folder: Path | Traversable | None = None) -> Codes:
    """The codes of the button tokens. Raises FaultError where a code stands twice, is retired or is malformed."""
    faults: list[str] = []
    sheet = read((folder or files("bot.words")) / "codes.yaml", faults, "bot/words/codes.yaml")
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

    for name in (part := sheet.entry("places") or sheet).keys():
        places[take(part, name)] = name
    slots = sheet.entry("answers") or sheet
    for slot in slots.keys():
        for value in (part := slots.entry(slot) or slots).keys():
            answers[take(part, value)] = (slot, value)
    sheet.close()
    if faults:
        raise FaultError(faults)
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
