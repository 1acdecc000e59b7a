"""The work in one chat: makes it look as its room wants it, the most pressing thing first.

First Close, then deleting what was typed, then the newest screen. So taps that pile up are coalesced by themselves, a
typed message is mostly gone before the screen changes, and nothing waits behind anything of another chat. A screen
that hides or helps in danger does not wait for the delete; any other waits for a moment only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Protocol

from bot.channels.telegram.calls import Calls, Outcome
from bot.channels.telegram.counts import timed
from bot.channels.telegram.draw import Drawn, forms
from bot.channels.telegram.room import NOTHING, REACH, Room, around
from bot.forgetting.ledger import Note
from bot.forgetting.seal import Kind
from bot.words import texts

FRESH = 60.0  # seconds after a message in which it may be answered by a new one
HEAD_START = 1.0  # seconds that deleting what was typed may hold up a screen
PRESSING = ("hide", "machine", "emergency", "serious")  # places whose screens are not held up at all
RETRY = 15.0  # seconds before a delete that failed is tried again; doubled with each failure
LONGEST_RETRY = 300.0
LANDING = 20.0  # seconds to wait for an edit on its way before writing over it


@dataclass(frozen=True, slots=True)
class Lines:
    """The bland words: first sent, under the screen, left after Close ("" for none), and where a delete is refused."""

    opening: str
    cover: str
    after: str
    plain: str


@dataclass(frozen=True, slots=True)
class Removal:
    """What became of messages to delete: gone, or `stuck` for now; kept with the plain line in it; not done yet."""

    gone: frozenset[int]
    kept: frozenset[int]
    lost: frozenset[int]


class Store(Protocol):
    """Where messages to delete are noted."""

    async def write(self, add: Iterable[Note] = (), remove: Iterable[tuple[int, int]] = ()) -> None:
        """Removes the notes of (chat, message) pairs and adds notes; never raises."""


class Worker:
    """Works in any chat, once at a time in each. `forget` is told of chats that are closed to the bot."""

    def __init__(
        self, calls: Calls, ledger: Store, lines: Lines, now: Callable[[], float],
        forget: Callable[[int], Awaitable[None]],
    ) -> None:  # fmt: skip
        self._calls, self._ledger, self._lines, self._now, self._forget = calls, ledger, lines, now, forget

    async def work(self, room: Room) -> None:
        """Does what there is to do; returns at once when somebody is at it, who will see what is new."""
        if room.working:
            return
        room.working, turn, begun = True, room.turn, perf_counter()
        room.typed |= room.due(self._now())
        deletes: list[asyncio.Task[None]] = []
        try:
            while room.turn == turn and await self._step(room, turn, deletes):
                pass
        finally:
            timed(perf_counter() - begun)
            if room.turn == turn:
                room.working = False
        if deletes:
            await asyncio.gather(*deletes)
        room.tidy()

    async def _step(self, room: Room, turn: int, deletes: list[asyncio.Task[None]]) -> bool:
        """Does the most pressing thing; False when there is nothing to do, or not now."""
        if room.closing:
            return await self._wipe(room, turn)
        if room.wanted is not None and (room.anew or not room.living):
            if room.by_word and self._may_send(room):
                await self._open(room, turn, deletes)
            else:
                room.wanted, room.anew, room.direct = None, False, False
        elif room.typed:
            ids, room.typed = room.typed, NOTHING
            deletes.append(self._begin_tidying(room, ids, ids & room.suspect))
        elif room.wanted is not None:
            if not await self._held(room):
                await self._show(room, turn)
        else:
            return False
        return True

    async def _held(self, room: Room) -> bool:
        """Waits a while for what was typed to go, or for something new; False when the screen need not wait."""
        left = room.held_until - perf_counter()
        if not room.deleting or left <= 0 or (room.here is not None and room.here.place in PRESSING):
            return False
        room.stirred = asyncio.Event()
        with suppress(TimeoutError):
            await asyncio.wait_for(room.stirred.wait(), left)
        room.stirred = None
        return True

    def _may_send(self, room: Room) -> bool:
        return self._now() - room.asked < FRESH and room.holds()

    def _begin_tidying(
        self, room: Room, ids: frozenset[int], searched: frozenset[int], by: int = 0
    ) -> asyncio.Task[None]:
        room.left |= ids
        room.deleting |= ids
        room.held_until = perf_counter() + HEAD_START
        task = asyncio.create_task(self._tidy(room, ids, searched, by))
        room.searching = task if searched else room.searching
        return task

    async def _tidy(self, room: Room, ids: frozenset[int], searched: frozenset[int], by: int) -> None:
        """Deletes messages, and whatever of ours stands unnoted above those `searched`; more may come above `by`."""
        try:
            done = await self._remove(room, ids, around(searched, room.reach) - {room.living, room.bland} - room.plain)
        finally:
            room.deleting -= ids
            room.stir()
        room.suspect -= NOTHING if done.lost else searched - {by}
        kept = room.suspect  # their notes are the only sign of what may stand there
        if room.fenced and not room.holds():
            kept |= {room.asked_by}
        done = replace(done, gone=done.gone - kept)
        room.failures = room.failures + 1 if done.lost else 0
        room.again = self._now() + min(LONGEST_RETRY, RETRY * 2.0 ** min(room.failures - 1, 8)) if done.lost else 0
        await self._note(room, done)

    async def _remove(self, room: Room, ids: frozenset[int], around: frozenset[int] = NOTHING) -> Removal:
        """Deletes messages, and whatever of ours stands `around`.

        What cannot be done now stays in `left`, to be tried again.
        """
        room.left |= ids
        removed = await self._calls.remove(room.chat, ids | around, room.holds)
        if removed.blocked:
            await self._forget(room.chat)
            return Removal(NOTHING, NOTHING, ids)
        kept, failed = await self._write_over(room, removed.refused)
        lost = failed | removed.failed
        room.stuck |= ids & frozenset(removed.refused) - kept - failed
        gone = ids - lost - kept
        room.left -= gone | kept
        return Removal(gone, kept, lost)

    async def _write_over(self, room: Room, refused: set[int]) -> tuple[frozenset[int], frozenset[int]]:
        """Edits what Telegram does not delete into the plain line: what took it, and what failed for now.

        What the person sent refuses the edit as well: then it is tried again a day later.
        """
        if refused and room.inflight:  # an edit on its way must not fill the screen again after ours
            room.landed = landed = room.landed or asyncio.Event()
            with suppress(TimeoutError):
                await asyncio.wait_for(landed.wait(), LANDING)
            room.landed = None
        outcomes = {m: await self._calls.plain(room.chat, m, self._lines.after or self._lines.plain) for m in refused}
        kept = frozenset(m for m, outcome in outcomes.items() if outcome is Outcome.DONE)
        return kept, frozenset(m for m, outcome in outcomes.items() if outcome is Outcome.FAILED)

    async def _note(self, room: Room, done: Removal, pair: Iterable[Note] = ()) -> None:
        now = self._now()
        room.plain |= done.kept
        plain = [Note(room.chat, m, Kind.PLAIN, now) for m in done.kept]
        later = [Note(room.chat, m, Kind.LATER, now) for m in done.gone & room.stuck]
        await self._ledger.write(remove=[(room.chat, m) for m in done.gone], add=[*plain, *later, *pair])

    # ---- a new pair

    async def _open(self, room: Room, turn: int, deletes: list[asyncio.Task[None]]) -> None:
        """Sends a new pair of bland lines; every older message goes meanwhile."""
        if room.searching and not room.searching.done():  # the new pair must not come into its reach
            await asyncio.wait({room.searching})
            return
        by = room.asked_by  # what is answered; something newer may come meanwhile
        noted = by in room.typed and not room.searching  # a search takes its notes away
        room.searching = None
        room.anew = True  # until the pair stands, taps count for nothing
        suspect = room.suspect
        room.suspect |= {by}  # until the ids of what is sent now are known and noted
        if room.fenced or not noted:  # the note is the only sign of the messages that are about to be sent
            await self._ledger.write(add=[Note(room.chat, by, Kind.TYPED, self._now())])
            if room.turn != turn:
                return
        ids = (room.typed | room.left | room.plain | suspect | {room.living, room.bland}) - {0}
        room.gone |= {room.living} - {0}
        room.living = room.bland = 0
        room.typed = room.plain = NOTHING
        deletes.append(self._begin_tidying(room, ids, suspect, by))
        if suspect:  # it reaches up to where the new pair will stand, so it goes first
            await asyncio.wait(deletes[-1:])
        room.sending = asyncio.create_task(self._send_pair(room, turn))
        sure = await room.sending
        room.sending = None
        if sure:
            room.suspect -= {by}
        stands = room.turn == turn and room.holds()
        room.anew = room.anew and not stands
        await self._note_pair(room, by, sure=sure, stands=stands)

    async def _note_pair(self, room: Room, by: int, *, sure: bool, stands: bool) -> None:
        """Notes the new pair; unless it `stands`, a Close came between, or another replica, and removes it."""
        ours = stands or not room.fenced  # else what stands here is for another replica to say
        over = [by] if sure and ours and by not in room.left | room.typed else []
        now, ids = self._now(), [(m, Kind.LATER) for m in over if m in room.stuck]
        if ours:
            ids += [(m, kind) for m, kind in ((room.living, Kind.LIVING), (room.bland, Kind.BLAND)) if m]
        notes = [Note(room.chat, m, kind, now) for m, kind in ids]
        if over or notes:
            await self._ledger.write(remove=[(room.chat, m) for m in over], add=notes)
        if stands and not room.living:
            room.wanted = None
        elif stands and not sure:  # a try that seemed lost may have come through: then it stands just above
            between = range(by + 1, room.bland or room.living)[-REACH:]
            await self._remove(room, NOTHING, frozenset(between) - {room.living} - room.plain)

    async def _send_pair(self, room: Room, turn: int) -> bool:
        """Sends the two bland lines; whether nothing else can have come of it."""

        def still() -> bool:
            return room.turn == turn and self._may_send(room)

        all_sure, opening = True, self._lines.opening
        if room.direct and room.wanted is not None:
            *_, words = forms(room.wanted)
            opening, room.direct, room.wanted = words["text"], False, None
        for line in (opening, self._lines.cover):
            outcome, message, sure = await self._calls.send(room.chat, line, still)
            all_sure = all_sure and sure and (bool(message) or outcome is not Outcome.DONE)
            if outcome is Outcome.BLOCKED:
                await self._forget(room.chat)
            if outcome is not Outcome.DONE:
                break
            if line is opening:
                room.living = message
            else:
                room.bland = message
            room.gone -= {message}  # a server that was set up anew counts from one again
            room.plain -= {message}
        return all_sure

    # ---- the screen

    async def _show(self, room: Room, turn: int) -> None:
        """Edits the newest screen into the living message."""
        screen, room.wanted, message = room.wanted, None, room.living
        assert screen is not None  # noqa: S101 - the caller looked
        room.inflight += 1
        try:
            outcome = await self._edit(room, message, _true(screen, room), turn)
        finally:
            room.inflight -= 1
            if room.landed and not room.inflight:
                room.landed.set()
        if room.turn != turn:
            return
        if outcome is Outcome.BLOCKED:
            await self._forget(room.chat)
        elif outcome is Outcome.GONE:
            room.living = 0
            room.gone |= {message}
            room.suspect -= {message}
            room.wanted = room.wanted or (screen if room.by_word else None)
            await self._ledger.write(remove=[(room.chat, message)])
        elif outcome is Outcome.REFUSED and room.by_word and room.wanted is None:
            room.wanted, room.anew, room.direct = screen, True, True  # the last resort, and only for who has just asked

    async def _edit(self, room: Room, message: int, screen: Drawn, turn: int) -> Outcome:
        """Edits a screen into a message, in plainer and plainer forms where it is refused for good."""
        outcome = Outcome.REFUSED
        for form in forms(screen):
            outcome = await self._calls.show(
                room.chat, message, form, lambda: room.turn == turn and room.wanted is None and room.holds()
            )
            if outcome is not Outcome.REFUSED:
                break
        return outcome

    # ---- Close

    async def _wipe(self, room: Room, turn: int) -> bool:
        """Removes everything, leaves the plain line; False when something cannot be done now (it stays due)."""
        target = room.bland if self._lines.after else 0
        mine = {0, target} | room.plain
        ids = (room.typed | room.left | room.suspect | {room.living, room.bland}) - mine
        room.gone |= {room.living} - {0}
        room.typed = NOTHING
        done, outcome = await asyncio.gather(
            self._remove(room, ids, around(room.suspect, room.reach) - mine), self._blank(room, target)
        )
        if outcome is Outcome.BLOCKED:
            await self._forget(room.chat)
        if room.sending:  # what is on its way goes as soon as it has come
            await asyncio.wait({room.sending})
        if room.turn != turn:
            if not room.fenced:
                await self._note(room, replace(done, gone=done.gone - {0} - room.suspect))
            return False
        newest = target if outcome is Outcome.DONE else max(room.plain, default=0)
        if plain := room.plain - {newest}:  # one plain line at most
            room.plain -= plain
            older = await self._remove(room, plain)
            done = Removal(done.gone | older.gone, done.kept | older.kept, done.lost | older.lost)
        if outcome is Outcome.DONE:
            done = replace(done, kept=done.kept | {target})
        elif outcome is not Outcome.FAILED:
            done = replace(done, gone=done.gone | {target})
        room.living = 0 if room.living in done.gone | done.kept else room.living
        room.bland = 0 if room.bland in done.gone | done.kept else room.bland
        room.plain -= done.gone
        signs = room.suspect if done.lost else NOTHING  # what may stand there is still to be looked for
        await self._note(room, replace(done, gone=done.gone - {0} - signs))
        if done.lost or outcome is Outcome.FAILED:
            return False
        if room.living or room.bland:  # it came after we looked
            return True
        await self._ledger.write(remove=[(room.chat, 0)])
        room.left, room.suspect, room.closing = NOTHING, NOTHING, False
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


def _true(screen: Drawn, room: Room) -> Drawn:
    """The screen, saying that the words were removed only where they were; nothing of it while that is under way."""
    if room.asked_by not in room.left | room.typed | room.stuck:
        return screen
    removed, text = texts()["removed"], screen["text"]
    if room.asked_by in room.deleting and room.here is not None and room.here.place in PRESSING:
        return {**screen, "text": text.replace(f"{removed}\n\n", "").replace(removed, "").strip()}
    return {**screen, "text": text.replace(removed, texts()["not_removed"])}
