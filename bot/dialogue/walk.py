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
LEAVES = ("service", "next", "every-line", "topic", "topics", "emergency", "without-speaking", "about", "privacy",
          "closing", "change")  # fmt: skip
ALARMS = ("", "--suicide", "--own-harm", "--third-party", "--language-pl", "--suicide--language-pl")
# Screens that only typed words lead to.
TYPED = (
    *(State("emergency", item=item) for item in ALARMS),
    State("serious"), State("serious", item="strangled"), State("serious", item="pregnant"),
    State("hint"), State("hint", page=1), State("maybe", item="hg-lg"), State("maybe", item="sot-els"),
    State("hide"), State("machine"),
)  # fmt: skip

QUESTIONS = ("area", "group", "nation", "who", "afraid", "need", "more-needs", "audience", "urgency")
Face = tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A distinct screen: the token and state that it was first found at."""

    token: str
    state: State
    screen: Screen


def face(shown: Screen) -> Face:
    """What makes a screen distinct: its place, its text and its labels."""
    return shown.place, shown.text, tuple(choice.label for row in shown.choices for choice in row)


def essence(state: State) -> State:
    """The state that shows the same screen with as few answers as can be (only the way back differs)."""
    if state.place in QUESTIONS and state.item != EDIT:  # asked again after Back: later answers change nothing here
        return state.having(audience="", urgency="")
    if state.place in QUESTIONS and state.place != "audience":
        slots = ("area",) if state.place in ("area", "group", "nation") else (state.place, "who")
        return State(state.place, item=EDIT).having(**{s: state.answers.get(s, "") for s in slots})
    if state.place not in LEAVES:
        return state
    answers = relevant(state, "need") if state.place == "topics" else relevant(state)
    if state.place not in ("next", "every-line") and answers.get("area") not in NATIONS:
        answers.pop("area", None)
    if state.place in ("emergency", "without-speaking", "about", "privacy", "closing"):
        answers = {"who": answers["who"]} if state.place == "emergency" and "who" in answers else {}
    item = "--" + state.item.partition("--")[2] if state.place == "emergency" else state.item
    return State(state.place, item=item, page=state.page).having(**answers)


def walk(knowledge: Knowledge, now: datetime) -> Iterator[tuple[Seen, dict[str, str]]]:
    """Each distinct screen, the start first, with the token of the line that each of its tokens leads to."""
    first: dict[Face, str] = {}
    where: dict[str, str] = {}  # token -> token of the line that shows the same
    new: deque[Seen] = deque()
    known: deque[list[State]] = deque()  # where screens like one seen before lead to, as far as not yet seen

    def visit(state: State) -> str:
        key = encode(essence(state))
        if key not in where:
            shown, token = screen(state, knowledge, now), encode(state)
            where[key] = first.setdefault(face(shown), token)
            if where[key] == token:
                new.append(Seen(token, state, shown))
            elif not shut(state):
                known.append([to for to in targets(shown) if encode(essence(to)) not in where])
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
