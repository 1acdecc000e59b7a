"""Turns a message into clauses of tokens: spelling first, then the joints between one statement and the next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.understanding.folding import cut, fold
from bot.understanding.forms import deletes
from bot.understanding.lexicon import Lexicon

_PIECE = re.compile(r"[^\W_]+|[.!?\n;\u2026]+|[,:()\u2013\u2014\"]+| - |[\U0001f000-\U0001faff\u2600-\u27bf]")
_LONG = re.compile(r"(.)\1{2,}")
MOST_TOKENS = 320
LAST_TOKENS = 80  # so many of them from the end of a message that has more
MOST_IN_CLAUSE = 30  # a statement without any joint is cut here, which keeps the work in bounds
END = ".!?\n;\u2026"
PAUSE = ",:()\u2013\u2014\" "


@dataclass(frozen=True, slots=True)
class Clause:
    """One statement: `words` as corrected, `symbols` per word (the word and what it may stand for), its sentence.

    `whole` says that it begins with a subject of its own, so that it says something by itself.
    """

    words: tuple[str, ...]
    symbols: tuple[tuple[str, ...], ...]
    sentence: int
    whole: bool


def spell(word: str, lexicon: Lexicon) -> tuple[str, ...]:
    """The word or words meant by one typed word."""
    known = lexicon.known
    if word.endswith("s") and word[:-1] in lexicon.members["TAKES-S"]:
        return (word[:-1], "s")
    if word in lexicon.replace:
        return lexicon.replace[word]
    if len(word) > 4 and word.endswith("in") and word + "g" in known:
        return (word + "g",)  # "wakin", also where a list has it so
    if word in known:
        return (word,)
    if (short := _LONG.sub(r"\1\1", word)) != word:
        once = _LONG.sub(r"\1", word)
        for form in (short, once):
            if form in known:
                return lexicon.replace.get(form, (form,))
        word = once
    if len(word) < 4 or not word.isascii() or word.isdigit():
        return (word,)
    if word.endswith("n") and (stem := word[:-1]):  # "kickn", "grabn"
        for form in (stem + "ing", stem + stem[-1] + "ing"):
            if form in known:
                return (form,)
    if word.endswith("d") and (stem := word[:-1]):  # "punchd", "grabd"
        for form in (stem + "ed", stem + stem[-1] + "ed"):
            if form in known:
                return (form,)
    if word.endswith("s") and word[:-1] in lexicon.members["PERSON"]:
        return (word[:-1], "s")
    return (_guess(word, lexicon),)


def _guess(word: str, lexicon: Lexicon) -> str:
    """A key word one slip away that begins with the same letter, else the word itself."""
    for form in deletes(word):
        for target in lexicon.fuzzy.get(form, ()):
            if target[0] == word[0] and one_slip(word, target):
                return target
    return word


def one_slip(a: str, b: str) -> bool:
    """Whether one letter more, less, changed, or two neighbours swapped, make one word the other."""
    if abs(len(a) - len(b)) > 1:
        return False
    if len(a) == len(b):
        wrong = [i for i in range(len(a)) if a[i] != b[i]]
        if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
            return a[wrong[0]] == b[wrong[1]] and a[wrong[1]] == b[wrong[0]]
        return len(wrong) <= 1
    short, long = sorted((a, b), key=len)
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def split(text: str, lexicon: Lexicon) -> list[Clause]:
    """The clauses of a message, in order; at most 320 words and marks are read, 80 of them from the end."""
    pieces: list[str] = _PIECE.findall(fold(cut(text)))
    if len(pieces) > MOST_TOKENS:  # danger is often said last
        pieces = [*pieces[: MOST_TOKENS - LAST_TOKENS], ".", *pieces[-LAST_TOKENS:]]
    clauses: list[Clause] = []
    words: list[str] = []
    sentence = 0
    for at, piece in enumerate(pieces):
        if piece[0] in END:
            if _trails_off(piece) and words and words[-1] in lexicon.members["HANGS"]:
                continue  # "he's ... got a knife"
            _close(words, sentence, clauses, lexicon)
            sentence += 1
        elif piece[0] in PAUSE or not (piece.isalnum() or piece in lexicon.replace):
            if words and _only_who(words, lexicon.members):
                continue  # "he, my husband, is hitting me"
            _close(words, sentence, clauses, lexicon)
        else:
            after = pieces[at + 1] if at + 1 < len(pieces) else ""
            for word in _in_context(piece, words, after, lexicon):
                if words and _joint(word, words, lexicon):
                    if words[-1] in lexicon.members["JOINT"]:
                        words.pop()
                    _close(words, sentence, clauses, lexicon)
                elif len(words) >= MOST_IN_CLAUSE:
                    _close(words, sentence, clauses, lexicon)
                words.append(word)
    _close(words, sentence, clauses, lexicon)
    return clauses


def _only_who(words: list[str], members: dict[str, set[str]]) -> bool:
    """Whether nothing but "he" and who he is has been said of a statement yet."""
    rest = all(word in members["DET"] or word in members["PERSON"] for word in words[1:])
    return words[0] in members["SUBJECT"] and rest and len(words) <= 4


def _trails_off(piece: str) -> bool:
    return piece[0] == "\u2026" or (len(piece) > 1 and set(piece) == {"."})


def _close(words: list[str], sentence: int, clauses: list[Clause], lexicon: Lexicon) -> None:
    """Ends a statement, or the several that "and" joins, and begins an empty one."""
    members = lexicon.members
    for part, led_to in _parted(words, members):
        symbols = [(w, *lexicon.also.get(w, ()), *_open(w, lexicon)) for w in part]
        if "NAME" in symbols[0] and part[1:2] and part[1] in members["FINITE"]:
            symbols[0] += ("NAMED",)
        clauses.append(Clause(tuple(part), tuple(symbols), sentence, led_to or _whole(part, members)))
    words.clear()


def _whole(words: list[str], members: dict[str, set[str]]) -> bool:
    """Whether a statement says something by itself: "he does boxing", but not "last night" or "this was in May"."""
    if words[0] in members["POINTS-BACK"]:
        return False
    return words[0] in members["SUBJECT"] or not members["FINITE"].isdisjoint(words[1:4])


def _parted(words: list[str], members: dict[str, set[str]]) -> Iterator[tuple[list[str], bool]]:
    """The words without kisses, with what only opens them ("omg ...") apart, cut where "and" says something more.

    Each part says whether an "and" led to it: then it speaks for itself alone, unless it points back ("and it was").
    """
    start, end = 0, len(words)
    while start < end - 1 and words[start] in members["OPENS"]:
        start += 1
    while start < end - 1 and words[end - 1] in members["KISS"]:
        end -= 1
    if start:
        yield words[:start], False
    led_to = False
    for seam in _seams(words, start, end, members):
        yield words[start:seam], led_to
        start = seam + (words[seam] in members["JOINT"])  # the "and" itself says nothing
        led_to = words[start] not in members["POINTS-BACK"]
    if start < end:
        yield words[start:end], led_to


def _seams(words: list[str], start: int, end: int, members: dict[str, set[str]]) -> Iterator[int]:
    """Where an "and", or "my", begins another statement: "he has a knife and the telly is on"."""
    last = start
    for at in range(start + 1, end - 2):
        before, after = words[last:at], words[at + 1 : min(at + 5, end)]
        if words[at] in members["JOINT"] and _tells(before, members) and _says_more(after, members):
            yield at
            last = at + 1
        elif words[at] == "my" and len(before) > 1 and _of_somebody(before[-1], after, members):
            yield at
            last = at


def _tells(words: list[str], members: dict[str, set[str]]) -> bool:
    """Whether these words may be a statement: "suicidal", but not the "me" of "me and he"."""
    if len(words) != 1:
        return bool(words)
    return not (words[0].isdigit() or any(words[0] in members[name] for name in ("SUBJECT", "DET", "PERSON")))


def _of_somebody(before: str, after: list[str], members: dict[str, set[str]]) -> bool:
    """Whether "my" begins a statement: "nobody hears | my husband is strangling me"."""
    if len(after) < 3 or any(before in members[name] for name in ("LEADS-IN", "HANGS", "PERSON")):
        return False
    finite = after[2].endswith("ing") if after[1] == "s" else after[1] in members["FINITE"]
    return after[0] in members["PERSON"] and finite


def _says_more(words: list[str], members: dict[str, set[str]]) -> bool:
    """Whether these words begin a statement of their own: "if ...", "it was", "the baby is"."""
    finite = members["FINITE"]
    if words[0] in finite:
        return False
    return words[0] == "if" or words[1] in finite or (words[0] in members["DET"] and not finite.isdisjoint(words[2:]))


def _open(word: str, lexicon: Lexicon) -> tuple[str, ...]:
    """OPEN-ING or OPEN-ED for a verb of any kind, listed or not, unless it is listed as harmless; NAME for the unknown.

    No list holds every way to hurt: "he is X-ing my arm" is alarming unless X is known to be harmless.
    """
    if len(word) < 3 or word in lexicon.members["CALM-VERB"]:
        return ()
    if word not in lexicon.known and word.isalpha() and not word.endswith(("ing", "ed", "ly", "s")):
        return ("NAME",)
    if len(word) < 5:
        return ()
    if word.endswith("ing") or (word.endswith("in") and len(word) > 5 and word not in lexicon.known):
        return ("OPEN-ING",)
    if word.endswith("ed"):
        return ("OPEN-ED",)
    return ("OPEN-S",) if word.endswith("s") and not word.endswith("ss") else ()


def _in_context(piece: str, before: list[str], after: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Spelling, with the look-alikes that a lost apostrophe makes ("hell", "ill", "were") told by their neighbours."""
    members = lexicon.members
    if piece in members["LOST-WILL"] and after in members["AFTER-WILL"]:
        return (piece[:-2], "will")
    if piece == "shed" and after in members["AFTER-WILL"] and before[-1:] not in (["the"], ["my"], ["our"], ["his"]):
        return ("she", "would")
    if piece == "hed" and before and before[-1] in members["DET"] and after not in members["AFTER-WILL"]:
        return ("head",)
    if piece == "were" and not before and (after in members["AFTER-WERE"] or after.endswith("ing")):
        return ("we", "are")
    word = spell(piece, lexicon)
    lone = word == (piece,) and piece not in lexicon.known and len(piece) > 3
    first = all(one in members["OPENS"] for one in before)
    if lone and first and piece.endswith("s") and (after in members["AFTER-WERE"] or after.endswith("ing")):
        return (piece[:-1], "s")  # "daves kicking the door"
    return word


def _joint(word: str, before: list[str], lexicon: Lexicon) -> bool:
    """Whether a new statement begins at this word: a subject that the words before it do not lead into."""
    members = lexicon.members
    if word not in members["SUBJECT"] or (len(before) < 2 and before[-1] not in members["ENDS-ALONE"]):
        return False
    last = before[-1]
    if before[-2:] in (["i", "do"], ["we", "do"]):
        return True  # "what do i do he is hitting me"
    if last in members["JOINT"]:
        return _tells(before[:-1], members)
    return last not in members["LEADS-IN"] and last not in members["PERSON"]
