"""Every screen that can be reached, each once: for the list of screens, and for the tests that hold the promises."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.dialogue.flow import EDIT, relevant
from bot.dialogue.model import LEAVE, Screen, State
from bot.dialogue.screens import screen
from bot.dialogue.state import encode
from knowledge.model import NATIONS, Knowledge

# Pages that show the same whatever else was answered, and whose buttons only lead back to where one came from.
LEAVES = frozenset({
    "service", "next", "every-line", "topic", "topics", "emergency", "without-speaking", "about", "privacy", "closing",
    "change",
})  # fmt: skip
ALARMS = ("", "--suicide", "--own-harm", "--third-party", "--language-pl", "--suicide--language-pl")
# Screens that only typed words lead to.
TYPED = (
    *(State("emergency", item=item) for item in ALARMS),
    State("serious"), State("serious", item="strangled"), State("serious", item="pregnant"),
    State("hint"), State("hint", page=1), State("maybe", item="hg-lg"), State("maybe", item="sot-els"),
    State("hide"), State("machine"),
)  # fmt: skip

QUESTIONS = frozenset({
    "area", "group", "nation", "who", "afraid", "need", "more-needs", "audience", "urgency",
})  # fmt: skip
Face = tuple[str, str, tuple[str, ...]]
Essence = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """A distinct screen: the token and state that it was first found at."""

    token: str
    state: State
    screen: Screen


def face(shown: Screen) -> Face:
    """What makes a screen distinct: its place, its text and its labels."""
    return shown.place, shown.text, tuple(choice.label for row in shown.choices for choice in row)


def essence(state: State) -> Essence:
    """What decides how a screen looks, with as few answers as can be: equal ones show the same, up to the way back."""
    place, answers, item, page = state
    if place in QUESTIONS and item != EDIT:  # asked again after Back: later answers change nothing here
        return place, item, page, *(pair for pair in answers.items() if pair[0] not in ("audience", "urgency"))
    if place in QUESTIONS and place != "audience":
        slots = ("area",) if place in ("area", "group", "nation") else (place, "who")
        return place, item, 0, *(pair for pair in answers.items() if pair[0] in slots)
    if place not in LEAVES:
        return place, item, page, *answers.items()
    told = relevant(state, "need") if place == "topics" else relevant(state)
    if place not in ("next", "every-line") and told.get("area") not in NATIONS:
        told.pop("area", None)
    if place in ("emergency", "without-speaking", "about", "privacy", "closing"):
        told = {"who": told["who"]} if place == "emergency" and "who" in told else {}
    item = "--" + item.partition("--")[2] if place == "emergency" else item
    return place, item, page, *told.items()


def walk(knowledge: Knowledge, now: datetime) -> Iterator[tuple[Seen, dict[str, str]]]:
    """Each distinct screen, the start first, with the token of the line that each of its tokens leads to."""
    first: dict[Face, str] = {}
    where: dict[Essence, str] = {}  # the token of the line that shows the same
    new: deque[Seen] = deque()
    known: deque[list[State]] = deque()  # where screens like one seen before lead to, as far as not yet seen

    def visit(state: State) -> str:
        key = essence(state)
        if key not in where:
            shown, token = screen(state, knowledge, now), encode(state)
            where[key] = first.setdefault(face(shown), token)
            if where[key] == token:
                new.append(Seen(token, state, shown))
            elif not shut(state):
                known.append([to for to in targets(shown) if essence(to) not in where])
        return where[key]

    for root in (State("start"), *TYPED):
        visit(root)
    while new or known:
        if new:
            seen = new.popleft()
            yield seen, {encode(to): visit(to) for to in targets(seen.screen)}
        else:
            for to in known.popleft():
                visit(to)


def targets(shown: Screen) -> list[State]:
    """The states that a screen's buttons lead to, without Close."""
    return [c.to for row in shown.choices for c in row if c.to and c.to.place != LEAVE]


def shut(state: State) -> bool:
    """Whether a screen like one seen before opens nothing new: leaves, and questions asked again.

    Every set of answers is reached by the questions in order; only the audience is asked from the results alone.
    """
    return state.place in LEAVES or (state.item == EDIT and state.place != "audience")
