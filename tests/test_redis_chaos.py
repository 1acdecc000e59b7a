"""Random people on three replicas that share a Redis, of which some are killed or sleep, or Redis loses its data.

All runs in one process by one clock that the test moves: a replica that sleeps does nothing to the outside, nor hears
anything from it, and one that is killed sleeps for ever. What one replica takes longer over than the others see, is
made by waits of random length at the server.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fake_telegram import Clock, FakeTelegram, Fault, Message
from redis.exceptions import ConnectionError
from redis_server import RedisServer
from telegram_bot import IDLE, Bot, free_port, hook_env

from bot.dialogue import answer
from bot.dialogue.model import Start, Tap
from bot.words import texts
from knowledge.model import Knowledge

CHATS = (11, 22, 33, 44)
START, WORDS, CLOSE, CLOSE_BUTTON = "/start", "Leek", "/stop", "leave"
ROUNDS = 5
FAULTS = (Fault(429, retry_after=3), Fault(500), Fault(drop=True), Fault(lose=True))
TICK = 2.0  # seconds between two looks of a replica
PATIENCE = 40  # looks after which all must be as it should


class Replica:
    """One of the bots, which can be put to sleep, and killed as kill -9 does."""

    def __init__(self, api: Balanced, bot: Bot, port: int) -> None:
        self.api, self.bot, self.port, self.awake, self.dead = api, bot, port, asyncio.Event(), False
        self.awake.set()

    async def start(self) -> None:
        await self.bot.start()
        doorway: Any = self.bot.doorway
        doorway._wire.raw = self.gated(doorway._wire.raw)
        doorway.intake.take = self.gated(doorway.intake.take)
        redis: Any = doorway._ledger._redis
        redis.execute_command = self.gated(self.shaky(redis.execute_command))
        pipeline = redis.pipeline

        def shaky_pipeline() -> Any:
            made = pipeline()
            made.execute = self.gated(self.shaky(made.execute))
            return made

        redis.pipeline = shaky_pipeline

    def shaky(self, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """A call to Redis of which the answer may be lost, so that it is made again; while it is away, none is."""

        async def through(*args: Any, **more: Any) -> Any:
            found = None if self.api.away else await call(*args, **more)
            if args and self.api.random.random() < 0.03:
                await self.api.yields()
                found = await call(*args, **more)
            if self.api.away:
                raise ConnectionError
            return found

        return through

    def gated(self, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def through(*args: Any, **more: Any) -> Any:
            await self.pass_gate()
            try:
                return await call(*args, **more)
            finally:
                await self.pass_gate()

        return through

    async def pass_gate(self) -> None:
        if self.dead and self.awake.is_set():
            raise asyncio.CancelledError  # buried: whatever is left of it ends
        await self.awake.wait()

    @property
    def up(self) -> bool:
        return self.awake.is_set() and not self.dead


class Looking(Clock):
    """A clock by which the replicas look for what is due while somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.replicas: list[Replica] = []

    async def pause(self, seconds: float) -> None:
        while seconds > 0:
            self.move(min(seconds, TICK))
            seconds -= TICK
            looks = [asyncio.ensure_future(r.bot.doorway.sweep()) for r in self.replicas if r.up and r.bot.doorway]
            await asyncio.wait(looks, timeout=1)  # one that falls asleep meanwhile ends later


class Balanced(FakeTelegram):
    """Gives each update to the next replica; one that sleeps gets it too, but then another one as well."""

    def __init__(self, seed: int) -> None:
        clock = Looking()
        super().__init__(clock)
        self.random, self.replicas, self.secret = random.Random(seed), clock.replicas, "a-secret"
        self.hook = "any"
        self.trouble, self.away = 0.0, False  # share of calls that fail; whether Redis is away
        self.fault = self._sometimes
        self.late = list[tuple[Replica, asyncio.Future[int]]]()

    def _sometimes(self, _method: str, params: dict[str, Any]) -> Fault | None:
        if "chat_id" in params and self.random.random() < self.trouble:
            return self.random.choice(FAULTS)
        return None

    async def yields(self) -> None:
        for _ in range(self.random.choice((0, 0, 1, 3, 10, 40))):
            await asyncio.sleep(0)

    async def _call(self, method: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        await self.yields()
        found = await super()._call(method, params)
        await self.yields()
        return found

    async def deliver(self, update: dict[str, Any] | bytes, secret: str | None = None) -> int:
        while True:
            replica = self.random.choice([r for r in self.replicas if not r.dead])
            attempt = asyncio.ensure_future(self._deliver_to(replica, update, secret))
            while not attempt.done() and replica.up:
                await asyncio.wait({attempt}, timeout=0.02)
            if attempt.done():
                return attempt.result()
            self.late.append((replica, attempt))  # the balancer hears nothing from it, and asks another one

    async def _deliver_to(self, replica: Replica, update: dict[str, Any] | bytes, secret: str | None) -> int:
        self.hook = f"http://127.0.0.1:{replica.port}/in"
        return await super().deliver(update, secret)

    def _do_setWebhook(self, _chat: int, _params: dict[str, Any]) -> bool:
        return True


class Story:
    """One random story of the people in a few chats."""

    def __init__(
        self, seed: int, api: Balanced, server: RedisServer, knowledge: Knowledge, new: Callable[[], Awaitable[Replica]]
    ) -> None:
        self.seed, self.api, self.server, self.knowledge, self.new = seed, api, server, knowledge, new
        self.random = api.random
        self.told: list[str] = []
        self.lost = False

    def at(self, event: Start | Tap) -> str:
        reply = answer(event, None, self.knowledge, self.api.clock())
        return reply.screen.text if reply.screen else ""

    # ---- the people

    async def act(self, chat: int) -> list[str]:
        """Somebody does one thing after the other in a chat, and does not wait for what comes of it; what was done."""
        did = []
        for _ in range(self.random.choice((1, 1, 2, 3))):
            await self.api.yields()
            did.append(self.do(chat, self.api.screen(chat), self.random.random()))
            self.told.append(f"{chat}: {did[-1]} ({self.api._updates})")
        return did

    def do(self, chat: int, screen: Message | None, what: float) -> str:
        if screen is None or what < 0.3:
            self.api.say(chat, START)
            return START
        if what < 0.4:
            self.api.say(chat, WORDS)
            return WORDS
        if what < 0.5:
            self.api.say(chat, CLOSE)
            return CLOSE
        tokens = [b["callback_data"] for b in screen.buttons if "callback_data" in b]
        token = CLOSE_BUTTON if what < 0.6 else self.random.choice([t for t in tokens if t != CLOSE_BUTTON])
        self.api.tap(chat, token, screen.id)
        return CLOSE if token == CLOSE_BUTTON else token

    def holds(self, chat: int, did: list[str]) -> bool:
        """Whether the chat shows what came of it. What was done in the same moment may be taken in another order."""
        screen, before = self.api.screen(chat), {*did[:-1]} & {START, WORDS, CLOSE}
        match did[-1]:
            case "/start":
                return screen is not None and screen.text == self.at(Start(""))
            case "Leek":
                return screen is not None or CLOSE in before
            case "/stop":
                return screen is None or bool(before)
            case token:
                return bool(before) or (screen is not None and screen.text == self.at(Tap(token)))

    # ---- what befalls the bot

    async def befall(self) -> None:
        """One replica is killed, or sleeps, or wakes, or the store is lost."""
        await self.api.yields()
        up = [r for r in self.api.replicas if r.up]
        asleep = [r for r in self.api.replicas if not r.up and not r.dead]
        what = self.random.choice(("kill" if self.seed % 2 else "lose", "pause", "pause", "wake"))
        if what == "kill" and len(up) > 1:
            self.told.append("-- kill")
            victim = self.random.choice(up)
            victim.dead = True
            victim.awake.clear()
            self.api.replicas.append(await self.new())
        elif what == "pause" and len(up) > 1:
            self.told.append("-- pause")
            self.random.choice(up).awake.clear()
        elif what == "wake" and asleep:
            self.told.append("-- wake")
            asleep[0].awake.set()
        elif what == "lose":
            self.told.append("-- lose")
            self.lost = True
            self.api.away = self.random.random() < 0.7
            await self.api.yields()
            self.server.ask(b"FLUSHALL")
            await self.api.yields()
            self.api.away = False

    async def wake(self) -> None:
        for replica in self.api.replicas:
            if not replica.dead:
                replica.awake.set()
        lates = [task for replica, task in self.api.late if not replica.dead]
        await asyncio.gather(*lates, return_exceptions=True)

    # ---- time

    async def calm(self) -> None:
        """Waits until nothing goes on."""
        await self.api.drained()
        for replica in [r for r in self.api.replicas if r.up]:
            await replica.bot.quiet()

    async def pass_time(self, seconds: float) -> None:
        self.api.clock.move(seconds)
        for replica in [r for r in self.api.replicas if r.up]:
            await replica.bot.sweep()
        await self.calm()

    def well(self, chat: int) -> bool:
        """Whether a chat holds one pair at most, and nothing that was typed.

        Once the store was lost, bland lines may be amiss or too many until the next start or Close.
        """
        seen = self.api.seen(chat)
        screens, below = [m for m in seen if m.buttons], [m.text for m in seen if not m.buttons]
        if not all(m.mine for m in seen) or len(screens) > 1:
            return False
        lines = ([texts()["cover"]],) if screens else ([], [texts()["plain"]])
        return self.lost or below in lines

    async def settle(self, true: Callable[[], bool], what: str) -> None:
        for _ in range(PATIENCE):
            await self.calm()
            if true():
                return
            await self.pass_time(TICK)
        seen = {chat: [(m.id, m.mine, m.text[-60:]) for m in self.api.seen(chat)] for chat in CHATS}
        raise AssertionError(f"seed {self.seed}: {what}\n{seen}\n" + "\n".join(self.told))

    async def round(self) -> None:
        self.told.append("---- round")
        self.api.trouble = self.random.choice((0.0, 0.0, 0.1, 0.3))
        chaos = [asyncio.ensure_future(self.befall()) for _ in range(self.random.choice((0, 1, 2)))]
        did = dict(zip(CHATS, await asyncio.gather(*map(self.act, CHATS)), strict=True))
        await asyncio.gather(*chaos)
        trouble, self.api.trouble = self.api.trouble, 0.0
        if self.lost or self.random.random() < 0.7:  # nobody else can know what one that sleeps could put back
            await self.wake()
        for _ in range(6 if self.lost else 0):
            await self.pass_time(TICK)
        for chat in CHATS:
            await self.settle(partial(self.well, chat), f"{chat} is not well")
            if not trouble:
                await self.settle(partial(self.holds, chat, did[chat]), f"{chat} does not show what it should")

    async def end(self) -> None:
        await self.wake()
        self.told.append("---- end")
        await self.calm()
        plain = ([], [texts()["plain"]])
        await self.pass_time(IDLE)
        await self.settle(lambda: all(self.api.texts(chat) in plain for chat in CHATS), "something is left")
        await self.pass_time(24 * 3600)
        await self.settle(lambda: not any(map(self.api.seen, CHATS)), "a plain line is left")
        notes = await self.api.replicas[-1].bot.notes()
        assert not notes, f"seed {self.seed}: {notes}"


@asynccontextmanager
async def story(seed: int, server: RedisServer, folder: Path, knowledge: Knowledge) -> AsyncIterator[Story]:
    server.ask(b"FLUSHALL")
    api = Balanced(seed)
    root = await api.start()

    async def new() -> Replica:
        port = free_port()
        env = {"DOORWAY_STORE": server.url, "DOORWAY_KEY": "k" * 40, **hook_env(port)}
        replica = Replica(api, Bot(api, root, folder, knowledge, **env), port)
        await replica.start()
        return replica

    try:
        for _ in range(3):
            api.replicas.append(await new())
        yield Story(seed, api, server, knowledge, new)
    finally:
        for replica in api.replicas:
            replica.dead = True
            replica.awake.set()
            if replica.bot.doorway:
                tasks = replica.bot.doorway._tasks
                for task in tasks:
                    task.cancel()
            await replica.bot.stop()
        lates = [late for _, late in api.late]
        for late in lates:
            late.cancel()
        await asyncio.gather(*lates, return_exceptions=True)
        await api.stop()


async def play(seed: int, server: RedisServer, folder: Path, knowledge: Knowledge) -> None:
    async with story(seed, server, folder, knowledge) as here:
        for _ in range(ROUNDS):
            await here.round()
        await here.end()


@pytest.mark.filterwarnings("ignore:coroutine", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("seed", range(6))
async def test_no_screen_is_lost_or_left(
    seed: int, server: RedisServer, tmp_path: Path, knowledge: Knowledge
) -> None:
    await play(seed, server, tmp_path, knowledge)
