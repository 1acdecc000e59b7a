"""Several real processes of the bot on one Redis, behind a round-robin of webhook calls, and people who use them."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from conftest import LONDON, PROJECT
from fake_telegram import TOKEN, Clock, FakeTelegram, Fault
from redis_server import RedisServer, redis_server
from telegram_bot import free_port

from bot.dialogue import answer
from bot.dialogue.model import Tap
from bot.words import texts
from knowledge.model import Knowledge

PATIENCE = 3.0  # seconds after which the balancer gives a call to another replica
# As deploy/ has it: else glibc keeps freed memory, and the size of a process tells little.
MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_MMAP_THRESHOLD_": "131072"}
# A shorter lease than in earnest, so that the tests need not wait for the usual one to run out.
RUN = """
import sys
from bot.forgetting import shared
shared.LEASE = float(sys.argv.pop(1))
from bot.__main__ import main
sys.exit(main(["telegram"]))
"""


class RealClock(Clock):
    """The time as it is."""

    def __call__(self) -> datetime:
        return datetime.now(LONDON)

    @property
    def seconds(self) -> float:
        return time.time()


class Balanced(FakeTelegram):
    """Gives each update to the next replica, and again to another one until it is taken.

    `refused` and `slow` are the shares of calls that are answered with 429 or 500, or half a second late.
    """

    def __init__(self, ports: list[int]) -> None:
        super().__init__(RealClock())
        self.secret, self.random = "a-secret", random.Random(1)
        self._next = itertools.cycle([f"http://127.0.0.1:{port}/in" for port in ports])
        self.refused = self.slow = 0.0
        self.edited: dict[int, asyncio.Event] = {}
        self.sent: dict[int, int] = {}
        self.fault = self._sometimes
        self.counts: dict[str, int] = {}

    def _sometimes(self, method: str, params: dict[str, Any]) -> Fault | None:
        if "chat_id" in params and self.random.random() < self.refused:
            return self.random.choice((Fault(429, retry_after=1), Fault(500)))
        return None

    async def _call(self, method: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.slow and self.random.random() < self.slow:
            await asyncio.sleep(0.5)  # what a slow call is
        found = await super()._call(method, params)
        chat = params.get("chat_id", 0)
        if method == "sendMessage" and found[0] == 200:
            self.sent[chat] = self.sent.get(chat, 0) + 1
        if chat in self.edited:
            self.edited[chat].set()
        return found

    def _record(self, call: Any) -> None:
        self.counts[call.method] = self.counts.get(call.method, 0) + 1  # a soak makes too many to keep them all

    def _show(self, chat: int, message: Any) -> None:
        self.chats.setdefault(chat, {})[message.id] = message

    def _do_setWebhook(self, _chat: int, _params: dict[str, Any]) -> bool:
        self.hook = next(self._next)
        return True

    async def deliver(self, update: dict[str, Any] | bytes, secret: str | None = None) -> int:
        self.hook = next(self._next)
        try:
            async with asyncio.timeout(PATIENCE):
                return await super().deliver(update, secret)
        except TimeoutError as error:
            raise aiohttp.ClientError from error

    async def change(self, chat: int, seconds: float) -> None:
        """Waits until something happens in a chat, or the time is over."""
        happened = self.edited.setdefault(chat, asyncio.Event())
        happened.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await happened.wait()


@dataclass
class World:
    """The server, the store and the processes. `at(token)` is what a tap with this token leads to."""

    api: Balanced
    redis: RedisServer
    knowledge: Knowledge
    processes: list[asyncio.subprocess.Process]
    folder: Path
    wrong: list[str] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)

    def kill(self, number: int) -> None:
        self.processes[number].kill()

    def pause(self, number: int) -> None:
        self.processes[number].send_signal(signal.SIGSTOP)

    def wake(self, number: int) -> None:
        self.processes[number].send_signal(signal.SIGCONT)

    def log(self) -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob("replica*.log")))

    def at(self, token: str) -> str:
        reply = answer(Tap(token), None, self.knowledge, datetime.now(LONDON))
        return reply.screen.text if reply.screen else ""

    async def shows(self, chat: int, tokens: list[str], seconds: float) -> bool:
        """Whether the chat comes to show what the last of these tapped tokens leads to."""
        wanted, end = {self.at(tokens[-1])}, time.monotonic() + seconds
        while time.monotonic() < end:
            screen = self.api.screen(chat)
            if screen and screen.text in wanted:
                return True
            await self.api.change(chat, 0.5)
            wanted.add(self.at(tokens[-1]))  # a minute may have passed
        return False

    async def open(self, chat: int, seconds: float) -> bool:
        """The person starts and waits for the screen."""
        self.api.say(chat, "/start")
        end = time.monotonic() + seconds
        while not self.api.screen(chat) and time.monotonic() < end:
            await self.api.change(chat, 0.5)
        return self.api.screen(chat) is not None

    async def person(self, chat: int, steps: int, pick: random.Random, patience: float) -> None:
        """Starts, then taps and types; each time the newest screen must come, however many taps were made at once."""
        if not await self.open(chat, patience):
            self.wrong.append(f"{chat}: no first screen")
            return
        await self.steps(chat, steps, pick, patience)

    async def steps(self, chat: int, steps: int, pick: random.Random, patience: float) -> None:
        """Taps and types on the screen that stands there."""
        for _ in range(steps):
            screen = self.api.screen(chat)
            if screen is None:
                self.wrong.append(f"{chat}: the screen is gone")
                return
            if pick.random() < 0.2:
                self.api.say(chat, pick.choice(("Leek", "qqqq", "a place to stay")))
            tokens = [b["callback_data"] for b in screen.buttons if b.get("callback_data", "leave") != "leave"]
            taps = [pick.choice(tokens) for _ in range(pick.choice((1, 1, 2, 3)))]
            begun = time.monotonic()
            for token in taps:
                self.api.tap(chat, token, screen.id)
            if not await self.shows(chat, taps, patience):
                self.wrong.append(f"{chat}: the newest screen did not come: {taps}")
                return
            self.latencies.append(time.monotonic() - begun)

    async def drained(self) -> None:
        """Waits until every update has been taken."""
        while self.api.deliveries:
            await asyncio.wait(set(self.api.deliveries))

    def left(self, chats: list[int]) -> list[int]:
        """Those of these chats in which more is left than one plain line."""
        return [chat for chat in chats if self.api.texts(chat) not in ([], [texts()["plain"]])]

    async def settled(self, chats: list[int], seconds: float) -> list[int]:
        """The chats in which more than one pair stands even after a time."""
        end = time.monotonic() + seconds
        while (more := [c for c in chats if len(self.api.seen(c)) > 2]) and time.monotonic() < end:
            await self.api.change(more[0], 0.5)
        return more

    async def gone(self, chats: list[int], seconds: float) -> list[int]:
        """The chats that are not empty after a time."""
        end = time.monotonic() + seconds
        while (left := self.left(chats)) and time.monotonic() < end:
            await self.api.change(left[0], 0.2)
        return left


@asynccontextmanager
async def world(
    folder: Path, knowledge: Knowledge, replicas: int = 3, idle: float = 6.0, lease: float = 1.5
) -> AsyncIterator[World]:
    """Everything started: the server, Redis, and the replicas, each with its log in the folder."""
    ports = [free_port() for _ in range(replicas)]
    shutil.copytree(PROJECT / "seeds", folder / "seeds")  # else a sheet that changes meanwhile is taken over
    api = Balanced(ports)
    with redis_server(folder) as redis:
        root = await api.start()
        here = World(api, redis, knowledge, [], folder)
        try:
            for number, port in enumerate(ports):
                env = os.environ | MALLOC | {
                    "DOORWAY_BOT_TOKEN": TOKEN, "DOORWAY_API_ROOT": root, "DOORWAY_STORE": redis.url,
                    "DOORWAY_KEY": "k" * 40, "DOORWAY_WEBHOOK_URL": "http://127.0.0.1/in",
                    "DOORWAY_WEBHOOK_PORT": str(port), "DOORWAY_WEBHOOK_SECRET": api.secret,
                    "DOORWAY_IDLE_MINUTES": str(idle / 60), "DOORWAY_SEEDS": str(folder / "seeds"),
                }  # fmt: skip
                with (folder / f"replica{number}.log").open("w") as log:
                    here.processes.append(await asyncio.create_subprocess_exec(
                        sys.executable, "-c", RUN, str(lease), cwd=PROJECT, env=env, stdout=log, stderr=log
                    ))  # fmt: skip
            async with asyncio.timeout(60):
                while here.log().count("ready") < replicas:  # noqa: ASYNC110 - a process that starts tells nobody else
                    await asyncio.sleep(0.05)
            yield here
        finally:
            for process in here.processes:
                if process.returncode is None:
                    process.kill()
                await process.wait()
            await api.stop()
