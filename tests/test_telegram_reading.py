"""Reading takes time: nobody else waits for it, what needs no reading is not read, and a Close is noted first."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
from fake_telegram import FakeTelegram
from telegram_bot import Bot, free_port, running

from bot.channels.telegram import hearing
from bot.dialogue import Reply, Typed, talk
from bot.forgetting.ledger import Ledger, Note
from bot.forgetting.seal import Kind
from bot.words import texts
from knowledge.model import Knowledge

Live = tuple[FakeTelegram, Bot]
ME, YOU = 5_512_345_678, 77
LONG = "and then we went to the shop and it rained all day " * 40


async def begun(api: FakeTelegram, bot: Bot) -> None:
    for chat in (ME, YOU):
        api.say(chat, "/start")
    await bot.quiet()


@pytest.fixture
async def live(tmp_path: Path, knowledge: Knowledge) -> AsyncIterator[Live]:
    async with running(tmp_path, knowledge) as both:
        await begun(*both)
        yield both


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words that are read in full, as they are read."""
    found, real = list[str](), talk.read

    def reading(text: str, knowledge: Knowledge) -> object:
        found.append(text)
        return real(text, knowledge)

    monkeypatch.setattr(talk, "read", reading)
    monkeypatch.setattr(hearing, "prepare", lambda _: None)  # which reads as well
    return found


async def test_a_flood_of_long_messages_holds_nobody_up(live: Live, read: list[str]) -> None:
    api, bot = live
    typed = [api.say(ME, LONG + str(n)) for n in range(60)]
    api.press(YOU, "About this chat")
    api.say(YOU, "Leek")
    await api.until(lambda: "Leek" in read)
    assert len(read) <= 3, "the other chat's words had to wait"
    await api.until(lambda: texts()["about_title"] in str(api.shown[YOU]) or "Leek" in api.seen(YOU)[0].text)
    assert len(read) < 20, "the other chat's screen had to wait"
    await bot.quiet()
    assert not set(typed) & set(api.chats[ME])
    assert len([text for text in read if text != "Leek"]) <= 20
    assert f"{LONG}59" in read, "the last ones count"


async def test_short_words_are_read_in_a_flood(live: Live, read: list[str]) -> None:
    api, bot = live
    api.say(ME, "Leek")
    for n in range(30):
        api.say(ME, LONG + str(n))
    await bot.quiet()
    assert "Leek" in read
    assert len(read) == 21


async def test_what_came_before_close_is_not_read(live: Live, read: list[str]) -> None:
    api, bot = live
    for n in range(10):
        api.say(ME, f"{n} {LONG}")
    api.press(ME, "Close")
    await bot.quiet()
    assert api.texts(ME) == [texts()["plain"]]
    assert not read


@pytest.mark.parametrize("words", ["he is hitting me", LONG, "Leek"])
async def test_old_words_are_not_read(live: Live, read: list[str], words: str) -> None:
    api, bot = live
    typed = api.say(ME, words, age=61)
    await bot.quiet()
    assert typed not in api.chats[ME]
    assert not read


async def test_old_words_can_still_close(live: Live, read: list[str]) -> None:
    api, bot = live
    api.say(ME, "close this chat please", age=3600)
    await bot.quiet()
    assert api.texts(ME) == [texts()["plain"]]
    assert not read


@pytest.mark.parametrize(("words", "shown"), [("Leek", False), ("he is hitting me", True)])
async def test_a_newer_tap_wins_over_words_that_are_still_read_but_not_over_danger(
    tmp_path: Path, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch, words: str, shown: bool
) -> None:
    loaded = threading.Event()
    monkeypatch.setattr(hearing, "prepare", lambda _: loaded.wait(10))
    async with running(tmp_path, knowledge, webhook=free_port()) as (api, bot):
        await begun(api, bot)
        typed = api.say(ME, words)
        await api.until(lambda: typed not in api.chats[ME])
        screen = api.screen(ME)
        assert screen
        api.press(ME, "About this chat")
        await api.until(lambda: texts()["about_title"] in api.seen(ME)[0].text)
        loaded.set()
        await bot.quiet()
        assert (texts()["about_title"] not in api.seen(ME)[0].text) is shown


async def test_words_that_are_still_read_open_nothing_after_close(
    tmp_path: Path, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = threading.Event()
    monkeypatch.setattr(hearing, "prepare", lambda _: loaded.wait(10))
    async with running(tmp_path, knowledge, webhook=free_port()) as (api, bot):
        await begun(api, bot)
        typed = api.say(ME, "he is hitting me")
        await api.until(lambda: typed not in api.chats[ME])
        api.press(ME, "Close")
        await api.until(lambda: api.texts(ME) == [texts()["plain"]])
        loaded.set()
        await bot.quiet()
        assert api.texts(ME) == [texts()["plain"]]


async def test_told_to_stop_it_reads_what_it_has_and_confirms_it(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, bot = live
    loaded = threading.Event()
    monkeypatch.setattr(hearing, "prepare", lambda _: loaded.wait(10))
    typed = api.say(ME, "Leek")
    await api.until(lambda: typed not in api.chats[ME])
    stopping = asyncio.create_task(bot.stop())
    await asyncio.sleep(0)
    loaded.set()
    await stopping
    assert "Leek" in api.seen(ME)[0].text
    assert not api._queue, "it would be heard again at the next start"


@pytest.mark.parametrize("how", ["tap", "/stop", "leave this chat please"])
async def test_the_webhook_answers_a_close_only_when_it_is_noted(
    tmp_path: Path, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    real, disk, waits = Ledger.write, asyncio.Event(), asyncio.Event()

    async def write(self: Ledger, add: Iterable[Note] = (), remove: Iterable[tuple[int, int]] = ()) -> None:
        added = list(add)
        if any(note.kind is Kind.CLOSING for note in added):
            waits.set()
            await disk.wait()
        await real(self, added, remove)

    async with running(tmp_path, knowledge, webhook=free_port()) as (api, bot):
        await begun(api, bot)
        monkeypatch.setattr(Ledger, "write", write)
        if how == "tap":
            api.press(ME, "Close")
        else:
            api.say(ME, how)
        await asyncio.wait_for(waits.wait(), 5)
        await api.until(lambda: api.texts(ME) == [texts()["plain"]])  # nothing waits for the disk but the answer
        assert api.deliveries
        disk.set()
        await bot.quiet()
        assert not api.deliveries


async def test_a_fault_in_reading_ends_neither_the_turn_nor_the_next(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, bot = live
    real = hearing.answer

    def broken(event: object, *rest: object) -> Reply:
        if event == Typed("fault"):
            raise ValueError
        return real(event, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(hearing, "answer", broken)
    typed = api.say(ME, "fault")
    api.say(ME, "Leek")
    await bot.quiet()
    assert typed not in api.chats[ME]
    assert "Leek" in api.seen(ME)[0].text
