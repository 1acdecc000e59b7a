"""Polling and webhook: poison, wrong secrets, an unreachable server, and settings that cannot work."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import socket
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_telegram import SECRET_HEADER, TOKEN, Clock, FakeTelegram, Fault
from telegram_bot import Bot, free_port, running

from bot import settings
from bot.channels.telegram import Doorway, name_of, run, until_told
from bot.channels.telegram.intake import Intake
from bot.channels.telegram.polling import Poll
from bot.words import texts
from knowledge.model import Knowledge

ME = 5_512_345_678
POISON = [
    b'{"update_id":%d,"message":{"text":"\xff\xfe private words"}}',  # no UTF-8
    b'{"update_id":%d,"message":{"text":"private words \\ud800"}}',  # a lone surrogate
    b'{"update_id":%d,"message":{"text":"private words"',  # cut off
    b'{"update_id":%d,"message":"private words"}',
    b'{"update_id":"%d"}',
    b"[" * 100_000,
    b"7",
    b"null",
]


@pytest.mark.parametrize("raw", [raw for raw in POISON if b'"update_id":%d' in raw])
async def test_polling_loses_only_the_update_that_is_broken(tmp_path: Path, knowledge: Knowledge, raw: bytes) -> None:
    async with running(tmp_path, knowledge) as (api, bot):
        api.say(ME, "/start")
        api.poison(raw)
        api.say(ME, "Leek")
        await bot.quiet()
        assert len(api.seen(ME)) == 2
        assert texts()["removed"] in api.seen(ME)[0].text


@pytest.mark.parametrize("raw", POISON)
async def test_the_webhook_takes_anything_with_the_right_secret(
    tmp_path: Path, knowledge: Knowledge, raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with running(tmp_path, knowledge, webhook=free_port()) as (api, bot):
        assert await api.deliver(raw) == 200
        api.say(ME, "/start")
        await bot.quiet()
        assert len(api.seen(ME)) == 2
    assert "private" not in caplog.text


async def test_the_webhook_takes_a_body_that_is_too_large(tmp_path: Path, knowledge: Knowledge) -> None:
    async with running(tmp_path, knowledge, webhook=free_port()) as (api, bot):
        assert api.session
        assert bot.doorway
        headers = {SECRET_HEADER: api.secret}
        async with api.session.post(api.hook, data=io.BytesIO(b"x" * 3_000_000), headers=headers) as response:
            assert response.status == 200
        assert bot.doorway.intake.dropped == 1


@pytest.mark.parametrize("number", [2**60, 2**80, True])
async def test_polling_goes_on_after_a_number_that_cannot_be(
    tmp_path: Path, knowledge: Knowledge, number: int
) -> None:
    async with running(tmp_path, knowledge) as (_, bot):
        assert bot.doorway
        await bot.quiet()
        poll = Poll(bot.doorway._wire, bot.doorway.intake, lambda _: None, bot.api.clock.pause)
        await poll._try(b'{"result":[{"update_id":%s},{"update_id":5}]}' % json.dumps(number).encode())
        assert poll._offset == 6
        await bot.quiet()


async def test_polling_goes_on_after_a_fault_of_ours(
    tmp_path: Path, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real, broken = Intake.read, [1]

    def read(self: Intake, raws: object) -> list[object]:
        if broken:
            broken.pop()
            raise KeyError("distinctive")
        return real(self, raws)  # type: ignore[arg-type,return-value]

    monkeypatch.setattr(Intake, "read", read)
    async with running(tmp_path, knowledge) as (api, bot):
        api.say(ME, "/start")
        await bot.quiet()
        assert len(api.seen(ME)) == 2
    assert "fault: KeyError" in caplog.text
    assert not [r for r in caplog.records if r.name.startswith("doorway") and "distinctive" in r.getMessage()]


async def test_a_message_that_cannot_be_understood_goes_all_the_same(
    tmp_path: Path, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise ValueError

    monkeypatch.setattr("bot.channels.telegram.handlers.event", broken)
    async with running(tmp_path, knowledge) as (api, bot):
        api.say(ME, "Leek")
        await bot.quiet()
        assert not api.seen(ME)


async def test_a_wrong_secret_gets_403_and_nothing_happens(tmp_path: Path, knowledge: Knowledge) -> None:
    async with running(tmp_path, knowledge, webhook=free_port()) as (api, bot):
        update = {"update_id": 1, "message": api.wire_message(ME, 3, api.clock.seconds, {"text": "/start"})}
        for secret in ("", "wrong", "a-secre", "a-secrett", "\u00e4"):
            assert await api.deliver(update, secret) == 403
        await bot.quiet()
        assert not api.made("sendMessage")
        assert await api.deliver(update, "a-secret") == 200


async def test_a_tap_is_acknowledged_in_the_webhook_response(tmp_path: Path, knowledge: Knowledge) -> None:
    async with running(tmp_path, knowledge, webhook=free_port()) as (api, bot):
        api.say(ME, "/start")
        await bot.quiet()
        api.press(ME, "About this chat")
        await bot.quiet()
        assert [call.error for call in api.made("answerCallbackQuery")] == [""]
        assert texts()["about_title"] in api.seen(ME)[0].text
        api.press(ME, "Close")
        await bot.quiet()
        assert api.texts(ME) == [texts()["plain"]]


async def test_the_webhook_answers_a_message_only_when_it_is_noted(tmp_path: Path, knowledge: Knowledge) -> None:
    async with running(tmp_path, knowledge, webhook=free_port()) as (api, bot):
        gate = asyncio.Event()
        api.hold = lambda method, params: gate if method in ("sendMessage", "deleteMessage") else None
        api.say(ME, "/start")
        await api.drained()
        assert [note.message for note in await bot.notes()] == [api.seen(ME)[0].id]
        gate.set()
        await bot.quiet()


async def test_updates_that_waited_are_not_dropped(tmp_path: Path, knowledge: Knowledge) -> None:
    api = FakeTelegram(Clock())
    root = await api.start()
    bot = Bot(api, root, tmp_path, knowledge)
    api.say(ME, "typed while it was away", age=300)
    await bot.start()
    await bot.quiet()
    assert not api.seen(ME)
    await bot.stop()
    await api.stop()


async def test_starting_waits_for_a_server_that_cannot_be_reached(tmp_path: Path, knowledge: Knowledge) -> None:
    port, clock = free_port(), Clock()
    api = FakeTelegram(clock)
    tries = asyncio.Event()

    async def pause(seconds: float) -> None:
        tries.set()
        await asyncio.sleep(0.01)

    api.clock.pause = pause  # type: ignore[method-assign]
    bot = Bot(api, f"http://127.0.0.1:{port}", tmp_path, knowledge)
    starting = asyncio.create_task(bot.start())
    await asyncio.wait_for(tries.wait(), 5)
    assert not starting.done()
    failing = [3]
    api.fault = lambda method, params: Fault(502) if failing.__setitem__(0, failing[0] - 1) or failing[0] >= 0 else None
    await api.start(port)
    await asyncio.wait_for(starting, 5)
    api.say(ME, "/start")
    await bot.quiet()
    assert len(api.seen(ME)) == 2
    await bot.stop()
    await api.stop()


async def test_polling_goes_on_after_refusals(tmp_path: Path, knowledge: Knowledge) -> None:
    async with running(tmp_path, knowledge) as (api, bot):
        await api.restart()
        api.say(ME, "/start")
        await bot.quiet()
        assert len(api.seen(ME)) == 2


async def test_a_bot_that_hears_nothing_any_more_ends_with_a_fault(tmp_path: Path, knowledge: Knowledge) -> None:
    api = FakeTelegram(Clock())
    bot = Bot(api, await api.start(), tmp_path, knowledge)

    async def broken(_seconds: float) -> None:
        raise RuntimeError("private")

    doorway = Doorway(settings.load(bot.env), knowledge, api.clock, broken)
    api.poison(b'{"update_id":"%d"}')  # nothing that could be confirmed: the loop would wait
    try:
        assert await asyncio.wait_for(until_told(doorway), 10) == 1
    finally:
        await api.stop()


@pytest.fixture
def quiet_after() -> Iterator[None]:
    """Puts back what `run` does to logging and warnings."""
    ours = logging.getLogger("doorway")
    kept = ours.level, ours.propagate, logging.raiseExceptions, list(logging.root.handlers)
    with warnings.catch_warnings():
        yield
    ours.handlers.clear()
    ours.setLevel(kept[0])
    ours.propagate, logging.raiseExceptions, logging.root.handlers[:] = kept[1:]


def env(folder: Path, **more: str) -> dict[str, str]:
    return {"DOORWAY_BOT_TOKEN": TOKEN, "DOORWAY_STORE": f"sqlite:{folder / 'ledger.db'}",
            "DOORWAY_API_ROOT": "http://127.0.0.1:1", **more}  # fmt: skip


@pytest.mark.usefixtures("quiet_after")
def test_a_port_that_is_taken_is_one_clear_line(
    tmp_path: Path, knowledge: Knowledge, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        port = str(s.getsockname()[1])
        given = env(tmp_path, DOORWAY_WEBHOOK_URL="https://example.org/x", DOORWAY_WEBHOOK_PORT=port)
        assert run(settings.load(given), knowledge) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"doorway: cannot listen on port {port}")
    assert error.count("\n") == 1


@pytest.mark.usefixtures("quiet_after")
@pytest.mark.parametrize("trouble", ["folder", "file", "key"])
def test_a_store_that_cannot_be_used_is_one_clear_line(
    tmp_path: Path, knowledge: Knowledge, capsys: pytest.CaptureFixture[str], trouble: str
) -> None:
    given = env(tmp_path)
    if trouble == "folder":  # a file stands where the folder should be
        (tmp_path / "taken").write_text("")
        given["DOORWAY_STORE"] = f"sqlite:{tmp_path / 'taken' / 'ledger.db'}"
    elif trouble == "file":
        (tmp_path / "ledger.db").mkdir()
    else:
        (tmp_path / "ledger.db.key").write_text("short\n")
        (tmp_path / "ledger.db.key").chmod(0o600)
    assert run(settings.load(given), knowledge) == 2
    error = capsys.readouterr().err
    assert error.startswith(
        {"folder": "doorway: cannot make the folder", "file": "doorway: cannot write the store"}.get(
            trouble, "doorway: the key file"
        )
    )
    assert error.count("\n") == 1


async def test_a_token_that_telegram_does_not_know(
    tmp_path: Path, knowledge: Knowledge, capsys: pytest.CaptureFixture[str]
) -> None:
    api = FakeTelegram(Clock())
    given = env(tmp_path, DOORWAY_API_ROOT=await api.start(), DOORWAY_BOT_TOKEN="1:wrong-token")
    assert await asyncio.to_thread(name_of, settings.load(given)) == ""
    from bot.channels.telegram.runner import Doorway, StartError

    bot = Doorway(settings.load(given), knowledge)
    with pytest.raises(StartError) as error:
        await bot.start()
    assert "wrong-token" not in str(error.value)
    await bot.stop()
    assert await asyncio.to_thread(name_of, settings.load({**given, "DOORWAY_BOT_TOKEN": TOKEN})) == api.username
    await api.stop()


async def test_a_fault_of_ours_is_logged_without_words(
    tmp_path: Path, knowledge: Knowledge, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)

    def broken(*_: object) -> None:
        raise ValueError("distinctive words of the person")

    async with running(tmp_path, knowledge) as (api, bot):
        api.say(ME, "/start")
        await bot.quiet()
        monkeypatch.setattr("bot.channels.telegram.hearing.answer", broken)
        api.say(ME, "distinctive words of the person")
        await bot.quiet()
        assert "distinctive" not in str(api.texts(ME)), "deleted even so"
        monkeypatch.undo()
        api.press(ME, "About this chat")
        await bot.quiet()
        assert texts()["about_title"] in api.seen(ME)[0].text
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("doorway")]
    assert "fault: ValueError in broken:" in "\n".join(ours)
    assert "distinctive" not in "\n".join(ours)
