"""The screens that list services: who answers now, results, one service, and the next line to try."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from bot.dialogue import cards
from bot.dialogue.flow import EDIT, WORK, relevant
from bot.dialogue.model import Choice, Screen, answered
from bot.dialogue.state import code
from bot.dialogue.view import RESULTS_SIZE, View, draw
from bot.words import NOBODY, Topic, codes, texts, words
from knowledge.find import OWN, Found, fallback, fallbacks, find, fitting, serves
from knowledge.model import Knowledge

PER_SCREEN = 3
CHAIN = 6  # how many lines "No answer?" goes through
STRAIGHT = ("", "young-person", "own-behaviour")  # branches whose lines for any hour stand on "Who answers now"
OPEN_QUESTIONS = ("area", "who", "need")


def human_line(view: View) -> str:
    """One line with the person who can be reached at any hour on this branch."""
    human = view.human()
    if human is None or human.phone is None:
        return ""
    listening = human.service.id == "samaritans"
    line = texts()["any_hour_listening" if listening else "any_hour"]
    return line.format(name=cards.name(human.service), phone=human.phone.shown)


def human_phones(view: View) -> tuple[str, ...]:
    """The number on `human_line`."""
    human = view.human()
    return (human.phone.normalised,) if human and human.phone else ()


def straight(view: View) -> Screen:
    """The lines that answer at this hour: those of the branch where it is known, otherwise one for each."""
    line, seen = texts(), list[Found]()
    for who in (view.branch, OWN) if view.branch else STRAIGHT:
        human = fallback(view.state.having(who=who).answers, view.knowledge, view.now)
        if human and human.service.who != (OWN,) and human.service.id not in [f.service.id for f in seen]:
            seen.append(human)
    cards_now = [cards.card(n, f, view.branch, view.now, view.knowledge) for n, f in enumerate(seen, 1)]
    text = "\n\n".join([*cards_now, cards.listed_by([cards.newest(f) for f in seen])])
    fitted = seen
    choices = [_open(view, n, f) for n, f in enumerate(fitted, 1)]
    choices.append(Choice(line["step_by_step"], view.state.at("area")))
    ids = {f.service.id for f in fitted}
    text = text if view.branch or not {"childline", "samaritans"} <= ids else f"{text}\n\n{line['straight']}"
    return draw(view, line["straight_title"], text, choices, **_shown(fitted))


def results(view: View) -> Screen:
    """Up to three services a screen that fit what was said, and the ways on: pages, topics, open questions, changes."""
    line, state = texts(), view.state
    found = fitting(state.answers, view.knowledge, view.now)
    text, fitted, last = _page(view, _title(view), found)
    choices = [_open(view, n, f) for n, f in enumerate(fitted, 1)]
    if fitted:
        choices.append(Choice(line["no_answer"], state.at("next", fitted[0].service.id)))
    more = Choice(line["every_line"], state.at("every-line")) if last else Choice(
        line["more"], state.at("results", "", state.page + 1))  # fmt: skip
    choices.append(more)
    if state.answers.get("urgency") == "no-rush" and (offered := topics_for(view)):
        choices.append(Choice(offered[0].label, state.at("topic", offered[0].id)))
    choices.append(Choice(line["things_to_know"], state.at("topics")))
    choices += _also(view) + _open_questions(view)
    choices.append(Choice(line["change"], state.at("change")))
    return draw(view, _title(view), text, choices, **_shown(fitted, human_phones(view)))


def every_line(view: View) -> Screen:
    """Every service that covers the place on this branch, also those for others than the person described."""
    line, state = texts(), view.state
    found = find(relevant(state), view.knowledge, view.now)
    text, fitted, last = _page(view, line["every_title"], found)
    choices = [_open(view, n, f) for n, f in enumerate(fitted, 1)]
    if not last:
        choices.append(Choice(line["more"], state.at("every-line", "", state.page + 1)))
    choices.append(Choice(line["show_numbers"], state.at("results")))
    return draw(view, line["every_title"], text, choices, **_shown(fitted, human_phones(view)))


def _title(view: View) -> str:
    area = view.knowledge.areas.names.get(view.state.answers.get("area", ""), "")
    return texts()["results_title"] if view.own or not area else texts()["results_title_area"].format(area=area)


def _page(view: View, title: str, found: tuple[Found, ...]) -> tuple[str, tuple[Found, ...], bool]:
    """The page of a list that the state names, or its last: the text, its services, whether it is the last."""
    room = view.room(RESULTS_SIZE, title)
    human = view.human()
    always = (human.service.id, human_line(view)) if human else ("", "")
    at, page = 0, 0
    while True:  # only as far as the page that is asked for
        group = found[at : at + PER_SCREEN]
        text, fitted = _fill(group, room, *always, view.branch, view.now, view.knowledge)
        at += len(fitted)
        if page == view.state.page or at >= len(found):
            return text, fitted, at >= len(found)
        page += 1


@lru_cache(maxsize=256)
def _fill(
    found: tuple[Found, ...], room: int, human: str, human_line: str, branch: str, now: datetime, knowledge: Knowledge
) -> tuple[str, tuple[Found, ...]]:
    """As many of these services as fit a page; the person who can be reached at any hour stands on it as well."""
    parts = [cards.card(n, f, branch, now, knowledge) for n, f in enumerate(found, 1)]
    text, fitted = human_line, list(found)
    while fitted:
        last = [] if human in [f.service.id for f in fitted] else [human_line]
        listed = cards.listed_by([cards.newest(f) for f in fitted])
        text = "\n\n".join([*parts[: len(fitted)], *last, listed])
        if len(text) <= room or len(fitted) == 1:
            break
        fitted.pop()
    return text, tuple(fitted)


def _shown(fitted: Sequence[Found], extra: tuple[str, ...] = ()) -> dict[str, tuple[str, ...]]:
    numbers = [n for f in fitted for n in cards.phones(cards.on_card(f))]
    return {"services": tuple(f.service.id for f in fitted), "phones": (*numbers, *extra)}


def _open(view: View, n: int, found: Found) -> Choice:
    return Choice(str(n), view.state.at("service", found.service.id))


def topics_for(view: View) -> list[Topic]:
    """The pages of things to know for this branch, the ones for what was asked first."""
    told, branch = set(view.state.answers.values()), view.branch or NOBODY
    known = [t for t in words().topics.values() if branch in t.who and view.knowledge.guidance.get(t.id)]
    return sorted(known, key=lambda t: (not told & set(t.first_for), not told & set(t.needs)))


def _also(view: View) -> list[Choice]:
    """Further needs that were typed: each replaces the need that was applied first."""
    offered = []
    for part in view.state.item.split("-"):
        slot, value = codes().answers.get(part, ("", ""))
        if slot == "need" and value != view.state.answers.get("need"):
            label = texts()["also_need"].format(label=words().labels[slot, value])
            offered.append(Choice(label[:24], view.state.having(need=value).at("results")))
    return offered[:2]


def also_item(needs: list[str]) -> str:
    """The item of a results state that offers further needs as buttons."""
    return "-".join(code("need", need) for need in needs[:2])


def _open_questions(view: View) -> list[Choice]:
    line, answers = texts(), view.state.answers
    slots = [s for s in OPEN_QUESTIONS if s not in answers]
    if view.own:
        slots = [s for s in slots if s != "need"]
    elif view.branch != WORK and "audience" not in answers and len(slots) < len(OPEN_QUESTIONS):
        slots.append("audience")
    return [Choice(line["ask_" + slot], view.state.at(slot, EDIT)) for slot in slots]


def service(view: View) -> Screen:
    """One service with every way to reach it, who listed it, and a person for any hour."""
    line, state = texts(), view.state
    one = view.knowledge.services.get(state.item)
    if one is None or not serves(one, view.branch):
        return results(View(state.at("results"), view.knowledge, view.now, view.notice))
    shown = one.shown_contacts
    parts = [one.alert, "" if view.own else one.description, cards.whom(one, view.branch, view.knowledge)]
    for contact in shown:
        if contact.kind in ("phone", "sms"):
            number = cards.number(contact)
            number = line["text_number"].format(number=number) if contact.kind == "sms" else number
            parts.append(f"{number}\n{cards.hours(contact, view.now)}" + _alert(contact.alert))
        else:
            hours = f"\n{cards.hours(contact, view.now)}" if contact.schedule else ""
            parts.append(cards.other(contact) + hours + _alert(contact.alert))
    kinds = {c.kind for c in shown}
    traces = [line["hidden_calls"] if "phone" in kinds else "", line["traces"] if kinds - {"phone"} else ""]
    parts.append(" ".join(t for t in traces if t))
    human = view.human()
    if human and human.service.id != one.id:
        parts.append(human_line(view))
    parts.append(cards.listed_by([s for c in shown for s in cards.every_source(c)] or one.sources, lines=True))
    body = "\n\n".join(part for part in parts if part)
    numbers = [c.shown for c in shown if c.kind in ("phone", "sms")][:4]
    choices = [Choice(line["copy"].format(number=number)[:24], copy=number) for number in numbers]
    choices.append(Choice(line["no_answer"], state.at("next", one.id)))
    choices.append(Choice(line["show_numbers"], state.at("results")))
    return draw(view, cards.name(one), body, choices, services=(one.id,),
                phones=(*cards.phones(shown), *human_phones(view)))  # fmt: skip


def _alert(text: str) -> str:
    return f"\n{text}" if text else ""


def next_line(view: View) -> Screen:
    """The line to try when the one named in the item does not answer, whoever is open first; then a person."""
    line, state = texts(), view.state
    asked = answered(relevant(state) | {"urgency": "today"})
    found = [f for f in fitting(asked, view.knowledge, view.now) if f.phone][:CHAIN]
    named = {f.service.id for f in found}
    found += [f for f in fallbacks(asked, view.knowledge, view.now) if f.phone and f.service.id not in named]
    ids = [f.service.id for f in found]
    at = ids.index(state.item) + 1 if state.item in ids else 0
    if at >= len(found):
        body = "\n\n".join(part for part in (line["next_end"], human_line(view)) if part)
        choices = [Choice(line["show_numbers"], state.at("results")),
                   Choice(line["things_to_know"], state.at("topics"))]  # fmt: skip
        return draw(view, line["next_end_title"], body, choices, phones=human_phones(view))
    one, human = found[at], view.human()
    other = human is not None and human.service.id != one.service.id
    parts = [line["next_intro"], cards.card(1, one, view.branch, view.now, view.knowledge),
            human_line(view) if other else "", cards.listed_by([cards.newest(one)])]  # fmt: skip
    choices = [_open(view, 1, one), Choice(line["next_line"], state.at("next", one.service.id)),
               Choice(line["show_numbers"], state.at("results"))]  # fmt: skip
    return draw(view, line["next_title"], "\n\n".join(part for part in parts if part), choices,
                **_shown([one], human_phones(view)))  # fmt: skip
