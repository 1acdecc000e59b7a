"""Which update means what: python-telegram-bot's handlers, each a line or two to the chats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from telegram import ChatMember, Update
from telegram.constants import ChatType
from telegram.ext import (
    BaseHandler,
    CallbackContext,
    CallbackQueryHandler,
    ChatMemberHandler,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot.channels.telegram.calls import Calls
from bot.channels.telegram.chats import Chats
from bot.channels.telegram.counts import count
from bot.channels.telegram.logs import fault
from bot.channels.telegram.updates import event, own, tap

if TYPE_CHECKING:
    from bot.channels.telegram.replicas import SharedChats

Context = CallbackContext[Any, Any, Any, Any]


def handlers(chats: Chats | SharedChats, calls: Calls) -> list[BaseHandler[Any, Context, Any]]:
    """The handlers in the order in which they are asked."""

    async def on_tap(update: Update, _: Context) -> None:
        found = tap(update.callback_query) if update.callback_query else None
        if found:
            count("taps")
            await chats.tapped(*found, update.update_id)

    async def on_message(update: Update, _: Context) -> None:
        message = own(update)
        if message:
            count("typed")
            what = None  # words changed later are deleted, not answered
            try:
                what = event(message) if update.message else None
            except Exception as error:  # the fault is reported, and the words go all the same
                fault(error)
            await chats.said(message.chat.id, message.message_id, message.date.timestamp(), what, update.update_id)

    async def on_member(update: Update, _: Context) -> None:
        change = update.my_chat_member
        if change is None:
            return
        out = change.new_chat_member.status in (ChatMember.BANNED, ChatMember.LEFT)
        if change.chat.type == ChatType.PRIVATE:
            if out:
                await chats.forget(change.chat.id)
        elif not out:
            await calls.leave(change.chat.id)

    async def on_other(update: Update, _: Context) -> None:
        chat = update.effective_chat
        if chat and chat.type != ChatType.PRIVATE:  # no help content in groups and channels
            await calls.leave(chat.id)

    return [
        CallbackQueryHandler(on_tap),
        MessageHandler(filters.ChatType.PRIVATE, on_message),
        ChatMemberHandler(on_member, ChatMemberHandler.MY_CHAT_MEMBER),
        TypeHandler(Update, on_other),
    ]


async def on_error(_: object, context: Context) -> None:
    """A fault of ours: its kind and place are logged, nothing of what the person did."""
    if context.error:
        fault(context.error)
