"""How a screen looks on Telegram: HTML text, and rows of buttons under it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from html import escape, unescape
from typing import Any

from orjson import Fragment, dumps, loads
from telegram import LinkPreviewOptions

from bot.dialogue import answer, encode
from bot.dialogue.model import Choice, Screen, State, Tap
from bot.words import texts
from knowledge.model import Knowledge

KEPT = 512  # screens; about two kilobytes each

Drawn = Mapping[str, Any]  # the parameters of a call that shows a screen
NO_PREVIEW: Drawn = {"link_preview_options": LinkPreviewOptions(is_disabled=True).to_dict()}
_LOOK: Drawn = {"parse_mode": "HTML", **NO_PREVIEW}


def drawn(screen: Screen) -> Drawn:
    """What a call says to show a screen, with the buttons as JSON already."""
    # Copied: what orjson returns holds on to kilobytes that it needed only while writing.
    buttons = bytes(memoryview(dumps(buttons_of(screen))))
    return {"text": text_of(screen), "reply_markup": Fragment(buttons), **_LOOK}


@lru_cache(maxsize=KEPT)
def tapped(token: str, knowledge: Knowledge, at: datetime) -> tuple[State, Drawn | None]:
    """Where a tap leads and what it shows there, None on Close: drawn once for all who tap the same.

    `at` is what `drawn_at` says of the time.
    """
    reply = answer(Tap(token), None, knowledge, at)
    return reply.state, drawn(reply.screen) if reply.screen and not reply.close else None


def forms(screen: Drawn) -> Iterator[Drawn]:
    """The screen, then plainer ones for a server that refuses it: 999 and the words stay, buttons go by and by.

    Without markup and with those buttons only that lead to a screen; with the fixed row only; with none.
    """
    yield screen
    text = unescape(screen["text"].replace("<b>", "").replace("</b>", ""))
    rows = loads(dumps(screen["reply_markup"]))["inline_keyboard"]
    plain = [row for full in rows if (row := [button for button in full if "callback_data" in button])]
    for kept in (plain, plain[-1:]):
        yield {"text": text, "reply_markup": {"inline_keyboard": kept}, **NO_PREVIEW}
    yield {"text": f"{text}\n\n{texts()['type_stop']}", **NO_PREVIEW}


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
