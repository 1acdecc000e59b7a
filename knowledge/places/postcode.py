"""Postcodes, full and half: found in a message, cut to the sector or outward code that is needed, looked up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from knowledge.places.tables import OTHER, Places, Weights

SURE = 900
"""Per-mille of its postcodes that must lie in one place before a code stands for it alone."""
COUNTS = 95
"""Per-mille from which a place is worth asking about; less than that is left out."""

_FULL = re.compile(
    r"(?<![a-z0-9])([a-z]{1,2})[ .-]{0,2}([0-9][0-9oila-z]?|[oil][0-9])"
    r"[ .,-]{0,3}([0-9])[ .-]?([abd-hjlnp-uw-z]{2})(?![a-z0-9])"
)
_HALF = re.compile(r"(?<![a-z0-9'])([a-z]{1,2})([ .-]{0,2})([0-9]{1,2}[a-z]?)(?:[ .,-]{1,2}([0-9]))?(?![a-z0-9'])")
_ORDINALS = frozenset({"1st", "2nd", "3rd"})
_ROADS = re.compile(r"\bthe\s*$|\b(?:on|junction)\s+(?:the\s+)?$")
_BEFORE = re.compile(
    r"\b(?:post\s*code|postcodes?|in|near|from|area|live|living|at|around|outside|is|its|it's|to)"
    r"\s*(?:of|is|area|in|at|:)?\s*$"
)
_DIGITS = str.maketrans("oil", "011")


@dataclass(frozen=True, slots=True)
class Code:
    """A postcode in a message: where it stands (character offsets), its outward code and, if typed, its sector."""

    start: int
    end: int
    outward: str
    sector: str
    sure: bool  # stands out by itself: full, in capitals, or after "in", "postcode" and the like


def find_codes(text: str, places: Places) -> Iterator[Code]:
    """The postcodes of a message in order: real outward codes only; the two last letters of a unit are never kept."""
    low = text.lower()
    taken: list[tuple[int, int]] = []
    for hit in _FULL.finditer(low):
        outward = _outward(hit[1], hit[2], places)
        if outward and not (places.is_a("talk", outward.lower()) and hit[3] + hit[4] in _ORDINALS):
            taken.append(hit.span())
            yield Code(*hit.span(), outward, f"{outward} {hit[3]}", True)
    for hit in _HALF.finditer(low):
        if any(hit.start() < end and start < hit.end() for start, end in taken):
            continue
        outward = _outward(hit[1], hit[3], places)
        digit = hit[4]
        if not outward and not hit[2] and not digit and hit[3].isdigit() and len(hit[3]) > 1:
            outward, digit = _outward(hit[1], hit[3][:-1], places), hit[3][-1]  # "st42" is ST4 2
        if outward:
            talk = places.is_a("talk", outward.lower())
            sure = _stands_out(text, hit, outward, talk)
            if sure or not talk or not (hit[2] or _ROADS.search(low[max(0, hit.start() - 40) : hit.start()])):
                yield Code(*hit.span(), outward, f"{outward} {digit}" if digit else "", sure)


def look_up(code: Code, places: Places) -> Weights:
    """Where a code lies: places with their per-mille, only those worth asking about; one place where it is sure."""
    shares = places.shares(code.sector) or places.shares(code.outward)
    if not shares:
        return {places.outwards.get(code.outward, OTHER): 1000}
    top = max(shares, key=lambda where: shares[where])
    if shares[top] >= SURE:
        return {top: shares[top]}
    return {where: share for where, share in shares.items() if share >= COUNTS}


def _outward(letters: str, digits: str, places: Places) -> str:
    """The outward code, with the letter O and I read as digits where that makes a real one; "" for none."""
    for code in (letters + digits, letters + digits.translate(_DIGITS)):
        if code.upper() in places.outwards:
            return code.upper()
    return ""


def _stands_out(text: str, hit: re.Match[str], outward: str, talk: bool) -> bool:
    before = text[max(0, hit.start() - 40) : hit.start()].lower()
    if outward[0] in "MA" and _ROADS.search(before):
        return False
    if hit[2].strip(" ") == "" and hit[2]:  # "me 2", "b 4": the letters stand apart
        return bool(re.search(r"post\s*codes?\W*(?:is|its|of)?\W*$", before))
    if _BEFORE.search(before):
        return not talk or not re.search(r"\b(?:is|its|it's|to|at)\s*$", before)
    return not talk and text[hit.start()].isupper()
