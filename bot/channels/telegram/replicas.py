"""The chats when several replicas share a store: any replica takes any update, and one at a time works in a chat.

What a chat should show stands in the store before Telegram is told that we have the update. Who gets the chat's lease
makes it so, looks again before giving the lease back, and so sees what others have asked for meanwhile. A replica that
dies or sleeps loses its leases, and whoever finds the chat due goes on. Updates are compared by `update_id`: an older
one changes nothing any more. A replica that finds its lease lost when an edit is back has the newest screen drawn anew,
so that an old edit never stands for long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from bot.channels.telegram.calls import Calls
from bot.channels.telegram.chats import OLDEST
from bot.channels.telegram.counts import count
from bot.channels.telegram.draw import Drawn, drawn, tapped
from bot.channels.telegram.hearing import Hearing
from bot.channels.telegram.room import NOTHING, Room, room_of
from bot.channels.telegram.worker import Lines, Worker
from bot.dialogue import encode
from bot.dialogue.model import Event, Start, State
from bot.dialogue.state import decode
from bot.forgetting.ledger import Note
from bot.forgetting.seal import Kind
from bot.forgetting.shared import LEASE, Lease, Memory, Seen, SharedLedger
from knowledge.model import Knowledge

RETRY = 15.0  # seconds until a Close that could not be carried through is tried again


class SharedChats:
    """All conversations of all replicas. `background` runs what goes on after an update has been taken."""

    look_every = LEASE / 4  # seconds between two looks, at most; leases are kept up there

    def __init__(
        self, calls: Calls, ledger: SharedLedger, knowledge: Knowledge, lines: Lines, idle: float,
        clock: Callable[[], datetime], background: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:  # fmt: skip
        self._calls, self._ledger, self.knowledge, self._idle = calls, ledger, knowledge, idle
        self._clock, self._background, self._hearing = clock, background, Hearing(clock)
        self._worker = Worker(calls, ledger, lines, self.now, self.forget)
        self._fresh: dict[int, tuple[int, Drawn | None]] = {}  # what was just answered, with its line on what was typed

    async def restore(self) -> None:
        """After a start: loads at once what words are read with, as here these are deleted only when they are read."""
        self._background(self._hearing.prepare(self.knowledge))

    def now(self) -> float:
        """Seconds since 1970."""
        return self._clock().timestamp()

    # ---- events: when these return, what is asked for stands in the store

    async def tapped(self, chat: int, message: int, token: str, number: int) -> None:
        """A button of `message` was tapped, in update `number`. Only ever edits."""
        while True:
            seen = await self._ledger.load(chat)
            old, room, now = seen.memory or Memory(), room_of(chat, seen.notes), self.now()
            if old.closed or room.closing or message in room.plain or number <= old.born:
                return
            here, screen = self._drawn(token)
            notes, anew = [], _awaited(old, room)
            if message != room.living:
                other = room.living or anew  # one living message: an older one goes; else the store was lost
                notes = [Note(chat, message, Kind.TYPED if other else Kind.LIVING, now)]
            if screen is None:
                await self.close(chat, number, notes)
                return
            memory = replace(old, touched=now)
            if number > old.seq and not anew:
                memory = replace(memory, seq=number, state=encode(here), wanted=True, by_word=False)
            elif not notes:
                return
            if await self._put(chat, seen, memory, notes, screen):
                return

    async def said(self, chat: int, message: int, date: float, event: Event | None, number: int) -> None:
        """The person sent `message` at `date`, in update `number`; `event` is what is answered, None for nothing."""
        while True:
            seen = await self._ledger.load(chat)
            old, now = seen.memory or Memory(), self.now()
            notes, memory, screen = [Note(chat, message, Kind.TYPED, now)], replace(old, touched=now), None
            if event is not None and number > old.born:
                here = decode(old.state) if old.state else None
                try:
                    reply = await self._hearing.reply(event, date, lambda here=here: here, self.knowledge)  # type: ignore[misc]
                except Exception:  # the fault is reported, but first the words go
                    await self._put(chat, seen, memory, notes, None)
                    raise
                if reply and reply.close:
                    await self.close(chat, number, notes)
                    return
                if reply and number > old.seq:
                    screen = drawn(reply.screen) if reply.screen else None
                    room = room_of(chat, seen.notes)
                    anew = isinstance(event, Start) or not room.living or _awaited(old, room)
                    memory = _answered(old, reply.state, number, message, date, now, anew=anew)
            if await self._put(chat, seen, memory, notes, screen):
                return

    async def close(self, chat: int, number: int, notes: Iterable[Note] = ()) -> None:
        """Removes the conversation. Overtakes whatever waits in the chat, on any replica."""
        while True:
            seen = await self._ledger.load(chat)
            old, now = seen.memory or Memory(), self.now()
            memory = Memory(seq=max(number, old.seq), born=old.born, closed=True, touched=now)
            closing = Note(chat, 0, Kind.CLOSING, now)
            stored, lease = await self._ledger.put(chat, seen, memory, [closing, *notes], steal=True)
            if stored:
                break
        if lease:
            self._background(self._work(chat, stored, lease, calm=False))

    async def forget(self, chat: int) -> None:
        """The person has blocked the bot, or is gone: nothing can be deleted any more, so nothing is kept."""
        await self._ledger.forget(chat)

    async def _put(self, chat: int, seen: Seen, memory: Memory, notes: list[Note], screen: Drawn | None) -> bool:
        """Stores what is asked for and begins the work, unless somebody is at it; False if the chat has changed."""
        stored, lease = await self._ledger.put(chat, seen, memory, notes)
        if stored is None:
            return False
        if chat in self._ledger.leases:  # else another replica draws it
            self._fresh[chat] = memory.seq, screen
        if screen:
            count("screens", decode(memory.state).place)
        if lease:
            calm = not (seen.memory and seen.memory.wanted)  # else somebody has died over it
            self._background(self._work(chat, stored, lease, calm=calm))
        return True

    # ---- the work

    async def _work(self, chat: int, seen: Seen, lease: Lease, *, calm: bool) -> None:
        """Makes the chat look as the store wants it, until there is nothing new. `calm`: no work was left undone."""
        suspect, again = NOTHING, True
        while again:
            room = self._room(chat, seen, lease, calm=calm)
            room.suspect |= suspect
            turn = room.turn
            await self._worker.work(room)
            kept = room.turn == turn and room.holds()
            if not kept:
                await self._leave(room, {n.message for n in seen.notes})
            memory = replace(seen.memory, wanted=False, anew=False) if seen.memory else None
            due = self._due(room, seen.memory)
            if kept and await self._ledger.end(chat, seen, lease, memory, due):
                break
            calm, suspect, again = kept, room.suspect, False
            while not again:  # something new is asked for; or the lease was lost, and our edit may have come too late
                seen = await self._ledger.load(chat)
                known, notes = seen.memory or Memory(touched=self.now()), []
                if known.closed and room.living and not calm:
                    ids = (room.living, Kind.LIVING), (0, Kind.CLOSING)
                    notes = [Note(chat, m, kind, self.now()) for m, kind in ids]
                if not (seen.notes or notes or known.wanted):
                    break
                memory = replace(known, wanted=bool(known.state))
                stored, mine = await self._ledger.put(chat, seen, memory, notes, lease=lease)
                if stored is not None:
                    if mine is None:
                        return
                    seen, lease, again = stored, mine, True
        self._ledger.release(chat, lease)
        self._fresh.pop(chat, None)

    async def _leave(self, room: Room, known: set[int]) -> None:
        """Notes what was sent without the right to it as strays, which whoever is at work now deletes."""
        if room.sending:
            await asyncio.wait({room.sending})
        strays = {room.living, room.bland} - {0} - known
        await self._ledger.write(add=[Note(room.chat, m, Kind.TYPED, self.now()) for m in strays])

    def _room(self, chat: int, seen: Seen, lease: Lease, *, calm: bool) -> Room:
        room, memory = room_of(chat, seen.notes), seen.memory or Memory()
        room.typed, room.left = room.left, NOTHING
        room.closing |= memory.closed and any(n.kind is not Kind.PLAIN for n in seen.notes)
        if calm:
            room.suspect -= room.typed
        if memory.wanted and memory.state:
            seq, screen = self._fresh.get(chat, (0, None))
            if seq != memory.seq or screen is None:
                _, screen = self._drawn(memory.state)
            room.here = decode(memory.state)
            room.wanted, room.anew, room.by_word = screen, _awaited(memory, room), memory.by_word
        room.asked, room.asked_by = memory.asked, memory.asked_by
        room.holds = lambda: self.now() < lease.until
        lease.lost = partial(_stop, room)
        return room

    def _drawn(self, token: str) -> tuple[State, Drawn | None]:
        return tapped(token, self.knowledge, self._clock().replace(second=0, microsecond=0))

    def _due(self, room: Room, memory: Memory | None) -> float | None:
        """When somebody must look at the chat again; None for never."""
        now = self.now()
        if room.closing:
            return now + RETRY
        if room.living or room.bland or room.typed or room.left or room.suspect:
            touched, asked = (memory.touched, memory.asked) if memory else (now, 0)
            return min(touched + self._idle, (asked or now) + OLDEST)
        return now + OLDEST if room.plain else None

    # ---- what is due

    async def due(self) -> list[Callable[[], Awaitable[None]]]:
        """What has to be done now: quiet conversations, plain lines, and what another replica has not finished."""
        await self._ledger.extend()
        return [partial(self._look, chat, seen) for chat, seen in await self._ledger.claim()]

    async def _look(self, chat: int, seen: Seen) -> None:
        now, memory = self.now(), seen.memory
        if all(note.kind is Kind.PLAIN for note in seen.notes):
            await self._expire(chat, seen)
            return
        quiet = memory is None or now - memory.touched >= self._idle or now - (memory.asked or now) >= OLDEST
        notes = []
        if memory is None or quiet or memory.closed:
            old = memory or Memory()
            memory = Memory(seq=old.seq, born=old.born, closed=True, touched=now)
            notes = [Note(chat, 0, Kind.CLOSING, now)]
        stored, lease = await self._ledger.put(chat, seen, memory, notes)
        if stored and lease:
            await self._work(chat, stored, lease, calm=False)

    async def _expire(self, chat: int, seen: Seen) -> None:
        """Deletes plain lines while Telegram still lets us."""
        now = self.now()
        old = {n.message for n in seen.notes if n.at <= now - OLDEST}
        removed = await self._calls.remove(chat, old)
        if removed.blocked:
            await self.forget(chat)
            return
        await self._ledger.write(remove=[(chat, m) for m in old - removed.failed])
        if younger := [n.at for n in seen.notes if n.message not in old]:
            await self._ledger.look_again(chat, min(younger) + OLDEST)


def _awaited(memory: Memory, room: Room) -> bool:
    """Whether a new pair is asked for that does not stand yet; ids only grow."""
    return memory.anew and room.living < memory.asked_by


def _stop(room: Room) -> None:
    room.turn += 1


def _answered(old: Memory, state: State, number: int, message: int, date: float, now: float, *, anew: bool) -> Memory:
    """The memory after a message: a new pair begins a new conversation, for which earlier updates are void."""
    return Memory(
        seq=number, born=number if anew else old.born, state=encode(state), wanted=True, anew=anew, by_word=True,
        asked=date, asked_by=message, touched=now,
    )  # fmt: skip
