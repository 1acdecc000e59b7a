"""Loads the vocabulary that the rules look for and compiles it once.

Each file under `bot/words/en/` named `lexicon_*.yaml` or `patterns_*.yaml` may hold these keys (all optional):

    replace:   {word: replacement}     spelling, text speak, dialect; the replacement may be several words
    also:      {word: [other, ...]}    a word that may stand for others as well ("2" for "to")
    real:      [word, ...]             real words that a spelling correction must leave alone
    verbs:     {CLASS: [verb, ...]}    makes CLASS (plain form), CLASS-S, CLASS-ING, CLASS-ED and CLASS-ANY
    classes:   {CLASS: [pattern, ...]} a name for words and phrases, used inside other patterns
    blockers:  {name: {scope, patterns}}
    rules:     {name: {patterns, ...}}

A pattern is words and class names in a row: `word`, `CLASS`, `a|b` either, `x?` may be missing, `..` up to three words
of any kind; `^` first and `$` last tie it to the start and end of a clause. OPEN-ING, OPEN-ED and OPEN-S are verbs of
any kind with that ending that are not in the class CALM-VERB; NAME is a word that no list knows, such as a person's
name, and NAMED such a word as the subject of its statement ("Dave is"). Nothing repeats, so nothing can blow up.

A rule `gives` labels and `signs`; `blocked-by` names blockers; `needs` names flags of which one must be up; `flag` is
the flag that the rule itself puts up. A blocker's `scope` says how far it reaches: the `clause` (and a fragment beside
it), what comes `after` it, that and the next clause where it `leads`, the words just `before` a match, whatever it
would `overlap`, the `sentence` or the `message`. One that `joins` another stops every rule that names that other.
"""

from __future__ import annotations

import gc
import pickle
import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from sys import intern
from typing import cast

from bot.understanding.folding import fold
from bot.understanding.forms import deletes, inflect
from bot.understanding.reading import COMMANDS, SITUATIONS
from knowledge.model import AUDIENCES
from knowledge.yamlfile import Entry, FaultError, Text, read

SCOPES = ("clause", "sentence", "after", "leads", "message", "before", "overlap")
GAP = ".."
GAP_WORDS = 3
_CLASS = re.compile(r"[A-Z][A-Z0-9-]*\Z")
_WORD = re.compile(r"[a-z0-9]+\Z")
OPEN = ("OPEN-ING", "OPEN-ED", "OPEN-S", "NAME", "NAMED")  # classes that a word's ending gives, see clauses.py
ASKED_FOR = (
    "SUBJECT", "JOINT", "LEADS-IN", "PERSON", "LOST-WILL", "AFTER-WILL", "AFTER-WERE", "TAKES-S", "DET", "CALM-VERB",
    "ENDS-ALONE", "FINITE", "HANGS", "OPENS", "POINTS-BACK", "KISS",
)  # fmt: skip
"""Classes whose words Python looks at itself, in clauses.py."""
LABELS = frozenset((*SITUATIONS, *AUDIENCES, *COMMANDS))
FUZZY = "FUZZY"  # the class of key words that a typing slip must not hide
FEW = 8  # patterns that go on from one symbol and stay apart
RULE = "#"  # a symbol that starts so is a rule or a blocker, not a class


End = tuple[str, bool, bool]  # what ends here: a symbol, tied to the start, tied to the end


class Node:
    """A point in the net of all patterns: where each symbol leads, what ends here, and what follows a gap."""

    __slots__ = ("gaps", "next", "out")

    def __init__(self, after: dict[str, Nodes], out: tuple[End, ...], gaps: Nodes) -> None:
        self.next, self.out, self.gaps = after, out, gaps


Nodes = tuple[Node, ...]
NOWHERE: dict[str, Nodes] = {}  # one for all ends


Span = tuple[int, int, int]  # patterns in their order, from here to before there, that are alike in so many parts


class Net:
    """Makes the net of all patterns. `options` are the symbols of each part of a pattern.

    Where many patterns go on from a symbol, one point stands for all of them, so that a reader need not try each. Where
    few do they stay apart: a point for each set of patterns would be needed, and there are too many sets. Points that
    are alike, as most ends are, are there once.
    """

    def __init__(self) -> None:
        self.options: dict[str, tuple[str, ...]] = {}
        self._patterns: list[tuple[tuple[str, ...], End]] = []
        self._made: dict[Span | tuple[Span, ...], Nodes] = {}
        self._alike: dict[tuple[object, ...], Node] = {}
        self._rows: dict[Nodes, Nodes] = {}  # rows of points that are alike are there once, too
        self._ends: dict[End, End] = {}

    def add(self, parts: Iterable[str], end: End) -> None:
        """Takes in a pattern."""
        self._patterns.append((tuple(map(intern, parts)), self._ends.setdefault(end, end)))

    def made(self) -> Node:
        """The point where every pattern begins."""
        self._patterns = sorted(set(self._patterns))
        return self._point([(0, len(self._patterns), 0)])

    def _points(self, spans: list[Span]) -> Nodes:
        if len(spans) > 1:
            spans = list(dict.fromkeys(spans))
        key = tuple(spans) if len(spans) > 1 else spans[0]
        nodes = self._made.get(key)
        if nodes is None:
            apart = 1 < len(spans) <= FEW
            nodes = tuple(self._points([span])[0] for span in spans) if apart else (self._point(spans),)
            nodes = self._made[key] = self._rows.setdefault(nodes, nodes)
        return nodes

    def _point(self, spans: list[Span]) -> Node:
        steps: dict[str, list[Span]] = {}
        out: dict[End, None] = {}
        gaps: list[Span] = []
        for span in spans:  # grows where a part may be missing
            for part, rest in self._parts(span, out):
                if part == GAP:
                    gaps.append(rest)
                    continue
                for option in self.options[part]:
                    steps.setdefault(option, []).append(rest)
                if part.endswith("?") and rest not in spans:
                    spans.append(rest)
        after = {symbol: self._points(rests) for symbol, rests in steps.items()}
        follow = self._points(gaps) if gaps else ()
        key = (tuple(out), follow, tuple(after), tuple(after.values()))
        node = self._alike.get(key)
        if node is None:
            node = self._alike[key] = Node(after or NOWHERE, key[0], follow)
        return node

    def _parts(self, span: Span, out: dict[End, None]) -> Iterator[tuple[str, Span]]:
        """The parts that come next in these patterns, each with its patterns; those at their end go to `out`."""
        at, end, depth = span
        patterns = self._patterns
        while at < end and len(patterns[at][0]) == depth:
            out[patterns[at][1]] = None
            at += 1
        while at < end:
            first, part = at, patterns[at][0][depth]
            while at < end and patterns[at][0][depth] == part:
                at += 1
            yield part, (first, at, depth + 1)


@dataclass(frozen=True, slots=True)
class Rule:
    """What follows when one of a rule's patterns is found.

    `kind` is the file's part of the name ("danger", "situation" ...). `needs` are message flags of which one must hold,
    `blocked_by` names blockers; `gives` labels, `signs` as in Reading.
    """

    name: str
    kind: str
    gives: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    blocked_by: tuple[str, ...] = ()
    flag: str = ""


@dataclass(slots=True)
class Lexicon:
    """The compiled vocabulary; read only after loading."""

    root: Node = field(default_factory=lambda: Node({}, (), ()))
    units: dict[str, tuple[End, ...]] = field(default_factory=dict)
    replace: dict[str, tuple[str, ...]] = field(default_factory=dict)
    also: dict[str, tuple[str, ...]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    fuzzy: dict[str, tuple[str, ...]] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)  # class -> its single words
    rules: dict[str, Rule] = field(default_factory=dict)
    scopes: dict[str, str] = field(default_factory=dict)


class Builder:
    """Collects the parts of all files, then compiles them; faults carry file and line."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.lexicon = Lexicon()
        self.classes: dict[str, list[tuple[Entry, Text]]] = {}
        self.patterns: list[tuple[str, Entry, Text]] = []
        self.units: dict[str, list[End]] = {}
        self.net = Net()
        self.real: set[str] = set()
        self.joins: list[tuple[str, str]] = []
        self.entries: dict[str, Entry] = {}  # where each rule stands

    def _list(self, entry: Entry, key: str) -> list[Text]:
        item = entry.items.get(key)
        entry.asked.add(key)
        if not isinstance(item, list) or not all(isinstance(t, Text) for t in item):
            entry.fault(f"'{key}' must be a list of texts", entry.line_of(key))
            return []
        return [t for t in item if isinstance(t, Text)]

    def add(self, part: Entry, kind: str) -> None:
        """Takes in one file."""
        self._words(part)
        if verbs := part.entry("verbs"):
            for name in verbs.keys():
                for text in self._list(verbs, name):
                    self._verb(name, verbs, text)
        if classes := part.entry("classes"):
            for name in classes.keys():
                for text in self._list(classes, name):
                    self._member(name, classes, text)
        if blockers := part.entry("blockers"):
            for name in blockers.keys():
                self._blocker(name, blockers)
        if rules := part.entry("rules"):
            for name in rules.keys():
                self._rule(name, kind, rules)
        part.close()

    def _words(self, part: Entry) -> None:
        lexicon = self.lexicon
        if table := part.entry("replace"):
            for word in table.keys():
                lexicon.replace[fold(word).replace("'", "")] = tuple(table.text(word).split())
        if table := part.entry("also"):
            for word in table.keys():
                lexicon.also[word] = tuple(t.value for t in self._list(table, word))
        self.real.update(part.texts("real"))

    def _verb(self, name: str, entry: Entry, text: Text) -> None:
        for suffix, forms in zip(("", "-S", "-ING", "-ED"), inflect(text.value), strict=True):
            for form in forms:
                self._member(name + suffix, entry, Text(form, text.line))
                self._member(name + "-ANY", entry, Text(form, text.line))

    def _member(self, name: str, entry: Entry, text: Text) -> None:
        if not _CLASS.match(name):
            entry.fault(f"a class is named in capitals, not '{name}'", text.line)
        self.classes.setdefault(name, []).append((entry, text))

    def _blocker(self, name: str, blockers: Entry) -> None:
        entry = blockers.entry(name)
        if entry is None:
            return
        scope = entry.choice("scope", SCOPES)
        if self.lexicon.scopes.setdefault(name, scope) != scope:
            entry.fault(f"blocker '{name}' has another scope in another file")
        for other in entry.texts("joins"):
            self.joins.append((name, other))
        for text in self._list(entry, "patterns"):
            self.patterns.append((RULE + name, entry, text))
        entry.close()

    def _rule(self, name: str, kind: str, rules: Entry) -> None:
        entry = rules.entry(name)
        if entry is None:
            return
        if name in self.lexicon.rules:
            entry.fault(f"rule '{name}' is there twice")
        self.entries[name] = entry
        self.lexicon.rules[name] = Rule(
            name, kind, entry.texts("gives"), entry.texts("signs"), entry.texts("needs"),
            entry.texts("blocked-by"), entry.text("flag", ""),
        )  # fmt: skip
        for text in self._list(entry, "patterns"):
            self.patterns.append((RULE + name, entry, text))
        entry.close()

    def finish(self) -> Lexicon:
        """Compiles everything; raises FaultError naming every fault."""
        for name, members in self.classes.items():
            for entry, text in members:
                self._compile(name, entry, text)
        for name, entry, text in self.patterns:
            self._compile(name, entry, text)
        flags = {rule.flag for rule in self.lexicon.rules.values()}
        for rule in self.lexicon.rules.values():
            self._known_names(rule, "blocked-by", rule.blocked_by, self.lexicon.scopes)
            self._known_names(rule, "needs", rule.needs, flags)
            self._known_names(rule, "gives", rule.gives, LABELS)
        if self.faults:
            raise FaultError(self.faults)
        for name, rule in self.lexicon.rules.items():
            joined = tuple(new for new, old in self.joins if old in rule.blocked_by)
            if joined:
                self.lexicon.rules[name] = replace(rule, blocked_by=rule.blocked_by + joined)
        self.lexicon.units = {symbol: tuple(out) for symbol, out in self.units.items()}
        self._known()
        self.lexicon.root = self.net.made()
        words = self.lexicon.members
        self.lexicon.members = {name: words.get(name, set()) for name in ASKED_FOR}
        return self.lexicon

    def _known_names(self, rule: Rule, key: str, names: Iterable[str], known: Container[str]) -> None:
        """Notes each name that a rule gives under a key and nobody knows: the rule would silently do nothing."""
        entry = self.entries[rule.name]
        for name in names:
            if name not in known:
                entry.fault(f"rule '{rule.name}': nothing is called '{name}' that '{key}' may name", entry.line_of(key))

    def _known(self) -> None:
        lexicon = self.lexicon
        for _ in range(4):  # classes within classes are at most so deep
            for part, outs in self.units.items():
                for name, _, _ in outs:
                    if part in lexicon.members:
                        lexicon.members.setdefault(name, set()).update(lexicon.members[part])
        for words in lexicon.replace.values():
            lexicon.known.update(words)
        for others in lexicon.also.values():
            lexicon.known.update(others)
        lexicon.known.update(lexicon.replace, lexicon.also, self.real)
        for word in sorted(lexicon.members.get(FUZZY, ())):
            for form in deletes(word):
                lexicon.fuzzy[form] = (*lexicon.fuzzy.get(form, ()), word)

    def _compile(self, name: str, entry: Entry, text: Text) -> None:
        """Puts one pattern into the net under the symbol that it stands for."""
        parts = text.value.split()
        start, end = parts[:1] == ["^"], parts[-1:] == ["$"]
        parts = parts[start : len(parts) - end]
        if not parts or GAP in (parts[0], parts[-1]):
            entry.fault(f"bad pattern '{text.value}': must begin and end with a word", text.line)
            return
        ends = (name, start, end)
        if len(parts) == 1 and not parts[0].endswith("?"):
            for option in self._options(parts[0], entry, text):
                if not _CLASS.match(option):
                    self.lexicon.members.setdefault(name, set()).add(option)
                if ends not in self.units.setdefault(option, []):
                    self.units[option].append(ends)
            return
        for part in parts:
            if part != GAP:
                self._options(part, entry, text)
        if all(part.endswith("?") for part in parts):
            entry.fault(f"bad pattern '{text.value}': every word of it may be missing", text.line)
            return
        self.net.add(parts, ends)

    def _options(self, part: str, entry: Entry, text: Text) -> tuple[str, ...]:
        """The symbols of a part of a pattern, looked through the first time that it is met."""
        if part in self.net.options:
            return self.net.options[part]
        options = tuple(map(intern, part.removesuffix("?").split("|")))
        for option in options:
            if _CLASS.match(option):
                if option not in self.classes and option not in OPEN:
                    entry.fault(f"unknown class '{option}' in pattern '{text.value}'", text.line)
                    return options
            elif _WORD.match(option):
                self.lexicon.known.add(option)
            else:
                entry.fault(f"bad pattern '{text.value}': '{option}'", text.line)
                return options
        self.net.options[part] = options
        return options


def load(parts: Iterable[tuple[Entry, str]], faults: list[str] | None = None) -> Lexicon:
    """Compiles the given files (each with its kind). Raises FaultError with every fault as `file:line: message`."""
    builder = Builder()
    builder.faults = faults if faults is not None else []
    for part, kind in parts:
        builder.add(part, kind)
    if builder.faults:  # what is in a broken file is missed everywhere: one fault would make a hundred
        raise FaultError(builder.faults)
    return builder.finish()


@lru_cache(maxsize=1)
def english() -> Lexicon:
    """The English vocabulary of `bot/words/en`, compiled on first use."""
    collecting = gc.isenabled()
    gc.disable()  # a third of the time would go into looking for garbage where there is none yet
    try:
        # Compiling needs several times what stays, and leaves that scattered: a copy in one piece lets the rest go.
        packed = pickle.dumps(_compile(), protocol=pickle.HIGHEST_PROTOCOL)
        gc.collect()
        return cast(Lexicon, pickle.loads(packed))  # noqa: S301 - what was packed a line above
    finally:
        if collecting:
            gc.enable()


def _compile() -> Lexicon:
    faults: list[str] = []
    return load(_files(faults), faults)


def _files(faults: list[str]) -> Iterator[tuple[Entry, str]]:
    """The files one after the other, so that only one is held while it is read."""
    for path in sorted((files("bot.words") / "en").iterdir(), key=lambda p: p.name):
        kind, _, rest = path.name.partition("_")
        if kind in ("lexicon", "patterns") and path.name.endswith(".yaml"):
            yield read(path, faults, f"bot/words/en/{path.name}"), rest.removesuffix(".yaml")
