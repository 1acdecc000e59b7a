"""What comes of a message: typed words are read one message at a time, and everybody else is served between."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from bot.channels.telegram.worker import FRESH
from bot.dialogue import LEAVE, Event, Reply, State, Typed, answer, leaves, prepare
from knowledge.model import Knowledge

TURNS = 10  # turns of the event loop in which a call that was begun has left, where a connection is open

log = logging.getLogger("doorway.telegram")


class Hearing:
    """One for all chats. `clock` gives the time with its zone.

    What typed words are read with is loaded in a thread when the first ones come, not at the start: it takes a third
    as much memory as all the rest, and half a second, which nobody should wait for who only taps.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._turn = asyncio.Lock()  # first come, first served; a chat waits with one message at a time
        self._loading: asyncio.Task[None] | None = None

    async def reply(
        self, event: Event | None, date: float, here: Callable[[], State | None], knowledge: Knowledge
    ) -> Reply | None:
        """The reply to a message of `date` (seconds since 1970); None for none.

        Typed words wait until the call that deletes them has left, and until it is their turn; `here` tells where the
        chat stands then.
        """
        if not takes_reading(event):
            return self._reply(event, date, here(), knowledge)
        for _ in range(TURNS):
            await asyncio.sleep(0)
        async with self._turn:
            await self.prepare(knowledge)
            try:
                return self._reply(event, date, here(), knowledge)
            finally:
                await asyncio.sleep(0)  # the others first, then the next reading

    def _reply(self, event: Event | None, date: float, here: State | None, knowledge: Knowledge) -> Reply | None:
        if event is None:
            return None
        now = self._clock()
        if now.timestamp() - date < FRESH:
            return answer(event, here, knowledge, now)
        if isinstance(event, Typed) and leaves(event.text, knowledge):  # closing never speaks
            return Reply(State(LEAVE), None, close=True)
        log.info("a message older than a minute was tidied away")
        return None

    async def prepare(self, knowledge: Knowledge) -> None:
        """Loads what words are read with, beside all other work."""
        if self._loading is None:
            self._loading = asyncio.create_task(asyncio.to_thread(prepare, knowledge))
        if not self._loading.done():
            await asyncio.shield(self._loading)


def takes_reading(event: Event | None) -> bool:
    """Whether it is words, and not a command."""
    return isinstance(event, Typed) and not event.text.startswith("/")
