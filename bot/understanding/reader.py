"""Reads one message: the pure heart of this room."""

from __future__ import annotations

from dataclasses import replace

from bot.understanding.engine import study
from bot.understanding.folding import cut
from bot.understanding.labels import DANGER, reading
from bot.understanding.languages import foreign
from bot.understanding.lexicon import english
from bot.understanding.placing import may_name_place
from bot.understanding.reading import Reading
from knowledge.model import Knowledge
from knowledge.places import find_place


def read(text: str, knowledge: Knowledge) -> Reading:
    """What a typed message was taken for. Never raises; of a long message only the start and end are read."""
    findings = study(text, english())
    other = foreign(text)
    understood = other is not None or bool(findings.live(*DANGER, "situation", "commands", "audience"))
    place = None
    if knowledge.places and may_name_place(cut(text), knowledge.places, understood):
        place = find_place(cut(text), knowledge.places)
    verdict = reading(findings, place, knowledge)
    return verdict if other is None else join(verdict, other)


def order(text: str, knowledge: Knowledge) -> str:
    """The order to the bot in a message ("exit", "delete" ...; "" for none), without looking for places."""
    return reading(study(text, english()), None, knowledge).command


def join(verdict: Reading, other: Reading) -> Reading:
    """The English verdict with what another language adds: danger in either is danger."""
    answers = {**other.answers, **verdict.answers}
    if verdict.danger or other.danger:
        answers.pop("urgency", None)
    return replace(
        verdict,
        danger=verdict.danger or other.danger,
        high_risk=verdict.high_risk or other.high_risk,
        answers=answers,
        rules=tuple(dict.fromkeys(verdict.rules + other.rules)),
        command="" if other.danger and verdict.command == "help" else verdict.command,
        signs=verdict.signs | other.signs,
        situations=tuple(dict.fromkeys(verdict.situations + other.situations)),
    )
