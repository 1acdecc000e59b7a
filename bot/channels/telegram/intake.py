"""Where updates come in, from polling or webhook: each is read by itself, noted, and handed to the application."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from telegram import Update
from telegram.ext import Application

from bot.channels.telegram.chats import Chats
from bot.channels.telegram.counts import count
from bot.channels.telegram.updates import closes, long, own, parse, unread

if TYPE_CHECKING:
    from bot.channels.telegram.replicas import SharedChats

FLOOD = 20  # messages of a chat that are read at a time, whatever their length
REMEMBERED = 4096  # update ids; Telegram sends an update again when our answer was lost

log = logging.getLogger("doorway.telegram")


class Intake:
    """The one way in. `dropped` counts what could not be read."""

    def __init__(self, app: Application, chats: Chats | SharedChats) -> None:  # type: ignore[type-arg]
        self._app, self._chats = app, chats
        self._order: deque[int] = deque()
        self._seen: set[int] = set()
        self.dropped = 0
        self.ready = asyncio.Event()  # set once the application takes updates

    def read(self, raws: Iterable[object]) -> list[Update]:
        """What can be read of them, each update once."""
        return [update for raw in raws if (update := self._read(raw)) is not None]

    async def take(self, updates: list[Update]) -> None:
        """Acts on updates, those of a chat in their order. When it returns, what a crash must not lose is noted."""
        await self.ready.wait()
        chats: dict[int, list[Update]] = {}
        for update in updates:
            chats.setdefault(update.effective_chat.id if update.effective_chat else 0, []).append(update)
        if isinstance(self._chats, Chats):  # the shared ones note each update as they take it
            await self._chats.enter(chat for chat in chats if chat > 0)
            if typed := [(message.chat.id, message.message_id) for update in updates if (message := own(update))]:
                await self._chats.note_typed(typed)
        if len(chats) == 1:
            await self._in_turn(updates)
        else:
            await asyncio.gather(*(self._in_turn(those) for those in chats.values()))

    async def _in_turn(self, updates: list[Update]) -> None:
        """Hands over the updates of a chat: first what closes it, as it makes older ones void.

        Long messages before the last few of many go unread: no person types so fast, and others wait.
        """
        few = len(updates) - FLOOD
        for number, update in sorted(enumerate(updates), key=lambda one: not closes(one[1])):
            await self._app.process_update(unread(update) if number < few and long(update) else update)

    def _read(self, raw: object) -> Update | None:
        update = parse(raw, self._app.bot)
        if update is None:
            self.drop()
        elif not isinstance(self._chats, Chats):  # what came before stands in the store, once it is there
            return update
        elif update.update_id not in self._seen:
            self._seen.add(update.update_id)
            self._order.append(update.update_id)
            if len(self._order) > REMEMBERED:
                self._seen.discard(self._order.popleft())
            return update
        return None

    def drop(self) -> None:
        """Counts an update that could not be read."""
        self.dropped += 1
        count("unreadable")
        log.warning("an update could not be read (%d so far)", self.dropped)
