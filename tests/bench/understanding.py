"""Typed words: what reading a message and looking up a place costs, against fuzzy search in 2,000 names."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Sequence
from statistics import mean, median
from string import ascii_lowercase

from measure import PEERS, engines, fresh, in_turns, seconds, table

from bot.understanding import read
from bot.understanding.lexicon import english
from knowledge.load import load
from knowledge.model import Knowledge
from knowledge.places import find_place

CASES = PEERS.parent / "cases"
MESSAGES = (
    "my husband hit me last night and i dont know what to do", "help me he is outside the door", "im in wolverhampton",
    "i think my mum is being controlled by her partner", "who is this", "what number can i ring about housing", "hiya",
    "my ex in Walsall keeps following me", "i shout at my wife and i want to stop", "he strangled me yesterday",
)  # fmt: skip
PLACES = ("Leek", "im in wolvo", "ST4 2AB", "woolverhampton", "stoke", "near Burton", "Glasgow", "my husband hits me")
DANGER = ("he", "is", "hitting", "me", "with", "knife", "now", "help", "gun", "my", "husband", "door", "coming")
POLISH = ("mąż", "mnie", "bije", "pomocy", "on", "ma", "nóż", "ratunku", "policja", "dom", "teraz")
LONGEST = 4096


def cases(file: str, otherwise: Sequence[str]) -> list[str]:
    """The texts of a file of cases where it stands beside the project."""
    path = CASES / file
    if not path.exists():
        return list(otherwise)
    with path.open(newline="", encoding="utf-8") as lines:
        return [row["text"] for row in csv.DictReader(lines)]


def longest(knowledge: Knowledge) -> list[str]:
    """Messages of 4,096 characters of many kinds."""
    dice = random.Random(1)
    letters = "".join(dice.choice("abcdefghij klmnopqrstuvwxyz.,'") for _ in range(LONGEST))
    signs = "".join(chr(dice.randrange(32, 0x3000)) for _ in range(LONGEST))
    again = ("a", " ", "he hit me ", "help ", "not ", "my husband ", "in stoke ", "st4 ", "newcastle under ", "Ж", ". ",
             "he ", "me ", "n e ", "i ", "near stoke and ", "aaaa bbbb ", "🔪", "é", "0 ")  # fmt: skip
    names = sorted(knowledge.places.names)[::40] if knowledge.places else []
    lists = (
        sorted(english().known), DANGER, POLISH, list(ascii_lowercase),
        [f"in {name}" for name in names], [f"in {name[:3]}{name[4:]}" for name in names],
    )  # fmt: skip
    mixed = [" ".join(dice.choice(words) for _ in range(LONGEST)) for words in lists]
    return [text[:LONGEST] for text in (letters, signs, *(kind * LONGEST for kind in again), *mixed)]


def times(work: Callable[[str], object], texts: Sequence[str], rounds: int = 3) -> list[float]:
    """Seconds for each text, the best of some rounds, in rising order."""
    return sorted(min(seconds(lambda t=text: work(t)) for _ in range(rounds)) for text in texts)  # type: ignore[misc]


def typed() -> None:
    """The tables of reading and looking up."""
    knowledge = load(places=True)
    messages, names = cases("utterances_dev.csv", MESSAGES), cases("area_cases_dev.csv", PLACES)

    def reading(text: str) -> object:
        return read(text, knowledge)

    def looking(text: str) -> object:
        return find_place(text, knowledge.places)  # type: ignore[arg-type]

    rows = []
    for name, work, texts in (("reading a message", reading, messages), ("looking up a place", looking, names)):
        all_times, worst = times(work, texts), times(work, longest(knowledge))[-1]
        row = [name, str(len(texts)), mean(all_times), median(all_times), all_times[int(0.95 * len(texts))], worst]
        rows.append([*row[:2], *(f"{value * 1e3:.2f}" for value in row[2:])])  # type: ignore[operator]
    print("### Typed words: milliseconds\n")
    table(("", "texts", "mean", "median", "p95", f"slowest of {LONGEST:,} characters"), rows)
    _against_fuzzy_search(looking, reading, names, messages)
    _weight()


def _against_fuzzy_search(
    looking: Callable[[str], object], reading: Callable[[str], object], names: list[str], messages: list[str]
) -> None:
    if not PEERS.exists():
        return
    import thefuzz.process

    listed = engines()["names"](2000)  # type: ignore[operator]
    slips = [name[:3] + name[4:] for name in listed[:10]]
    rows = []
    for name, work, texts in (("reading a message", reading, messages), ("looking up a place", looking, names)):
        middle = sorted(texts, key=lambda t: seconds(lambda: work(t)))[len(texts) // 2 - 5 : len(texts) // 2 + 5]  # noqa: B023
        ours, theirs, ratio = in_turns(
            lambda: [work(t) for t in middle], lambda: [thefuzz.process.extract(t, listed, limit=3) for t in slips]  # noqa: B023
        )  # fmt: skip
        rows.append((name, f"{ours * 1e2:.2f}", f"{theirs * 1e2:.2f}", f"{ratio * len(slips) / len(middle):.3f}"))
    print("### The median text against thefuzz over 2,000 names\n")
    table(("", "ms", "thefuzz ms", "x thefuzz (at least 0.2, aim 0.05)"), rows)


def _weight() -> None:
    start = "from knowledge.load import load\nknowledge = load()\n"
    words = fresh(start + "import bot.understanding.lexicon as l, bot.understanding as u\nm = megabytes()\n"
                  "print(seconds(l.english)); u.read('help', knowledge); print(megabytes() - m)")  # fmt: skip
    places = fresh(start + "import knowledge.places as p\nm = megabytes()\n"
                   "print(seconds(p.load_places)); print(megabytes() - m)")  # fmt: skip
    print("### Loading, in a process of its own\n")
    loaded = (("vocabulary", words), ("places", places))
    table(("", "ms", "MB"), ((name, f"{found[0] * 1e3:.0f}", f"{found[1]:.1f}") for name, found in loaded))
