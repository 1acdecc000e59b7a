"""How a screen looks on Telegram: HTML text, and rows of buttons under it."""

from __future__ import annotations

from html import escape
from typing import Any

from bot.dialogue import encode
from bot.dialogue.model import Choice, Screen


def text_of(screen: Screen) -> str:
    """The screen's text as Telegram HTML: the emergency lead first, the title bold, all else escaped."""
    title = f"<b>{escape(screen.title, quote=False)}</b>" if screen.title else ""
    parts = (escape(screen.lead, quote=False), title, escape(screen.body, quote=False))
    return "\n\n".join(part for part in parts if part)


def buttons_of(screen: Screen) -> dict[str, Any]:
    """The screen's choices as an InlineKeyboardMarkup."""
    return {"inline_keyboard": [[_button(choice) for choice in row] for row in screen.choices]}


def _button(choice: Choice) -> dict[str, Any]:
    if choice.to is not None:
        return {"text": choice.label, "callback_data": encode(choice.to)}
    if choice.url:
        return {"text": choice.label, "url": choice.url}
    return {"text": choice.label, "copy_text": {"text": choice.copy}}
