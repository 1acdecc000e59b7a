"""Typed cases with labels, and how well they are read."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.understanding import Reading, read
from knowledge.model import Knowledge

CASES = Path(__file__).parent / "cases"
ANY = "any"  # a column that is not labelled
SHOWN_AS = {"hide": "exit", "who": ""}


@dataclass(frozen=True)
class Case:
    """A message with what it should be taken for; `free` labels are right either way."""

    id: str
    text: str
    danger: bool
    situation: frozenset[str] | None
    audience: frozenset[str] | None
    command: str | None
    notes: frozenset[str]
    free: frozenset[str]
    quiet: bool


def labels(value: str) -> frozenset[str] | None:
    return None if value == ANY else frozenset(value.split("|")) - {"none", ""}


def cases(path: Path) -> list[Case]:
    found = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            notes = frozenset(row["note"].split(";")) - {""}
            order = None if row["command"] == ANY else row["command"].replace("none", "")
            found.append(Case(
                row["id"], row["text"], row["danger"] == "now", labels(row["situation"]), labels(row["audience"]),
                order, notes, frozenset(note[4:] for note in notes if note.startswith("opt:")),
                row["style"] in ("chitchat", "spam") or bool(notes & {"area", "answer", "probe"}),
            ))  # fmt: skip
    return found


def faults(case: Case, reading: Reading) -> list[str]:
    """What was read wrongly: of "danger", "alarm", "situation", "audience", "command"."""
    out = []
    if case.danger and not reading.danger:
        out.append("danger")
    if reading.danger and not case.danger and "highrisk" not in case.notes:
        out.append("alarm")
    if case.situation is not None and set(reading.situations) - case.free != case.situation - case.free:
        out.append("situation")
    if case.audience is not None and set(reading.audiences) - case.free != case.audience - case.free:
        out.append("audience")
    order = SHOWN_AS.get(reading.command, reading.command)
    if case.command is not None and order != case.command and not {order, case.command} - {""} <= case.free:
        out.append("command")
    return out


def misread(found: Iterable[Case], knowledge: Knowledge) -> set[str]:
    """Every fault as "id kind"."""
    return {f"{case.id} {fault}" for case in found for fault in faults(case, read(case.text, knowledge))}


def f1(found: Iterable[Case], knowledge: Knowledge, column: str) -> float:
    """The micro F1 of a column of labels."""
    hit = extra = missed = 0
    for case in found:
        gold = getattr(case, column)
        if gold is None:
            continue
        reading = read(case.text, knowledge)
        seen = set(reading.situations if column == "situation" else reading.audiences) - case.free
        hit += len(seen & gold)
        extra += len(seen - gold)
        missed += len(gold - case.free - seen)
    return 2 * hit / (2 * hit + extra + missed) if hit else 0.0


def share(found: Iterable[Case], knowledge: Knowledge) -> float:
    """The share of these messages that are taken for danger."""
    taken = [read(case.text, knowledge).danger for case in found]
    return sum(taken) / len(taken) if taken else 0.0
