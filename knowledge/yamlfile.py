"""Reads YAML as strings with line numbers, and names every fault by file and line.

The plain loader would turn `01216265442`, `9:00` and `no` into other things, so every scalar stays the string that was
written. This is the only module that imports `yaml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path

import yaml

try:
    from yaml import CBaseLoader as Loader
except ImportError:  # PyYAML built without libyaml: slower, same result
    from yaml import BaseLoader as Loader  # type: ignore[assignment]


SPACES = "check the spaces at the start of the line, and that a colon stands after the key"


class FaultError(Exception):
    """Data that cannot be used: `lines` holds every fault found, each `file:line: message`."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = list(lines)
        super().__init__("\n".join(self.lines))


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar as written, with the line it stands on (from 1)."""

    value: str
    line: int


@dataclass(slots=True)
class Entry:
    """A mapping of a YAML file. Each key that is asked for counts as known; `close` reports the others.

    `faults` is shared by all entries of one loading, so that one run names every fault.
    """

    file: str
    line: int
    items: Mapping[str, Text | list[object] | Entry]
    lines: Mapping[str, int]
    faults: list[str]
    asked: set[str] = field(default_factory=set)

    def fault(self, message: str, line: int | None = None) -> None:
        """Notes a fault of this entry, or of the given line of its file."""
        one_line = message.replace("\n", " ")  # what is quoted may run over several
        self.faults.append(f"{self.file}:{line or self.line}: {one_line}")

    def has(self, key: str) -> bool:
        """Whether the key is there; asking makes it known."""
        self.asked.add(key)
        return key in self.items

    def keys(self) -> list[str]:
        """All keys in the order written; asking for them makes them all known."""
        self.asked.update(self.items)
        return list(self.items)

    def line_of(self, key: str) -> int:
        """The line of a key, or of the entry where the key is absent."""
        return self.lines.get(key, self.line)

    def text(self, key: str, default: str | None = None) -> str:
        """The string at `key`; a missing key without default, or another shape, is a fault and gives ""."""
        self.asked.add(key)
        item = self.items.get(key)
        if item is None:
            if default is None:
                self.fault(f"missing key '{key}'")
            return default or ""
        if not isinstance(item, Text):
            self.fault(f"'{key}' must be a text", self.line_of(key))
            return default or ""
        return item.value

    def choice(self, key: str, allowed: Iterable[str], default: str | None = None) -> str:
        """The string at `key`, which must be one of `allowed`."""
        value = self.text(key, default)
        known = list(allowed)
        if self.has(key) and value not in known:
            self.fault(f"'{key}' is '{value}', must be one of: {', '.join(known)}", self.line_of(key))
        return value

    def number(self, key: str, default: int | None = None) -> int | None:
        """The whole number at `key`, or the default."""
        if not self.has(key):
            return default
        value = self.text(key)
        if not value.isdecimal():
            self.fault(f"'{key}' must be a whole number", self.line_of(key))
            return default
        return int(value)

    def texts(self, key: str, allowed: Iterable[str] | None = None) -> tuple[str, ...]:
        """The list of strings at `key`, empty where absent; each must be one of `allowed` if given."""
        self.asked.add(key)
        item = self.items.get(key)
        if item is None:
            return ()
        if not isinstance(item, list) or not all(isinstance(t, Text) for t in item):
            self.fault(f"'{key}' must be a list of texts", self.line_of(key))
            return ()
        found = [t for t in item if isinstance(t, Text)]
        known = None if allowed is None else set(allowed)
        for t in found:
            if known is not None and t.value not in known:
                self.fault(f"unknown '{t.value}' in '{key}'", t.line)
        return tuple(t.value for t in found)

    def entry(self, key: str) -> Entry | None:
        """The mapping at `key`, or None where absent."""
        self.asked.add(key)
        item = self.items.get(key)
        if item is None:
            return None
        if not isinstance(item, Entry):
            self.fault(f"'{key}' must be a mapping", self.line_of(key))
            return None
        return item

    def entries(self, key: str) -> list[Entry]:
        """The list of mappings at `key`, empty where absent."""
        self.asked.add(key)
        item = self.items.get(key)
        if item is None:
            return []
        if not isinstance(item, list) or not all(isinstance(e, Entry) for e in item):
            self.fault(f"'{key}' must be a list of mappings", self.line_of(key))
            return []
        return [e for e in item if isinstance(e, Entry)]

    def every_text(self) -> Iterator[Text]:
        """All strings in this entry and those below it."""
        left: list[object] = list(self.items.values())
        while left:
            item = left.pop()
            if isinstance(item, Text):
                yield item
            else:
                left += item.items.values() if isinstance(item, Entry) else item if isinstance(item, list) else []

    def close(self) -> None:
        """Reports every key that nobody asked for: a renamed or misspelt key must not pass in silence."""
        for key in self.items:
            if key not in self.asked:
                self.fault(f"unknown key '{key}'", self.line_of(key))


def read(path: Path | Traversable, faults: list[str], name: str | None = None) -> Entry:
    """The mapping a YAML file holds. What cannot be read is a fault and gives an empty entry.

    `name` is how messages call the file (default: its own name).
    """
    shown = name or path.name
    empty = Entry(shown, 1, {}, {}, faults)
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        line, column = (error.problem_mark.line, error.problem_mark.column) if error.problem_mark else (0, 0)
        faults.append(f"{shown}:{line + 1}: {_plain(error.problem or '', [*text.split(chr(10)), ''][line], column)}")
        return empty
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        faults.append(f"{shown}:1: cannot be read ({type(error).__name__})")
        return empty
    if not isinstance(node, yaml.MappingNode):
        faults.append(f"{shown}:1: must be a mapping of keys")
        return empty
    return _mapping(node, shown, faults)


def _plain(problem: str, line: str, column: int) -> str:
    """What the parser says, in plain words; it stopped in this line at this column (from 0)."""
    if "\t" in line[: column + 1]:
        return "a tab stands here: use spaces"
    if "mapping values are not allowed" in problem:
        colons = line[: column + 1].count(": ") + line[: column + 1].endswith(":")
        return "put quotes round a text that has a colon" if colons > 1 else SPACES
    if "cannot start any token" in problem:
        return f"put quotes round a text that begins with {line[column : column + 1]}"
    if "']'" in problem or "'}'" in problem:
        return "a bracket is not closed, or a comma is missing, here or above"
    if "scalar" in problem or "unexpected end of stream" in problem:
        return "a quotation mark is not closed, here or above"
    return SPACES if "find expected" in problem else problem or "not YAML"


def _build(node: yaml.Node, file: str, faults: list[str]) -> Text | list[object] | Entry:
    if isinstance(node, yaml.SequenceNode):
        return [_build(child, file, faults) for child in node.value]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, file, faults)
    return Text(str(node.value), node.start_mark.line + 1)


def _mapping(node: yaml.MappingNode, file: str, faults: list[str]) -> Entry:
    items: dict[str, Text | list[object] | Entry] = {}
    lines: dict[str, int] = {}
    for key, value in node.value:
        at = key.start_mark.line + 1
        name = str(key.value)
        if name in items:
            faults.append(f"{file}:{at}: duplicate key '{name}'")
            continue
        items[name] = _build(value, file, faults)
        lines[name] = at
    return Entry(file, node.start_mark.line + 1, items, lines, faults)
