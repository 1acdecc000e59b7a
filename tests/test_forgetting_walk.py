"""Random people, faults and kills: whatever happens, nothing that was due is left, in any chat or in the store."""

from __future__ import annotations

import asyncio
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from fake_telegram import Clock, FakeTelegram, Fault
from telegram_bot import IDLE, Bot, free_port, hook_env

from bot.forgetting.seal import LASTING
from bot.words import texts
from knowledge.model import Knowledge

CHATS = (11, 22, 33)
SAID = ("/start", "/start", "/start", "Leek", "qqqq", "stop", "/stop", "he is hitting me now", "/start xx_yy")
FAULTS = (
    Fault(429, retry_after=3), Fault(429, retry_after=200), Fault(500), Fault(502), Fault(drop=True), Fault(lose=True),
)  # fmt: skip
STEPS = 30


class Walk:
    """One random story."""

    def __init__(self, seed: int, api: FakeTelegram, bot: Bot) -> None:
        self.random, self.api, self.bot = random.Random(seed), api, bot
        self.screens: dict[int, set[int]] = {chat: set() for chat in CHATS}
        self.trouble = 0.0
        api.fault = self.fault

    def fault(self, _method: str, params: dict[str, Any]) -> Fault | None:
        if "chat_id" in params and self.random.random() < self.trouble:
            return self.random.choice(FAULTS)
        return None

    def say(self, chat: int) -> None:
        self.api.say(chat, self.random.choice(SAID), age=self.random.choice((0, 0, 0, 0, 100)))

    def send_picture(self, chat: int) -> None:
        content = self.random.choice(("sticker", "sticker", "dice"))
        self.api.put(chat, {content: {}}, kind=self.random.choice(("message", "edited_message")))

    def tap(self, chat: int) -> None:
        screen = self.api.screen(chat)
        if screen:
            self.screens[chat].add(screen.id)
            tokens = [b["callback_data"] for b in screen.buttons if "callback_data" in b]
            self.api.tap(chat, self.random.choice(tokens), screen.id)

    def tap_late(self, chat: int) -> None:
        if self.screens[chat]:
            token = self.random.choice(("now", "leave", "start", "junk"))
            self.api.tap(chat, token, self.random.choice(sorted(self.screens[chat])))

    async def step(self) -> None:
        chat, what = self.random.choice(CHATS), self.random.random()
        if what < 0.4:
            self.say(chat)
        elif what < 0.65:
            self.tap(chat)
        elif what < 0.7:
            self.tap_late(chat)
        elif what < 0.75:
            self.send_picture(chat)
        elif what < 0.82:
            self.trouble = self.random.choice((0.0, 0.0, 0.3, 0.6))
        elif what < 0.88:
            await self.bot.quiet()
        elif what < 0.93:
            await self.bot.sweep(after=self.random.choice((10, 100, IDLE)))
        else:
            await self.bot.kill()
            await self.bot.start()
        for _ in range(self.random.choice((0, 1, 3, 10, 30))):  # so that kills and taps meet work half done
            await asyncio.sleep(0)

    async def end(self) -> None:
        self.trouble = 0.0
        if self.random.random() < 0.5:
            await self.bot.kill()
            await self.bot.start()
        await self.bot.quiet()
        await self.bot.sweep(after=200)  # a server that asked to wait has been waited for
        await self.bot.sweep(after=IDLE)
        await self.bot.quiet()


async def play(seed: int, folder: Path, knowledge: Knowledge) -> None:
    api = FakeTelegram(Clock())
    env = {"DOORWAY_COVER": "" if seed % 5 == 0 else texts()["plain"]}
    if seed % 2:
        env |= hook_env(free_port())
    bot = Bot(api, await api.start(), folder, knowledge, **env)
    await bot.start()
    try:
        walk = Walk(seed, api, bot)
        for _ in range(STEPS):
            await walk.step()
        await walk.end()
        for chat in CHATS:
            left = [message.text for message in api.seen(chat) if not message.dice]
            assert left in ([], [texts()["plain"]]), f"seed {seed}: {api.seen(chat)}"
            assert not any(message.buttons for message in api.seen(chat))
        notes = await bot.notes()
        assert {note.kind for note in notes} <= {*LASTING}, f"seed {seed}: {notes}"
        there = {(chat, message.id) for chat in CHATS for message in api.seen(chat)}
        assert there <= {(note.chat, note.message) for note in notes}, f"seed {seed}"
        await bot.sweep(after=26 * 3600)
        assert not any(api.seen(chat) for chat in CHATS), f"seed {seed}"
        assert not await bot.notes()
        assert not bot.doorway or not bot.doorway.chats.quiet.due(api.clock.seconds)
    finally:
        await bot.stop()
        await api.stop()


# A kill leaves work behind that was never begun, and connections that were never closed.
@pytest.mark.filterwarnings("ignore:coroutine", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("seed", range(16))
async def test_nothing_due_is_left(seed: int, knowledge: Knowledge) -> None:
    with tempfile.TemporaryDirectory() as folder:
        await play(seed, Path(folder), knowledge)
