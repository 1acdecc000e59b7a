"""Slow servers, floods, refusals and broken lines: order is kept, Close overtakes, and nothing is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from fake_telegram import DELETABLE, FakeTelegram, Fault, once
from telegram_bot import IDLE, Bot, running

from bot.dialogue import State, encode
from bot.forgetting.seal import Kind
from bot.words import texts
from knowledge.model import Knowledge

Live = tuple[FakeTelegram, Bot]
ME, YOU = 5_512_345_678, 77


@pytest.fixture
async def live(tmp_path: Path, knowledge: Knowledge) -> AsyncIterator[Live]:
    async with running(tmp_path, knowledge) as both:
        for chat in (ME, YOU):
            both[0].say(chat, "/start")
        await both[1].quiet()
        yield both


def plain() -> list[str]:
    return [texts()["plain"]]


class Gate:
    """Holds back the calls of a method in a chat until it is opened."""

    def __init__(self, api: FakeTelegram, method: str, chat: int = ME, only: int = 0) -> None:
        self.opened, self.waiting, self.api = asyncio.Event(), 0, api
        self.method, self.chat, self.only = method, chat, only
        api.hold = self

    def __call__(self, method: str, params: dict[str, Any]) -> asyncio.Event | None:
        if (method, params.get("chat_id")) != (self.method, self.chat):
            return None
        if self.only and (params.get("message_id") != self.only or "reply_markup" not in params):
            return None  # the plain line is never held back
        self.waiting += 1
        asyncio.ensure_future(self.api._tell())  # noqa: RUF006
        return self.opened

    async def reached(self, calls: int = 1) -> None:
        await self.api.until(lambda: self.waiting >= calls)


async def while_a_delete_waits(api: FakeTelegram, come: Callable[[int], object], times: int) -> Gate:
    """Words whose delete is held back, while more comes; all has reached the bot when this ends."""
    gate = Gate(api, "deleteMessage")
    api.say(ME, "first")
    await gate.reached()
    for number in range(times):
        come(number)
    await api.drained()
    return gate


async def test_close_overtakes_an_edit_that_is_on_its_way(live: Live) -> None:
    api, bot = live
    screen = api.screen(ME)
    assert screen is not None
    gate = Gate(api, "editMessageText", only=screen.id)
    api.press(ME, "Who answers now")
    await gate.reached()
    api.press(ME, "Close")
    await api.until(lambda: api.texts(ME) == plain())  # while the edit still waits
    gate.opened.set()
    await bot.quiet()
    assert api.texts(ME) == plain()


async def test_a_late_edit_does_not_fill_a_screen_that_could_not_be_deleted(live: Live) -> None:
    api, bot = live
    screen = api.screen(ME)
    assert screen is not None
    api.clock.move(DELETABLE)
    gate = Gate(api, "editMessageText", only=screen.id)
    api.press(ME, "Who answers now")
    await gate.reached()
    api.press(ME, "Close")
    await api.until(lambda: api.made("deleteMessage", chat=ME))
    for label in ("999", "Back", "999", "Back"):  # meanwhile others come and go; the edit is still on its way
        made = len(api.made("editMessageText", chat=YOU))
        api.press(YOU, label)
        await api.until(lambda made=made: len(api.made("editMessageText", chat=YOU)) > made)
    gate.opened.set()
    await bot.quiet()
    assert set(api.texts(ME)) == {texts()["plain"]}
    assert api.screen(ME) is None


async def test_close_overtakes_a_start_whose_lines_are_on_their_way(live: Live) -> None:
    api, bot = live
    old = api.screen(ME)
    assert old is not None
    gate = Gate(api, "sendMessage")
    api.say(ME, "/start")
    await gate.reached()
    api.say(ME, "/stop")
    await api.drained()
    gate.opened.set()
    await bot.quiet()
    assert api.screen(ME) is None
    assert set(api.texts(ME)) <= {texts()["plain"]}
    assert all(note.kind is Kind.PLAIN for note in await bot.notes() if note.chat == ME)


async def test_close_does_not_wait_for_a_flooded_edit(tmp_path: Path, knowledge: Knowledge) -> None:
    async with running(tmp_path, knowledge) as (api, bot):
        api.say(ME, "/start")
        await bot.quiet()
        waits, asleep, wake = [], asyncio.Event(), asyncio.Event()

        async def pause(seconds: float) -> None:
            waits.append(seconds)
            asleep.set()
            await wake.wait()

        assert bot.doorway
        bot.doorway.calls._pause = pause
        api.fault = lambda m, p: Fault(429, retry_after=30) if m == "editMessageText" and "reply_markup" in p else None
        api.press(ME, "Who answers now")
        await asyncio.wait_for(asleep.wait(), 5)
        api.press(ME, "Close")
        await api.until(lambda: api.texts(ME) == plain())
        assert waits[0] == pytest.approx(30, abs=1)
        shown = len([call for call in api.made("editMessageText") if "reply_markup" in call.params])
        wake.set()
        await bot.quiet()
        assert api.texts(ME) == plain()
        assert len([call for call in api.made("editMessageText") if "reply_markup" in call.params]) == shown


async def test_a_start_after_close_opens_anew(live: Live) -> None:
    api, bot = live
    gate = Gate(api, "deleteMessage")
    api.press(ME, "Close")
    await gate.reached()
    api.say(ME, "/start")
    await api.drained()
    gate.opened.set()
    await bot.quiet()
    assert len(api.seen(ME)) == 2
    assert api.screen(ME) is not None


async def test_a_start_does_not_wait_for_older_messages_to_go(live: Live) -> None:
    api, bot = live
    old = {message.id for message in api.seen(ME)}
    opened = asyncio.Event()
    api.hold = lambda method, _: opened if method in ("deleteMessage", "deleteMessages") else None
    api.say(ME, "/start")
    await api.until(lambda: (screen := api.screen(ME)) and screen.id not in old, 5)
    opened.set()
    await bot.quiet()
    assert len(api.seen(ME)) == 2
    assert not old & set(api.chats[ME])
    assert {note.kind for note in await bot.notes() if note.chat == ME} == {Kind.LIVING, Kind.BLAND}


async def test_taps_that_pile_up_are_coalesced_and_the_last_wins(live: Live) -> None:
    api, bot = live
    gate = Gate(api, "editMessageText")
    before = len(api.made("editMessageText", chat=ME))
    for _ in range(30):
        api.press(ME, "Who answers now")
    api.press(ME, "About this chat")
    await gate.reached()
    await api.drained()
    gate.opened.set()
    await bot.quiet()
    assert len(api.made("editMessageText", chat=ME)) - before <= 2
    assert texts()["about_title"] in api.seen(ME)[0].text


async def test_typed_words_that_pile_up_are_all_deleted_a_hundred_a_call(live: Live) -> None:
    api, bot = live
    gate = await while_a_delete_waits(api, lambda _: api.say(ME, "qqqq"), times=150)
    gate.opened.set()
    await bot.quiet()
    assert len(api.seen(ME)) == 2
    assert len(api.made("deleteMessages", chat=ME)) <= 3
    assert {note.kind for note in await bot.notes()} == {Kind.LIVING, Kind.BLAND}


async def test_a_slow_chat_holds_nobody_else_up(live: Live) -> None:
    api, bot = live
    gate = Gate(api, "editMessageText")
    for _ in range(500):
        api.press(ME, "Who answers now")
    await gate.reached()
    api.press(YOU, "About this chat")
    await api.until(lambda: texts()["about_title"] in api.seen(YOU)[0].text)
    gate.opened.set()
    await bot.quiet()


async def test_a_repeated_update_is_harmless(live: Live) -> None:
    api, bot = live
    at = api.wire_message(ME, 5000, api.clock.seconds, {"text": "/start"})
    number = api.update({"message": at})
    await bot.quiet()
    sent = len(api.made("sendMessage"))
    api.update({"message": at}, number)
    await bot.quiet()
    assert len(api.made("sendMessage")) == sent


async def test_what_is_not_modified_counts_as_done(live: Live) -> None:
    api, bot = live
    api.tap(ME, "em")
    await bot.quiet()
    api.tap(ME, "em")
    await bot.quiet()
    assert "not modified" in api.made("editMessageText", chat=ME)[-1].error
    api.press(ME, "Close")
    await bot.quiet()
    assert api.texts(ME) == plain()


async def test_a_tap_on_a_screen_that_is_gone_sends_nothing(live: Live) -> None:
    api, bot = live
    screen = api.screen(ME)
    assert screen is not None
    del api.chats[ME][screen.id]
    sent = len(api.made("sendMessage"))
    api.tap(ME, "now", screen.id)
    await bot.quiet()
    assert len(api.made("sendMessage")) == sent
    api.say(ME, "Leek")  # words are answered by a new pair
    await bot.quiet()
    assert len(api.seen(ME)) == 2
    assert api.screen(ME) is not None


async def test_an_old_query_is_no_trouble(live: Live) -> None:
    api, bot = live
    query = api.press(ME, "999")
    api._open.discard(query)
    await bot.quiet()
    assert "too old" in api.made("answerCallbackQuery")[-1].error
    assert len(api.seen(ME)) == 2


async def test_what_is_older_than_48_hours_is_edited_to_the_plain_line_and_the_rest_goes(live: Live) -> None:
    api, bot = live
    await bot.stop()
    api.clock.move(DELETABLE + 1)
    await bot.start()
    typed = api.say(ME, "qqqq")
    await bot.quiet()
    await bot.sweep(after=IDLE)
    assert set(api.texts(ME)) == {texts()["plain"]}
    assert api.screen(ME) is None
    assert typed not in {message.id for message in api.seen(ME)}
    assert {note.kind for note in await bot.notes()} <= {Kind.PLAIN}


FAULTS = [Fault(429, retry_after=7), Fault(500), Fault(502), Fault(drop=True), Fault(lose=True)]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("method", ["editMessageText", "sendMessage", "deleteMessage", "deleteMessages"])
async def test_floods_failures_and_broken_lines_are_overcome(live: Live, fault: Fault, method: str) -> None:
    api, bot = live
    api.fault = once(method, fault, 2)
    api.say(ME, "/start")
    await bot.quiet()
    assert len(api.seen(ME)) == 2, "one pair"
    api.fault = once(method, fault, 2)
    api.say(ME, "Leek")
    await bot.quiet()
    assert len(api.seen(ME)) == 2
    assert texts()["removed"] in api.seen(ME)[0].text
    api.fault = once(method, fault, 2)
    api.press(ME, "Close")
    await bot.quiet()
    assert api.texts(ME) == plain()
    assert not api.too_early, "the server's wait was not kept"
    assert {note.kind for note in await bot.notes() if note.chat == ME} == {Kind.PLAIN}


async def test_a_line_that_came_through_although_every_answer_was_lost_goes_too(live: Live) -> None:
    api, bot = live
    api.press(YOU, "Close")
    api.press(ME, "Close")
    await bot.quiet()
    api.fault = lambda method, params: Fault(lose=True) if method == "sendMessage" else None
    api.say(ME, "/start")
    await bot.quiet()
    assert texts()["opening"] in api.texts(ME)
    api.fault = lambda method, params: None
    await bot.sweep(after=IDLE)
    assert texts()["opening"] not in api.texts(ME)
    assert not [note for note in await bot.notes() if note.chat == ME]


async def test_a_server_that_fails_for_long_is_asked_a_bounded_number_of_times_and_again_later(live: Live) -> None:
    api, bot = live
    api.fault = lambda method, params: Fault(500) if params.get("chat_id") == ME else None
    before = len(api.calls)
    api.press(ME, "Close")
    await bot.quiet()
    assert len(api.calls) - before < 15
    assert len(api.seen(ME)) == 2
    api.fault = lambda method, params: None
    await bot.sweep()
    assert api.texts(ME) == plain()


async def test_nothing_is_sent_when_the_server_made_it_wait_for_more_than_a_minute(live: Live) -> None:
    api, bot = live
    api.press(ME, "Close")
    await bot.quiet()
    sent = len([call for call in api.made("sendMessage", chat=ME) if not call.error])
    api.fault = once("sendMessage", Fault(429, retry_after=40), 2)
    api.say(ME, "/start")
    await bot.quiet()
    assert len([call for call in api.made("sendMessage", chat=ME) if not call.error]) == sent


async def test_a_long_wait_is_kept_to_and_the_close_done_after_it(live: Live) -> None:
    api, bot = live
    api.fault = once("deleteMessage", Fault(429, retry_after=900))
    api.press(ME, "Close")
    await bot.quiet()
    await bot.sweep(after=300)
    assert len(api.seen(ME)) == 2
    await bot.sweep(after=601)
    assert api.texts(ME) == plain()
    assert not api.too_early


async def test_words_that_cannot_be_deleted_at_once_go_with_close(live: Live) -> None:
    api, bot = live
    api.fault = lambda method, params: Fault(500) if method == "deleteMessage" else None
    api.say(ME, "Leek")
    await bot.quiet()
    assert texts()["removed"] not in api.seen(ME)[0].text
    assert texts()["not_removed"] in api.seen(ME)[0].text
    api.fault = lambda method, params: None
    api.press(ME, "Close")
    await bot.quiet()
    assert api.texts(ME) == plain()


@pytest.mark.parametrize("event", ["tap", "sweep"])
async def test_words_that_could_not_be_deleted_are_tried_again_before_close(live: Live, event: str) -> None:
    api, bot = live
    api.fault = lambda method, params: Fault(500) if method == "deleteMessage" else None
    typed = api.say(ME, "Leek")
    await bot.quiet()
    tries = len(api.made("deleteMessage", chat=ME))
    api.press(ME, "999")
    await bot.quiet()
    await bot.sweep(after=1)
    assert len(api.made("deleteMessage", chat=ME)) == tries, "not again at once"
    api.fault = lambda method, params: None
    api.clock.move(15)
    if event == "tap":
        api.press(ME, "Back")
        await bot.quiet()
    else:
        await bot.sweep()
    assert typed not in api.chats[ME]
    assert api.screen(ME) is not None
    assert typed not in {note.message for note in await bot.notes()}


@pytest.mark.parametrize("words", ["he's coming", "he is hitting me", "who is this?"])
async def test_a_pressing_screen_does_not_wait_for_the_delete(live: Live, words: str) -> None:
    api, bot = live
    before = api.seen(ME)[0].text
    gate = Gate(api, "deleteMessage")
    typed = api.say(ME, words)
    await api.until(lambda: api.seen(ME)[0].text != before, seconds=0.9)
    assert texts()["removed"] not in api.seen(ME)[0].text
    gate.opened.set()
    await bot.quiet()
    assert typed not in api.chats[ME]


async def test_a_slow_delete_holds_up_a_screen_for_a_moment_only(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, bot = live
    monkeypatch.setattr("bot.channels.telegram.worker.HEAD_START", 0.05)
    gate = Gate(api, "deleteMessage")
    typed = api.say(ME, "Leek")
    await api.until(lambda: texts()["not_removed"] in api.seen(ME)[0].text)
    gate.opened.set()
    await bot.quiet()
    assert typed not in api.chats[ME]


async def test_words_that_telegram_keeps_are_not_said_to_be_removed(live: Live) -> None:
    api, bot = live
    refusal = Fault(400, text="Bad Request: message can't be deleted")
    api.fault = lambda method, params: refusal if method == "deleteMessage" else None
    api.say(ME, "Leek")
    await bot.quiet()
    assert texts()["not_removed"] in api.seen(ME)[0].text


async def test_what_telegram_deletes_only_a_day_later_goes_then(live: Live) -> None:
    api, bot = live
    dice = api.put(ME, {"dice": {"emoji": "\N{GAME DIE}", "value": 3}})
    await bot.quiet()
    assert texts()["not_removed"] in api.seen(ME)[0].text
    api.press(ME, "Close")
    await bot.quiet()
    assert sorted(api.texts(ME)) == ["", texts()["plain"]]
    tries = len(api.made("deleteMessage", "deleteMessages", chat=ME))
    await bot.kill()
    await bot.start()
    await bot.sweep(after=IDLE)
    assert len(api.made("deleteMessage", "deleteMessages", chat=ME)) == tries, "not again before its time"
    await bot.sweep(after=24 * 3600)
    assert list(api.chats[ME]) == [dice]
    await bot.sweep(after=3600)
    assert not api.seen(ME)
    assert not [note for note in await bot.notes() if note.chat == ME]


async def test_one_that_is_refused_among_a_hundred_costs_few_calls(live: Live) -> None:
    api, bot = live
    kinds = [{"dice": {}} if n == 50 else {"sticker": {}} for n in range(99)]
    gate = await while_a_delete_waits(api, lambda n: api.put(ME, kinds[n]), times=99)
    before = len(api.calls)
    gate.opened.set()
    await bot.quiet()
    assert len([call for call in api.calls[before:] if call.method.startswith("delete")]) < 20
    assert len(api.seen(ME)) == 3


async def test_what_cannot_be_deleted_even_a_day_later_is_forgotten(live: Live) -> None:
    api, bot = live
    refusal = Fault(400, text="Bad Request: message can't be deleted")
    typed = api.say(ME, "Leek")
    api.fault = lambda _, params: refusal if typed in params.get("message_ids", [params.get("message_id")]) else None
    api.press(ME, "Close")
    await bot.quiet()
    assert [note.kind for note in await bot.notes() if note.message == typed] == [Kind.LATER]
    await bot.sweep(after=26 * 3600)
    assert not [note for note in await bot.notes() if note.chat == ME]


def buttons(params: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return list(params.get("reply_markup", {}).get("inline_keyboard", []))


TOO_MUCH = {
    "markup": (lambda params: "parse_mode" in params, 9),
    "other buttons": (lambda params: any({"url", "copy_text"} & b.keys() for row in buttons(params) for b in row), 9),
    "many buttons": (lambda params: len(buttons(params)) > 1, 3),
    "any button": (lambda params: buttons(params), 0),
}


@pytest.mark.parametrize(("refused", "left"), TOO_MUCH.values(), ids=TOO_MUCH.keys())
async def test_a_screen_that_is_refused_is_shown_in_a_plainer_form(live: Live, refused: Any, left: int) -> None:
    api, bot = live
    api.press(ME, "Who answers now")
    await bot.quiet()
    api.press(ME, "1")
    await bot.quiet()
    full = api.seen(ME)[0]
    assert any("copy_text" in button for button in full.buttons)
    token = api.made("editMessageText", chat=ME)[-1].params["reply_markup"]["inline_keyboard"]
    api.press(ME, "Back")
    await bot.quiet()
    refusal = Fault(400, text="Bad Request: something new")
    api.fault = lambda method, params: refusal if method == "editMessageText" and refused(params) else None
    api.press(ME, "1")
    await bot.quiet()
    screen = api.seen(ME)[0]
    assert screen.text.startswith(full.text)
    assert len(screen.buttons) == min(left, len([b for row in token for b in row if "callback_data" in b]))
    if left:
        assert [button["text"] for button in screen.buttons][-3:] == ["Back", "999", "Close"]
    else:
        assert texts()["type_stop"] in screen.text
    api.say(ME, "stop")
    await bot.quiet()
    assert api.texts(ME) == plain()


async def test_where_every_edit_is_refused_words_are_still_answered(live: Live) -> None:
    api, bot = live
    refusal = Fault(400, text="Bad Request: message can't be edited")
    api.fault = lambda method, params: refusal if method == "editMessageText" else None
    for words in ("he is hitting me", "Leek", "/start"):
        api.say(ME, words)
        await bot.quiet()
        upper, lower = api.seen(ME)
        assert "999" in upper.text.splitlines()[0]
        assert lower.text == texts()["cover"]
    calls = len(api.calls)
    api.tap(ME, "now")
    await bot.quiet()
    assert not [call for call in api.calls[calls:] if call.method == "sendMessage"], "a tap only ever edits"
    api.say(ME, "stop")
    await bot.quiet()
    assert not api.seen(ME)


async def test_a_lost_store_leaves_a_bot_that_still_works(live: Live, tmp_path: Path) -> None:
    api, bot = live
    await bot.stop()
    (tmp_path / "ledger.db").unlink()
    await bot.start()
    api.press(ME, "Who answers now")
    await bot.quiet()
    assert len(api.seen(ME)) == 2
    api.press(ME, "Close")
    await bot.quiet()
    assert not api.seen(ME), "the line under the screen is found although its id was lost"


async def test_an_older_stray_screen_goes_when_it_is_tapped(live: Live) -> None:
    api, bot = live
    stray = api._do_sendMessage(ME, {"chat_id": ME, "text": "x", "disable_notification": True})["message_id"]
    api.tap(ME, encode(State("about")), stray)
    await bot.quiet()
    assert stray not in api.chats[ME]
    assert len(api.seen(ME)) == 2


async def test_stopping_finishes_what_is_in_hand(live: Live) -> None:
    api, bot = live
    gate = Gate(api, "editMessageText")
    api.press(ME, "About this chat")
    await gate.reached()
    stopping = asyncio.create_task(bot.stop())
    await asyncio.sleep(0)
    assert not stopping.done()
    gate.opened.set()
    await stopping
    assert texts()["about_title"] in api.seen(ME)[0].text
