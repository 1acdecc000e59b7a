"""Misspelt names: the nearest known name by letters swapped, lost, added or changed, weighed by how many people live there."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rapidfuzz import process
from rapidfuzz.distance import OSA

from knowledge.places.tables import Places

SHORTEST = 5
PER_SLIP = 1.4
"""What one slip costs on the scale of log10(weight): a name with one slip must be 25 times smaller to lose to one with two."""
OTHER_FIRST = 0.6
"""What a wrong first letter costs more: people seldom get it wrong."""

TOWN = 3_000
"""Weight from which a name one slip away wins over a common word one slip away, where a place is expected."""
NOTHING = ("", -math.inf)


def slips_allowed(length: int) -> int:
    """How many slips a word of so many letters may hold."""
    if length < SHORTEST:
        return 0
    return 1 if length < 7 else 2 if length < 13 else 3


def nearest(words: str, places: Places, least: int = 0) -> tuple[str, float]:
    """The known name that the normal text most likely means, with its score, or ("", -inf).

    `least` is the least weight of a name that may be found: 0 where a place is expected, more inside a sentence.
    A common word as near as the best name wins over it, unless the name is a town's.
    """
    typed = words.replace(" ", "")
    allowed = slips_allowed(len(typed))
    if not allowed or typed.isdigit():
        return NOTHING
    best, best_score = "", -math.inf
    for name, slips in _candidates(typed, allowed, places):
        found = places.weights(name)
        heavy = max(found.values(), default=0)
        if heavy < max(least, _least(slips, len(typed))):
            continue
        score = math.log10(heavy) - PER_SLIP * slips - (OTHER_FIRST if name[0] != typed[0] else 0)
        if score > best_score:
            best, best_score = name, score
    if not best or (" " not in words and _rather_a_word(typed, best, least or TOWN, places)):
        return NOTHING
    return best, best_score


def _least(slips: int, length: int) -> int:
    """A small place far from what was typed is no guess worth making."""
    if slips == 0:
        return 0
    if slips == 1:
        return 60 if length >= 7 else 400
    return 4000 if length < 10 else 1000


def _candidates(typed: str, allowed: int, places: Places) -> Iterator[tuple[str, int]]:
    """Names within reach: one slip anywhere; more only with the same first letter, which keeps the search short."""
    for length in range(len(typed) - allowed, len(typed) + allowed + 1):
        for letter, (squeezed, names) in places.near_names.get(length, {}).items():
            limit = allowed if letter == typed[0] else 1
            if abs(length - len(typed)) <= limit:
                for _, slips, at in process.extract(
                    typed, squeezed, scorer=OSA.distance, score_cutoff=limit, limit=None
                ):
                    yield names[at], int(slips)


def _rather_a_word(typed: str, name: str, town: int, places: Places) -> bool:
    """Whether a common word was typed, or is one slip away and the name is not a town's within one slip."""
    if places.is_a("common", typed):
        return True
    heavy = max(places.weights(name).values(), default=0)
    if heavy >= town and OSA.distance(typed, name.replace(" ", "")) <= 1:
        return False
    return process.extractOne(typed, places.words["common"], scorer=OSA.distance, score_cutoff=1) is not None
