"""Where updates come in, from polling or webhook: each is read by itself, noted, and handed to the application."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from telegram import Update
from telegram.ext import Application

from bot.channels.telegram.chats import Chats
from bot.channels.telegram.counts import count
from bot.channels.telegram.updates import own, parse

if TYPE_CHECKING:
    from bot.channels.telegram.replicas import SharedChats

REMEMBERED = 4096  # update ids; Telegram sends an update again when our answer was lost

log = logging.getLogger("doorway.telegram")


class Intake:
    """The one way in. `dropped` counts what could not be read."""

    def __init__(self, app: Application, chats: Chats | SharedChats) -> None:  # type: ignore[type-arg]
        self._app, self._chats = app, chats
        self._order: deque[int] = deque()
        self._seen: set[int] = set()
        self.dropped = 0

    async def take(self, raws: Iterable[object]) -> list[Update]:
        """Takes updates in their order; returns those handed on. When it returns, what must be deleted is noted."""
        updates = [update for raw in raws if (update := self._read(raw)) is not None]
        if not isinstance(self._chats, Chats):  # the shared ones note each update as they take it
            for update in updates:
                await self._app.process_update(update)
            return updates
        await self._chats.enter(
            update.effective_chat.id for update in updates if update.effective_chat and update.effective_chat.id > 0
        )
        typed = [(message.chat.id, message.message_id) for update in updates if (message := own(update))]
        if typed:
            await self._chats.note_typed(typed)
        for update in updates:
            self._app.update_queue.put_nowait(update)
        return updates

    def _read(self, raw: object) -> Update | None:
        update = parse(raw, self._app.bot)
        if update is None:
            self.drop()
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
