"""What a typed message was taken for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from knowledge.places import Place

SITUATIONS = (
    "abuse", "worried-about-someone", "own-behaviour", "young-person", "sexual-violence", "forced-marriage",
    "stalking", "housing", "legal", "work", "safety-plan", "tech-safety", "children", "money",
)  # fmt: skip
COMMANDS = ("exit", "delete", "back", "restart", "help", "hide", "who")


@dataclass(frozen=True, slots=True)
class Reading:
    """A typed message as rules understood it; nothing of its words is kept.

    `answers` are the sure answers by slot (DESIGN's slots: area, who, need, audience, urgency), at most one each;
    `maybe` are unsure ones and further needs as (slot, value), best first, at most three. `signs` say what else
    matters: "suicide", "strangled", "arrival" (he is coming: hide first), "third-party", "own-harm" (the writer is
    about to hurt someone), "language:pl" (ISO 639). `situations` and `audiences` are all labels found, as in the
    `explain` command.
    """

    danger: bool = False
    high_risk: bool = False
    command: str = ""  # one of COMMANDS, or ""
    answers: Mapping[str, str] = field(default_factory=dict)
    maybe: tuple[tuple[str, str], ...] = ()
    rules: tuple[str, ...] = ()
    signs: frozenset[str] = frozenset()
    situations: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    place: Place | None = None
