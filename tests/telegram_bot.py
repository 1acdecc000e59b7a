"""The real bot against the fake server, in one event loop, with a clock that tests move."""

from __future__ import annotations

import asyncio
import socket
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

        async def never(*_: object, **__: object) -> None:
            await asyncio.Event().wait()

        doorway._ledger.write = doorway._ledger.forget = never  # type: ignore[method-assign]
        fakes = ("FakeTelegram", "RequestHandler")
        for task in asyncio.all_tasks() - self._outside - {asyncio.current_task()}:
            coroutine = task.get_coro()
            if coroutine is not None and coroutine.__qualname__.split(".")[0] not in fakes:
                task.cancel()
        if doorway._hook:
            doorway._hook._runner._shutdown_timeout = 0.01
            await doorway._hook.stop()
        await asyncio.sleep(0)
        for close in (doorway._wire.__aexit__(None, None, None), doorway._ledger.close()):
            with suppress(Exception):
                await close

    async def quiet(self) -> None:
        """Waits until the bot has done all that the updates so far ask for."""
        assert self.doorway
        await self.api.drained()
        passing = [t for t in self.doorway._tasks if t.get_coro().__name__ in ("acknowledge", "_removal", "_work")]  # type: ignore[union-attr]
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


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def hook_env(port: int) -> dict[str, str]:
    """What makes the bot take its updates by webhook."""
    return {"DOORWAY_WEBHOOK_URL": f"http://127.0.0.1:{port}/in", "DOORWAY_WEBHOOK_PORT": str(port),
            "DOORWAY_WEBHOOK_SECRET": "a-secret"}  # fmt: skip


@asynccontextmanager
async def running(
    tmp_path: Path, knowledge: Knowledge, webhook: int = 0, **env: str
) -> AsyncIterator[tuple[FakeTelegram, Bot]]:
    """The fake server and the bot, started; both are stopped at the end."""
    api = FakeTelegram(Clock())
    root = await api.start()
    if webhook:
        env |= hook_env(webhook)
    bot = Bot(api, root, tmp_path, knowledge, **env)
    try:
        await bot.start()
        yield api, bot
    finally:
        await bot.stop()
        await api.stop()
