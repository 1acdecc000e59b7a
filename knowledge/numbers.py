"""Telephone numbers: one form to compare them by, one form to show, and what a call costs."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat

# Dialled as they are, without a country code; phonenumbers calls most of them invalid.
SHORT_CODES = frozenset({"999", "112", "101", "111", "105", "55", "18000", "18001101"})
_HELPLINE_116 = re.compile(r"116\d{3}")  # the harmonised numbers of social value, such as 116 123
_PRINTED = re.compile(r"\+?[\d\s().-]+")

# The grouping by which a line is known, where it differs from the one of its number range.
_BEST_KNOWN = {
    "08001111": "0800 1111",
    "+448082000247": "0808 2000 247",
    "+448005999247": "0800 5999 247",
    "+448088010800": "0808 80 10 800",
    "+448088088088": "08 088 088 088",
    "18001101": "18001 101",
}


@lru_cache(maxsize=1024)
def normalise(printed: str) -> str:
    """A number as printed, in E.164 (region GB), or a short code as it is dialled: "999", "116123", "08001111".

    Raises ValueError where it is no valid number of the United Kingdom.
    """
    if not _PRINTED.fullmatch(printed.strip()):
        raise ValueError(f"'{printed}' is not a telephone number")
    digits = re.sub(r"\D", "", printed)
    if digits in SHORT_CODES or _HELPLINE_116.fullmatch(digits):
        return digits
    try:
        number = phonenumbers.parse(printed, "GB")
    except phonenumbers.NumberParseException:
        raise ValueError(f"'{printed}' is not a telephone number") from None
    if number.country_code != 44 or not phonenumbers.is_valid_number(number):
        raise ValueError(f"'{printed}' is not a valid UK number")
    found = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    # Childline's number is shorter than any other 0800 number and is known only as it is dialled.
    return "08001111" if found == "+448001111" else found


@lru_cache(maxsize=1024)
def shown(normalised: str) -> str:
    """The one form in which screens show a normalised number: "0300 303 3778", "0808 2000 247", "116 123"."""
    if normalised in _BEST_KNOWN:
        return _BEST_KNOWN[normalised]
    if _HELPLINE_116.fullmatch(normalised):
        return f"{normalised[:3]} {normalised[3:]}"
    if not normalised.startswith("+"):
        return normalised
    return phonenumbers.format_number(phonenumbers.parse(normalised, None), PhoneNumberFormat.NATIONAL)


def price(normalised: str) -> str:
    """What a call or text costs: "free", "normal" rate, "text" (normal text rate) or "extra".

    0800, 0808 and 116 are free from landlines and mobiles (Ofcom, 1 July 2015), 999, 101 and the like too;
    01, 02 and 03 cost the normal rate; 07 is a text number here; all others, such as 0845, cost extra.
    """
    if not normalised.startswith("+44") or normalised.startswith(("+44800", "+44808")):
        return "free"
    if normalised.startswith(("+441", "+442", "+443")):
        return "normal"
    # 070 and 076 are not mobiles: personal numbers and pagers, at a price of their own.
    if normalised.startswith("+447") and normalised[4] not in "06":
        return "text"
    return "extra"
