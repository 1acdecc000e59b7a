"""The real process on Telegram: killed at the worst moment, told to stop, and busy with reading."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fake_telegram import FakeTelegram
from process import RealClock, process

from bot.words import texts

CHATS = (5_512_345_678, 77, 78, 79)
ME = CHATS[0]
# Reading holds up the whole process until a line comes in.
SLOW_READING = """
import sys
from bot.channels.telegram import hearing
real = hearing.answer
def answer(event, *rest):
    if isinstance(event, hearing.Typed):
        sys.stdin.readline()
    return real(event, *rest)
hearing.answer = answer
"""
SHORT_GRACE = "from bot.channels.telegram import runner\nrunner.GRACE = 0.3"


@pytest.fixture
async def api() -> AsyncIterator[FakeTelegram]:
    server = FakeTelegram(RealClock())
    await server.start()
    yield server
    await server.stop()


async def begun(api: FakeTelegram, *chats: int) -> None:
    for chat in chats:
        api.say(chat, "/start")
    await api.until(lambda: all(api.screen(chat) for chat in chats), 30)


def hold(api: FakeTelegram, *methods: str) -> asyncio.Event:
    """Calls of these methods wait for the event."""
    opened = asyncio.Event()
    api.hold = lambda method, _: opened if method in methods else None
    return opened


async def test_what_was_acknowledged_goes_at_once_after_kill_9(tmp_path: Path, api: FakeTelegram) -> None:
    closing, going_on = CHATS[:3], CHATS[3]
    async with process(tmp_path, api.root) as bot:
        await begun(api, *CHATS)
        screen = api.screen(going_on)
        hold(api, "deleteMessage", "deleteMessages", "editMessageText")
        api.press(closing[0], "Close")
        api.say(closing[1], "/stop")
        api.say(closing[2], "leave this chat please")
        typed = api.say(going_on, "Leek")
        await api.drained()  # Telegram has been told that the bot has them
        bot.send_signal(signal.SIGKILL)
        await bot.wait()
    assert all(api.screen(chat) for chat in closing)
    assert typed in api.chats[going_on]
    api.hold = lambda *_: None
    async with process(tmp_path, api.root):
        await api.until(lambda: all(api.texts(chat) == [texts()["plain"]] for chat in closing), 30)
        await api.until(lambda: typed not in api.chats[going_on])
        assert api.screen(going_on) == screen


async def test_words_are_deleted_before_they_are_read_and_a_stop_finishes_what_is_in_hand(
    tmp_path: Path, api: FakeTelegram
) -> None:
    async with process(tmp_path, api.root, changed=SLOW_READING) as bot:
        await begun(api, ME)
        for words in ("Leek", "Solihull"):  # with nothing loaded yet, and with all at hand
            typed = api.say(ME, words)
            await api.until(lambda typed=typed: typed not in api.chats[ME])
            assert words not in api.seen(ME)[0].text
            assert bot.stdin
            bot.stdin.write(b"\n")
            await api.until(lambda words=words: words in api.seen(ME)[0].text)
        opened = hold(api, "editMessageText")
        api.press(ME, "Back")
        await api.drained()
        before = api.seen(ME)[0].text
        bot.send_signal(signal.SIGTERM)
        opened.set()
        assert await asyncio.wait_for(bot.wait(), 5) == 0
        assert api.seen(ME)[0].text != before


async def test_told_to_stop_it_does_not_wait_for_ever(tmp_path: Path, api: FakeTelegram) -> None:
    async with process(tmp_path, api.root, changed=SHORT_GRACE) as bot:
        await begun(api, ME)
        hold(api, "editMessageText")
        api.press(ME, "About this chat")
        await api.drained()
        bot.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(bot.wait(), 5) == 0
    assert "fault" not in (tmp_path / "output").read_text()
