"""The screen of a state: pure, the same state, knowledge and time always give the same screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.dialogue import lists, pages, questions
from bot.dialogue.flow import settle
from bot.dialogue.model import Screen, State
from bot.dialogue.view import View
from knowledge.model import Knowledge

SCREENS: Mapping[str, Callable[[View], Screen]] = {
    "start": pages.start,
    "straight": lists.straight,
    "area": questions.question,
    "group": questions.question,
    "nation": questions.question,
    "who": questions.question,
    "afraid": questions.question,
    "need": questions.question,
    "more-needs": questions.question,
    "audience": questions.question,
    "urgency": questions.question,
    "results": lists.results,
    "every-line": lists.every_line,
    "service": lists.service,
    "next": lists.next_line,
    "change": questions.change,
    "topics": pages.topics,
    "topic": pages.topic,
    "emergency": pages.emergency,
    "without-speaking": pages.without_speaking,
    "serious": pages.serious,
    "about": pages.about,
    "privacy": pages.privacy,
    "closing": pages.closing,
    "hint": pages.hint,
    "maybe": pages.maybe,
    "hide": pages.hide,
    "machine": pages.machine,
}


def screen(state: State, knowledge: Knowledge, now: datetime, notice: str = "") -> Screen:
    """What a person sees at a state at a time (aware). `notice` is one line about what was just typed."""
    # To the minute, as hours are: what was worked out in a minute serves all who ask in it.
    view = View(settle(state), knowledge, now.replace(second=0, microsecond=0), notice)
    return SCREENS.get(view.state.place, pages.start)(view)
