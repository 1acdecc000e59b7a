"""The normal form in which names and messages meet: small letters, no accents, no marks, short forms written out."""

from __future__ import annotations

import re
import unicodedata

BREAK = ","
"""The token that stands for a comma, a full stop or any other mark between clauses."""

LONGEST = 1500
"""Characters of a message that are looked at: whoever names a place does so before that."""

_APOSTROPHES = re.compile("['’‘`´ʼ]")
_BREAKS = re.compile(r"(?<![a-z0-9])\.|\.(?=\s|$)|[,;:!?\n\r()\[\]/|…]+")
_SHORT_DOT = re.compile(
    r"\b(st|nr|nth|sth|[nsew]|\w+shire|staffs|herts|derbys|mids|lancs|yorks|leics|notts|lincs|warks|worcs)\."
)
_NOT_WORD = re.compile(r"[^a-z0-9,]+")

SHORT_FORMS = {
    "saint": "st",
    "upon": "on",
    "uppon": "on",
    "upoon": "on",
    "apon": "on",
    "nr": "near",
    "staffs": "staffordshire",
    "herts": "hertfordshire",
    "derbys": "derbyshire",
    "derbs": "derbyshire",
    "ches": "cheshire",
    "mids": "midlands",
    "lancs": "lancashire",
    "yorks": "yorkshire",
    "leics": "leicestershire",
    "notts": "nottinghamshire",
    "lincs": "lincolnshire",
    "northants": "northamptonshire",
    "cambs": "cambridgeshire",
    "bucks": "buckinghamshire",
    "oxon": "oxfordshire",
    "glos": "gloucestershire",
    "gloucs": "gloucestershire",
    "worcs": "worcestershire",
    "warks": "warwickshire",
    "warwicks": "warwickshire",
    "shrops": "shropshire",
    "salop": "shropshire",
    "hants": "hampshire",
    "northumbs": "northumberland",
}
"""Written short forms that can mean nothing else; "beds", "berks" and "wilts" can and are no part of this."""

_COMPASS = {"n": "north", "s": "south", "e": "east", "w": "west", "nth": "north", "sth": "south"}
_AFTER_COMPASS = {"staffordshire", "hertfordshire", "derbyshire", "midlands", "yorkshire", "wales", "london"}


def tokens(text: str) -> list[str]:
    """The words of a message in normal form, with ``BREAK`` between clauses; an empty message gives []."""
    plain = text[:LONGEST]
    if not plain.isascii():
        plain = "".join(mark for mark in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(mark))
    plain = _APOSTROPHES.sub("", plain.casefold()).replace("&", " and ")
    plain = _SHORT_DOT.sub(r"\1 ", plain)
    plain = _NOT_WORD.sub(" ", _BREAKS.sub(" , ", plain))
    words = [SHORT_FORMS.get(word, word) for word in plain.split()]
    return _compass(words)


def normal(name: str) -> str:
    """The normal form of one name: its words with one space between, without any break."""
    return " ".join(word for word in tokens(name) if word != BREAK)


def _compass(words: list[str]) -> list[str]:
    """Write out "e herts", "cheshire e" and "n e derbyshire", where a lone letter can only be a direction."""
    out: list[str] = []
    for at, word in enumerate(words):
        after = words[at + 1] if at + 1 < len(words) else ""
        later = words[at + 2] if at + 2 < len(words) else ""
        compass = after in _AFTER_COMPASS or (after in _COMPASS and later in _AFTER_COMPASS)
        tail = out[-1:] == ["cheshire"] and not after
        out.append(_COMPASS[word] if word in _COMPASS and (compass or tail) else word)
    return out
