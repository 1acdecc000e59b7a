"""Danger and help words in languages other than English, in script and romanised.

Grammar differs too much for clause rules, so a message is a bag of word classes here: harm that is going on, a weapon,
a cry for help, words of the present, words of habit. The lists stand in `bot/words/<language>/danger.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

from bot.understanding.folding import cut, fold
from bot.understanding.lexicon import english
from bot.understanding.reading import Reading
from knowledge.yamlfile import FaultError, read

KINDS = (
    "cry", "help", "police", "harm-now", "harm", "kill", "weapon", "trapped", "arrival", "now", "habit", "suicide",
    "abuse", "housing", "money", "stalking", "marriage", "children",
)  # fmt: skip
GAP = ".."
GAP_WORDS = 2
OPEN_FROM = 5  # letters from which a list's word also stands for longer forms of itself
STEM = 3  # the shortest beginning of a word that is looked up
SHUT = frozenset({"cry", "help", "now", "habit"})  # kinds whose words stand for themselves only
ABUSE = frozenset({"harm-now", "harm", "kill", "weapon", "trapped", "abuse"})
TOPICS = {"housing": "housing", "money": "money", "stalking": "stalking", "marriage": "forced-marriage"}
ALONE = 3  # other words in a message that says "help" and little more

_MARKS = "\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u06d6-\u06ed\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e"
_WORD = re.compile(f"(?:[^\\W_]|[{_MARKS}])+")
_ARABIC = re.compile("^(?:وال|بال|فال|لل|ال|و|ف|ب|ل|ع)(?=..)")


@dataclass(frozen=True, slots=True)
class Term:
    """An entry of a list: its words, and whether the last may go on."""

    language: str
    kind: str
    words: tuple[str, ...]
    open: bool


@dataclass(slots=True)
class Tongues:
    """All lists, by the first word of each entry."""

    whole: dict[tuple[str, str], list[Term]] = field(default_factory=dict)  # first and second word, "" for any second
    stems: dict[str, list[Term]] = field(default_factory=dict)  # single words that may go on, and stems
    joined: list[Term] = field(default_factory=list)  # scripts without spaces
    reach: int = 1  # words that the longest entry may span


def _terms(language: str, kind: str, text: str) -> Term | None:
    words = tuple(GAP if part == GAP else part for part in _split(text))
    if not words:
        return None
    last = words[-1]
    free = text.endswith("*") or (kind not in SHUT and len(last) >= OPEN_FROM)
    return Term(language, kind, words, free or (kind not in SHUT and not last.isascii() and len(last) >= 3))


def _second(term: Term) -> str:
    """The word that must follow the first one, "" where several may."""
    if len(term.words) < 2 or term.words[1] == GAP or (len(term.words) == 2 and term.open):
        return ""
    return term.words[1]


def _split(text: str) -> list[str]:
    out: list[str] = []
    for part in text.replace("*", "").split():
        out += [GAP] if part == GAP else _WORD.findall(fold(part))
    return out


@lru_cache(maxsize=1)
def tongues() -> Tongues:
    """Every language's lists, compiled on first use; raises FaultError naming file and line of each fault."""
    faults: list[str] = []
    found = Tongues()
    for folder in sorted(files("bot.words").iterdir(), key=lambda p: p.name):
        if folder.name == "en" or not folder.is_dir() or not (folder / "danger.yaml").is_file():
            continue
        entry = read(folder / "danger.yaml", faults, f"bot/words/{folder.name}/danger.yaml")
        entry.text("language")
        joined = entry.text("joined", "no") == "yes"
        for kind in KINDS:
            for text in entry.texts(kind):
                term = _terms(folder.name, kind, text)
                if term is None or term.words[0] == GAP or term.words[-1] == GAP:
                    entry.fault(f"bad entry '{text}' in '{kind}'", entry.line_of(kind))
                    continue
                found.reach = max(found.reach, len(term.words) + term.words.count(GAP) * (GAP_WORDS - 1))
                if joined:
                    found.joined.append(term)
                elif len(term.words) == 1 and term.open:
                    found.stems.setdefault(term.words[0], []).append(term)
                else:
                    found.whole.setdefault((term.words[0], _second(term)), []).append(term)
        entry.close()
    if faults:
        raise FaultError(faults)
    return found


def _forms(word: str) -> Iterator[str]:
    """The word, and an Arabic one without the particles written onto it."""
    yield word
    if word and word[0] > "\u05ff":
        short = _ARABIC.sub("", word)
        if short != word:
            yield short


def _fits(term: Term, words: list[str], at: int) -> int:
    """Where the entry ends if it stands at this word, else 0."""
    i, gap = at, False
    for n, wanted in enumerate(term.words):
        if wanted == GAP:
            gap = True
            continue
        last = n == len(term.words) - 1
        for skip in range(GAP_WORDS + 1 if gap else 1):
            word = words[i + skip] if i + skip < len(words) else ""
            longer = last and term.open and word.startswith(wanted)
            if word == wanted or longer or (n == 0 and wanted in _forms(word)):
                i += skip + 1
                break
        else:
            return 0
        gap = False
    return i


def _spot(words: list[str], text: str, strange: list[bool], ours: set[str]) -> list[tuple[Term, int, int]]:
    """Every entry that stands in the message and has a strange word, with its first word and the word after its last.

    What is English to the last word is never taken for anything else.
    """
    lists = tongues()
    found: list[tuple[Term, int, int]] = []
    for at, whole in enumerate(words):
        if True not in strange[at : at + lists.reach]:
            continue
        for word in _forms(whole):
            after = words[at + 1] if at + 1 < len(words) else ""
            for second in ("", after) if after else ("",):
                for term in lists.whole.get((word, second), ()):
                    end = _fits(term, words, at)
                    if end:
                        found.append((term, at, end))
            if word in ours:
                continue
            for length in range(STEM, len(word) + 1):
                for term in lists.stems.get(word[:length], ()):
                    found.append((term, at, at + 1))
    if not text.isascii():
        flat = text.replace(" ", "")
        found += [(term, 0, 1) for term in lists.joined if "".join(term.words) in flat]
    return found


def foreign(text: str) -> Reading | None:
    """What a message says in another language, or None where it says nothing that these lists know."""
    folded = fold(cut(text))
    words = _WORD.findall(folded)
    known = english().known
    strange = [word not in known for word in words]
    mostly = sum(strange) * 2 < len(words)
    if not mostly:
        strange = [True] * len(words)
    kinds: dict[str, set[str]] = {}
    places: dict[str, set[int]] = {}
    for term, start, end in _spot(words, folded, strange, known):
        if _may_be_english(term, words[start:end], mostly, known):
            continue
        kinds.setdefault(term.language, set()).add(term.kind)
        places.setdefault(term.language, set()).update(range(start, end))
    if not kinds:
        return None
    best = max(len(at) for at in places.values())
    likely = [name for name in sorted(kinds) if len(places[name]) == best]
    verdicts = [v for v in (_verdict(name, kinds[name], len(words) - best) for name in likely) if v]
    return next((v for v in verdicts if v.danger), verdicts[0] if verdicts else None)


def _may_be_english(term: Term, found: list[str], mostly: bool, known: set[str]) -> bool:
    """Whether an entry found is more likely an English word: "mare" among (mostly) English words is a horse."""
    single = len(found) == 1
    if all(word in known for word in found) and (single or mostly):
        return True
    return mostly and single and term.kind not in ("cry", "weapon")


def _verdict(language: str, got: set[str], others: int) -> Reading | None:
    """The verdict from the classes of words found in one language, and how many other words stand beside them."""
    calm = "habit" in got
    at_once = got & {"now", "help", "police", "cry"}
    danger = bool(
        "cry" in got
        or "suicide" in got
        or "police" in got
        or ("harm" in got and at_once and not calm)
        or (got & {"harm-now", "kill", "weapon", "trapped", "arrival"} and (not calm or "now" in got))
        or ("help" in got and (others < ALONE or (got & {"harm", "abuse"} and not calm)))
    )
    labels = {TOPICS[kind] for kind in got if kind in TOPICS}
    if got & ABUSE and not ("suicide" in got and not got & {"harm", "harm-now", "abuse"}):
        labels.add("abuse")
    if not danger and not labels:
        return None
    signs = {f"language:{language}"}
    if "suicide" in got:
        signs.add("suicide")
    if "arrival" in got and danger:
        signs.add("arrival")
    answers = {"who": "me"} if "abuse" in labels else {}
    need = next((label for label in ("housing", "forced-marriage", "stalking", "money") if label in labels), "")
    if need:
        answers["need"] = need
    return Reading(
        danger=danger, high_risk=bool(got & {"kill", "weapon"}), answers=answers, signs=frozenset(signs),
        rules=tuple(f"{language}-{kind}" for kind in KINDS if kind in got and kind not in ("now", "habit")),
        situations=tuple(sorted(labels)),
    )  # fmt: skip
