"""A whole conversation of the real process with a Bot API server that others have written, where it is at hand."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import SHARED
from fake_telegram import TOKEN
from process import process
from telegram_bot import free_port, hook_env

from bot.words import texts

SERVER = SHARED / "bench" / "fake_bot_api.py"
ME = 5_512_345_678

pytestmark = pytest.mark.skipif(not SERVER.exists(), reason=f"{SERVER} is not there")


class Person:
    """Somebody in a chat with the bot."""

    def __init__(self, api: Any) -> None:
        self.api, self.called, self.refused = api, asyncio.Condition(), list[str]()
        api.on_call = self._on_call

    def _on_call(self, method: str, _params: object, error: str | None, _at: float) -> None:
        self.refused += [f"{method}: {error}"] if error else []
        asyncio.ensure_future(self._tell())  # noqa: RUF006

    async def _tell(self) -> None:
        async with self.called:
            self.called.notify_all()

    async def until(self, true: Callable[[], object], seconds: float = 30) -> None:
        async with asyncio.timeout(seconds), self.called:
            await self.called.wait_for(lambda: bool(true()))

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.api.chats.get(ME, {}).values()]

    async def say(self, words: str) -> None:
        """Says it, and waits until it is gone and the screen is another one."""
        before = self.texts[:1]
        self.api.say(ME, words)
        await self.until(lambda: self.api.screen(ME) and len(self.texts) == 2 and self.texts[:1] != before)

    async def tap(self, label: str) -> None:
        screen = self.api.screen(ME)
        rows = screen["reply_markup"]["inline_keyboard"]
        self.api.tap(ME, next(button["callback_data"] for row in rows for button in row if button["text"] == label))
        await self.until(lambda: self.texts[0] != screen["text"])


@pytest.fixture
async def person() -> AsyncIterator[Person]:
    spec = importlib.util.spec_from_file_location("second_server", SERVER)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    api = module.FakeBotApi(token=TOKEN)
    await api.start()
    yield Person(api)
    if api.hook:
        api.hook.close()
    api.server.close()


@pytest.mark.parametrize("way_in", ["polling", "webhook"])
async def test_a_whole_conversation_ends_with_one_plain_line(tmp_path: Path, person: Person, way_in: str) -> None:
    env = hook_env(free_port()) if way_in == "webhook" else {}
    async with process(tmp_path, person.api.root, **env):
        await person.say("/start")
        assert "999" in person.texts[0].splitlines()[0]
        assert person.texts[1] == texts()["cover"]
        for label in ("Who answers now", "1", "999", "Back"):
            await person.tap(label)
            assert "999" in person.texts[0].splitlines()[0]
        await person.say("Leek")
        assert texts()["removed"] in person.texts[0]
        assert "Leek" in person.texts[0]
        await person.say("he is hitting me")
        await person.tap("Close")
        await person.until(lambda: person.texts == [texts()["plain"]])
    assert person.texts == [texts()["plain"]]
    assert not person.refused
