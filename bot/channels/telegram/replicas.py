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
from bot.channels.telegram.counts import count
from bot.channels.telegram.draw import Drawn, drawn, tapped
from bot.channels.telegram.hearing import Hearing
from bot.channels.telegram.room import OLDEST, REACH, Room, due_at, in_use, room_of
from bot.channels.telegram.worker import Lines, Worker
from bot.dialogue import drawn_at, encode
from bot.dialogue.model import Event, Start, State
from bot.dialogue.state import decode
from bot.forgetting.ledger import Note
from bot.forgetting.recall import Memory, Seen
from bot.forgetting.seal import Kind
from bot.forgetting.shared import LEASE, Ended, Lease, SharedLedger
from knowledge.model import Knowledge

RETRY = 15.0  # seconds until a Close that could not be carried through is tried again
FARTHEST = 2000  # ids that are searched for messages of ours; they are counted over all chats of the bot together


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
        self._newest = 0  # the highest message id met

    async def restore(self) -> None:
        """After a start: loads at once what words are read with, as here these are deleted only when they are read."""
        self._background(self._hearing.prepare(self.knowledge))

    def now(self) -> float:
        """Seconds since 1970."""
        return self._clock().timestamp()

    # ---- events: when these return, what is asked for stands in the store

    async def tapped(self, chat: int, message: int, token: str, number: int) -> None:
        """A button of `message` was tapped, in update `number`. Only ever edits."""
        self._newest = max(self._newest, message)
        while True:
            seen = await self._ledger.load(chat)
            old, room, now = seen.memory or Memory(), room_of(chat, seen.notes), self.now()
            closed = old.closed or (room.closing and seen.memory is None)
            if closed or message in room.plain or number <= old.born:
                return
            here, screen = self._drawn(token)
            notes, anew = [], _awaited(old, room) and message < old.asked_by
            if message != room.living:
                other = room.living > message or anew  # one living message: an older one goes; else the store was lost
                notes = [Note(chat, message, Kind.TYPED if other else Kind.LIVING, now)]
            if screen is None:
                await self.close(chat, number, notes)
                return
            memory = _touched(old, number, now)
            if number > old.seq and not anew:
                memory = replace(memory, seq=number, state=encode(here), wanted=True, by_word=False)
            elif not notes:
                return
            if await self._put(chat, seen, memory, notes, screen):
                return

    async def said(self, chat: int, message: int, date: float, event: Event | None, number: int) -> None:
        """The person sent `message` at `date`, in update `number`; `event` is what is answered, None for nothing."""
        self._newest = max(self._newest, message)
        while True:
            seen = await self._ledger.load(chat)
            old, now = seen.memory or Memory(), self.now()
            notes, memory, screen = [Note(chat, message, Kind.TYPED, now)], _touched(old, number, now), None
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
            memory, more, void = _closed(old, number, now), [Note(chat, 0, Kind.CLOSING, now)], number <= old.born
            if void:  # a new conversation has begun since
                memory, more = old, []
            steal = not (void or old.closed)
            stored, lease = await self._ledger.put(chat, seen, memory, [*more, *notes], steal=steal)
            if stored:
                break
        if lease:
            self._background(self._work(chat, stored, lease))

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
            self._background(self._work(chat, _taken_over(stored, seen), lease))
        return True

    # ---- the work

    async def _work(self, chat: int, seen: Seen, lease: Lease) -> None:
        """Makes the chat look as the store wants it, until there is nothing new, or another replica is at it."""
        mine: Lease | None = lease
        try:
            while mine:
                seen, mine = await self._once(chat, seen, mine)
        finally:
            self._ledger.release(chat, lease)
            self._fresh.pop(chat, None)

    async def _once(self, chat: int, seen: Seen, lease: Lease) -> tuple[Seen, Lease | None]:
        """Makes the chat look as `seen` wants it; what is to be done then, with the lease, or None for nothing."""
        room = self._room(chat, seen, lease)
        turn = room.turn
        await self._worker.work(room)
        if room.sending:
            await asyncio.wait({room.sending})
        self._newest = max(self._newest, room.living, room.bland)
        ended = Ended.LOST
        if room.turn == turn and room.holds():
            memory, due = await self._after(room, seen)
            ended = await self._ledger.end(chat, seen, lease, memory, due)
        else:  # what was sent without the right to it is a stray, which whoever is at work now deletes
            strays = {room.living, room.bland} - {0, *(n.message for n in seen.notes)}
            await self._ledger.leave(chat, [Note(chat, m, Kind.TYPED, self.now()) for m in strays])
        if ended is Ended.DONE:
            return seen, None
        return await self._again(chat, room, lease, late=ended is Ended.LOST)

    async def _after(self, room: Room, seen: Seen) -> tuple[Memory, float | None]:
        """What is to be remembered after some work, and when somebody must look at the chat again; None for never."""
        now, above, memory = self.now(), min(room.suspect, default=0), seen.memory or Memory(touched=self.now())
        due = self._due(room, memory)
        if due is None and (lasting := room.plain | room.stuck):
            due = min([due_at(n) for n in seen.notes if n.message in lasting], default=now + OLDEST)
        if memory.above and not room.closing and now < memory.unsettled:
            # Who was sending when Close came may have died over it a moment later: it is searched once more.
            above, due = memory.above, memory.unsettled
            await self._ledger.write(add=[Note(room.chat, above, Kind.TYPED, now)])
        done = replace(memory, wanted=False, anew=False, above=above, again=room.again, failures=room.failures)
        return done, due

    async def _again(self, chat: int, room: Room, lease: Lease, *, late: bool) -> tuple[Seen, Lease | None]:
        """Something new is asked for, or the lease was lost, so that what we did may have come too `late`."""
        while True:
            seen = await self._ledger.load(chat)
            known, notes = seen.memory or Memory(touched=self.now()), []
            if late and known.closed and room.living:
                ids = (room.living, Kind.TYPED), (0, Kind.CLOSING)
                notes = [Note(chat, m, kind, self.now()) for m, kind in ids]
            if late and not (seen.notes or notes or known.wanted):
                return seen, None
            # What we were sending when somebody else began to search for it is known by now.
            above = min(room.suspect, default=0) or (known.above if known.above != room.asked_by else 0)
            memory = replace(known, wanted=known.wanted or (late and bool(known.state)), above=above)
            stored, mine = await self._ledger.put(chat, seen, memory, notes, lease=lease)
            if stored:
                return (_taken_over(stored, seen) if late else stored), mine

    def _room(self, chat: int, seen: Seen, lease: Lease) -> Room:
        room, memory, now = room_of(chat, seen.notes), seen.memory or Memory(), self.now()
        if seen.memory:  # it knows better than the notes, but for a screen whose line was lost with the store
            room.suspect = frozenset({memory.above, 0 if room.bland else room.living} - {0})
        room.reach = min(max(REACH, self._newest - min(room.suspect, default=0)), FARTHEST)
        room.again, room.failures = memory.again, memory.failures
        young = {n.message for n in seen.notes if n.at >= memory.touched or now >= memory.again}
        room.typed = room.left & young
        room.left -= room.typed
        room.closing |= memory.closed and in_use(seen.notes)
        if memory.wanted and memory.state:
            seq, screen = self._fresh.get(chat, (0, None))
            if seq != memory.seq or screen is None:
                _, screen = self._drawn(memory.state)
            room.here = decode(memory.state)
            room.wanted, room.anew, room.by_word = screen, _awaited(memory, room), memory.by_word
        room.asked, room.asked_by, room.fenced = memory.asked, memory.asked_by, True
        room.holds = lambda: self._ledger.leases.get(chat) is lease and self.now() < lease.until
        lease.lost = partial(_stop, room)
        return room

    def _drawn(self, token: str) -> tuple[State, Drawn | None]:
        return tapped(token, self.knowledge, drawn_at(token, self._clock()))

    def _due(self, room: Room, memory: Memory) -> float | None:
        """When somebody must look at the conversation again; None for never."""
        now = self.now()
        if room.closing:
            return now + RETRY
        if room.living or room.bland or room.typed or room.left or room.suspect:
            quiet = min(memory.touched + self._idle, (memory.asked or now) + OLDEST)
            return min(quiet, room.again) if room.left - room.suspect else quiet
        return None

    # ---- what is due

    async def due(self) -> list[Callable[[], Awaitable[None]]]:
        """What has to be done now: quiet conversations, plain lines, and what another replica has not finished."""
        await self._ledger.extend()
        return [partial(self._look, chat, seen) for chat, seen in await self._ledger.claim()]

    async def _look(self, chat: int, seen: Seen) -> None:
        now, memory = self.now(), seen.memory
        if not in_use(seen.notes):
            await self._expire(chat, seen)
            return
        quiet = memory is None or now - memory.touched >= self._idle or now - (memory.asked or now) >= OLDEST
        notes = []
        if memory is None or quiet or memory.closed:
            lost = min(room_of(chat, seen.notes).suspect, default=0)
            memory = _closed(memory or Memory(above=lost), 0, now)
            notes = [Note(chat, 0, Kind.CLOSING, now)]
        stored, lease = await self._ledger.put(chat, seen, memory, notes)
        if stored and lease:
            await self._work(chat, _taken_over(stored, seen), lease)

    async def _expire(self, chat: int, seen: Seen) -> None:
        """Deletes plain lines, and what could not be deleted so far, while Telegram lets us."""
        now = self.now()
        old = {n.message for n in seen.notes if due_at(n) <= now}
        removed = await self._calls.remove(chat, old)
        if removed.blocked:
            await self.forget(chat)
            return
        await self._ledger.write(remove=[(chat, m) for m in old - removed.failed])
        if younger := [due_at(n) for n in seen.notes if n.message not in old]:
            await self._ledger.look_again(chat, min(younger))


def _awaited(memory: Memory, room: Room) -> bool:
    """Whether a new pair is asked for that does not stand yet; ids only grow."""
    return memory.anew and room.living < memory.asked_by


def _touched(old: Memory, number: int, now: float) -> Memory:
    """The memory with its idle time begun anew, unless the update comes again, or late from a replica that slept."""
    return replace(old, touched=now) if number > old.seq else old


def _closed(old: Memory, number: int, now: float) -> Memory:
    """The memory of a chat under Close."""
    pending = _pending(old)
    return Memory(
        seq=max(number, old.seq), born=old.born, closed=True, touched=now, above=pending or old.above,
        unsettled=now + RETRY if pending else old.unsettled, again=old.again, failures=old.failures,
    )  # fmt: skip


def _taken_over(stored: Seen, seen: Seen) -> Seen:
    """What was stored, with a sign that somebody has died who was to send a new pair; if so, it may stand."""
    old = seen.memory
    if stored.memory and old and _pending(old):
        return replace(stored, memory=replace(stored.memory, above=_pending(old)))
    return stored


def _pending(memory: Memory) -> int:
    """The message above which somebody may be sending a new pair; 0 for none."""
    return (memory.above or memory.asked_by) if memory.wanted and memory.anew else 0


def _stop(room: Room) -> None:
    room.turn += 1
    room.stir()


def _answered(old: Memory, state: State, number: int, message: int, date: float, now: float, *, anew: bool) -> Memory:
    """The memory after a message: a new pair begins a new conversation, for which earlier updates are void."""
    return Memory(
        seq=number, born=number if anew else old.born, state=encode(state), wanted=True, anew=anew, by_word=True,
        asked=date, asked_by=message, touched=now, above=_pending(old) or old.above,
    )  # fmt: skip
