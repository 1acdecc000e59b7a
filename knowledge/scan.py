"""Finds the values in a line of a document: telephone numbers, addresses, e-mail addresses and phrases of time.

It serves `verify`, which holds that none is forgotten, and `draft`, which proposes them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from phonenumbers import PhoneNumberMatcher

_SHORT_CODE = re.compile(r"(?<![\w/+.-])(?:999|112|101|18000|116 ?\d{3})(?![\w%/]|[.,]\d)")
_KEYS = re.compile(r"\b(?:press(?:ing)?|then)\s+['‘\"]?(5 ?5)\b", re.IGNORECASE)
_TAIL = re.compile(r"(?<=\d)/\d{3,6}\b")  # the "/4806" of "0121 303 2296/4806"
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_ADDRESS = re.compile(
    r"https?://[^\s<>\[\]\"*]+"
    r"|(?<![\w@./-])(?:[a-z0-9][\w-]*\.)+(?:uk|org|info|com|net|scot|wales|london)\b(?![@\w-])(?:/[^\s<>\[\]\"*]*)?",
    re.IGNORECASE,
)
# Ten or eleven digits from 0 on, in any grouping: no valid number, perhaps a misprint of one.
_LIKE_PHONE = re.compile(r"(?<![\w/+.,-])\(?0\d(?:[ ().-]{0,2}\d){8,9}(?![\w/%:]|[-.,]\d| ?\d)")
_TEXT_TO = re.compile(r"\b(?:text|sms)\b[^.\d]{0,15}$", re.IGNORECASE)
_LOST_LINK = re.compile(r"(?<=\])\(#\)")

_DAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?s?"
_DAYS = rf"(?:{_DAY}(?:\s*(?:-|–|,|to|and)\s*{_DAY})*|weekdays?|weekends?|daily)"
_CLOCK = r"\d{1,2}(?:[.:]\d\d)?"
_RANGE = rf"{_CLOCK}\s*(?:am|pm)?\s*(?:-|–|to)\s*{_CLOCK}\s*(?:am|pm)\b"
_TIME = re.compile(
    r"\b24(?:/7\b|[\s-]?(?:hours?|hrs?)\b)"
    r"|\bday (?:or|and) night\b|\bout[\s-]of[\s-]hours\b|\boffice hours\b|\bround the clock\b"
    r"|\b(?:one|two|three|\d+) hours? a day\b"
    rf"|\b(?:{_DAYS}\s+(?:from\s+)?)?{_RANGE}"
    rf"|\b{_CLOCK}\s*(?:am|pm)\b|\b\d{{1,2}}:\d\d\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Value:
    """A value in a line: its kind of fact, the characters as printed, and where they begin."""

    kind: str
    printed: str
    start: int

    @property
    def end(self) -> int:
        """Where the characters end."""
        return self.start + len(self.printed)


def scan(line: str) -> list[Value]:
    """The values of a line in their order. A lost link "(#)" is of kind "other", what looks like a number "number"."""
    found = [Value("email", m[0].rstrip("."), m.start()) for m in _EMAIL.finditer(line)]
    found += _apart(found, [Value("url", _trimmed(m[0]), m.start()) for m in _ADDRESS.finditer(line)])
    found += _apart(found, _phones(line))
    found += [Value("other", m[0], m.start()) for m in _LOST_LINK.finditer(line)]
    found += _apart(found, [Value("hours", m[0], m.start()) for m in _TIME.finditer(line)])
    return sorted(found, key=lambda value: value.start)


def _phones(line: str) -> list[Value]:
    found = []
    for match in PhoneNumberMatcher(line, "GB"):
        printed = match.raw_string.lstrip("([ ")
        start = match.end - len(printed)
        found.append(Value("sms" if _TEXT_TO.search(line[:start]) else "phone", printed, start))
    found += _apart(found, [Value("number", m[0], m.start()) for m in _LIKE_PHONE.finditer(line)])
    found += _apart(found, [Value("phone", m[0], m.start()) for m in _SHORT_CODE.finditer(line)])
    found += [Value("phone", m[1], m.start(1)) for m in _KEYS.finditer(line)]
    ends = {value.end for value in found}
    return found + [Value("phone", m[0], m.start()) for m in _TAIL.finditer(line) if m.start() in ends]


def _apart(found: list[Value], more: list[Value]) -> list[Value]:
    """Those of `more` that do not lie in a value already found."""
    return [v for v in more if not any(f.start < v.end and v.start < f.end for f in found)]


def _trimmed(address: str) -> str:
    """An address without the marks of the sentence around it."""
    while address and (address[-1] in ".,:;'" or (address[-1] == ")" and address.count(")") > address.count("("))):
        address = address[:-1]
    return address
