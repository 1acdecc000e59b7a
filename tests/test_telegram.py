"""A conversation on Telegram as the person sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fake_telegram import FakeTelegram, visible
from telegram_bot import IDLE, Bot, running

from bot.channels.telegram.draw import buttons_of, text_of
from bot.dialogue import State, encode
from bot.dialogue.model import Choice, Screen
from bot.forgetting.seal import Kind
from bot.words import texts
from knowledge.model import Knowledge

Live = tuple[FakeTelegram, Bot]
ME = 5_512_345_678


@pytest.fixture
async def live(tmp_path: Path, knowledge: Knowledge) -> AsyncIterator[Live]:
    async with running(tmp_path, knowledge) as both:
        yield both


async def begun(live: Live, chat: int = ME) -> Live:
    api, bot = live
    api.say(chat, "/start")
    await bot.quiet()
    return live


def plain() -> list[str]:
    return [texts()["plain"]]


async def test_start_sends_two_bland_lines_and_edits_the_screen_into_the_upper(live: Live) -> None:
    api, _ = await begun(live)
    sent = api.made("sendMessage")
    assert [call.params["text"] for call in sent] == [texts()["opening"], texts()["cover"]]
    assert all(call.params["disable_notification"] for call in sent)
    assert all(call.params["link_preview_options"] == {"is_disabled": True} for call in sent)
    upper, lower = api.seen(ME)
    assert "999" in upper.text.splitlines()[0]
    assert lower.text == texts()["cover"]
    assert not lower.buttons
    first_edit = api.calls.index(api.made("editMessageText")[0])
    assert all(api.calls.index(call) < first_edit for call in sent), "the screen came before the line under it"
    assert api.made("editMessageText")[0].params["link_preview_options"] == {"is_disabled": True}


async def test_a_tap_edits_in_place_and_writes_nothing_to_disk(live: Live, tmp_path: Path) -> None:
    api, bot = await begun(live)
    before, stored = len(api.calls), (tmp_path / "ledger.db").read_bytes()
    api.press(ME, "About this chat")
    await bot.quiet()
    assert sorted(call.method for call in api.calls[before:]) == ["answerCallbackQuery", "editMessageText"]
    assert len(api.seen(ME)) == 2
    assert (tmp_path / "ledger.db").read_bytes() == stored


async def test_a_typed_message_goes_before_the_screen_changes(live: Live) -> None:
    api, bot = await begun(live)
    before = len(api.calls)
    typed = api.say(ME, "Leek")
    await bot.quiet()
    assert [call.method for call in api.calls[before:]] == ["deleteMessage", "editMessageText"]
    assert api.calls[before].params["message_id"] == typed
    assert texts()["removed"] in api.seen(ME)[0].text
    assert len(api.seen(ME)) == 2


async def test_words_without_a_conversation_open_one(live: Live) -> None:
    api, bot = live
    api.say(ME, "Leek")
    await bot.quiet()
    assert len(api.seen(ME)) == 2
    assert texts()["removed"] in api.seen(ME)[0].text


async def test_a_second_start_leaves_one_pair(live: Live) -> None:
    api, bot = await begun(live)
    old = api.seen(ME)
    await begun(live)
    assert len(api.seen(ME)) == 2
    assert not {m.id for m in old} & {m.id for m in api.seen(ME)}
    api.tap(ME, "now", old[0].id)
    await bot.quiet()
    assert len(api.seen(ME)) == 2


async def test_a_deep_link_carries_an_area_and_nothing_else(live: Live) -> None:
    api, bot = live
    token = encode(State("start").having(area="dudley"))
    api.say(ME, f"/start {token}")
    await bot.quiet()
    with_area = api.screen(ME)
    assert with_area is not None
    assert texts()["start"].splitlines()[0] in with_area.text
    assert any("-" in b.get("callback_data", "") or "_" in b.get("callback_data", "") for b in with_area.buttons)
    api.say(ME, "/start " + encode(State("results").having(area="dudley", who="me", need="stalking")))
    await bot.quiet()
    screen = api.screen(ME)
    assert screen is not None
    assert (screen.text, screen.markup) == (with_area.text, with_area.markup)


async def test_numbers_can_be_copied(live: Live) -> None:
    api, bot = await begun(live)
    api.press(ME, "Who answers now")
    await bot.quiet()
    api.press(ME, "1")
    await bot.quiet()
    screen = api.screen(ME)
    assert screen is not None
    copied = [b["copy_text"]["text"] for b in screen.buttons if "copy_text" in b]
    assert copied
    assert all(any(c.isdigit() for c in number) for number in copied)


@pytest.mark.parametrize("text", ["/stop", "/STOP@quiet_list_bot", "stop"])
async def test_stop_leaves_one_plain_line(live: Live, text: str) -> None:
    api, bot = await begun(live)
    api.say(ME, text)
    await bot.quiet()
    assert api.texts(ME) == plain()
    assert [note.kind for note in await bot.notes()] == [Kind.PLAIN]


async def test_close_leaves_one_plain_line_and_late_taps_show_nothing(live: Live) -> None:
    api, bot = await begun(live)
    screen = api.screen(ME)
    assert screen is not None
    api.press(ME, "Close")
    await bot.quiet()
    assert api.texts(ME) == plain()
    calls = len(api.calls)
    for token in ("leave", "now", "start"):
        api.tap(ME, token, screen.id)
    await bot.quiet()
    assert {call.method for call in api.calls[calls:]} == {"answerCallbackQuery"}
    assert api.texts(ME) == plain()


async def test_a_late_tap_after_close_and_restart_shows_nothing(live: Live) -> None:
    api, bot = await begun(live)
    screen = api.screen(ME)
    assert screen is not None
    api.press(ME, "Close")
    await bot.quiet()
    await bot.stop()
    await bot.start()
    for token in ("leave", "now"):
        api.tap(ME, token, screen.id)
        await bot.quiet()
    assert api.texts(ME) == plain()
    await bot.sweep(after=IDLE)
    assert api.texts(ME) == plain()
    assert [note.kind for note in await bot.notes()] == [Kind.PLAIN]


async def test_the_operator_can_have_no_line_left(tmp_path: Path, knowledge: Knowledge) -> None:
    async with running(tmp_path, knowledge, DOORWAY_COVER="") as live:
        api, bot = await begun(live)
        api.press(ME, "Close")
        await bot.quiet()
        assert not api.seen(ME)
        assert not await bot.notes()


async def test_the_operator_can_choose_the_line(tmp_path: Path, knowledge: Knowledge) -> None:
    async with running(tmp_path, knowledge, DOORWAY_COVER="Weather: <dry> & mild.") as live:
        api, bot = await begun(live)
        api.press(ME, "Close")
        await bot.quiet()
        assert api.texts(ME) == ["Weather: <dry> & mild."]


async def test_the_plain_line_goes_at_the_next_start(live: Live) -> None:
    api, bot = await begun(live)
    api.press(ME, "Close")
    await bot.quiet()
    await begun(live)
    assert len(api.seen(ME)) == 2
    assert api.texts(ME)[1] == texts()["cover"]
    assert not any(note.kind is Kind.PLAIN for note in await bot.notes())


async def test_the_plain_line_goes_within_a_day(live: Live) -> None:
    api, bot = await begun(live)
    api.press(ME, "Close")
    await bot.quiet()
    await bot.sweep(after=22 * 3600)
    assert api.texts(ME) == plain()
    await bot.sweep(after=2 * 3600)
    assert not api.seen(ME)
    assert not await bot.notes()


async def test_old_messages_are_deleted_and_not_answered(live: Live) -> None:
    api, bot = live
    api.say(ME, "/start", age=61)
    api.say(ME, "Leek", age=3600)
    await bot.quiet()
    assert not api.seen(ME)
    assert not api.made("sendMessage")
    assert not await bot.notes()


async def test_an_old_message_changes_no_screen(live: Live) -> None:
    api, bot = await begun(live)
    before = api.texts(ME)
    for text in ("Leek", "/start"):
        api.say(ME, text, age=61)
        await bot.quiet()
        assert api.texts(ME) == before


async def test_an_old_stop_still_closes(live: Live) -> None:
    api, bot = await begun(live)
    api.say(ME, "/stop", age=300)
    await bot.quiet()
    assert api.texts(ME) == plain()


CONTENTS = {
    "photo": {"photo": [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}], "caption": "CAPTION"},
    "voice": {"voice": {"file_id": "a", "file_unique_id": "b", "duration": 3}},
    "sticker": {"sticker": {"file_id": "a", "file_unique_id": "b", "type": "regular", "width": 1, "height": 1,
                            "is_animated": False, "is_video": False}},
    "contact": {"contact": {"phone_number": "+447700900123", "first_name": "Sam"}},
    "location": {"location": {"latitude": 52.5, "longitude": -2.0}},
    "poll": {"poll": {"id": "1", "question": "?", "options": [], "total_voter_count": 0, "is_closed": False,
                      "is_anonymous": True, "type": "regular", "allows_multiple_answers": False}},
    "broken photo": {"photo": 7},
    "unknown": {"hologram": {"depth": 3}},
}  # fmt: skip


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
async def test_anything_else_is_deleted_and_answered_with_a_screen(live: Live, content: dict[str, object]) -> None:
    api, bot = await begun(live)
    api.put(ME, content)
    await bot.quiet()
    assert len(api.seen(ME)) == 2
    assert texts()["removed"] in api.seen(ME)[0].text
    assert "CAPTION" not in str(api.calls)


async def test_edited_words_are_deleted_and_not_answered(live: Live) -> None:
    api, bot = await begun(live)
    edits = len(api.made("editMessageText"))
    api.say(ME, "Leek", kind="edited_message")
    await bot.quiet()
    assert len(api.seen(ME)) == 2
    assert len(api.made("editMessageText")) == edits


@pytest.mark.parametrize("body", [
    {"poll": {"id": "1"}}, {"inline_query": {"id": "1"}}, {"some_day": {"x": 1}}, {}, {"message": None},
    {"message": {"text": "no ids"}},
    {"message": {"message_id": "x", "date": "y", "chat": {"id": "z", "type": "private"}}},
    {"callback_query": {"id": "1", "data": "now"}}, {"callback_query": 7}, {"message": {"message_id": 2**70, "date": 1,
     "chat": {"id": 2**70, "type": "private"}}},
    {"callback_query": {"id": "9", "from": {"id": 1, "is_bot": False, "first_name": "x"}, "chat_instance": "1",
                        "data": "now", "inline_message_id": "x"}},
])  # fmt: skip
async def test_what_makes_no_sense_gets_silence_and_the_next_is_served(live: Live, body: dict[str, object]) -> None:
    api, bot = live
    api.update(body)
    await begun(live)
    assert len(api.seen(ME)) == 2
    assert {call.chat for call in api.made("sendMessage", "editMessageText")} == {ME}
    await bot.quiet()


@pytest.mark.parametrize("token", ["\0" * 64, "zz_zz_zz_99", "🙂" * 16, "a" * 64, "_" * 64, "leave_", "res_xx_item_-1"])
async def test_forged_and_outdated_buttons_lead_to_a_screen(live: Live, token: str) -> None:
    api, bot = await begun(live)
    api.tap(ME, token)
    await bot.quiet()
    assert "999" in api.seen(ME)[0].text
    assert len(api.seen(ME)) == 2


async def test_a_slash_hides_no_words(live: Live) -> None:
    api, bot = await begun(live)
    for words in ("/", "//", "/help", "/unknown@quiet_list_bot x"):
        api.say(ME, words)
        await bot.quiet()
        assert "999" in api.seen(ME)[0].text
        assert len(api.seen(ME)) == 2
    api.say(ME, "/help he is hitting me")
    await bot.quiet()
    assert "Call 999" in api.seen(ME)[0].text.split("\n\n"), "the emergency screen"
    api.say(ME, "/close")
    await bot.quiet()
    assert api.texts(ME) == plain()


async def test_4096_characters_of_anything(live: Live) -> None:
    api, bot = await begun(live)
    for text in ("<b>&amp;" * 512, "\u202e" * 4096, "9" * 4096):
        api.say(ME, text)
        await bot.quiet()
        assert len(api.seen(ME)) == 2


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel"])
async def test_it_leaves_groups_without_a_word(live: Live, kind: str) -> None:
    api, bot = live
    chat = {"id": -100123, "type": kind, "title": "Group"}
    body = {"message_id": 7, "date": int(api.clock.seconds), "chat": chat, "text": "/start"}
    api.update({"channel_post" if kind == "channel" else "message": body})
    await bot.quiet()
    assert [call.method for call in api.made(chat=-100123)] == ["leaveChat"]


async def test_being_added_to_a_group_is_enough_to_leave(live: Live) -> None:
    api, bot = live
    person, me = {"id": 1, "is_bot": False, "first_name": "P"}, {"id": 9, "is_bot": True, "first_name": "B"}
    for status in ("member", "left"):
        api.update({"my_chat_member": {
            "chat": {"id": -5, "type": "group", "title": "G"}, "from": person, "date": 1,
            "old_chat_member": {"user": me, "status": "left"},
            "new_chat_member": {"user": me, "status": status}}})  # fmt: skip
    await bot.quiet()
    assert [call.method for call in api.made(chat=-5)] == ["leaveChat"]


async def test_who_blocks_the_bot_is_forgotten(live: Live) -> None:
    api, bot = await begun(live)
    api.block(ME)
    await bot.quiet()
    assert not await bot.notes()
    calls = len(api.calls)
    await bot.sweep(after=IDLE)
    assert len(api.calls) == calls


async def test_a_refusal_as_blocked_is_enough_to_forget(live: Live) -> None:
    api, bot = await begun(live)
    screen = api.screen(ME)
    assert screen is not None
    api.blocked.add(ME)
    api.tap(ME, "now", screen.id)
    await bot.quiet()
    assert not await bot.notes()


async def test_left_alone_it_closes_itself(live: Live) -> None:
    api, bot = await begun(live)
    await bot.sweep(after=IDLE - 1)
    assert len(api.seen(ME)) == 2
    api.press(ME, "Who answers now")
    await bot.quiet()
    await bot.sweep(after=IDLE - 1)
    assert api.screen(ME) is not None, "a tap must count as being there"
    await bot.sweep(after=1)
    assert api.texts(ME) == plain()


async def test_it_names_itself_blandly(live: Live) -> None:
    api, _ = live
    await api.until(lambda: api.made("setMyShortDescription"))
    commands = api.made("setMyCommands")[0].params["commands"]
    assert [c["command"] for c in commands] == ["start", "stop"]
    assert api.made("setMyDescription")[0].params["description"] == texts()["bot_description"]


def test_html_is_escaped_and_the_lead_comes_first() -> None:
    row = Choice("A", to=State("start")), Choice("B", url="https://example.org/?a=1&b=2"), Choice("C", copy="999")
    screen = Screen("start", "Danger? <999> & go", "A <b>title</b>", "1 < 2 & 3 > 2 \"x\"", (row,))
    assert visible(text_of(screen)) == screen.text
    assert text_of(screen).startswith("Danger?")
    assert buttons_of(screen) == {"inline_keyboard": [[
        {"text": "A", "callback_data": encode(State("start"))},
        {"text": "B", "url": "https://example.org/?a=1&b=2"},
        {"text": "C", "copy_text": {"text": "999"}},
    ]]}  # fmt: skip
