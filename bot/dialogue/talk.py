"""The only door for channels: an event in, a reply out. Pure: nothing of what was typed leaves this function."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache, lru_cache

from bot.dialogue.flow import OWN, back, emergency, settle
from bot.dialogue.lists import also_item
from bot.dialogue.model import LEAVE, Event, Reply, Start, State, Tap, Typed
from bot.dialogue.pages import LANGUAGE, SIGNS, landing
from bot.dialogue.screens import screen
from bot.dialogue.state import code, decode, encode
from bot.understanding import Reading, order, read
from bot.words import codes, texts, words
from knowledge.model import Knowledge

ALWAYS = datetime(2020, 1, 1, tzinfo=UTC)  # stands for any time
HIDDEN = ("hide", "machine", LEAVE)
LEAVING = ("exit", "delete")  # orders that end the conversation
LONGEST_ORDER = 60  # characters; who wants to leave writes no more


def answer(event: Event, here: State | None, knowledge: Knowledge, now: datetime) -> Reply:
    """What to show next. `here` is where the chat stands, or None where nobody remembers; both work."""
    if isinstance(event, Start):
        area = decode(event.token).answers.get("area", "")
        return _show(State("start").having(area=area), knowledge, now)
    if isinstance(event, Tap):
        return _tapped(event.token, knowledge, drawn_at(event.token, now))
    if here and here.place in HIDDEN:
        return _hidden(event, knowledge, now)
    here = here or State("start")
    if not isinstance(event, Typed):
        return _show(here, knowledge, now, texts()["removed"])
    if event.text.startswith("/"):
        return _command(event.text, here, knowledge, now)
    reading = read(event.text, knowledge)
    if not reading.danger and (named := _named(event.text, here, knowledge, now)):
        return named
    return _typed(reading, here, knowledge, now)


def leaves(text: str, knowledge: Knowledge) -> bool:
    """Whether words that come too late to be answered ask to close. Cheap: only a short order is looked for."""
    if text.startswith("/"):
        return text == "/stop"
    return len(text) <= LONGEST_ORDER and order(text, knowledge) in LEAVING


def prepare(knowledge: Knowledge) -> None:
    """Loads what typed words are read with, which takes a moment; else the first message that is read does it."""
    read("", knowledge)


def _named(text: str, here: State, knowledge: Knowledge, now: datetime) -> Reply | None:
    """What a typed label of the present screen, a greeting or a thank-you leads to; None for anything else."""
    said = text.strip().strip(".!?").strip().casefold()
    for row in screen(here, knowledge, now).choices:
        for choice in row:
            if choice.to and choice.label.casefold() == said:
                return answer(Tap(encode(choice.to)), here, knowledge, now)
    if said in words().greetings:
        return _show(State("start"), knowledge, now, texts()["removed"])
    return _show(here, knowledge, now, texts()["removed"]) if said in words().thanks else None


def drawn_at(token: str, now: datetime) -> datetime:
    """The time that a tap's screen is drawn for: the minute, or for a question, which no clock changes, always one."""
    return ALWAYS if token.partition("_")[0] in _timeless() else now.replace(second=0, microsecond=0)


@cache
def _timeless() -> frozenset[str]:
    """The codes of the places that show no time: the questions."""
    return frozenset(found for found, place in codes().places.items() if place in words().questions)


@lru_cache(maxsize=256)
def _tapped(token: str, knowledge: Knowledge, minute: datetime) -> Reply:
    """What a button leads to: the same for all who tap it, until its screen changes with the time."""
    state = settle(decode(token))
    return Reply(state, None, close=True) if state.place == LEAVE else _show(state, knowledge, minute)


def _hidden(event: Event, knowledge: Knowledge, now: datetime) -> Reply:
    """What comes after a hidden screen. Somebody else may hold the phone: only danger, an order or an answer opens
    anything; the rest keeps the bland line."""
    if isinstance(event, Typed):
        reading = read(event.text, knowledge)
        told = reading.danger or reading.high_risk or reading.command or reading.answers or reading.maybe
        if told or event.text.startswith("/"):
            return answer(event, None, knowledge, now)
    return _show(State("machine"), knowledge, now)


def _show(state: State, knowledge: Knowledge, now: datetime, notice: str = "") -> Reply:
    state = settle(state)
    return Reply(state, screen(state, knowledge, now, notice))


def _command(text: str, here: State, knowledge: Knowledge, now: datetime) -> Reply:
    name, _, token = text[1:].partition(" ")
    if name == "stop":
        return Reply(State(LEAVE), None, close=True)
    if name == "start":
        return answer(Start(token.strip()), here, knowledge, now)
    return _show(_lost(here), knowledge, now, texts()["removed"])


def _typed(reading: Reading, here: State, knowledge: Knowledge, now: datetime) -> Reply:
    """Danger, then command, then what was said about place and situation, then what may have been meant."""
    removed = texts()["removed"]
    known = here.having(**_told(reading, here))
    if reading.command in LEAVING:
        return Reply(State(LEAVE), None, close=True)
    if reading.command == "hide" or "arrival" in reading.signs:
        return _show(State("hide"), knowledge, now)
    if reading.danger:
        signs = [s for s in SIGNS if s in reading.signs]
        signs += [s.replace(":", "-") for s in sorted(reading.signs) if s.startswith(LANGUAGE + ":")][:1]
        return _show(emergency(known.at(here.place), *signs[:2]), knowledge, now, removed)
    if reading.command == "who":
        return _show(State("machine"), knowledge, now)
    if reading.command == "back":
        return _show(back(here), knowledge, now, removed)
    if reading.command == "restart":
        return _show(State("start"), knowledge, now, removed)
    if reading.high_risk:
        told = {*reading.signs, *reading.audiences}
        kinds = [s for s in ("strangled", "pregnant") if s in told]
        return _show(known.at("serious", "--".join(kinds)), knowledge, now, removed)
    if asked := _which_place(reading, knowledge):
        return _show(known.at("maybe", asked), knowledge, now, removed)
    if reading.answers:
        needs = [value for slot, value in reading.maybe if slot == "need"]
        state = known.at("results", also_item(needs))
        if reading.answers.get("area") == "elsewhere":
            state = landing(state, "area", "elsewhere")
        elif reading.answers.get("who") == OWN != here.answers.get("who"):
            state = landing(state, "who", OWN)
        return _show(state, knowledge, now, f"{removed} {_echo(reading, known, knowledge)}".strip())
    if reading.maybe:
        item = "-".join(code(slot, value) for slot, value in reading.maybe[:4])
        return _show(known.at("maybe", item), knowledge, now, removed)
    if reading.command == "help":
        return _show(here.at("hint"), knowledge, now, removed)
    return _show(_lost(here), knowledge, now, removed)


def _which_place(reading: Reading, knowledge: Knowledge) -> str:
    """The codes of the places that a name may mean, for a question; "" where there is nothing to ask."""
    if reading.place is None or reading.place.kind != "ambiguous" or "area" in reading.answers:
        return ""
    group_of = knowledge.areas.group_of
    return "-".join(dict.fromkeys(code("area", group_of.get(i, i)) for i in reading.place.ids[:4]))


def _told(reading: Reading, here: State) -> dict[str, str]:
    """The answers to keep: what was typed now wins over what was chosen before; "today" where the risk is high.

    But "he hits me" makes nobody older: who is under 18 stays so, until they choose another answer.
    """
    told = {slot: value for slot, value in reading.answers.items() if not (slot == "urgency" and value == "now")}
    if told.get("who") == "me" and here.answers.get("who") == "young-person":
        del told["who"]
    return told | ({"urgency": "today"} if reading.high_risk and not reading.danger else {})


def _echo(reading: Reading, state: State, knowledge: Knowledge) -> str:
    """What was understood, in the words of the buttons: "Leek: Staffordshire."."""
    line, names, parts = texts(), knowledge.areas.names, []
    area = reading.answers.get("area")
    if area:
        home = names.get(knowledge.areas.area_of.get(area, area), "")
        typed = reading.place.name if reading.place else ""
        if typed and home and typed != home:
            parts.append(line["echo"].format(name=typed, area=home))
        elif home or typed:
            parts.append(line["echo_bare"].format(name=home or typed))
    for slot in ("who", "need", "audience", "urgency"):
        label = words().labels.get((slot, reading.answers.get(slot, "")))
        if label:
            parts.append(line["echo_bare"].format(name=label))
    return " ".join(parts)


def _lost(here: State) -> State:
    """Nothing was understood: never the same screen twice. A hint, then a wider choice, then the lines that answer."""
    if here.place == "hint":
        return here.at("straight") if here.page else here.at("hint", "", 1)
    return here.at("hint", "", 1 if here.place == "straight" else 0)
