"""What happens in the chats: each event changes what a chat should show, and one worker a chat makes it so.

The worker always takes the most pressing thing first: Close, then deleting, then the newest screen. So taps that pile
up are coalesced by themselves, a typed message is gone before the screen changes, and chats never wait for each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bot.channels.telegram.calls import Calls, Outcome
from bot.channels.telegram.room import NOTHING, REACH, Room, room_of
from bot.dialogue import answer
from bot.dialogue.model import Event, Start, Tap
from bot.forgetting.ledger import Ledger, Note
from bot.forgetting.seal import Kind
from bot.forgetting.sweeper import Quiet
from knowledge.model import Knowledge

FRESH = 60.0  # seconds after a message in which it may be answered by a new one
OLDEST = 23 * 3600.0  # seconds; Telegram deletes nothing that is older than 48 hours: 23 open, then 23 as a plain line
LANDING = 20.0  # seconds to wait for an edit on its way before writing over it


@dataclass(frozen=True, slots=True)
class Lines:
    """The bland words: first sent, under the screen, left after Close ("" for none), and where a delete is refused."""

    opening: str
    cover: str
    after: str
    plain: str


class Chats:
    """All conversations. `clock` gives the time with its zone; tests move it."""

    def __init__(
        self, calls: Calls, ledger: Ledger, knowledge: Knowledge, lines: Lines, idle: float,
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._calls, self._ledger, self._knowledge, self._lines, self._clock = calls, ledger, knowledge, lines, clock
        self.quiet = Quiet(idle)
        self.closed = Quiet(idle)  # rooms kept in mind after Close, so that late taps are known as such
        self.unfinished: set[int] = set()  # chats where a Close could not be carried through yet
        self.rooms: dict[int, Room] = {}

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

    async def tapped(self, chat: int, message: int, token: str) -> None:
        """A button of `message` was tapped. Only ever edits."""
        room = self._room(chat)
        if room.closing or message in room.gone or message in room.plain:
            return
        reply = answer(Tap(token), room.here, self._knowledge, self._clock())
        self.quiet.touch(chat, self.now())
        stray = message != room.living
        if stray and (room.living or room.anew):
            room.typed |= {message}  # one living message: an older one goes
        elif stray:  # the store was lost: what stands under this screen is not known either
            room.living, room.suspect = message, room.suspect | {message}
        if reply.close:
            await self.close(chat)
            return
        if not room.anew:  # else this screen is about to go, and the start that was asked for counts
            room.here, room.wanted, room.by_word = reply.state, reply.screen, False
        if stray:
            await self._ledger.write(add=[Note(chat, message, Kind.TYPED, self.now())])
        await self._work(room)

    async def said(self, chat: int, message: int, date: float, event: Event | None) -> None:
        """The person sent `message` at `date` (seconds since 1970); `event` is what is answered, None for nothing."""
        room = self._room(chat)
        room.typed |= {message}
        self.quiet.touch(chat, self.now())
        if event is not None:
            reply = answer(event, room.here, self._knowledge, self._clock())
            if reply.close:  # also when it is old: closing never speaks
                await self.close(chat)
                return
            if self.now() - date < FRESH:
                room.here, room.wanted, room.by_word = reply.state, reply.screen, True
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
        return [*closing, *expired]

    async def _expire(self, chat: int, ids: frozenset[int]) -> None:
        """Deletes plain lines, and whatever could not be deleted so far, while Telegram still lets us."""
        room = self._room(chat)
        removed = await self._calls.remove(chat, ids)
        if removed.blocked:
            await self.forget(chat)
            return
        room.plain -= ids - removed.failed
        await self._ledger.write(remove=[(chat, m) for m in ids - removed.failed])

    # ---- the work in one chat

    async def _work(self, room: Room) -> None:
        if room.working:
            return  # whoever is at it will see what is new
        room.working, turn = True, room.turn
        try:
            while room.turn == turn and await self._step(room, turn):
                pass
        finally:
            if room.turn == turn:
                room.working = False
                if room.empty:
                    self.quiet.drop(room.chat)
                    self.closed.touch(room.chat, self.now())

    async def _step(self, room: Room, turn: int) -> bool:
        """Does the most pressing thing; False when there is nothing to do, or not now."""
        if room.closing:
            return await self._wipe(room, turn)
        if room.wanted is not None and (room.anew or not room.living):
            if room.by_word and self._may_send(room):
                await self._open(room, turn)
            else:
                room.wanted, room.anew = None, False
        elif room.typed:
            await self._tidy(room)
        elif room.wanted is not None:
            await self._show(room, turn)
        else:
            return False
        return True

    def _may_send(self, room: Room) -> bool:
        return self.now() - room.asked < FRESH

    async def _tidy(self, room: Room) -> None:
        """Deletes what the person typed."""
        ids, room.typed = room.typed, NOTHING
        gone, kept = await self._remove(room, ids)
        await self._note(room, gone, kept)

    async def _remove(self, room: Room, ids: frozenset[int]) -> tuple[frozenset[int], frozenset[int]]:
        """Deletes messages; which are gone, and which of ours took the plain line instead as Telegram kept them.

        What cannot be done now stays in `left`, to be tried again at Close.
        """
        room.left |= ids
        removed = await self._calls.remove(room.chat, ids)
        if removed.blocked:
            await self.forget(room.chat)
            return NOTHING, NOTHING
        kept, failed = await self._write_over(room, removed.refused)
        gone = ids - removed.failed - failed - kept
        room.left -= gone | kept
        return gone, kept

    async def _write_over(self, room: Room, refused: set[int]) -> tuple[frozenset[int], frozenset[int]]:
        """Edits what Telegram does not delete into the plain line: what took it, and what failed for now.

        What the person sent refuses the edit as well: then nothing more can be done about it.
        """
        if refused and room.inflight:  # an edit on its way must not fill the screen again after ours
            room.landed = asyncio.Event()
            with suppress(TimeoutError):
                await asyncio.wait_for(room.landed.wait(), LANDING)
            room.landed = None
        outcomes = {m: await self._calls.plain(room.chat, m, self._lines.after or self._lines.plain) for m in refused}
        kept = frozenset(m for m, outcome in outcomes.items() if outcome is Outcome.DONE)
        return kept, frozenset(m for m, outcome in outcomes.items() if outcome is Outcome.FAILED)

    async def _note(self, room: Room, gone: Iterable[int], kept: frozenset[int], pair: Iterable[Note] = ()) -> None:
        now = self.now()
        room.plain |= kept
        plain = [Note(room.chat, m, Kind.PLAIN, now) for m in kept]
        await self._ledger.write(remove=[(room.chat, m) for m in gone], add=[*plain, *pair])

    # ---- a new pair

    async def _open(self, room: Room, turn: int) -> None:
        """Sends a new pair of bland lines; every older message goes."""
        room.anew = True  # until the pair stands, taps count for nothing
        if room.asked_by not in room.typed:  # its note is the only sign of the messages that are about to be sent
            await self.note_typed([(room.chat, room.asked_by)])
            if room.turn != turn:
                return
        ids = room.typed | room.left | room.plain | {room.living, room.bland, room.asked_by} - {0} | room.around()
        search = bool(room.suspect)
        room.gone |= {room.living} - {0}
        room.living = room.bland = 0
        room.typed = room.plain = NOTHING
        room.suspect = frozenset({room.asked_by})  # until the ids of what is sent now are known and noted
        if search:  # it reaches up to where the new pair will stand, so it goes first
            gone, kept = await self._remove(room, ids)
        room.sending = asyncio.create_task(self._send_pair(room, turn))
        if search:
            sure = await room.sending
        else:
            (gone, kept), sure = await asyncio.gather(self._remove(room, ids), room.sending)
        room.sending = None
        if room.turn == turn:
            room.anew = False
            await self._note_pair(room, gone, kept, sure)
        else:  # a Close came between: it sees to what was sent, and to what is suspect
            await self._note(room, gone - room.suspect, kept)

    async def _note_pair(self, room: Room, gone: frozenset[int], kept: frozenset[int], sure: bool) -> None:
        now, ids = self.now(), ((room.living, Kind.LIVING), (room.bland, Kind.BLAND))
        pair = [Note(room.chat, message, kind, now) for message, kind in ids if message]
        if sure:
            room.suspect = NOTHING
        await self._note(room, gone - room.suspect, kept, pair)
        if not room.living:
            room.wanted = None
        elif not sure:  # a try that seemed lost may have come through: then it stands just above
            between = range(room.asked_by + 1, room.bland or room.living)[-REACH:]
            await self._remove(room, frozenset(between) - {room.living} - room.plain)

    async def _send_pair(self, room: Room, turn: int) -> bool:
        """Sends the two bland lines; whether nothing else can have come of it."""

        def still() -> bool:
            return room.turn == turn and self._may_send(room)

        all_sure = True
        for line in (self._lines.opening, self._lines.cover):
            outcome, message, sure = await self._calls.send(room.chat, line, still)
            all_sure = all_sure and sure and (bool(message) or outcome is not Outcome.DONE)
            if outcome is Outcome.BLOCKED:
                await self.forget(room.chat)
            if outcome is not Outcome.DONE:
                break
            if line is self._lines.opening:
                room.living = message
            else:
                room.bland = message
        return all_sure

    # ---- the screen

    async def _show(self, room: Room, turn: int) -> None:
        """Edits the newest screen into the living message."""
        screen, room.wanted, message = room.wanted, None, room.living
        assert screen is not None  # noqa: S101 - the caller looked
        room.inflight += 1
        try:
            outcome = await self._calls.show(
                room.chat, message, screen, lambda: room.turn == turn and room.wanted is None
            )
        finally:
            room.inflight -= 1
            if room.landed and not room.inflight:
                room.landed.set()
        if room.turn != turn:
            return
        if outcome is Outcome.BLOCKED:
            await self.forget(room.chat)
        elif outcome is Outcome.GONE:
            room.living = 0
            room.gone |= {message}
            room.suspect -= {message}
            room.wanted = room.wanted or (screen if room.by_word else None)
            await self._ledger.write(remove=[(room.chat, message)])

    # ---- Close

    async def _wipe(self, room: Room, turn: int) -> bool:
        """Removes everything, leaves the plain line; False when something cannot be done now (it stays due)."""
        target = room.bland if self._lines.after else 0
        ids = (room.typed | room.left | room.around() | {room.living, room.bland}) - {0, target} - room.plain
        room.gone |= {room.living} - {0}
        room.typed = NOTHING
        closing = self._ledger.write(add=[Note(room.chat, 0, Kind.CLOSING, self.now())] if ids or target else [])
        _, (gone, kept), outcome = await asyncio.gather(closing, self._remove(room, ids), self._blank(room, target))
        if outcome is Outcome.BLOCKED:
            await self.forget(room.chat)
        if room.sending:  # what is on its way goes as soon as it has come
            await asyncio.wait({room.sending})
        if room.turn != turn:
            return False
        if outcome is Outcome.DONE:
            if room.plain:  # one plain line at most
                gone |= (await self._remove(room, room.plain))[0]
            kept |= {target}
        elif outcome is not Outcome.FAILED:
            gone |= {target}
        room.living = 0 if room.living in gone | kept else room.living
        room.bland = 0 if room.bland in gone | kept else room.bland
        room.plain -= gone
        await self._note(room, gone - {0}, kept)
        if ids - gone - kept or outcome is Outcome.FAILED:
            self.unfinished.add(room.chat)
            return False
        if room.living or room.bland:  # it came after we looked
            return True
        await self._ledger.write(remove=[(room.chat, 0)] if ids or target else [])
        room.left, room.suspect, room.closing = NOTHING, NOTHING, False
        self.unfinished.discard(room.chat)
        return True

    async def _blank(self, room: Room, target: int) -> Outcome:
        """Edits the line under the screen into the plain one; deletes it where that is refused."""
        if not target:
            return Outcome.GONE
        outcome = await self._calls.plain(room.chat, target, self._lines.after)
        if outcome is Outcome.REFUSED:
            removed = await self._calls.remove(room.chat, [target])
            return Outcome.FAILED if removed.failed else Outcome.GONE
        return outcome
