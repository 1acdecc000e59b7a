"""The few things the bot ever does in a chat, and what each refusal of the server means."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from bot.channels.telegram.counts import count
from bot.channels.telegram.draw import NO_PREVIEW, Drawn
from bot.channels.telegram.room import always
from bot.channels.telegram.wire import Answer, UnreachableError, Wire

BATCH = 100  # messages in one deleteMessages call (Bot API)
TRIES = 4
BACKOFF = (0.5, 1.0, 2.0)  # seconds after a broken call
LONGEST_WAIT = 60.0  # seconds; a longer retry_after is not waited for but kept to
SIDE_BY_SIDE = 256  # calls under way for all conversations together; what removes messages is not counted

log = logging.getLogger("doorway.telegram")


class Outcome(Enum):
    """What became of a call."""

    DONE = auto()
    GONE = auto()  # the message, or the tap, is no longer there
    REFUSED = auto()  # never, not now and not later
    BLOCKED = auto()  # the chat is closed to the bot
    FAILED = auto()  # not now: the server is away, or asks to wait for long
    OVERTAKEN = auto()  # something newer made it needless


_GONE = ("message to edit not found", "message to delete not found", "message_id_invalid", "message not found",
         "query is too old", "query id is invalid")  # fmt: skip
_BLOCKED = ("chat not found", "peer_id_invalid", "user_is_blocked", "input_user_deactivated")


def meaning(answer: Answer) -> Outcome:
    """What an answer means; 429 and 5xx, which are worth another try, are FAILED."""
    said = answer.description.lower()
    if answer.ok or "message is not modified" in said:
        return Outcome.DONE
    if answer.code == 403 or any(text in said for text in _BLOCKED):
        return Outcome.BLOCKED
    if any(text in said for text in _GONE):
        return Outcome.GONE
    return Outcome.REFUSED if answer.code == 400 else Outcome.FAILED


@dataclass(slots=True)
class Removed:
    """What became of messages to delete: those refused for good, those that failed for now; the others are gone."""

    refused: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    blocked: bool = False


class Calls:
    """Calls to chats, tried again with a bound. `pause` waits for seconds, `now` tells seconds since 1970."""

    def __init__(self, wire: Wire, now: Callable[[], float], pause: Callable[[float], Awaitable[None]]) -> None:
        self._wire, self._now, self._pause = wire, now, pause
        self._slots = asyncio.Semaphore(SIDE_BY_SIDE)
        # Until when the server asked to wait, by chat, apart for showing and removing: a flood of taps in a chat
        # must not hold up what Close has to do there.
        self._held: dict[tuple[int, bool], float] = {}
        self.pausing = 0  # calls that wait before they are tried again

    async def show(self, chat: int, message: int, screen: Drawn, still: Callable[[], bool]) -> Outcome:
        """Edits the screen into a message, unless `still` says no before a try."""
        params = {"chat_id": chat, "message_id": message, **screen}
        return (await self._try("editMessageText", params, chat, still))[0]

    async def plain(self, chat: int, message: int, line: str) -> Outcome:
        """Edits a message into a plain line without buttons."""
        params = {"chat_id": chat, "message_id": message, "text": line, **NO_PREVIEW}
        return (await self._try("editMessageText", params, chat, always, removing=True))[0]

    async def send(self, chat: int, line: str, still: Callable[[], bool]) -> tuple[Outcome, int, bool]:
        """Sends a bland line without sound: outcome, message id (0 if none), and whether nothing else can have come.

        Content is not protected: protection would also keep people from copying a number.
        """
        params = {"chat_id": chat, "text": line, "disable_notification": True, **NO_PREVIEW}
        outcome, result, sure = await self._try("sendMessage", params, chat, still, result=True)
        sent = result.get("message_id") if isinstance(result, dict) else None
        return outcome, sent if isinstance(sent, int) else 0, sure

    async def remove(self, chat: int, messages: Iterable[int], still: Callable[[], bool] = always) -> Removed:
        """Deletes messages, a hundred a call, unless `still` says no; a batch that is refused is halved, and again."""
        removed, ids = Removed(), sorted(set(messages))
        for start in range(0, len(ids), BATCH):
            await self._remove(chat, ids[start : start + BATCH], removed, still)
        failed = len(removed.failed) + len(removed.refused)
        for became, number in (("due", len(ids)), ("done", len(ids) - failed), ("failed", failed)):
            count("deletions", became, number)
        return removed

    async def _remove(self, chat: int, ids: Sequence[int], removed: Removed, still: Callable[[], bool]) -> None:
        method = "deleteMessages" if len(ids) > 1 else "deleteMessage"
        which = {"message_ids": ids} if len(ids) > 1 else {"message_id": ids[0]}
        outcome = (await self._try(method, {"chat_id": chat, **which}, chat, still, removing=True))[0]
        if outcome is Outcome.REFUSED and len(ids) > 1:
            half = len(ids) // 2
            await self._remove(chat, ids[:half], removed, still)
            await self._remove(chat, ids[half:], removed, still)
        elif outcome is Outcome.REFUSED:
            removed.refused.update(ids)
        elif outcome not in (Outcome.DONE, Outcome.GONE):
            removed.failed.update(ids)
            removed.blocked |= outcome is Outcome.BLOCKED

    async def acknowledge(self, query: str) -> None:
        """Stops the clock on a tapped button; shows nothing. Tried once: a late one would be refused."""
        with suppress(UnreachableError):
            async with self._slots:
                await self._wire.call("answerCallbackQuery", {"callback_query_id": query})

    async def leave(self, chat: int) -> None:
        """Leaves a group or channel."""
        await self._try("leaveChat", {"chat_id": chat}, chat, always)

    async def _try(
        self, method: str, params: dict[str, Any], chat: int, still: Callable[[], bool], *,
        removing: bool = False, result: bool = False,
    ) -> tuple[Outcome, Any, bool]:  # fmt: skip
        """Outcome, result, and whether no broken try may have been carried out unseen."""
        sure = True
        for attempt in range(TRIES):
            if not await self._let_go(chat, removing):
                break
            if not still():
                return Outcome.OVERTAKEN, None, sure
            try:
                answer = await self._ask(method, params, removing, result)
            except UnreachableError as error:
                count("refusals", "unreachable")
                sure = sure and not error.sent
            else:
                outcome = meaning(answer)
                if outcome is not Outcome.DONE:
                    count("refusals", "flood" if answer.retry_after else outcome.name.lower())
                if outcome is not Outcome.FAILED:
                    if outcome is Outcome.REFUSED:
                        log.warning("%s refused", method)
                    return outcome, answer.result, sure
                if answer.retry_after:
                    log.warning("%s: asked to wait", method)
                    now = self._now()
                    self._held = {which: until for which, until in self._held.items() if until > now}  # keep no chat
                    self._held[chat, removing] = now + answer.retry_after
                    continue
                sure = sure and answer.code < 500
            if attempt < TRIES - 1:
                await self._wait(BACKOFF[min(attempt, len(BACKOFF) - 1)])
        log.warning("%s failed", method)
        return Outcome.FAILED, None, sure

    async def _ask(self, method: str, params: dict[str, Any], removing: bool, result: bool) -> Answer:
        if removing:
            return await self._wire.call(method, params)
        async with self._slots:
            return await self._wire.call(method, params, result=result)

    async def _wait(self, seconds: float) -> None:
        self.pausing += 1
        try:
            await self._pause(seconds)
        finally:
            self.pausing -= 1

    async def _let_go(self, chat: int, removing: bool) -> bool:
        """Waits until the server's wait for this chat is over; False when that is too long."""
        until = self._held.get((chat, removing))
        if until is None:
            return True
        wait = until - self._now()
        if wait > LONGEST_WAIT:
            return False
        if wait > 0:
            await self._wait(wait)
        if self._held.get((chat, removing)) == until:
            del self._held[chat, removing]
        return True
