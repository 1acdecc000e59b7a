"""What the bot knows of one chat: which messages are there, and what is still to do. In memory only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.channels.telegram.draw import Drawn
from bot.dialogue.model import State
from bot.forgetting.ledger import Note
from bot.forgetting.seal import LASTING, Kind

NOTHING: frozenset[int] = frozenset()
OLDEST = 23 * 3600.0  # seconds; Telegram deletes nothing older than 48 hours: 23 as a screen, then 23 as a plain line
REFUSED_FOR = 25 * 3600.0  # seconds; dice in a private chat can be deleted only when they are older than 24 hours
_SETS = ("plain", "typed", "left", "deleting", "stuck", "suspect", "gone")  # of a room
REACH = 100  # ids from there on in which a message of ours is looked for: one deleteMessages call


def always() -> bool:
    """What holds, or is called for, as long as nothing says otherwise."""
    return True


@dataclass(slots=True)
class Room:
    """One chat. Message ids are 0 where there is none."""

    chat: int
    here: State | None = None
    living: int = 0  # the screen
    bland: int = 0  # the line under it
    plain: frozenset[int] = NOTHING  # lines left by an earlier Close
    typed: frozenset[int] = NOTHING  # still to delete, not yet tried
    left: frozenset[int] = NOTHING  # being deleted, or to be tried again at Close
    deleting: frozenset[int] = NOTHING  # of those, the ones whose delete is on its way
    stuck: frozenset[int] = NOTHING  # what the person sent and Telegram does not delete yet
    again: float = 0  # when `left` may be tried again (seconds since 1970), and how often that has failed
    failures: int = 0
    suspect: frozenset[int] = NOTHING  # above these there may be messages of ours whose ids were never learnt
    reach: int = REACH  # how far above
    gone: frozenset[int] = NOTHING  # screens that were closed: a late tap on them shows nothing
    wanted: Drawn | None = None  # the newest screen not yet shown
    anew: bool = False  # a new pair is asked for
    direct: bool = False  # edits are refused, so the words of the screen are sent
    by_word: bool = False  # `wanted` answers a message, not a tap: only then may something be sent
    asked: float = 0  # date of the newest message (seconds since 1970), and its id
    asked_by: int = 0
    closing: bool = False
    turn: int = 0  # grows with each Close; who works for an older turn stops
    working: bool = False
    inflight: int = 0  # edits on their way
    landed: asyncio.Event | None = None  # set when no edit is on its way any more; made by who waits for it
    sending: asyncio.Task[bool] | None = None
    seq: int = 0  # update_id of the newest event that counts; an older one changes no screen
    searching: asyncio.Task[None] | None = None  # deletes what may stand above suspect ids
    held_until: float = 0  # up to when a screen waits for what was typed to go (seconds of perf_counter)
    stirred: asyncio.Event | None = None  # set when there is something new; made by who waits
    holds: Callable[[], bool] = always  # whether the right to work here still stands
    fenced: bool = False  # only the store knows for sure, so it is asked before anything is sent

    def due(self, now: float) -> frozenset[int]:
        """What was typed, could not be deleted, and may be tried again now."""
        return self.left - self.deleting if now >= self.again else NOTHING

    @property
    def occupied(self) -> bool:
        """Whether anything of the conversation is in the chat (a plain line does not count)."""
        return bool(self.living or self.bland or self.typed or self.left or self.suspect)

    def tidy(self) -> None:
        """Lets all that is empty be one and the same: seven empty sets a chat would be most of what a chat costs."""
        for name in _SETS:
            if not getattr(self, name):
                setattr(self, name, NOTHING)

    @property
    def empty(self) -> bool:
        """Whether there is nothing left, and nothing to do."""
        return not (self.occupied or self.wanted or self.working or self.closing)

    def stir(self) -> None:
        """Wakes who waits in this chat, as there is something new."""
        if self.stirred:
            self.stirred.set()


def around(suspect: Iterable[int], reach: int) -> frozenset[int]:
    """Suspect ids, and those shortly above, at which unnoted messages of ours may stand."""
    return frozenset(n for m in suspect for n in range(m, m + reach))


def in_use(notes: Iterable[Note]) -> bool:
    """Whether a conversation is noted, not only what stays after one."""
    return any(note.kind not in LASTING for note in notes)


def due_at(note: Note) -> float:
    """When it has to go at last (seconds since 1970): before Telegram deletes it no more, or when it does at last."""
    return note.at + (REFUSED_FOR if note.kind is Kind.LATER else OLDEST)


def room_of(chat: int, notes: Iterable[Note]) -> Room:
    """The room as the ledger has it, after a restart or a long silence.

    The bot may have died between sending a message and noting its id. A message of the person that is still noted, or
    a screen without its line, shows where: ids only grow, so what was sent then stands shortly above.
    """
    room = Room(chat)
    typed = set()
    for note in notes:
        match note.kind:
            case Kind.LIVING:
                typed |= {min(room.living, note.message)} - {0}  # never two, but none must be lost
                room.living = max(room.living, note.message)
            case Kind.BLAND:
                typed |= {min(room.bland, note.message)} - {0}
                room.bland = max(room.bland, note.message)
            case Kind.TYPED:
                typed.add(note.message)
            case Kind.PLAIN:
                room.plain |= {note.message}
            case Kind.LATER:
                room.stuck |= {note.message}
            case Kind.CLOSING:
                room.closing = True
    room.left = frozenset(typed)
    room.suspect = room.left if room.bland or not room.living else room.left | {room.living}
    return room
