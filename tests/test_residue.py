"""The real process: after a conversation no trace of it is left, and after kill -9 nothing in the chat."""

from __future__ import annotations

import base64
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_telegram import TOKEN, FakeTelegram, Fault
from process import RealClock, process

from bot.words import texts

ME = 7_310_462_958_113
NAME = "Zephyrine Quillfeather"
WORDS = "my marzipan lighthouse trombone 4417"
CAPTION = "clavichord in the vestibule"
FIRST_ID = 913_462_000


class NamedTelegram(FakeTelegram):
    """Everybody here has the distinctive name, and ids are large enough to be looked for."""

    def __init__(self) -> None:
        super().__init__(RealClock())
        self._ids = FIRST_ID

    def wire_message(self, chat: int, message: int, date: float, content: dict[str, Any]) -> dict[str, Any]:
        found = super().wire_message(chat, message, date, content)
        found["from"]["first_name"] = found["chat"]["first_name"] = NAME
        return found


def forms(thing: int | str) -> Iterator[bytes]:
    """How an id or words may stand in a file: text, hexadecimal, bytes, base64 at any offset."""
    plain = [str(thing).encode()]
    if isinstance(thing, int):
        size = (thing.bit_length() + 7) // 8
        plain += [thing.to_bytes(size, "big"), thing.to_bytes(size, "little")]
        plain += [f"{thing:x}".encode(), f"{thing:X}".encode()]
    else:
        plain += [thing.encode("utf-16-le"), thing.encode().hex().encode()]
    for form in plain:
        yield form
        for offset in range(3):
            coded = base64.b64encode(b"\0" * offset + form)
            yield coded[4 if offset else 0 : len(coded) // 4 * 4 - 4]


def traces(where: dict[str, bytes], things: list[int | str]) -> list[tuple[str, int | str]]:
    return [(name, thing) for name, data in where.items() for thing in things
            if any(len(form) >= 4 and form in data for form in forms(thing))]  # fmt: skip


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
async def api() -> AsyncIterator[NamedTelegram]:
    server = NamedTelegram()
    await server.start()
    yield server
    await server.stop()


async def test_no_trace_of_a_conversation_is_left(tmp_path: Path, api: NamedTelegram) -> None:
    things: list[int | str] = [ME, NAME, *NAME.split(), WORDS, *WORDS.split()[1:], *CAPTION.split()[::3], TOKEN]
    async with process(tmp_path, api.root, "-X", "dev") as bot:
        api.say(ME, "/start")
        await api.until(lambda: api.screen(ME), 30)
        api.say(ME, WORDS)
        await api.until(lambda: texts()["removed"] in api.seen(ME)[0].text)
        api.put(ME, {"photo": 7, "caption": CAPTION})
        api.say(ME, WORDS, kind="edited_message")
        api.poison(b'{"update_id":%d,"message":{"text":"' + WORDS.encode() + b'\xff')
        api.update({"message": {"message_id": 1, "date": "x", "chat": {"id": ME, "type": "private"}, "text": WORDS}})
        refusal = Fault(400, text=f"Bad Request: {WORDS} {ME}")
        api.fault = lambda method, params: refusal if "Command" in method else None
        await api.drained()
        await api.until(lambda: len(api.seen(ME)) == 2)
        assert not traces(files(tmp_path), things), "before Close"
        bot.send_signal(signal.SIGKILL)
        await bot.wait()
    async with process(tmp_path, api.root, "-X", "dev"):
        before = api.seen(ME)[0].text
        api.press(ME, "999")
        await api.until(lambda: api.seen(ME)[0].text != before, 30)
        api.press(ME, "Close")
        await api.until(lambda: api.texts(ME) == [texts()["plain"]])
    used = [FIRST_ID + n for n in range(1, 20)]
    assert not traces(files(tmp_path), [*things, *used]), "after Close"
    assert b"ready" in (tmp_path / "output").read_bytes(), "the log was written"


async def test_after_kill_9_in_the_middle_of_sending_nothing_is_left(tmp_path: Path, api: NamedTelegram) -> None:
    idle = {"DOORWAY_IDLE_MINUTES": "0.02"}
    async with process(tmp_path, api.root, "-X", "dev", **idle) as bot:

        def kill_at_the_second_line(method: str, params: dict[str, Any]) -> Fault | None:
            if method == "sendMessage" and params["text"] == texts()["cover"]:
                bot.send_signal(signal.SIGKILL)
                return Fault(lose=True)
            return None

        api.fault = kill_at_the_second_line
        api.say(ME, "/start")
        await bot.wait()
        assert [text for text in api.texts(ME) if text in (texts()["opening"], texts()["cover"])]
    api.fault = lambda _method, _params: None
    api._queue.clear()  # as if the update had been confirmed
    async with process(tmp_path, api.root, "-X", "dev", **idle):
        await api.until(lambda: not api.seen(ME), 30)


def test_the_search_finds_what_it_looks_for() -> None:
    for thing in (ME, WORDS):
        for form in forms(thing):
            if len(form) >= 4:
                assert traces({"f": b"xx" + form + b"yy"}, [thing])
    data = base64.b64encode(b"ab" + WORDS.encode() + b"c")
    assert traces({"f": data}, [WORDS])
    assert not traces({"f": b"nothing here"}, [ME, WORDS])
