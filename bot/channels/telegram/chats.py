"""What happens in the chats: each event changes what a chat should show, and its worker makes it so."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from functools import partial

from bot.channels.telegram.calls import Calls
from bot.channels.telegram.counts import count
from bot.channels.telegram.draw import drawn, tapped
from bot.channels.telegram.room import Room, room_of
from bot.channels.telegram.worker import FRESH, Lines, Worker
from bot.dialogue import answer
from bot.dialogue.model import Event, Other, Start, Typed
from bot.forgetting.ledger import Ledger, Note
from bot.forgetting.seal import Kind
from bot.forgetting.sweeper import Quiet
from knowledge.model import Knowledge

log = logging.getLogger("doorway.telegram")

FLOOD, SHORT = 20, 60  # messages of a chat that wait to be deleted, beyond which only short ones are read; characters
AT_WORK = 256  # chats worked in at a time, without those that the server asked to wait
OLDEST = 23 * 3600.0  # seconds; Telegram deletes nothing older than 48 hours: 23 as a screen, then 23 as a plain line


class Chats:
    """All conversations. `clock` gives the time with its zone; tests move it."""

    look_every = 15.0  # seconds between two looks for quiet conversations, at most

    def __init__(
        self, calls: Calls, ledger: Ledger, knowledge: Knowledge, lines: Lines, idle: float,
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._calls, self._ledger, self.knowledge, self._clock = calls, ledger, knowledge, clock
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
        """Makes the rooms of chats known from the ledger. To be awaited before their events are heard."""
        for chat in set(chats):
            if chat not in self.rooms:
                notes = await self._ledger.of(chat)
                self.rooms.setdefault(chat, room_of(chat, notes))
                self.closed.touch(chat, self.now())

    async def restore(self) -> None:
        """After a start: every conversation in the ledger, idle from now on. Those under Close are due at once."""
        notes: dict[int, list[Note]] = {}
        for note in await self._ledger.all():
            notes.setdefault(note.chat, []).append(note)
        for chat, noted in notes.items():
            if any(note.kind is not Kind.PLAIN for note in noted):
                room = self.rooms.setdefault(chat, room_of(chat, noted))
                self.quiet.touch(chat, self.now())
                if room.closing:
                    self.unfinished.add(chat)

    async def note_typed(self, messages: Iterable[tuple[int, int]]) -> None:
        """Notes the person's (chat, message)s before they are acted on, so that a crash leaves none behind."""
        now = self.now()
        await self._ledger.write(add=[Note(chat, message, Kind.TYPED, now) for chat, message in messages])

    def _room(self, chat: int) -> Room:
        return self.rooms.setdefault(chat, Room(chat))

    # ---- events (all up to the first await happens in the order of arrival)

    async def tapped(self, chat: int, message: int, token: str, _number: int = 0) -> None:
        """A button of `message` was tapped. Only ever edits."""
        room = self._room(chat)
        if room.closing or message in room.gone or message in room.plain:
            return
        here, screen = tapped(token, self.knowledge, self._clock().replace(second=0, microsecond=0))
        self.quiet.touch(chat, self.now())
        stray = message != room.living
        if stray and (room.living or room.anew):
            room.typed |= {message}  # one living message: an older one goes
        elif stray:  # the store was lost: what stands under this screen is not known either
            room.living, room.suspect = message, room.suspect | {message}
        if screen is None:
            await self.close(chat)
            return
        if not room.anew:  # else this screen is about to go, and the start that was asked for counts
            room.here, room.wanted, room.by_word = here, screen, False
            count("screens", here.place)
        if stray:
            await self._ledger.write(add=[Note(chat, message, Kind.TYPED, self.now())])
        await self._work(room)

    async def said(
        self, chat: int, message: int, date: float, event: Event | None, _number: int = 0
    ) -> None:
        """The person sent `message` at `date` (seconds since 1970); `event` is what is answered, None for nothing."""
        room = self._room(chat)
        room.typed |= {message}
        self.quiet.touch(chat, self.now())
        if isinstance(event, Typed) and len(room.typed) > FLOOD and len(event.text) > SHORT:
            event = Other()  # no person types this fast: it goes unread, so that other chats need not wait for it
        if event is not None:
            try:
                reply = answer(event, room.here, self.knowledge, self._clock())
            except Exception:  # the fault is reported, but first the words go
                await self._work(room)
                raise
            if reply.close:  # also when it is old: closing never speaks
                await self.close(chat)
                return
            if self.now() - date >= FRESH:
                log.info("a message older than a minute was tidied away")
            else:
                room.here, room.by_word = reply.state, True
                count("screens", reply.state.place)
                room.wanted = drawn(reply.screen) if reply.screen else None
                room.anew |= isinstance(event, Start)
                room.asked, room.asked_by = date, message
        await self._work(room)

    async def close(self, chat: int) -> None:
        """Removes the conversation. Overtakes whatever waits in the chat."""
        room = self._room(chat)
        room.here, room.wanted, room.anew = None, None, False
        if room.closing and room.working:
            return
        room.closing = True
        room.turn += 1
        room.working = False
        await self._work(room)

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
        old: dict[int, set[int]] = {}
        for note in await self._ledger.before(now - OLDEST):
            if note.kind in (Kind.PLAIN, Kind.TYPED):
                old.setdefault(note.chat, set()).add(note.message)
            else:
                chats.add(note.chat)
        await self.enter(chats | old.keys())
        for chat in self.closed.due(now):  # late taps are no longer to be feared
            self.closed.drop(chat)
            if chat in self.rooms and self.rooms[chat].empty and chat not in old:
                del self.rooms[chat]
        closing = [partial(self.close, chat) for chat in chats]
        expired = [partial(self._expire, chat, frozenset(ids)) for chat, ids in old.items() if chat not in chats]
        busy = {*chats, *old}
        again = [room for chat in self._failing - busy if (room := self.rooms.get(chat)) and room.due(now)]
        return [*closing, *expired, *(partial(self._work, room) for room in again)]

    async def _expire(self, chat: int, ids: frozenset[int]) -> None:
        """Deletes plain lines, and whatever could not be deleted so far, while Telegram still lets us."""
        room = self._room(chat)
        removed = await self._calls.remove(chat, ids)
        if removed.blocked:
            await self.forget(chat)
            return
        room.plain -= ids - removed.failed
        await self._ledger.write(remove=[(chat, m) for m in ids - removed.failed])

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
        if room.left - room.suspect:
            self._failing.add(room.chat)
        else:
            self._failing.discard(room.chat)
        if room.empty:
            self.quiet.drop(room.chat)
            self.closed.touch(room.chat, self.now())
