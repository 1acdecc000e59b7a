"""Brings letters to one plain form: case, accents, apostrophes, Arabic letter variants."""

from __future__ import annotations

import re
import unicodedata

HEAD, TAIL = 1000, 300  # how much of a long message is read, in characters

_ACCENTS = re.compile(
    "[\u0300-\u036f\u064b-\u0652\u0670\u0640\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)  # marks above and below letters, and characters that nobody sees
_APOSTROPHES = re.compile("['\u2018\u2019\u201b\u02bc\u0060\u00b4\u2032\uff07]")
_SLIP = re.compile("(?<=[A-Za-z])[;\",](?=s\\b)")
_MASKED = re.compile("(?<=[A-Za-z])[*@$013](?=[A-Za-z])")  # "r*ping", "k1ll": words that other sites forbid
_UNMASKED = {"*": "", "@": "a", "$": "s", "0": "o", "1": "i", "3": "e"}
_LETTERS = str.maketrans({
    "ł": "l", "đ": "d", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th",
    "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ک": "ك", "ة": "ه", "ۀ": "ه", "ہ": "ه",
    "ھ": "ه", "ؤ": "و", "ئ": "ي", "ё": "е",
})  # fmt: skip


def cut(text: str) -> str:
    """The part of a message that is read: its start and, of a long one, its end."""
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]} {text[-TAIL:]}"


def fold(text: str) -> str:
    """The text in small letters without accents and apostrophes; vowel signs of Indian scripts stay."""
    if text.isascii():
        return _plain(text).lower()
    text = unicodedata.normalize("NFKC", text).casefold()
    text = _ACCENTS.sub("", unicodedata.normalize("NFD", text))
    return _plain(cut(unicodedata.normalize("NFC", text).translate(_LETTERS)))


def _plain(text: str) -> str:
    """Without apostrophes and what is typed for one ("he;s"), and with the letters that stars and signs stand for."""
    text = _SLIP.sub("", _APOSTROPHES.sub("", text))
    return _MASKED.sub(lambda found: _UNMASKED[found.group()], text)
