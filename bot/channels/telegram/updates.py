"""Reads one update from Telegram, whatever it holds: never raises, and keeps no more of it than is used."""

from __future__ import annotations

from typing import Any

from telegram import Bot, CallbackQuery, Chat, InaccessibleMessage, Message, Update, User
from telegram.constants import ChatType
from telegram.ext import filters

from bot.dialogue import LEAVE, Event, Other, Start, Typed, decode

KINDS = ("message", "edited_message", "callback_query", "my_chat_member", "channel_post")  # what we ask Telegram for
SHORT = 60  # characters
_LARGEST = 2**52  # ids have at most 52 significant bits (Bot API)


def parse(raw: object, bot: Bot) -> Update | None:
    """The update as python-telegram-bot's type; None when it is none, or makes no sense.

    Of a tap only the ids and the token are read, not the screen that it carries. A message with contents that cannot
    be parsed is still a message to delete: only its ids are kept then.
    """
    if not isinstance(raw, dict) or not _is_id(raw.get("update_id")):
        return None
    update = _tapped(raw) or _read(raw, bot)
    for kind in ("message", "edited_message"):
        if update is None and isinstance(raw.get(kind), dict):
            update = _read({"update_id": raw["update_id"], kind: _bare(raw[kind])}, bot)
    return update if update is not None and _sound(update) else None


def _tapped(raw: dict[str, Any]) -> Update | None:
    """A tap, made of its ids and its token: neither the name nor the screen that come with it are read."""
    match raw.get("callback_query"):
        case {"id": str(query), "data": str(token),
              "message": {"message_id": int(number), "chat": {"id": int(chat), "type": str(kind)}}}:  # fmt: skip
            message = InaccessibleMessage(Chat(chat, kind), number)
            return Update(raw["update_id"], callback_query=CallbackQuery(
                query, User(chat, "", is_bot=False), "", message=message, data=token))  # fmt: skip
    return None


def _read(raw: dict[str, Any], bot: Bot) -> Update | None:
    try:
        return Update.de_json(raw, bot)
    except Exception:  # it is somebody else's data
        return None


def _bare(message: dict[str, Any]) -> dict[str, Any]:
    date = message.get("date")
    sound = isinstance(date, int) and 0 <= date < 2**32
    return {"message_id": message.get("message_id"), "date": date if sound else 0, "chat": message.get("chat")}


def _is_id(value: object) -> bool:
    return isinstance(value, int) and abs(value) < _LARGEST


def _sound(update: Update) -> bool:
    """Whether the ids that we use are ids."""
    query = update.callback_query
    if query and not isinstance(query.id, str):
        return False
    message = query.message if query else update.message or update.edited_message
    if message and not (_is_id(message.message_id) and message.message_id > 0):
        return False
    chat = update.effective_chat
    return chat is None or _is_id(chat.id)


def own(update: Update) -> Message | None:
    """The message, new or edited, that a person sent to the bot alone; None for every other update."""
    message = update.message or update.edited_message
    return message if message and message.chat.type == ChatType.PRIVATE else None


def tap(query: CallbackQuery) -> tuple[int, int, str] | None:
    """Chat, message and token of a tap in a chat with the bot alone."""
    message = query.message
    if message is None or query.data is None or message.chat.type != ChatType.PRIVATE:
        return None
    return message.chat.id, message.message_id, query.data


def event(message: Message) -> Event | None:
    """What a new message says to the conversation; None for a notice of Telegram's own, which gets no answer."""
    text = message.text
    if text is None:
        return None if filters.StatusUpdate.ALL.check_update(Update(0, message=message)) else Other()
    if not text.startswith("/"):
        return Typed(text)
    command, _, rest = text.strip().partition(" ")
    name = command.partition("@")[0].lower()
    if name == "/start":
        return Start(rest.strip())
    if name == "/stop":
        return Typed(name)
    words = f"{name} {rest}".strip("/ ")  # "/help he is hitting me" is read like any other words
    return Typed(words) if words else Other()


def closes(update: Update) -> bool:
    """Whether it is a tap on Close, or /stop: what came before it need not be read any more."""
    if query := update.callback_query:
        return query.data is not None and decode(query.data).place == LEAVE
    return update.message is not None and event(update.message) == Typed("/stop")


def long(update: Update) -> bool:
    """Whether it takes long to read."""
    return update.message is not None and len(update.message.text or "") > SHORT


def unread(update: Update) -> Update:
    """The same message without what it says: it is deleted like any other, but nobody reads it."""
    assert update.message  # noqa: S101 - only messages are long
    bare = Message(update.message.message_id, update.message.date, update.message.chat)
    return Update(update.update_id, message=bare)
