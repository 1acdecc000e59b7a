"""What happens in the chats: each event changes what a chat should show, and its worker makes it so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from bot.channels.telegram.calls import Calls
from bot.channels.telegram.counts import count
from bot.channels.telegram.draw import drawn, tapped
from bot.channels.telegram.hearing import Hearing, takes_reading
from bot.channels.telegram.room import OLDEST, Room, due_at, in_use, room_of
from bot.channels.telegram.worker import PRESSING, Lines, Worker
from bot.dialogue import drawn_at
from bot.dialogue.model import Event, Start
from bot.forgetting.ledger import Ledger, Note
from bot.forgetting.seal import LASTING, Kind
from bot.forgetting.sweeper import Quiet
from knowledge.model import Knowledge

AT_WORK = 96  # chats worked in at a time, without those that the server asked to wait


class Chats:
    """All conversations. `clock` gives the time with its zone; `background` runs what goes on after an event.

    When an event returns, all that must outlive a crash is in the ledger.
    """

    look_every = 15.0  # seconds between two looks for quiet conversations, at most

    def __init__(
        self, calls: Calls, ledger: Ledger, knowledge: Knowledge, lines: Lines, idle: float,
        clock: Callable[[], datetime], background: Callable[[Coroutine[Any, Any, None]], Awaitable[None]],
    ) -> None:  # fmt: skip
        self._calls, self._ledger, self.knowledge, self._clock = calls, ledger, knowledge, clock
        self._background, self._hearing = background, Hearing(clock)
        self._worker = Worker(calls, ledger, lines, self.now, self.forget)
        self.quiet = Quiet(idle)
        self.closed = Quiet(idle)  # rooms kept in mind after Close, so that late taps are known as such
        self.unfinished: set[int] = set()  # chats where a Close could not be carried through yet
        self._failing: set[int] = set()  # chats where something typed could not be deleted yet
        self.rooms: dict[int, Room] = {}
        self._at_work = 0  # chats at which somebody works
        self._waiting: dict[int, Room] = {}  # those that wait, the longest first

    def now(self) -> float:
        """Seconds since 1970."""
        return self._clock().timestamp()

    # ---- coming in

    async def enter(self, chats: Iterable[int]) -> None:
        """Makes the rooms of chats known from the ledger. To be awaited before their messages are noted there."""
        for chat in set(chats):
            if chat not in self.rooms:
                notes = await self._ledger.of(chat)
                self.rooms.setdefault(chat, room_of(chat, notes))
                self.closed.touch(chat, self.now())

    async def restore(self) -> None:
        """After a start: every conversation in the ledger, idle from now on.

        Those under Close are due at once, and so is what was typed and not yet deleted.
        """
        notes: dict[int, list[Note]] = {}
        for note in await self._ledger.all():
            notes.setdefault(note.chat, []).append(note)
        for chat, noted in notes.items():
            if in_use(noted):
                room = self.rooms.setdefault(chat, room_of(chat, noted))
                self.quiet.touch(chat, self.now())
                if room.closing:
                    self.unfinished.add(chat)
                elif room.left:
                    self._failing.add(chat)

    async def note_typed(self, messages: Iterable[tuple[int, int]]) -> None:
        """Notes the person's (chat, message)s before they are acted on, so that a crash leaves none behind."""
        now = self.now()
        await self._ledger.write(add=[Note(chat, message, Kind.TYPED, now) for chat, message in messages])

    async def _known(self, chat: int) -> Room:
        """The room; read once more where a look for quiet ones has dropped it since it was entered."""
        if chat not in self.rooms:
            await self.enter([chat])
        return self._room(chat)

    def _room(self, chat: int) -> Room:
        return self.rooms.setdefault(chat, Room(chat))

    # ---- events

    async def tapped(self, chat: int, message: int, token: str, number: int) -> None:
        """A button of `message` was tapped, in update `number`. Only ever edits."""
        room = await self._known(chat)
        if room.closing or message in room.gone or message in room.plain:
            return
        here, screen = tapped(token, self.knowledge, drawn_at(token, self._clock()))
        self.quiet.touch(chat, self.now())
        stray = message != room.living
        if stray and (room.living or room.anew):
            room.typed |= {message}  # one living message: an older one goes
        elif stray:  # the store was lost: what stands under this screen is not known either
            room.living, room.suspect = message, room.suspect | {message}
        if screen is None:
            await self.close(chat, number)
            return
        if number >= room.seq and not room.anew:  # else it is about to go, and the start that was asked for counts
            room.here, room.wanted, room.by_word, room.seq = here, screen, False, number
            count("screens", here.place)
        self._begin(room)
        if stray:
            await self._ledger.write(add=[Note(chat, message, Kind.TYPED, self.now())])

    async def said(self, chat: int, message: int, date: float, event: Event | None, number: int) -> None:
        """The person sent `message` at `date` (seconds since 1970), in update `number`.

        `event` is what is answered, None for nothing.
        """
        room = await self._known(chat)
        room.typed |= {message}
        self.quiet.touch(chat, self.now())
        if _void(number, room):
            event = None
        if takes_reading(event):
            self._begin(room)  # what was typed goes first
        try:
            reply = await self._hearing.reply(event, date, lambda: room.here, self.knowledge)
        except Exception:  # the fault is reported, but first the words go
            self._begin(room)
            raise
        if reply and reply.close:
            await self.close(chat, number)
            return
        pressing = reply is not None and reply.state.place in PRESSING
        if reply and self.rooms.get(chat) is room and not _void(number, room) and (pressing or number >= room.seq):
            room.here, room.by_word, room.seq = reply.state, True, max(number, room.seq)
            count("screens", reply.state.place)
            room.wanted = drawn(reply.screen) if reply.screen else None
            room.anew |= isinstance(event, Start)
            room.asked, room.asked_by = date, message
            self.quiet.touch(chat, self.now())
        self._begin(room)

    async def close(self, chat: int, number: int = 0) -> Awaitable[None] | None:
        """Removes the conversation; overtakes whatever waits in the chat. Returns the work when the Close is noted."""
        room = self._room(chat)
        room.here, room.wanted, room.anew, room.seq = None, None, False, max(number, room.seq)
        if room.closing and room.working:
            return None
        room.closing = True
        room.turn += 1
        room.working = False
        work = self._begin(room)  # later than what follows, up to its first await
        if room.occupied:
            await self._ledger.write(add=[Note(chat, 0, Kind.CLOSING, self.now())])
        return work

    def _begin(self, room: Room) -> Awaitable[None] | None:
        """Has somebody work in the chat; who is at it already sees what is new."""
        room.stir()
        return None if room.working else self._background(self._work(room))

    async def forget(self, chat: int) -> None:
        """The person has blocked the bot, or is gone: nothing can be deleted any more, so nothing is kept."""
        room = self.rooms.pop(chat, None)
        if room:
            room.turn += 1
        self.quiet.drop(chat)
        self.closed.drop(chat)
        self.unfinished.discard(chat)
        self._failing.discard(chat)
        await self._ledger.forget(chat)

    # ---- what is due

    async def due(self) -> list[Callable[[], Awaitable[None]]]:
        """What has to be removed now: quiet conversations, unfinished Closes, and whatever nears Telegram's limit."""
        now = self.now()
        chats = {*self.quiet.due(now), *self.unfinished}
        old: dict[int, list[Note]] = {}
        for note in await self._ledger.before(now - OLDEST):
            if note.kind in (*LASTING, Kind.TYPED):
                if due_at(note) <= now:
                    old.setdefault(note.chat, []).append(note)
            else:
                chats.add(note.chat)
        await self.enter(chats | old.keys())
        for chat in self.closed.due(now):  # late taps are no longer to be feared
            self.closed.drop(chat)
            if chat in self.rooms and self.rooms[chat].empty and chat not in old:
                del self.rooms[chat]
        closing = [partial(self._end, chat) for chat in chats]
        expired = [partial(self._expire, chat, notes) for chat, notes in old.items() if chat not in chats]
        busy = {*chats, *old}
        again = [room for chat in self._failing - busy if (room := self.rooms.get(chat)) and room.due(now)]
        return [*closing, *expired, *(partial(self._work, room) for room in again)]

    async def _end(self, chat: int) -> None:
        if work := await self.close(chat):
            await work

    async def _expire(self, chat: int, notes: list[Note]) -> None:
        """Deletes plain lines, and whatever could not be deleted so far, while Telegram lets us."""
        room = self._room(chat)
        removed = await self._calls.remove(chat, ids := {note.message for note in notes})
        if removed.blocked:
            await self.forget(chat)
            return
        gone, refused = ids - removed.failed, removed.refused
        later = [replace(n, kind=Kind.LATER) for n in notes if n.kind is Kind.TYPED and n.message in refused]
        room.plain, room.left, room.stuck = room.plain - gone, room.left - gone, room.stuck - gone
        await self._ledger.write(remove=[(chat, m) for m in gone], add=later)

    async def _work(self, room: Room) -> None:
        """Works in a chat, then in those that wait for it; in a crowd a chat waits as nothing but its room.

        Close does not wait.
        """
        if self._at_work - self._calls.pausing >= AT_WORK and not room.closing:
            self._waiting[room.chat] = room
            return
        self._at_work += 1
        try:
            await self._work_in(room)
            while self._waiting:
                await self._work_in(self._waiting.pop(next(iter(self._waiting))))
        finally:
            self._at_work -= 1

    async def _work_in(self, room: Room) -> None:
        await self._worker.work(room)
        if room.working or self.rooms.get(room.chat) is not room:
            return
        if room.closing:  # something could not be removed now
            self.unfinished.add(room.chat)
            return
        self.unfinished.discard(room.chat)
        if room.left:
            self._failing.add(room.chat)
        else:
            self._failing.discard(room.chat)
        if room.empty:
            self.quiet.drop(room.chat)
            self.closed.touch(room.chat, self.now())


def _void(number: int, room: Room) -> bool:
    """Whether a newer Close or start has put an end to what update `number` belongs to."""
    return number < room.seq and (room.closing or not room.living)
