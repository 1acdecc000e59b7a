"""Where a choice, a skip or Back leads: the order of the questions and the branches."""

from __future__ import annotations

from bot.dialogue.model import State
from knowledge.model import NATIONS, Knowledge

EDIT = "edit"  # item of a question that was opened from the results: its answer leads straight back there
OWN, WORK = "own-behaviour", "work"
UNASKED = {OWN: ("need", "audience"), WORK: ("audience",)}  # what a branch is not asked
AFTER = {"area": "who", "group": "who", "nation": "who", "who": "need", "afraid": "need", "need": "urgency",
         "more-needs": "urgency", "urgency": "results", "audience": "results"}  # fmt: skip
BEFORE = {"straight": "start", "area": "start", "about": "start", "privacy": "about", "closing": "start",
          "group": "area", "nation": "area", "who": "area", "afraid": "who", "need": "who", "more-needs": "need",
          "urgency": "need", "audience": "results", "results": "urgency", "next": "results", "change": "results",
          "topics": "results", "without-speaking": "emergency", "serious": "results",
          "every-line": "results"}  # fmt: skip
RETURNS = ("area", "group", "nation", "who", "afraid", "need", "more-needs", "audience", "urgency", "results",
           "straight", "change", "topics", "about", "closing")  # fmt: skip


def settle(state: State) -> State:
    """The same state without answers that its branch does not use, and at a place that fits its answers."""
    if state.place == "start":  # nothing has been asked yet but, by a poster's code, the place
        return State("start", page=min(state.page, 1)).having(area=state.answers.get("area", ""))
    for slot in UNASKED.get(state.answers.get("who", ""), ()):
        state = state.having(**{slot: ""}) if slot in state.answers else state
    if state.answers.get("urgency") == "now":
        state = state.having(urgency="")
        if state.place == "results":
            return state.at("emergency")
    if state.place == "afraid" and state.answers.get("who") != OWN:
        return state.at("who", state.item)
    return state


def relevant(state: State, *more: str) -> dict[str, str]:
    """The answers that decide who can be reached: branch, place, and whether a man needs his own line."""
    kept = ("who", "area", *more) if state.answers.get("audience") != "man" else ("who", "area", "audience", *more)
    return {slot: value for slot, value in state.answers.items() if slot in kept}


def choose(state: State, slot: str, value: str, knowledge: Knowledge) -> State:
    """The state that an answer to a question leads to; an empty value means that the question was skipped."""
    if slot == "urgency" and value == "now":
        return state.told(slot, "", "emergency", "urgency")
    place, item = _after(state, slot, value, knowledge)
    if state.place in ("group", "nation") and not value:
        return state.at(place, item)
    told = state.told(slot, value, place, item)
    return settle(told) if slot == "who" else told


def _after(state: State, slot: str, value: str, knowledge: Knowledge) -> tuple[str, str]:
    """The place and item that come after an answer."""
    if state.place == "area" and value:
        if value == "elsewhere":
            return "nation", state.item
        if value not in NATIONS and has_groups(value, knowledge):
            return "group", state.item
    if value == OWN and state.place == "who":
        return "afraid", state.item
    if state.item == EDIT:
        return "results", ""
    after = AFTER[state.place]
    own = (value if slot == "who" else state.answers.get("who")) == OWN
    return "urgency" if after == "need" and own else after, ""


def has_groups(area: str, knowledge: Knowledge) -> bool:
    """Whether an area is made of groups that do not share their services."""
    return any(a.id == area and len(a.groups) > 1 for a in knowledge.areas.areas)


def back(state: State) -> State:
    """One step up from a state."""
    place, told = state.place, bool(state.answers)
    if state.item == EDIT and place in AFTER:
        if place in ("group", "nation"):
            return state.at("area", EDIT)
        return state.at("who", EDIT) if place == "afraid" else state.at("results")
    if place in ("results", "every-line", "topics", "topic") and state.page:
        return state.at(place, state.item, state.page - 1)
    if place == "topic":
        return State("start") if state.item == "phone-safety" and not told else state.at("topics")
    if place == "service":
        return state.at("results" if told else "straight")
    if place == "emergency":
        return came_from(state)
    if place == "urgency" and state.answers.get("who") == OWN:
        return state.at("who")
    if place == "results":  # the last question that was answered
        asked = ("urgency", "need", "who", "area")
        return state.at(next((slot for slot in asked if slot in state.answers), "urgency"))
    if place in ("hint", "maybe"):
        return state.at("results" if told else "start")
    return state.at(BEFORE[place]) if BEFORE.get(place, "start") != "start" else State("start")


def came_from(state: State) -> State:
    """Where the emergency page was opened: its item names the place, otherwise the results or the start."""
    origin = state.item.split("--")[0]
    if origin in RETURNS:
        return settle(state.at(origin))
    return state.at("results" if state.answers else "start")


def emergency(state: State, *signs: str) -> State:
    """The emergency page that knows the way back to a state, with what the page must say beside the steps."""
    if state.place == "emergency" and not signs:
        return state
    origin = state.place if state.place in RETURNS and state.item != EDIT else ""
    return state.at("emergency", "--".join([origin, *signs]) if signs else origin)
