"""Where a message mentions a place: the longest known names, with what stands before and after each."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from knowledge.places.misspelt import nearest
from knowledge.places.postcode import Code, find_codes, look_up
from knowledge.places.tables import LONGEST_NAME, NATIONS, OTHER, Places, Weights
from knowledge.places.text import BREAK, LONGEST, tokens

WELL_KNOWN, KNOWN, VILLAGE = 20_000, 5_000, 1_000
"""Weights from which a name stands out anywhere, one that is a word counts after "in", and any counts after "to"."""
TRIES = 8
"""Searches for misspelt names in one message, so that no message can keep the machine busy."""

_CODE = re.compile(r"^placecode(\d+)x$")


@dataclass(frozen=True, slots=True)
class Mention:
    """One place in a message: its tokens `start` to `end`, the normal name, and the places it may mean."""

    start: int
    end: int
    name: str
    weights: Weights
    rule: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message as tokens, with the postcodes that stand among them as tokens of their own."""

    words: list[str]
    codes: tuple[Code, ...]


def take_in(text: str, places: Places) -> Message:
    """The message with its postcodes found first, since the marks within them matter."""
    text = text[:LONGEST]
    codes = tuple(sorted(find_codes(text, places), key=lambda code: code.start))
    parts, at = [], 0
    for number, code in enumerate(codes):
        parts += [text[at : code.start], f" placecode{number}x "]
        at = code.end
    return Message(tokens("".join(parts) + text[at:]), codes)


def spot(message: Message, places: Places) -> list[Mention]:
    """All names and codes in the message, longest first from the left, whether they are meant as places or not."""
    found: list[Mention] = []
    at, words = 0, message.words
    while at < len(words):
        mention = _code_at(message, at, places) or _name_at(words, at, places)
        if mention:
            found.append(mention)
        at = mention.end if mention else at + 1
    return found


def _code_at(message: Message, at: int, places: Places) -> Mention | None:
    hit = _CODE.match(message.words[at])
    if not hit or int(hit[1]) >= len(message.codes):
        return None
    code = message.codes[int(hit[1])]
    return Mention(at, at + 1, code.outward, look_up(code, places), "postcode" if code.sure else "half-postcode")


def _name_at(words: list[str], at: int, places: Places) -> Mention | None:
    run = words[at : at + LONGEST_NAME]
    if BREAK in run:
        run = run[: run.index(BREAK)]
    while run:
        name = " ".join(run)
        if places.known(name) and not (len(run) == 1 and _just_a_word(words, at, places)):
            rule = "alias" if name in places.aliases else "exact"
            return Mention(at, at + len(run), name, places.weights(name), rule)
        run.pop()
    return None


def _just_a_word(words: list[str], at: int, places: Places) -> bool:
    """A single word such as "over" that belongs to the sentence, unless it ends a clause after "in" or "near"."""
    if places.is_a("month", words[at]) and places.is_a("month-lead", words[max(0, at - 1)]):
        return at + 1 < len(words) or at > 2
    if at and places.is_a("road", words[at]) and not places.any_of(("placing", "living"), words[at - 1]):
        return True
    if not places.any_of(("filler", "third"), words[at]):
        return False
    return not (at and words[at - 1] in {"in", "near"} and (at + 1 == len(words) or words[at + 1] == BREAK))


def plain_word(mention: Mention, places: Places) -> bool:
    """Whether the name is made of ordinary words or is a person's name too."""
    return all(
        places.any_of(("ordinary", "people", "filler"), word)
        for word in mention.name.split()
    )


def is_road(mention: Mention, words: list[str], places: Places) -> bool:
    """Whether "Road", "Street" or the like follows."""
    return mention.end < len(words) and places.is_a("road", words[mention.end]) and mention.rule != "postcode"


def before(mention: Mention, words: list[str]) -> list[str]:
    """The words of the same clause before a mention, the nearest first, at most six."""
    out: list[str] = []
    for word in reversed(words[max(0, mention.start - 6) : mention.start]):
        if word == BREAK:
            break
        out.append(word)
    return out


def lead(mention: Mention, words: list[str], places: Places, plain: bool = False) -> str:
    """How a mention is led in: "home" (live in, I'm from), "in" (in, near), "to" (to, for, at), "the" or "" for not.

    With `plain`, for names that are words, "in the" is no better than "the": nobody lives in the Wall.
    """
    back = before(mention, words)
    if plain and back and places.is_a("determiner", back[0]):
        return ""
    if back[:1] == ["the"] and (plain or len(back) < 2 or not places.any_of(("placing", "leading"), back[1])):
        return "the"
    back = _stepped(back, places)
    if not back:
        return ""
    placing, leading = places.is_a("placing", back[0]), places.is_a("leading", back[0])
    if places.is_a("living", back[0]) or (back[0] == "to" and {"moved", "moving", "move"} & set(back)):
        return "home"
    verb = next((word for word in back[1:4] if not places.is_a("step", word)), "")
    if ((placing or leading) and places.is_a("living", verb)) or (placing and places.is_a("here", verb)):
        return "home"
    if placing and (back[0] not in {"from", "around", "round"} or back == ["from"]):
        return "in"
    return "to" if placing or leading else ""


def _stepped(back: list[str], places: Places) -> list[str]:
    """The words before a mention without "a village", "the middle of" and the like between it and "in"."""
    while back and places.is_a("step", back[0]):
        follower = back[1] if len(back) > 1 else ""
        if places.is_a("leading", back[0]) and (
            places.any_of(("living", "here"), follower) or not places.any_of(("step", "living"), follower)
        ):
            break
        back = back[1:]
    return back


def ends_clean(mention: Mention, words: list[str], places: Places) -> bool:
    """Whether the clause ends after the mention or a new one begins, as after a place and seldom after a word."""
    return mention.end == len(words) or words[mention.end] == BREAK or places.is_a("clause", words[mention.end])


def counts_in_sentence(mention: Mention, words: list[str], places: Places) -> bool:
    """Whether a name among other words is meant as a place: by its lead, its fame, and what it is otherwise."""
    if mention.rule == "postcode":
        return True
    plain = plain_word(mention, places)
    how = lead(mention, words, places, plain)
    served = max((heavy for where, heavy in mention.weights.items() if where not in NATIONS), default=0)
    heavy = max(mention.weights.values(), default=0)
    if mention.rule == "half-postcode" or how == "the":
        return mention.rule == "alias" and how == "the" and served > 0 and not places.is_a("ordinary", mention.name)
    first, last = mention.start == 0, mention.end == len(words)
    apart = (first or words[mention.start - 1] == BREAK) and (last or words[mention.end] == BREAK)
    if apart and served and (" " in mention.name or not plain):
        return True  # "Foxt, not far from the motorway"
    if not served and (how == "to" or (OTHER in mention.weights and of_another(mention, words, places))):
        return False  # "we went to London", "he is from Pakistan"
    if plain and how in {"home", "in"} and served >= WELL_KNOWN and not places.is_a("ordinary", mention.name):
        return True
    if plain:
        clean = ends_clean(mention, words, places)
        fit = how == "home" and (served or heavy >= KNOWN)
        return clean and bool(fit or (how == "in" and served >= KNOWN))
    if how in {"home", "in"}:
        return heavy >= VILLAGE or served > 0 or ends_clean(mention, words, places)
    if how == "to":
        return heavy >= KNOWN or served >= VILLAGE
    return served >= WELL_KNOWN


def misspelt_after_lead(message: Message, places: Places) -> list[Mention]:
    """Misspelt towns in a sentence, where "in", "near", "live in" or the like stands before an unknown word."""
    found: list[Mention] = []
    words, tries = message.words, 0
    for at in range(1, len(words)):
        if tries == TRIES:
            break
        if not _unknown(words[at], places):
            continue
        for end in (at + 3, at + 2, at + 1):
            run = words[at:end]
            mention = Mention(at, end, " ".join(run), {}, "misspelt")
            if len(run) < end - at or BREAK in run or sum(map(len, run)) < 6 or not ends_clean(mention, words, places):
                continue
            if lead(mention, words, places) not in {"home", "in"} or tries == TRIES:
                continue
            tries += 1
            guess = nearest(mention.name, places, least=KNOWN)
            if guess.name:
                found.append(replace(mention, name=guess.name, weights=guess.weights))
                break
    return found


def _unknown(word: str, places: Places) -> bool:
    return word != BREAK and not places.any_of(
        ("filler", "third", "common", "clause", "ordinary", "people", "past"), word
    )


def is_past(mention: Mention, words: list[str], places: Places) -> bool:
    """Whether somebody was there before: "used to live in", "moved from", "left", but not "moved to"."""
    back = before(mention, words)[:5]
    if back[:1] == ["to"] and back[1:2] != ["used"]:
        return False
    for at, word in enumerate(back):
        if places.is_a("past", word):
            if word == "lived" and any(other in {"ive", "have", "always", "weve", "has"} for other in back[at + 1 :]):
                return False
            return word != "moved" or "from" in back[:at]
    return False


def of_another(mention: Mention, words: list[str], places: Places) -> bool:
    """Whether the nearest person before the mention is somebody else: "hes in Wolverhampton"."""
    for word in reversed(words[max(0, mention.start - 5) : mention.start]):
        if places.is_a("third", word):
            return True
        if places.is_a("self", word):
            return False
    return False
