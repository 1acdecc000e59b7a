"""The real bot against the fake server, in one event loop, with a clock that tests move."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from fake_telegram import TOKEN, Clock, FakeTelegram

from bot import settings
from bot.channels.telegram import Doorway
from bot.forgetting.ledger import Note
from knowledge.model import Knowledge

IDLE = 600  # seconds


class Bot:
    """One start of the bot after another on the same store."""

    def __init__(self, api: FakeTelegram, root: str, folder: Path, knowledge: Knowledge, **env: str) -> None:
        self.api, self.knowledge = api, knowledge
        self.env = {
            "DOORWAY_BOT_TOKEN": TOKEN, "DOORWAY_API_ROOT": root,
            "DOORWAY_STORE": f"sqlite:{folder / 'ledger.db'}", **env,
        }  # fmt: skip
        self.doorway: Doorway | None = None
        self._own: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        before = asyncio.all_tasks()
        self.doorway = Doorway(settings.load(self.env), self.knowledge, self.api.clock, self.api.clock.pause)
        await self.doorway.start()
        self._outside = before

    async def stop(self) -> None:
        if self.doorway:
            await self.doorway.stop()
            self.doorway = None

    async def kill(self) -> None:
        """Ends as kill -9 does: nothing is finished, nothing more is written."""
        doorway, self.doorway = self.doorway, None
        if doorway is None:
            return

        async def nothing(*_: object, **__: object) -> None:
            return None

        doorway._ledger.write = doorway._ledger.forget = nothing  # type: ignore[method-assign]
        for task in asyncio.all_tasks() - self._outside - {asyncio.current_task()}:
            name = task.get_coro().__qualname__ if task.get_coro() else ""  # type: ignore[union-attr]
            if name.split(".")[0] not in ("FakeTelegram", "RequestHandler") and "fake" not in name.lower():
                task.cancel()
        doorway.app.stop = nothing  # type: ignore[method-assign]
        await asyncio.sleep(0)
        with suppress(Exception):
            await doorway._stack.aclose()
        with suppress(Exception):
            await doorway._ledger.close()

    async def quiet(self) -> None:
        """Waits until the bot has done all that the updates so far ask for."""
        assert self.doorway
        await self.api.drained()
        await self.doorway.app.update_queue.join()
        passing = [t for t in self.doorway._tasks if t.get_coro().__name__ in ("acknowledge", "_removal")]  # type: ignore[union-attr]
        if passing:
            await asyncio.wait(passing)

    async def sweep(self, after: float = 0) -> None:
        """Lets time pass, then removes what is due."""
        assert self.doorway
        self.api.clock.move(after)
        work = await self.doorway.sweep()
        if work:
            await asyncio.wait(work)

    async def notes(self) -> list[Note]:
        assert self.doorway
        return await self.doorway._ledger.all()


@asynccontextmanager
async def running(
    tmp_path: Path, knowledge: Knowledge, webhook: int = 0, **env: str
) -> AsyncIterator[tuple[FakeTelegram, Bot]]:
    """The fake server and the bot, started; both are stopped at the end."""
    api = FakeTelegram(Clock())
    root = await api.start()
    if webhook:
        env |= {"DOORWAY_WEBHOOK_URL": f"http://127.0.0.1:{webhook}/in", "DOORWAY_WEBHOOK_PORT": str(webhook),
                "DOORWAY_WEBHOOK_SECRET": "a-secret"}  # fmt: skip
    bot = Bot(api, root, tmp_path, knowledge, **env)
    try:
        await bot.start()
        yield api, bot
    finally:
        await bot.stop()
        await api.stop()
