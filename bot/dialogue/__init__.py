"""The conversation: pure functions from a state or an event to a screen. No clock, no network, no storage."""

from bot.dialogue.model import LEAVE, Choice, Event, Other, Reply, Screen, Start, State, Tap, Typed
from bot.dialogue.screens import screen
from bot.dialogue.state import decode, encode
from bot.dialogue.talk import answer, drawn_at, leaves, prepare

__all__ = ["LEAVE", "Choice", "Event", "Other", "Reply", "Screen", "Start", "State", "Tap", "Typed",
           "answer", "decode", "drawn_at", "encode", "leaves", "prepare", "screen"]  # fmt: skip
