"""Misspelt names: the nearest known name by letters swapped, lost, added or changed, weighed by its people."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA, Levenshtein

from knowledge.places.tables import LONG_ALIAS, Places, Weights

SHORTEST = 5
PER_SLIP = 1.4
"""What a slip costs on the scale of log10(weight): a name one slip further away needs 25 times the people to win."""
OTHER_FIRST = 0.8
"""Slips that a wrong first letter counts more: people seldom get it wrong."""

OTHER_SHAPE = 0.3
"""Slips that one word for several counts, or several for one."""
ENOUGH = 300_000
"""Weight beyond which a city pulls no harder, or London would swallow every Longton."""
TOWN, CITY = 3_000, 20_000
"""Weight from which a name one slip away wins over a common word one slip away, where a place is expected."""
VOWELS, LETTERS = "aeiouy", "abcdefghijklmnopqrstuvwxyz"
CLOSE = 0.25
"""Names whose scores differ by less are both asked about."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A name that may be meant, how likely on a scale of its own, and the places of it and of its close rivals."""

    name: str
    score: float
    weights: Weights


NOTHING = Guess("", -math.inf, {})


def slips_allowed(length: int) -> int:
    """How many slips a word of so many letters may hold."""
    if length < SHORTEST - 1:
        return 0
    return 1 if length < 6 else 2 if length < 13 else 3


def nearest(words: str, places: Places, least: int = 0) -> Guess:
    """The known name that the normal text most likely means, or ``NOTHING``.

    `least` is the least weight of a name that may be found: 0 where a place is expected, more inside a sentence.
    A common word as near as the best name wins over it, unless the name is a town's. Names that are about as likely
    all give their places, so that the answer can be a question.
    """
    typed = words.replace(" ", "")
    allowed = slips_allowed(len(typed))
    if least and len(typed) < 9:  # among other words two slips in a short one are too many
        allowed = min(allowed, 1)
    if not allowed or typed.isdigit():
        return NOTHING
    scores: dict[str, float] = {}
    for name, slips in _candidates(typed, allowed, places):
        heavy = max(places.weights(name).values(), default=0)
        if len(typed) < SHORTEST and (typed[0], typed[-1]) != (name[0], name[-1]):
            continue
        if heavy >= max(least, _least(slips, len(typed))):
            apart = OTHER_SHAPE if slips and (" " in name) != (" " in words) else 0.0
            cost = _cost(typed, name.replace(" ", ""), slips) + apart
            scores[name] = math.log10(min(heavy, ENOUGH)) - PER_SLIP * cost
    if not scores:
        return NOTHING
    best = max(scores, key=lambda name: scores[name])
    if " " not in words and _rather_a_word(typed, best, least or TOWN, places):
        return NOTHING
    rivals = [name for name, score in scores.items() if score > scores[best] - CLOSE]
    together: Weights = {}
    for name in rivals:
        for where, heavy in places.weights(name).items():
            together[where] = max(heavy, together.get(where, 0))
    return Guess(best, scores[best], together)


def _least(slips: int, length: int) -> int:
    """The least weight of a name so far from what was typed: a small place is no guess worth making."""
    if slips == 0:
        return 0
    if slips == 1:
        return 60 if length >= 7 else 400 if length >= SHORTEST else 60_000
    return 1000 if length >= 10 else 4000 if length >= 7 else 50_000


def _cost(typed: str, name: str, slips: int) -> float:
    """Slips by how easily hand or ear makes them: a doubled letter is cheap, another consonant or first letter dear."""
    if not slips:
        return 0.0
    swapped = sorted(typed) == sorted(name)
    cost = slips - (0.1 if swapped else 0.0)
    for step in Levenshtein.editops(typed, name):
        old, new = typed[step.src_pos : step.src_pos + 1], name[step.dest_pos : step.dest_pos + 1]
        if step.tag == "replace" and not swapped and not (old in VOWELS and new in VOWELS):
            cost += 0.3
        lost = step.tag == "insert" and name[step.dest_pos - 1 : step.dest_pos] == new
        doubled = step.tag == "delete" and typed[step.src_pos - 1 : step.src_pos] == old
        if lost or doubled:
            cost -= 0.2
    same_start = typed[0] == name[0] or typed[:2] == name[1::-1]  # "edrby" has no wrong first letter
    return cost + (0.0 if same_start else OTHER_FIRST / 2 if typed == name[1:] else OTHER_FIRST)


def _candidates(typed: str, allowed: int, places: Places) -> Iterator[tuple[str, int]]:
    """Names within reach: with the same first letter; with another one only one slip away, if no town was found."""
    lengths = range(len(typed) - allowed, len(typed) + allowed + 1)
    found = list(_within(typed, lengths, typed[0], allowed, places))
    yield from found
    if not any(slips < 2 and max(places.weights(name).values(), default=0) >= CITY for name, slips in found):
        for squeezed in _other_starts(typed):
            yield from ((name, 1) for name in _spaced(squeezed, places))


def _other_starts(typed: str) -> Iterator[str]:
    """All that is one slip away and begins with another letter: the slip can only be in the first two letters."""
    first, rest = typed[0], typed[1:]
    for letter in LETTERS:
        if letter != first:
            if rest[:1] == letter:
                yield rest
            yield letter + rest
            if rest[:1] == letter:
                yield letter + first + rest[1:]
            yield letter + typed


def _spaced(squeezed: str, places: Places) -> Iterator[str]:
    """The known names that have these letters."""
    if (spaced := places.spaced.get(squeezed)) or squeezed in places.names or len(squeezed) >= LONG_ALIAS:
        yield from (name for name in dict.fromkeys((squeezed, spaced or squeezed)) if places.known(name))


def _within(typed: str, lengths: range, letter: str, limit: int, places: Places) -> Iterator[tuple[str, int]]:
    for length in lengths:
        close = places.squeezed.get((length, letter), [])
        for squeezed, slips, _ in process.extract(typed, close, scorer=OSA.distance, score_cutoff=limit, limit=None):
            yield from ((name, int(slips)) for name in _spaced(squeezed, places))


def _rather_a_word(typed: str, name: str, town: int, places: Places) -> bool:
    """Whether a common word was typed, or is one slip away and the name is not a town's within one slip."""
    if places.is_a("common", typed):
        return True
    heavy = max(places.weights(name).values(), default=0)
    if heavy >= town and OSA.distance(typed, name.replace(" ", "")) <= 1:
        return False
    return process.extractOne(typed, places.words["common"], scorer=OSA.distance, score_cutoff=1) is not None
