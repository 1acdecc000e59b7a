"""Golden conversations: what people tap and type, by label, and what they must then read.

Each is a list of turns; a turn says what is done (`tap` a label, `type` words) or what must hold of the screen (`see`,
`not`, `place`). Between two turns the state goes through its token, as it does on a phone.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.dialogue import Reply, Start, State, Tap, Typed, answer, decode, encode
from knowledge.yamlfile import Entry, read

LONDON = ZoneInfo("Europe/London")
FILES = sorted((Path(__file__).parent / "conversations").glob("*.yaml"))


def conversations() -> list[Entry]:
    faults: list[str] = []
    found = [entry for path in FILES for entry in read(path, faults).entries("conversations")]
    assert not faults
    return found


def press(reply: Reply, label: str) -> Tap:
    assert reply.screen
    labels = {choice.label: choice for row in reply.screen.choices for choice in row}
    assert label in labels, f"no button {label!r} among {list(labels)}"
    to = labels[label].to
    assert to, f"{label!r} leads nowhere"
    return Tap(encode(to))


@pytest.mark.parametrize("told", conversations(), ids=lambda e: e.text("name"))
def test_conversation(told, knowledge):
    now = datetime.fromisoformat(told.text("at", "2026-11-18T15:00")).replace(tzinfo=LONDON)
    reply = answer(Start(), None, knowledge, now)
    for turn in told.entries("turns"):
        here: State | None = decode(encode(reply.state)) if told.text("remembers", "yes") == "yes" else None
        for key in turn.items:
            text = turn.text(key)
            shown = reply.screen.text if reply.screen else ""
            match key:
                case "tap":
                    reply = answer(press(reply, text), here, knowledge, now)
                case "type":
                    reply = answer(Typed(text), here, knowledge, now)
                case "see":
                    assert text in shown, f"line {turn.line}: {text!r} not in\n{shown}"
                case "not":
                    assert text not in shown, f"line {turn.line}: {text!r} in\n{shown}"
                case "place":
                    assert (reply.screen.place if reply.screen else "closed") == text, f"line {turn.line}:\n{shown}"
                case _:
                    pytest.fail(f"line {turn.line}: unknown {key}")


def test_there_are_enough():
    assert len(conversations()) >= 25
