"""Finds the place that a message means: the order of the decisions."""

from __future__ import annotations

from rapidfuzz.distance import OSA

from knowledge.places.mentions import (
    Mention,
    Message,
    counts_in_sentence,
    is_past,
    is_road,
    lead,
    misspelt_after_lead,
    of_another,
    plain_word,
    spot,
    take_in,
)
from knowledge.places.misspelt import NOTHING, Guess, nearest
from knowledge.places.settle import FAR_HEAVIER, UNKNOWN, Place, beside, echo, either, keep, settle
from knowledge.places.tables import NATIONS, OTHER, Places
from knowledge.places.text import BREAK

PER_WORD = 1.5
"""What each word more that a guess explains adds to its score."""
RUN = 5
"""Words that a misspelt name may have."""
KNOWN_KINDS = ("common", "ordinary", "filler", "third")
SHORT, LONG = 8, 10
LEAST_BESIDE, LIGHT, FAMOUS = 3_000, 5_000, 20_000


def find_place(text: str, places: Places) -> Place:
    """The place that a whole message, or a sentence within it, means; "unknown" where none is meant. Never raises."""
    message = take_in(text, places)
    words = message.words
    if not words:
        return UNKNOWN
    alone = _alone(words, places)
    if alone:
        return alone
    spotted = spot(message, places)
    if len(spotted) > 1:
        spotted = [mention for mention in spotted if not _stray(mention, words, places)]
    found = [mention for mention in spotted if not is_road(mention, words, places)]
    rest = _unread(words, spotted, places)
    if rest:
        guessed = _guess(message, found, rest, places)
        if guessed is None:
            found = [mention for mention in found if counts_in_sentence(mention, words, places)]
            found = sorted(found + _apart(misspelt_after_lead(message, places), found), key=_start)
        else:
            found = guessed
    elif len(found) > 1 and (whole := _one_slip(words, found, places)):
        found = [whole]
    elif len(spotted) == 1:
        found = [mention for mention in found if _meant(mention, words, places)]
    return _together(found, words, places)


def _start(mention: Mention) -> int:
    return mention.start


def _alone(words: list[str], places: Places) -> Place | None:
    """The whole message as one name; a small place elsewhere that is an ordinary word is not meant."""
    kept = [word for word in words if word != BREAK]
    name = " ".join(kept)
    if not places.known(name):
        return None
    weights = places.weights(name)
    town = places.weights(places.spaced[name]) if name in places.spaced else {}
    if set(town) - set(NATIONS) and max(town.values()) > max(LIGHT, FAR_HEAVIER * max(weights.values())):
        weights = town  # "newmills" is New Mills
    mention = Mention(0, len(words), name, weights, "alias" if name in places.aliases else "exact")
    plain = plain_word(mention, places)
    if plain and max(mention.weights.values(), default=0) < LIGHT and not set(mention.weights) - set(NATIONS):
        return UNKNOWN
    options = keep(mention.weights)
    rule = "ordinary-word" if plain else "namesake" if len(options) > 1 else mention.rule
    return settle(options, places, echo(name), rule)


def _stray(mention: Mention, words: list[str], places: Places) -> bool:
    """Whether a word beside a name is only by chance a small place elsewhere too: "chelsea boots"."""
    return (
        places.is_a("ordinary", mention.name)
        and set(mention.weights) <= set(NATIONS)
        and max(mention.weights.values()) < LIGHT
        and lead(mention, words, places) not in {"home", "in"}
    )


def _unread(words: list[str], spotted: list[Mention], places: Places) -> list[tuple[int, int]]:
    """Runs of words, start and end, that are neither part of a name nor the filler that stands around one."""
    inside = {at for mention in spotted for at in range(mention.start, mention.end)}
    runs: list[tuple[int, int]] = []
    for at, word in enumerate(words):
        if at in inside or word == BREAK or word.isdigit():
            continue
        if places.any_of(("filler", "third", "past"), word):
            continue
        if places.is_a("road", word) and at - 1 in inside:
            continue
        if runs and runs[-1][1] == at:
            runs[-1] = (runs[-1][0], at + 1)
        else:
            runs.append((at, at + 1))
    return runs


def _meant(mention: Mention, words: list[str], places: Places) -> bool:
    """Whether the only name among filler is meant: an ordinary word needs "in" or "town", a person's name no "he"."""
    if set(mention.weights) == {OTHER} and of_another(mention, words, places):
        return False  # "he is from Pakistan"
    if mention.rule in {"postcode", "half-postcode"} or not plain_word(mention, places):
        return True
    around = words[: mention.start] + words[mention.end :]
    if all(word == BREAK or places.any_of(("polite", "kind-of-place"), word) for word in around):
        return True
    if mention.end < len(words) and places.is_a("kind-of-place", words[mention.end]):
        return True
    how = lead(mention, words, places, plain=True)
    if how in {"home", "in"} or " " in mention.name or (how == "the" and mention.rule == "alias"):
        return True
    ordinary = all(places.any_of(("ordinary", "filler"), word) for word in mention.name.split())
    return not ordinary and not any(places.is_a("third", word) for word in around)


def _guess(message: Message, found: list[Mention], rest: list[tuple[int, int]], places: Places) -> list[Mention] | None:
    """The message as filler and one misspelt name, or as names of which some are misspelt; None where it is neither."""
    words = message.words
    if any(mention.rule == "postcode" for mention in found):
        return None
    start = min([rest[0][0], *(mention.start for mention in found)])
    end = max([rest[-1][1], *(mention.end for mention in found)])
    if BREAK not in words[start:end] and end - start <= RUN:
        mention = _nearest_run(words, start, end, bool(found), places)
        if mention:
            return [mention] if found else _worth([mention], words, places)
    guessed = list(found)
    if len(rest) > RUN:
        return None
    for first, last in rest:
        mention = _nearest_run(words, first, last, False, places) if last - first <= RUN else None
        if not mention or (found and max(mention.weights.values()) < LEAST_BESIDE):
            return None
        guessed.append(mention)
    return _worth(sorted(guessed, key=_start), words, places)


def _worth(guessed: list[Mention], words: list[str], places: Places) -> list[Mention] | None:
    """A guess at a small place elsewhere helps nobody: it leads where "unknown" leads, and may be no place at all."""
    elsewhere = len(guessed) == 1 and set(guessed[0].weights) <= set(NATIONS)
    if elsewhere and lead(guessed[0], words, places) not in {"home", "in"}:
        alone = guessed[0].end - guessed[0].start == len(words)
        return guessed if alone and max(guessed[0].weights.values()) >= FAMOUS else None
    return guessed


def _nearest_run(words: list[str], start: int, end: int, with_name: bool, places: Places) -> Mention | None:
    """The nearest name to a run of words, which may take in a word such as "west" or "under" on either side of it."""
    best, best_score, span = NOTHING, NOTHING.score, (start, end)
    for first in (start, start - 1, start - 2):
        for last in (end, end + 1):
            run = words[max(first, 0) : last]
            told = any(places.is_a("telling", word) for word in run[: start - first])
            if first < 0 or last > len(words) or BREAK in run or told:
                continue
            guess = _near(run, with_name, places)
            score = guess.score + PER_WORD * len(run)
            if score > best_score:
                best, best_score, span = guess, score, (first, last)
    return Mention(*span, best.name, best.weights, "misspelt") if best.name else None


def _near(run: list[str], with_name: bool, places: Places) -> Guess:
    """The nearest name to these words; words that are all known ones must be long together to be a slip of the pen."""
    guess = nearest(" ".join(run), places)
    known = all(places.any_of(KNOWN_KINDS, word) or places.known(word) for word in run)
    if not guess.name or not (known or with_name):
        return guess
    typed, meant = "".join(run), guess.name.replace(" ", "")
    if typed == meant:
        return guess if max(guess.weights.values()) >= LIGHT else NOTHING
    pairs = list(zip(run, guess.name.split(), strict=False))
    same_shape = len(run) == len(guess.name.split()) > 1 and all(_slip(one, other) for one, other in pairs)
    slips = OSA.distance(typed, meant)
    fits = slips < 2 and len(typed) >= SHORT if same_shape else slips < 2 and len(run) > 1 and len(typed) >= LONG
    return guess if fits or (same_shape and len(typed) >= LONG) else NOTHING


def _slip(typed: str, meant: str) -> bool:
    """Whether one word may be a slip for the other: one letter, or two in a word of five letters."""
    return OSA.distance(typed, meant) <= (1 if len(typed) < 5 else 2)


def _one_slip(words: list[str], found: list[Mention], places: Places) -> Mention | None:
    """A known town where all its words happen to be small names by themselves: "stock on trent"."""
    start, end = found[0].start, found[-1].end
    if BREAK in words[start:end] or end - start > RUN or any(m.rule.endswith("postcode") for m in found):
        return None
    guess = _near(words[start:end], True, places)
    if max(guess.weights.values(), default=0) < LIGHT or len("".join(words[start:end])) < LONG:
        return None
    return Mention(start, end, guess.name, guess.weights, "misspelt")


def _apart(more: list[Mention], found: list[Mention]) -> list[Mention]:
    taken = {at for mention in found for at in range(mention.start, mention.end)}
    return [mention for mention in more if not taken & set(range(mention.start, mention.end))]


def _together(found: list[Mention], words: list[str], places: Places) -> Place:
    """One answer for all mentions: neighbours settle each other, the past gives way, several others are asked about."""
    now = [mention for mention in found if not is_past(mention, words, places)] or found[-1:]
    if not now:
        return UNKNOWN
    heads: list[tuple[Mention, dict[str, int]]] = []
    at = 0
    while at < len(now):
        mention, meaning, joined = now[at], now[at].weights, False
        while at + 1 < len(now) and (link := _link(now[at], now[at + 1], words, places)) is not None:
            meaning, joined = beside(meaning, now[at + 1].weights, link, places), True
            at += 1
        heads.append((mention, meaning if mention.rule.endswith("postcode") or joined else keep(meaning)))
        at += 1
    at_home = [head for head in heads if OTHER not in keep(head[1])]
    heads = at_home or heads  # "from Poland, living in Derby"
    heads.sort(key=lambda head: lead(head[0], words, places) != "home" or of_another(head[0], words, places))
    first = heads[0][0]
    shared = set.intersection(*({where for where in meaning if where not in NATIONS} for _, meaning in heads))
    if len(heads) > 1 and shared:
        return settle({where: heads[0][1][where] for where in shared}, places, echo(first.name), "several")
    if len({frozenset(meaning) for _, meaning in heads}) > 1:
        return settle(_levelled([keep(meaning) for _, meaning in heads]), places, echo(first.name), "several")
    meaning = heads[0][1] if first.rule.endswith("postcode") else keep(heads[0][1])
    rule = "postcode" if first.rule == "half-postcode" else first.rule
    if rule in {"exact", "alias"} and words != first.name.split():
        rule = "ordinary-word" if plain_word(first, places) else "phrase"
    name = first.name if rule == "postcode" else echo(first.name)
    return settle(meaning, places, name, "namesake" if len(meaning) > 1 and rule == "phrase" else rule)


def _levelled(meanings: list[dict[str, int]]) -> dict[str, int]:
    """Several places one person named, in the order given: none is lost for being small."""
    order = [where for meaning in meanings for where in sorted(meaning, key=lambda where: -meaning[where])]
    return either(*({where: len(order) - at} for at, where in enumerate(dict.fromkeys(order))))


def _link(first: Mention, second: Mention, words: list[str], places: Places) -> bool | None:
    """Whether two mentions belong together: True for "near", False for side by side, None for not."""
    between = words[first.end : second.start]
    if len(between) > 5 or not all(
        word == BREAK or places.any_of(("link", "nearness", "kind-of-place"), word) for word in between
    ):
        return None
    if between == ["to"] or "between" in words[max(0, first.start - 2) : first.start]:
        return None
    return any(places.is_a("nearness", word) for word in between)
