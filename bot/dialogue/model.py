"""The words of the conversation: states, choices, screens, events and replies, all frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

SLOTS = ("area", "who", "need", "audience", "urgency")
LEAVE = "leave"  # the place that Close leads to: nothing is shown there but the plain line

Answers = MappingProxyType[str, str]  # slot -> value, in the order of the slots
_NONE: Answers = MappingProxyType({})
_LATER = {slot: frozenset(SLOTS[at + 1 :]) for at, slot in enumerate(SLOTS)}


class State(NamedTuple):  # made ten times a screen: a dataclass that is frozen takes three times as long to make
    """Where a conversation stands: a place, the answers by slot, and what the place shows (item and page from 0)."""

    place: str
    answers: Answers = _NONE
    item: str = ""
    page: int = 0

    def at(self, place: str, item: str = "", page: int = 0) -> State:
        """The same answers at another place."""
        return State(place, self.answers, item, page)

    def having(self, **answers: str) -> State:
        """The same place with answers added or changed; an empty string takes an answer away."""
        return State(self.place, answered(self.answers | answers), self.item, self.page)

    def told(self, slot: str, value: str, place: str, item: str = "") -> State:
        """Another place, with one answer added or changed, or taken away by an empty string."""
        answers = self.answers | {slot: value}
        in_order = value and (slot in self.answers or _LATER[slot].isdisjoint(self.answers))
        return State(place, MappingProxyType(answers) if in_order else answered(answers), item)


def answered(told: Mapping[str, str]) -> Answers:
    """The answers among `told` that are not empty, in the order of the slots."""
    return MappingProxyType({slot: value for slot in SLOTS if (value := told.get(slot))})


class Choice(NamedTuple):
    """A button: it leads to a state, opens an address, or copies a number. Exactly one of the three is set."""

    label: str
    to: State | None = None
    url: str = ""
    copy: str = ""


@dataclass(frozen=True, slots=True)
class Screen:
    """What a person reads and can tap. `lead` is the emergency lead, "" on the three hidden screens only.

    `choices` stand one row an inner tuple, the fixed row (Back, 999, Close) last. `services` and `phones` name what
    is shown: service ids, and numbers in E.164 or as dialled.
    """

    place: str
    lead: str
    title: str
    body: str
    choices: tuple[tuple[Choice, ...], ...]
    services: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Exactly what the person reads, without markup: lead, title and body, a blank line between."""
        return "\n\n".join(part for part in (self.lead, self.title, self.body) if part)


@dataclass(frozen=True, slots=True)
class Start:
    """The person opens the conversation; `token` is what a deep link carried (only an area in it is used)."""

    token: str = ""


@dataclass(frozen=True, slots=True)
class Tap:
    """The person taps a button; `token` is what it carried, whatever that may be."""

    token: str


@dataclass(frozen=True, slots=True)
class Typed:
    """The person typed words."""

    text: str


@dataclass(frozen=True, slots=True)
class Other:
    """The person sent something that is not words: a picture, a voice message, a place. It is never looked at."""


Event = Start | Tap | Typed | Other


@dataclass(frozen=True, slots=True)
class Reply:
    """What a channel does next: show `screen` and remember `state`; on `close` remove everything and show nothing."""

    state: State
    screen: Screen | None
    close: bool = False
