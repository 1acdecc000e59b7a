"""The questions: area, situation, urgency, and the page that changes one answer."""

from __future__ import annotations

from bot.dialogue.flow import EDIT, UNASKED, choose
from bot.dialogue.model import SLOTS, Choice, Screen, State
from bot.dialogue.view import View, draw
from bot.words import texts, words
from knowledge.model import Knowledge


def question(view: View) -> Screen:
    """The question that a place asks, with its options, "Not sure" where that means something, and Skip."""
    state, line = view.state, texts()
    asked = words().questions[state.place]
    options = [(o.value, o.label) for o in asked.options]
    if state.place == "area":
        options = [(a.id, a.label) for a in view.knowledge.areas.areas] + options
    elif state.place == "nation":
        options = list(view.knowledge.areas.nations.items())
    elif state.place == "group":
        options = groups(view.knowledge, state.answers.get("area", ""))
    if state.item == EDIT and state.place != "afraid":
        options = [(value, _marked(view, asked.slot, value, label)) for value, label in options]
    choices = [Choice(label, choose(state, asked.slot, value, view.knowledge)) for value, label in options]
    if state.place == "need":
        choices.append(Choice(line["more"], state.at("more-needs", state.item)))
    choices += _unsure(view, asked.slot)
    area = view.knowledge.areas.names.get(view.knowledge.areas.area_of.get(state.answers.get("area", ""), ""), "")
    return draw(view, "", asked.text.format(area=area), choices)


def _unsure(view: View, slot: str) -> list[Choice]:
    """The ways on for somebody who cannot or will not answer: each leads somewhere useful."""
    state, line = view.state, texts()
    skip = Choice(line["skip"], choose(state, slot, "", view.knowledge))
    not_sure = {"who": "", "need": "talk", "more-needs": "talk", "urgency": "today"}
    if state.place == "afraid":
        return []
    if state.place == "group":
        return [Choice(line["anywhere"], skip.to)]
    if state.place in not_sure:
        return [Choice(line["not_sure"], choose(state, slot, not_sure[state.place], view.knowledge)), skip]
    return [skip]


def _marked(view: View, slot: str, value: str, label: str) -> str:
    """The label with a tick where it is the present answer: the question was opened to change it."""
    present = view.state.answers.get(slot, "")
    chosen = present == value or (view.state.place == "area" and view.knowledge.areas.area_of.get(present) == value)
    return texts()["chosen"].format(label=label)[:24] if chosen else label


def groups(knowledge: Knowledge, area: str) -> list[tuple[str, str]]:
    """The groups of an area, as (id, label)."""
    home = knowledge.areas.area_of.get(area, "")
    return [(g.id, g.label) for a in knowledge.areas.areas if a.id == home for g in a.groups]


def change(view: View) -> Screen:
    """Each answer as a button: it opens its question, which marks what was chosen and comes straight back."""
    state, line = view.state, texts()
    slots = [s for s in SLOTS if s not in UNASKED.get(view.branch, ())]
    choices = [Choice(line["change_" + slot], state.at(slot, EDIT)) for slot in slots]
    choices.append(Choice(line["start_again"], State("start")))
    return draw(view, line["change_title"], line["change_hint"], choices)
