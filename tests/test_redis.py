"""The conversation with its store in a real Redis: what holds with one file must hold there too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import test_telegram as with_a_file
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
        yield both


FILE_ONLY = ("writes_nothing_to_disk", "the_operator_can", "html_is_escaped")
globals().update({
    name: test for name, test in vars(with_a_file).items()
    if name.startswith("test_") and not any(part in name for part in FILE_ONLY)
})  # fmt: skip
