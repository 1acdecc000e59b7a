"""Applies the English rules to a message: which fired, and which were blocked and by what."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.understanding.clauses import Clause, split
from bot.understanding.lexicon import RULE, Lexicon, Rule
from bot.understanding.matching import chart

HARM, NEAR = "e-", "n-"  # flags that begin so are signs that prove nothing alone: of harm, of somebody near
REACH = 2  # how many statements away from somebody a sign of being near still speaks of them
ENOUGH = 2  # kinds of evidence, beside a person, that add up to danger
CALMS = frozenset({
    "habit", "habit-strong", "past", "past-strong", "if", "if-first", "question", "fiction", "idiom", "small-talk",
    "standing", "threat-standing", "calm-arrival", "away-strict", "suicide-question", "law-question", "denied",
    "before-times", "gladly", "animal", "suicide-past", "feeling", "own-past", "her-parents", "third-calm",
    "none-of-these",
})  # fmt: skip
LEADING = frozenset({  # what makes the other statements of a sentence calm as well
    "if", "if-first", "question", "habit", "habit-strong", "fiction", "suicide-question", "her-parents",
})  # fmt: skip
WELCOME = frozenset({"calm-comer", "gladly"})  # whoever comes is welcome
GLAD = ("gladly", "laughed")  # blockers that dread takes away
SHORT = 4  # a clause of so few words ("last night,") also speaks for its neighbours
BEFORE = 4  # how many words before a match a "not" may stand


@dataclass(frozen=True, slots=True)
class Match:
    """A rule or blocker found: in which clause, from which word to before which."""

    name: str
    clause: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule whose pattern was found; `blocked` names what stopped it, "" where nothing did."""

    rule: Rule
    match: Match
    blocked: str


@dataclass(slots=True)
class Findings:
    """What the rules say of one message."""

    clauses: list[Clause]
    fired: list[Fired] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    stops: set[str] = field(default_factory=set)  # names of all blockers found
    calm: dict[int, set[str]] = field(default_factory=dict)  # by clause, what of CALMS and WELCOME stands in it

    def live(self, *kinds: str) -> list[Fired]:
        """The unblocked ones of these kinds."""
        return [f for f in self.fired if not f.blocked and f.rule.kind in kinds]

    def adds_up(self) -> bool:
        """Whether signs of harm of several kinds stand in statements that nothing makes calm."""
        signs = {
            f.rule.flag
            for f in self.fired
            if f.rule.flag.startswith(HARM) and not f.blocked and not self._calmed(f.match.clause)
        }
        return HARM + "person" in signs and len(signs) > ENOUGH

    def _calmed(self, number: int) -> bool:
        """Whether something makes this statement calm: in itself, in a fragment beside it, or all that leads to it."""
        past = {"standing", "threat-standing"} if self.flags & {"now", "plea"} else set()  # "he will, now": no longer
        here = self.clauses[number]
        for at, calms in self.calm.items():
            there = self.clauses[at]
            if not calms & CALMS - past or there.sentence != here.sentence:
                continue
            if at == number or not there.whole or calms & LEADING:
                return True
        return False

    def somebody_near(self) -> bool:
        """Whether signs of several kinds stand close to somebody feared, and nobody welcome is spoken of."""
        kinds: dict[int, set[str]] = {}
        for f in self.fired:
            if f.rule.flag.startswith(NEAR) and not f.blocked:
                kinds.setdefault(f.match.clause, set()).add(f.rule.flag)
        person = NEAR + "person"
        for here in [at for at, flags in kinds.items() if person in flags]:
            around = {flag for at in range(here - REACH, here + REACH + 1) for flag in kinds.get(at, ())}
            if len(around - {person}) >= ENOUGH:
                beside = {stop for at in (here - 1, here, here + 1) for stop in self.calm.get(at, ())}
                if not beside & WELCOME:
                    return True
        return False


Blockers = dict[str, dict[int, list[Match]]]  # by name and by the number of the clause


def study(text: str, lexicon: Lexicon) -> Findings:
    """Every rule of the vocabulary that finds its words in the message, blocked or not."""
    clauses = split(text, lexicon)
    found, blockers = _search(clauses, lexicon)
    nows = {m.clause for m in found if m.name == "now"}
    kinds = {m.name for m in found if m.name.startswith(HARM)}
    if "e-person" in kinds and len(kinds) > ENOUGH:
        blockers.pop("small-talk", None)  # "put the pizza down, he is kicking the door": no small talk
    if any(m.name == "dread" for m in found):
        for name in GLAD:
            blockers.pop(name, None)  # "he is home with flowers and i am scared"
    findings = Findings(clauses, stops=set(blockers))
    for name in (CALMS | WELCOME) & findings.stops:
        for number in blockers[name]:
            findings.calm.setdefault(number, set()).add(name)
    waiting = []
    live: set[tuple[str, int, int]] = set()
    for match in found:
        if (match.name, match.clause, match.start) in live:
            continue  # this rule stands from this word already
        rule = lexicon.rules[match.name]
        stop = blocked_by(rule, match, blockers, clauses, lexicon, nows)
        if not stop:
            live.add((match.name, match.clause, match.start))
            if rule.flag and not rule.needs:
                findings.flags.add(rule.flag)
        waiting.append(Fired(rule, match, stop))
    findings.flags |= {
        f.rule.flag for f in waiting if f.rule.flag and not f.blocked and findings.flags.intersection(f.rule.needs)
    }
    for fired in waiting:
        needs = fired.rule.needs
        if not fired.blocked and needs and not findings.flags.intersection(needs):
            fired = Fired(fired.rule, fired.match, f"needs {' or '.join(needs)}")
        findings.fired.append(fired)
    return findings


def _search(clauses: list[Clause], lexicon: Lexicon) -> tuple[list[Match], Blockers]:
    """The rules and the blockers found in all clauses."""
    found: list[Match] = []
    blockers: Blockers = {}
    seen: dict[tuple[str, ...], list[tuple[str, int, int]]] = {}  # a statement said again need not be read again
    for number, clause in enumerate(clauses):
        if clause.words not in seen:
            seen[clause.words] = _marks(clause, lexicon)
        for name, start, end in seen[clause.words]:
            match = Match(name, number, start, end)
            if name in lexicon.scopes:
                blockers.setdefault(name, {}).setdefault(number, []).append(match)
            else:
                found.append(match)
    return found, blockers


def _marks(clause: Clause, lexicon: Lexicon) -> list[tuple[str, int, int]]:
    """The names of rules and blockers found in a clause, each with its first word and the word after its last."""
    rows = chart(clause.symbols, lexicon)
    return [
        (symbol[1:], start, end)
        for start, row in enumerate(rows)
        for symbol, ends in row.items()
        if symbol[0] == RULE
        for end in ends
    ]


def blocked_by(
    rule: Rule, match: Match, blockers: Blockers, clauses: list[Clause], lexicon: Lexicon, nows: set[int]
) -> str:
    """The name and the words of the first blocker that stops this rule here, or ""."""
    for name in rule.blocked_by:
        if name not in blockers or (match.clause in nows and name.startswith(("habit", "past"))):
            continue  # "every night, and he is doing it now" is now
        scope, where = lexicon.scopes[name], blockers[name]
        reach = where if scope in ("sentence", "message") else (match.clause - 1, match.clause, match.clause + 1)
        for blocker in (blocker for number in reach for blocker in where.get(number, ())):
            if scope == "message" or stops(scope, blocker, match, clauses):
                return f'{name}: "{" ".join(clauses[blocker.clause].words[blocker.start : blocker.end])}"'
    return ""


def stops(scope: str, blocker: Match, match: Match, clauses: list[Clause]) -> bool:
    """Whether a blocker of this scope reaches the match from its own clause or the one beside it."""
    here, there = clauses[match.clause], clauses[blocker.clause]
    same = blocker.clause == match.clause
    if scope == "sentence":
        return here.sentence == there.sentence
    if scope == "clause":
        near = abs(blocker.clause - match.clause) == 1 and here.sentence == there.sentence
        return same or (near and len(there.words) <= SHORT and not there.whole)
    if scope == "after":
        return same and blocker.start <= match.start
    if scope == "leads":
        leads = blocker.clause == match.clause - 1 and here.sentence == there.sentence and blocker.start <= 1
        return (same and blocker.start <= match.start) or leads
    if not same:
        return False
    if scope == "before":
        return match.start - BEFORE <= blocker.start < match.start
    return blocker.start < match.end and match.start < blocker.end
