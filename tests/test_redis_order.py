"""Slow servers, floods and refusals with the store in a real Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import test_telegram_order as with_a_file
from fake_telegram import FakeTelegram
from redis_server import RedisServer
from telegram_bot import Bot, running

from knowledge.model import Knowledge

Live = tuple[FakeTelegram, Bot]


@pytest.fixture
async def live(tmp_path: Path, knowledge: Knowledge, server: RedisServer) -> AsyncIterator[Live]:
    server.ask(b"FLUSHALL")
    env = {"DOORWAY_STORE": server.url, "DOORWAY_KEY": "k" * 40}
    async with running(tmp_path, knowledge, **env) as both:
        for chat in (with_a_file.ME, with_a_file.YOU):
            both[0].say(chat, "/start")
        await both[1].quiet()
        yield both


FILE_ONLY = ("lost_store_leaves", "fails_for_long", "tried_again_before_close", "older_stray_screen")
globals().update({
    name: test for name, test in vars(with_a_file).items()
    if name.startswith("test_") and not any(part in name for part in FILE_ONLY)
})  # fmt: skip


async def test_a_screen_newer_than_the_one_we_know_of_is_the_one_that_counts(live: Live) -> None:
    api, bot = live
    me = with_a_file.ME
    newer = api._do_sendMessage(me, {"chat_id": me, "text": "x", "disable_notification": True})["message_id"]
    api.tap(me, "ab", newer)
    await bot.quiet()
    assert [m.id for m in api.seen(me) if m.buttons] == [newer]
    assert len(api.seen(me)) == 2
