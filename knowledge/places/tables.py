"""The tables of names, postcodes and words in `seeds/places`, read once and never changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

from knowledge.yamlfile import FaultError, read

OTHER = "other"
"""The id, in the tables, of a place outside the four nations; an answer leaves the nation empty."""
NATIONS = ("england", "wales", "scotland", "northern-ireland", OTHER)
ABROAD = 30_000
"""Weight of a country or city abroad: a town's, so that it neither swallows slips nor yields to a village."""

WORD_KINDS = (
    "filler", "road", "third", "self", "past", "living", "here", "step", "placing", "leading", "nearness", "link",
    "kind-of-place", "polite", "telling", "month", "month-lead", "talk", "clause", "determiner", "ordinary",
    "people", "common",
)  # fmt: skip
LONGEST_NAME = 7
LONG_ALIAS = 8  # letters

Weights = dict[str, int]
NearNames = dict[tuple[int, str], list[str]]


@dataclass(frozen=True, slots=True)
class Places:
    """The loaded tables. A name's record stays the text of its line until somebody asks for it: that loads fast."""

    names: Mapping[str, str]  # normal name -> "id weight<TAB>id weight", or "nation+nation size"
    aliases: Mapping[str, Mapping[str, int]]  # normal name -> id -> weight
    postcodes: Mapping[str, str]  # "ST7" or "ST7 1" -> "id per-mille<TAB>..."
    outwards: Mapping[str, str]  # outward code -> nation
    words: Mapping[str, frozenset[str]]  # kind of word -> words
    squeezed: NearNames  # (length, first letter) -> names without their spaces
    spaced: Mapping[str, str]  # name without its spaces -> name with them
    area_of: Mapping[str, str]  # area or district id -> area id
    group_of: Mapping[str, str]  # district id -> group id
    groups_in: Mapping[str, int]  # area id -> number of its groups

    def known(self, name: str) -> bool:
        """Whether the normal name is in any table."""
        return name in self.names or name in self.aliases

    def weights(self, name: str) -> Weights:
        """Each place the normal name may mean (area, district or nation elsewhere) with its weight in people."""
        found = _weights(self.names[name]) if name in self.names else {}
        for where, heavy in self.aliases.get(name, {}).items():
            found[where] = max(heavy, found.get(where, 0))
        return found

    def shares(self, code: str) -> Weights:
        """Per-mille of the postcodes of an outward code or sector by place; empty where no served area is touched."""
        return _weights(self.postcodes[code]) if code in self.postcodes else {}

    def is_a(self, kind: str, word: str) -> bool:
        """Whether the word is listed as of that kind."""
        return word in self.words[kind]

    def any_of(self, kinds: Iterable[str], word: str) -> bool:
        """Whether the word is listed as of one of the kinds."""
        return any(word in self.words[kind] for kind in kinds)


def load_places() -> Places:
    """The tables in `seeds/places`; raises ``FaultError`` with a line ``file:line: message`` for each fault."""
    faults: list[str] = []
    area_of, group_of, groups = _areas(faults)
    ids = {*area_of, *NATIONS}
    names = _names(faults, ids)
    aliases = dict(_pairs("aliases.tsv", faults, ids))
    for _, name in _lines("foreign.txt", faults):
        aliases.setdefault(name, {})
        aliases[name] = {**aliases[name], OTHER: ABROAD}
    postcodes = {name: tail for _, name, tail in _split("postcodes.tsv", faults)}
    outwards = {letters + part: nation for letters, nation, parts in _outwards(faults) for part in parts.split()}
    words = _words(faults)
    if faults:
        raise FaultError(faults)
    near = _squeezed([*names, *_long(aliases)])
    return Places(names, aliases, postcodes, outwards, words, *near, area_of, group_of, groups)


def _weights(record: str) -> Weights:
    if record[0] == "=":
        nations, size = record[1:].split(" ")
        return dict.fromkeys(nations.split("+"), round(10 ** (int(size) / 10)))
    parts = (part.split(" ") for part in record.split("\t"))
    return {where: int(heavy) for where, heavy in parts}


def _text(file: str, faults: list[str]) -> str:
    try:
        return (files("seeds") / "places" / file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        faults.append(f"{file}:1: cannot be read ({type(error).__name__})")
        return ""


def _lines(file: str, faults: list[str]) -> Iterator[tuple[int, str]]:
    """The numbered lines of a table without comments and empty ones."""
    for number, line in enumerate(_text(file, faults).split("\n"), 1):
        if line and line[0] != "#":
            yield number, line


def _split(file: str, faults: list[str]) -> Iterator[tuple[int, str, str]]:
    for number, line in _lines(file, faults):
        name, tab, tail = line.partition("\t")
        if tab and tail:
            yield number, name, tail
        else:
            faults.append(f"{file}:{number}: a name, a tab and a value are needed")


def _names(faults: list[str], ids: set[str]) -> dict[str, str]:
    """Served names with their weights, and all other names under the line of their section."""
    names: dict[str, str] = {}
    for number, name, tail in _split("served.tsv", faults):
        names[name] = tail
        if tail.partition(" ")[0] not in ids:
            faults.append(f"served.tsv:{number}: unknown place '{tail}'")
    number = 1
    for section in _text("elsewhere.txt", faults).removesuffix("\n").split("\n="):  # whole sections at once: it is fast
        head, *members = section.split("\n")
        nations, _, size = head.removeprefix("=").partition(" ")
        if not (set(nations.split("+")) <= ids and size.isdecimal()):
            faults.append(f"elsewhere.txt:{number}: must be '=NATION+NATION SIZE'")
        names.update(dict.fromkeys(members, f"={nations} {size}"))
        number += len(members) + 1
    return names


def _pairs(file: str, faults: list[str], ids: set[str]) -> Iterator[tuple[str, Weights]]:
    for number, name, tail in _split(file, faults):
        try:
            found = _weights(tail)
        except ValueError:
            faults.append(f"{file}:{number}: must be 'name<TAB>id weight'")
            continue
        for where in found:
            if where not in ids:
                faults.append(f"{file}:{number}: unknown place '{where}'")
        yield name, {where: heavy for where, heavy in found.items() if heavy}


def _outwards(faults: list[str]) -> Iterator[tuple[str, str, str]]:
    for number, letters, tail in _split("outward.tsv", faults):
        nation, _, parts = tail.partition("\t")
        if nation not in NATIONS:
            faults.append(f"outward.tsv:{number}: unknown nation '{nation}'")
        yield letters, nation, parts


def _words(faults: list[str]) -> dict[str, frozenset[str]]:
    kinds: dict[str, set[str]] = {kind: set() for kind in WORD_KINDS}
    kind = ""
    for number, line in _lines("words.txt", faults):
        if line[0] == "[":
            kind = line.strip("[]")
            if kind not in kinds:
                faults.append(f"words.txt:{number}: unknown kind of word '{kind}'")
                kind = WORD_KINDS[0]
        else:
            kinds[kind or WORD_KINDS[0]].update(line.split())
    faults += [f"words.txt:1: no words of the kind '{name}'" for name, words in kinds.items() if not words]
    return {name: frozenset(words) for name, words in kinds.items()}


def _long(aliases: Iterable[str]) -> list[str]:
    """Aliases that can be misspelt and still known; "Balham" with a slip must not become "bham"."""
    return [name for name in aliases if len(name.replace(" ", "")) >= LONG_ALIAS]


def _squeezed(names: Iterable[str]) -> tuple[NearNames, dict[str, str]]:
    """All names without spaces, by length and first letter; and the names with spaces by that squeezed form."""
    near: NearNames = defaultdict(list)
    spaced: dict[str, str] = {}
    for name in names:
        close = name.replace(" ", "")
        near[len(close), close[0]].append(close)
        if close != name:
            spaced[close] = name
    return dict(near), spaced


def _areas(faults: list[str]) -> tuple[dict[str, str], dict[str, str], dict[str, int]]:
    """Area of each area and district, group of each district, number of groups of each area, from `areas.yaml`."""
    area_of: dict[str, str] = {}
    group_of: dict[str, str] = {}
    groups: dict[str, int] = {}
    for area in read(files("seeds") / "areas.yaml", faults).entries("areas"):
        area_of[area.text("id")] = area.text("id")
        groups[area.text("id")] = len(area.entries("groups"))
        for group in area.entries("groups"):
            for district in group.entries("districts"):
                area_of[district.text("id")] = area.text("id")
                group_of[district.text("id")] = group.text("id")
    return area_of, group_of, groups
