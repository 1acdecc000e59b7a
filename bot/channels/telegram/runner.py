"""The bot on Telegram, put together: python-telegram-bot's application, our ways in, the store and the sweeper."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from telegram import Update
from telegram.error import InvalidToken, NetworkError, TelegramError
from telegram.ext import Application, CallbackContext, ContextTypes

from bot.channels.telegram import handlers
from bot.channels.telegram.calls import Calls
from bot.channels.telegram.chats import Chats
from bot.channels.telegram.intake import Intake
from bot.channels.telegram.logs import fault
from bot.channels.telegram.polling import Poll
from bot.channels.telegram.updates import KINDS
from bot.channels.telegram.webhook import Hook
from bot.channels.telegram.wire import AiohttpRequest, UnreachableError, Wire
from bot.channels.telegram.worker import Lines
from bot.forgetting.ledger import Ledger, StoreError, open_ledger
from bot.forgetting.seal import key_from, seal_of
from bot.settings import Settings
from bot.words import texts
from knowledge.load import load
from knowledge.model import Knowledge
from knowledge.yamlfile import FaultError

if TYPE_CHECKING:  # they bring redis along, which only replicas need
    from bot.channels.telegram.replicas import SharedChats
    from bot.forgetting.shared import SharedLedger

LONDON = ZoneInfo("Europe/London")
AGAIN = (0.2, 0.5, 1.0, 2.0, 5.0)  # seconds between tries to reach the server at start; the last one repeats
REMOVALS = 64  # quiet conversations removed at a time
READ_AGAIN = 20.0  # seconds between two looks for changed fact sheets
STUCK = 60.0  # seconds without a look for quiet conversations after which something is wrong
GRACE = 10.0  # seconds to finish what is in hand at the end

log = logging.getLogger("doorway.telegram")


class StartError(Exception):
    """The bot cannot start like this; its text is one plain line that shows no secret."""


def _state_of(folder: Path) -> list[tuple[str, int, int]]:
    """By which a changed fact sheet is known: names, times and sizes."""
    with suppress(OSError):
        return sorted((p.name, s.st_mtime_ns, s.st_size) for p in folder.glob("*.yaml") for s in [p.stat()])
    return []


def london() -> datetime:
    """The time now, in London."""
    return datetime.now(LONDON)


class Doorway:
    """The running bot. `clock` gives the time, `pause` waits for seconds; tests give their own."""

    def __init__(
        self, settings: Settings, knowledge: Knowledge, clock: Callable[[], datetime] = london,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:  # fmt: skip
        self._settings, self._knowledge, self._clock, self._pause = settings, knowledge, clock, pause
        self._stack = AsyncExitStack()
        self._hook: Hook | None = None
        self._loops: list[asyncio.Task[None]] = []  # what runs until the end
        self.broken = asyncio.Event()  # one of those has ended by itself
        self._tasks: set[asyncio.Task[None]] = set()  # all that runs beside the application
        self._removals = asyncio.Semaphore(REMOVALS)
        self._swept = monotonic()  # when we last looked for what is due

    def _seconds(self) -> float:
        return self._clock().timestamp()

    # ---- life

    async def start(self) -> None:
        """Starts, waiting for the server as long as it takes. Raises StartError, StoreError or KeyFileError."""
        given = self._settings
        seal, idle = seal_of(given.key or key_from_beside(given)), given.idle.total_seconds()
        self._ledger: Ledger | SharedLedger
        if isinstance(given.store, str):
            from bot.forgetting.shared import open_shared

            self._ledger = await open_shared(given.store, seal, idle, self._seconds, self._pause)
        else:
            self._ledger = await open_ledger(given.store, seal, self._seconds())
        self._stack.push_async_callback(self._ledger.close)
        self._wire = await self._stack.enter_async_context(Wire(given.api_root, given.token))
        self.calls = Calls(self._wire, self._seconds, self._pause)
        self.chats: Chats | SharedChats
        if isinstance(self._ledger, Ledger):
            self.chats = Chats(
                self.calls, self._ledger, self._knowledge, lines(given), idle, self._clock, self._background
            )
        else:
            from bot.channels.telegram.replicas import SharedChats

            self.chats = SharedChats(
                self.calls, self._ledger, self._knowledge, lines(given), idle, self._clock, self._background
            )
        self.app = self._application()
        self.intake = Intake(self.app, self.chats)
        await self._way_in()
        await self._initialize()
        await self.chats.restore()
        self.intake.ready.set()
        await self._register()
        introducing = self._background(self._introduce())
        self._stack.callback(introducing.cancel)
        for work in (self._keep_sweeping(), self._keep_reading()):
            self._keep(work)
        await self._meter()
        log.info("ready")

    async def stop(self) -> None:
        """Takes no more, finishes what is in hand within GRACE, and leaves the rest to the next start."""
        for task in self._loops:
            task.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                if self._hook:
                    await self._hook.stop()
                while self._tasks:
                    await asyncio.wait(self._tasks)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()

    def _background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs what must run until the end: a bot that hears nothing, or forgets nothing, must not look alive."""
        task = self._background(work)
        task.add_done_callback(lambda done: None if done.cancelled() else self.broken.set())
        self._loops.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            fault(error)

    # ---- the parts

    def _application(self) -> Application:  # type: ignore[type-arg]
        request = AiohttpRequest(self._wire)
        app = (
            Application.builder()
            .token(self._settings.token)
            .base_url(self._settings.api_root + "/bot")
            .request(request)
            .get_updates_request(request)
            .updater(None)
            .context_types(ContextTypes(context=CallbackContext))
            .build()
        )
        for handler in handlers.handlers(self.chats, self.calls):
            app.add_handler(handler)
        app.add_error_handler(handlers.on_error)
        return app

    async def _way_in(self) -> None:
        hook = self._settings.webhook
        if hook is None:
            return
        self._secret = hook.secret or secrets.token_urlsafe(32)
        self._hook = Hook(self.intake, hook.port, self._secret)
        try:
            await self._hook.start()
        except OSError as error:
            raise StartError(f"cannot listen on port {hook.port}: {os.strerror(error.errno or 0)}") from error

    async def _initialize(self) -> None:
        attempt = 0
        while True:
            try:
                await self.app.initialize()
                break
            except InvalidToken as error:
                raise StartError("Telegram does not know DOORWAY_BOT_TOKEN") from error
            except NetworkError:
                if attempt == 0:
                    log.warning("Telegram cannot be reached yet; trying again")
                await self._pause(AGAIN[min(attempt, len(AGAIN) - 1)])
                attempt += 1
            except TelegramError as error:
                raise StartError("the Bot API server refuses this bot") from error
        self._stack.push_async_callback(self.app.shutdown)

    async def _register(self) -> None:
        hook = self._settings.webhook
        if hook is None:
            await self._insist("deleteWebhook", {"drop_pending_updates": False})
            poll = Poll(self._wire, self.intake, self._acknowledge, self._pause)
            self._keep(poll.run())
            return
        params = {"url": hook.url, "secret_token": self._secret, "allowed_updates": KINDS, "max_connections": 100}
        await self._insist("setWebhook", params)

    async def _insist(self, method: str, params: dict[str, Any]) -> None:
        """A call without which there is no start: tried until the server answers."""
        attempt = 0
        while True:
            with suppress(UnreachableError):
                answer = await self._wire.call(method, params)
                if answer.ok:
                    return
                if answer.code == 400:
                    raise StartError(f"Telegram refuses {method}: check DOORWAY_WEBHOOK_URL")
                await self._pause(answer.retry_after)
            await self._pause(AGAIN[min(attempt, len(AGAIN) - 1)])
            attempt += 1

    def _acknowledge(self, update: Update) -> None:
        if update.callback_query:
            self._background(self.calls.acknowledge(update.callback_query.id))

    async def _introduce(self) -> None:
        """Neutral names for the two commands, and what the bot's page says."""
        words = texts()
        commands = [{"command": name, "description": words[f"command_{name}"]} for name in ("start", "stop")]
        for method, params in (
            ("setMyCommands", {"commands": commands}),
            ("setMyDescription", {"description": words["bot_description"]}),
            ("setMyShortDescription", {"short_description": words["bot_short_description"]}),
        ):
            with suppress(UnreachableError):
                if not (await self._wire.call(method, params)).ok:
                    log.warning("%s refused", method)

    # ---- seeing to it

    async def _meter(self) -> None:
        if not self._settings.metrics:
            return
        from bot.channels.telegram.metrics import Meter  # costs time to import, and few want it

        meter = Meter(self._settings.metrics, lambda: monotonic() - self._swept < STUCK)
        try:
            await meter.start()
        except OSError as error:
            raise StartError(f"cannot listen on DOORWAY_METRICS_PORT: {os.strerror(error.errno or 0)}") from error
        self._stack.push_async_callback(meter.stop)

    async def _keep_reading(self) -> None:
        """Takes over changed fact sheets. Broken ones are refused, and what was known stays."""
        with as_file(files("seeds")) as beside:
            folder = self._settings.seeds or beside
            before = _state_of(folder)
            while True:
                await asyncio.sleep(READ_AGAIN)
                now = _state_of(folder)
                if now != before:
                    before = now
                    await self.read_again(folder)

    async def read_again(self, folder: Path) -> None:
        """Loads the fact sheets in a folder, beside the work; the tables of places stay."""
        try:
            found = await asyncio.to_thread(load, folder)
        except (FaultError, OSError) as error:
            for line in error.lines if isinstance(error, FaultError) else [type(error).__name__]:
                log.error("changed facts refused: %s", line)
            return
        self.chats.knowledge = replace(found, places=self.chats.knowledge.places)
        log.info("changed facts loaded")

    # ---- forgetting

    async def _keep_sweeping(self) -> None:
        tick = min(self.chats.look_every, self._settings.idle.total_seconds() / 10)
        while True:
            try:
                await self.sweep()
                self._swept = monotonic()
            except Exception as error:  # the next look may do better; the health page says that this one failed
                fault(error)
            await asyncio.sleep(max(0.05, tick))

    async def sweep(self) -> set[asyncio.Task[None]]:
        """Begins to remove what is due, and returns the work; one slow chat does not hold up the others."""
        before = set(self._tasks)
        for remove in await self.chats.due():
            self._background(self._removal(remove))
        return self._tasks - before

    async def _removal(self, remove: Callable[[], Awaitable[None]]) -> None:
        async with self._removals:
            await remove()


def key_from_beside(settings: Settings) -> str:
    """The key in the file beside the store. Raises StoreError where there is no folder for both, and KeyFileError."""
    store = Path(settings.store)
    try:
        store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot make the folder of the store {store}: {error.strerror}") from error
    return key_from(store.with_name(store.name + ".key"))


def lines(settings: Settings) -> Lines:
    """The bland words, with the operator's own plain line if there is one."""
    words = texts()
    after = words["plain"] if settings.cover is None else settings.cover
    return Lines(words["opening"], words["cover"], after, words["plain"])
