"""The pages that are read: start, emergency, topics, about, Close explained, and what follows typed words."""

from __future__ import annotations

from collections.abc import Sequence

from bot.dialogue import cards
from bot.dialogue.flow import EDIT, OWN
from bot.dialogue.lists import human_line, human_phones, topics_for
from bot.dialogue.model import Choice, Screen, State
from bot.dialogue.questions import question
from bot.dialogue.view import MAX_CHOICES, PAGE_SIZE, View, draw
from bot.words import NOBODY, Topic, codes, texts, words
from knowledge.model import NATIONS, Fact

SUICIDE, OWN_HARM, THIRD_PARTY, LANGUAGE = "suicide", "own-harm", "third-party", "language"
SIGN_OF = {"own-behaviour": OWN_HARM, "someone-else": THIRD_PARTY, "work": THIRD_PARTY}  # what a branch adds
SIGNS = (SUICIDE, OWN_HARM, THIRD_PARTY)


def start(view: View) -> Screen:
    """What this is, what Close does and cannot do, and the straight way to the lines that answer now."""
    line, go = texts(), view.state
    where = view.knowledge.areas.names.get(go.answers.get("area", ""), "")
    body = f"{line['start']}\n\n{line['start_here'].format(area=where) if where else line['start_where']}"
    if not any(c.confirmed for s in view.knowledge.services.values() for c in s.contacts):
        body += f"\n\n{line['trial']}"
    choices = [
        Choice(line["who_answers"], go.at("straight")),
        *(ask_area(view) if "area" not in go.answers else [Choice(line["step_by_step"], go.at("who"))]),
        Choice(line["phone_safe"], State("topic", item="phone-safety")),
        Choice(line["about_close"], go.at("closing")),
        Choice(line["about_chat"], go.at("about")),
    ]
    return draw(view, "", body, choices)


def ask_area(view: View) -> list[Choice]:
    """The buttons of the first question, which stand on the start to save a tap."""
    asked = question(View(view.state.at("area"), view.knowledge, view.now))
    return [choice for row in asked.choices[:-1] for choice in row]


def about(view: View) -> Screen:
    """What the bot is, what it is not, and what it keeps."""
    line = texts()
    return draw(view, line["about_title"], line["about"], [Choice(line["about_privacy"], view.state.at("privacy"))])


def privacy(view: View) -> Screen:
    """What is kept, by whom, for how long, and what a person can ask for."""
    return draw(view, texts()["privacy_title"], texts()["privacy"])


def closing(view: View) -> Screen:
    """What Close removes and what it cannot remove."""
    return draw(view, texts()["closing_title"], texts()["closing"])


def emergency(view: View) -> Screen:
    """The full steps of a 999 call; what was typed may add a line on suicide, on others, or a language to ask for."""
    said, line = words().emergency, texts()
    signs = [*view.state.item.split("--")[1:], SIGN_OF.get(view.branch, "")]
    body, phones = [], []
    human = view.knowledge.services.get("samaritans")
    if SUICIDE in signs and human and human.status != "hold" and human.phones:
        body.append(said["suicide"].format(phone=human.phones[0].shown))
        phones.append(human.phones[0].normalised)
    body += [said[key] for sign, key in ((OWN_HARM, "own_harm"), (THIRD_PARTY, "third_party")) if sign in signs]
    tongue = next((words().languages.get(s.removeprefix("language-")) for s in signs if s.startswith(LANGUAGE)), None)
    if tongue:
        body.append(said["language"].format(language=tongue))
    body.append(said["steps"])
    numbers = view.state.at("results" if view.state.answers else "straight")
    choices = [Choice(line["without_speaking"], view.state.at("without-speaking", view.state.item)),
               Choice(line["show_numbers"], numbers)]  # fmt: skip
    return draw(view, said["title"], "\n\n".join(body), choices, phones=phones)


def without_speaking(view: View) -> Screen:
    """Ways to reach 999 for somebody who cannot hear or speak."""
    said = words().emergency
    return draw(view, said["without_speaking_title"], said["without_speaking"])


def serious(view: View) -> Screen:
    """High risk without danger now: 999 is welcome even if it is over, a doctor if strangled, a person at any hour."""
    line = texts()
    body = [line["serious"]]
    body += [line["serious_" + s] for s in view.state.item.split("--") if "serious_" + s in line]
    body.append(human_line(view))
    choices = [Choice(line["show_numbers"], view.state.at("results")),
               Choice(words().topics["safety-plan"].label, view.state.at("topic", "safety-plan"))]  # fmt: skip
    return draw(view, "", "\n\n".join(part for part in body if part), choices, phones=human_phones(view))


def topics(view: View) -> Screen:
    """The list of pages for this branch, the ones for what was asked first."""
    line, state = texts(), view.state
    known = topics_for(view)
    per_page = MAX_CHOICES - 2
    part = known[state.page * per_page : (state.page + 1) * per_page]
    choices = [Choice(t.label, state.at("topic", t.id)) for t in part]
    if len(known) > (state.page + 1) * per_page:
        choices.append(Choice(line["more"], state.at("topics", "", state.page + 1)))
    choices.append(Choice(line["show_numbers"], state.at("results")))
    body = f"{line['topics']}\n\n{human_line(view)}"
    return draw(view, line["topics_title"], body, choices, phones=human_phones(view))


def topic(view: View) -> Screen:
    """A page of statements in our own words, with where they come from, and a person to talk to."""
    line, state = texts(), view.state
    one = words().topics.get(state.item)
    if one is None or (view.branch or NOBODY) not in one.who:
        return topics(View(state.at("topics"), view.knowledge, view.now, view.notice))
    pages = topic_pages(view, one)
    page = min(state.page, len(pages) - 1)
    body, facts = pages[page]
    parts = [body, human_line(view), sources(facts)]
    choices = [Choice(line["more"], state.at("topic", one.id, page + 1))] if page + 1 < len(pages) else []
    choices += [Choice(line["things_to_know"], state.at("topics")), Choice(line["show_numbers"], state.at("results"))]
    return draw(view, one.title, "\n\n".join(p for p in parts if p), choices, phones=human_phones(view))


def topic_pages(view: View, one: Topic) -> list[tuple[str, list[Fact]]]:
    """The statements of a topic in pages that fit, each with its facts; the opening warning stands on every page."""
    opening = [texts()[one.opens_with]] if one.opens_with else []
    if view.state.answers.get("area") in NATIONS[1:]:
        opening.append(texts()["topic_england"])
    room = view.room(PAGE_SIZE, one.title) - len(human_line(view)) - 4
    pages: list[tuple[str, list[Fact]]] = []
    order = {name: n for n, name in enumerate(one.starts_with)}
    facts = sorted(view.knowledge.guidance.get(one.id, ()), key=lambda f: order.get(f.id, len(order)))
    for fact in facts:
        held = pages[-1][1] if pages else []
        body = "\n\n".join([*opening, *(f"- {f.value}" for f in [*held, fact])])
        if held and len(body) + len(sources([*held, fact])) <= room:
            pages[-1] = (body, [*held, fact])
        else:
            pages.append(("\n\n".join([*opening, f"- {fact.value}"]), [fact]))
    return pages or [("\n\n".join([*opening, texts()["topic_empty"]]), [])]


def sources(facts: Sequence[Fact]) -> str:
    """Where statements come from, with the lines of the document."""
    return cards.listed_by([f.source for f in facts if f.source], lines=True, frame="topic")


def hint(view: View) -> Screen:
    """Nothing was understood: a hint the first time, then a wider choice with a person."""
    line, state = texts(), view.state
    choices = [Choice(line["who_answers"], state.at("straight")), Choice(line["step_by_step"], state.at("area")),
               Choice(line["ask_who"], state.at("who"))]  # fmt: skip
    if not view.own:
        choices.append(Choice(line["ask_need"], state.at("need")))
    if not state.page:
        return draw(view, line["hint_title"], line["hint"], choices)
    body = line["wide"].format(human=human_line(view))
    return draw(view, line["wide_title"], body, choices, phones=human_phones(view))


def maybe(view: View) -> Screen:
    """Up to four things that may have been meant, as buttons; the codes of the answers stand in the item."""
    line, state = texts(), view.state
    meant = [codes().answers[part] for part in state.item.split("-") if part in codes().answers][:4]
    areas = bool(meant) and all(slot == "area" for slot, _ in meant)
    if areas and ("area", "elsewhere") not in meant:
        meant = [*meant[:3], ("area", "elsewhere")]
    choices = [Choice(label_of(view, slot, value), landing(state, slot, value)) for slot, value in meant]
    if not areas:
        choices.append(Choice(line["none_of_these"], state.at("hint", "", 1)))
    return draw(view, line["maybe_area" if areas else "maybe_title"], line["maybe"], choices)


def label_of(view: View, slot: str, value: str) -> str:
    """The label of an answer's button."""
    areas = view.knowledge.areas
    labels = {a.id: a.label for a in areas.areas} | {g.id: g.label for a in areas.areas for g in a.groups}
    if slot == "area" and value != "elsewhere":
        return labels.get(value) or areas.nations[value]
    return words().labels[slot, value]


def landing(state: State, slot: str, value: str) -> State:
    """Where an answer that was typed or picked leads: results, or the question that it opens."""
    told = state.having(**{slot: value})
    if value == "elsewhere":
        return told.at("nation", EDIT)
    if value == OWN:
        return told.at("afraid")
    return told.at("results")


def hide(view: View) -> Screen:
    """A plain line with one bland button to the emergency page; it holds no answers and has no lead."""
    return Screen("hide", "", "", texts()["hide"], ((Choice(texts()["open_hide"], State("emergency")),),))


def machine(view: View) -> Screen:
    """The answer to "who is this?", for whoever holds the phone: one bland line and one bland button, no lead."""
    return Screen("machine", "", "", texts()["machine"], ((Choice(texts()["open_machine"], State("start")),),))
