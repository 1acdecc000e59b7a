"""What every screen is made of: the view it is drawn from, the emergency lead, and the fixed bottom row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.dialogue.flow import back, emergency
from bot.dialogue.model import LEAVE, Choice, Screen, State
from bot.words import texts, words
from knowledge.find import OWN, Found, fallback
from knowledge.model import Knowledge

MAX_CHOICES = 11
QUESTION_SIZE, RESULTS_SIZE, PAGE_SIZE = 250, 650, 900  # characters under the lead
_GONE = State(LEAVE)
WIDE_LABEL = 12  # labels up to this length stand two in a row


@dataclass(frozen=True, slots=True)
class View:
    """What a screen is drawn from: the state, the knowledge, the time, and a line about what was just typed."""

    state: State
    knowledge: Knowledge
    now: datetime
    notice: str = ""

    @property
    def branch(self) -> str:
        """The answer to "who is this about?", "" where it was skipped."""
        return self.state.answers.get("who", "")

    @property
    def own(self) -> bool:
        """Whether this is the branch of people worried about their own behaviour."""
        return self.branch == OWN

    def human(self) -> Found | None:
        """The person who can be reached at this hour on this branch."""
        return fallback(self.state.answers, self.knowledge, self.now)

    def noted(self, body: str) -> str:
        """A body with the line about what was just typed above it."""
        return f"{self.notice}\n\n{body}" if self.notice else body

    def room(self, size: int, title: str) -> int:
        """How many characters of a budget are left for the body under a title and the notice."""
        return size - len(title) - (2 if title else 0) - (len(self.notice) + 2 if self.notice else 0)


def draw(
    view: View,
    title: str,
    body: str,
    choices: Iterable[Choice] = (),
    *,
    services: Iterable[str] = (),
    phones: Iterable[str] = (),
) -> Screen:
    """A screen with the lead above and the fixed row below; never more than MAX_CHOICES choices."""
    return Screen(
        place=view.state.place,
        lead=words().emergency["lead"],
        title=title,
        body=view.noted(body),
        choices=(*rows(list(choices)[:MAX_CHOICES]), bottom(view.state)),
        services=tuple(dict.fromkeys(services)),
        phones=tuple(dict.fromkeys(phones)),
    )


def bottom(state: State) -> tuple[Choice, Choice, Choice]:
    """The row that stands at the same place on every screen."""
    line, up, alarm = texts(), other(back(state), state), other(emergency(state), state)
    return Choice(line["back"], up), Choice("999", alarm), Choice(line["close"], _GONE)


def other(to: State, here: State) -> State:
    """Where a button leads; the same place under another token if it leads nowhere else.

    Else the tap would ask for an edit that changes nothing, which Telegram refuses.
    """
    return to.at(to.place, to.item, 1 - min(to.page, 1)) if to.place == here.place and to == here else to


def rows(choices: Sequence[Choice]) -> list[tuple[Choice, ...]]:
    """Lays choices out: the numbers of services side by side, two short labels in a row, long ones alone."""
    laid: list[tuple[Choice, ...]] = []
    kinds: list[str] = []  # of each row: "digits", "half" where one more short label fits, or "full"
    for choice in choices:
        kind = "digits" if choice.label.isdigit() else "half" if len(choice.label) <= WIDE_LABEL else "full"
        if kinds and kind == kinds[-1] != "full":
            laid[-1] = (*laid[-1], choice)
            kinds[-1] = kind if kind == "digits" else "full"
        else:
            laid.append((choice,))
            kinds.append(kind)
    return laid
