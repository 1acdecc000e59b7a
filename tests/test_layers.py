"""Arrows between rooms run one way only, and each outside thing is imported in one place."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from conftest import PROJECT

# Each room may import itself and the rooms named here.
ROOMS = {
    "seeds": (),
    "knowledge": ("seeds",),
    "bot.words": ("knowledge",),
    "bot.understanding": ("knowledge", "bot.words"),
    "bot.dialogue": ("knowledge", "bot.words", "bot.understanding"),
    "bot.forgetting": ("knowledge", "bot.words", "bot.dialogue"),
    "bot.settings": (),
    "bot.channels": ("knowledge", "bot.words", "bot.dialogue", "bot.forgetting", "bot.settings"),
    "bot.poster": ("knowledge", "bot.words", "bot.dialogue", "bot.channels", "bot.settings"),
}
PURE = ("bot.dialogue", "bot.understanding")
IMPURE = {"asyncio", "socket", "sqlite3", "time", "os", "random", "subprocess", "tempfile", "logging", "threading"}
ONLY_IN = {
    "yaml": r"knowledge\.yamlfile",
    "telegram": r"bot\.channels\.telegram(\..*)?",
    "aiohttp": r"bot\.channels\.telegram(\..*)?",
    "aiosqlite": r"bot\.forgetting\.\w+",
    "redis": r"bot\.forgetting\.shared",
    "prometheus_client": r"bot\.channels\.telegram\.metrics",
    "prompt_toolkit": r"bot\.channels\.terminal",
    "os": r"bot\.(settings|forgetting\.\w+|channels\.telegram\.\w+)",
}


def modules() -> dict[str, Path]:
    found = {}
    for folder in ("seeds", "knowledge", "bot"):
        for path in (PROJECT / folder).rglob("*.py"):
            parts = path.relative_to(PROJECT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def room(name: str) -> str:
    return next((r for r in sorted(ROOMS, key=len, reverse=True) if name == r or name.startswith(r + ".")), "")


MODULES = modules()


@pytest.mark.parametrize("name", sorted(MODULES))
def test_arrows_run_one_way(name):
    here = room(name)
    if not here:
        assert name in ("bot", "bot.__main__"), f"{name} is in no room"
        return
    for imported in imports(MODULES[name]):
        there = room(imported)
        assert not there or there == here or there in ROOMS[here], f"{name} imports {imported}"
        if there == "" and imported.split(".")[0] == "bot":
            pytest.fail(f"{name} imports {imported}")


@pytest.mark.parametrize("name", sorted(MODULES))
def test_outside_things_come_in_at_one_door(name):
    for imported in imports(MODULES[name]):
        top = imported.split(".")[0]
        assert re.fullmatch(ONLY_IN.get(top, ".*"), name), f"{name} imports {imported}"
        if room(name) in PURE:
            assert top not in IMPURE or name.endswith("__main__"), f"{name} imports {imported}"


def test_the_environment_is_read_in_one_module():
    readers = {name for name, path in MODULES.items() if re.search(r"\benviron\b|\bgetenv\b", path.read_text("utf-8"))}
    assert readers <= {"bot.settings"}


def test_each_library_of_the_rule_is_really_used():
    used = {name.split(".")[0] for path in MODULES.values() for name in imports(path)}
    assert {"yaml", "prompt_toolkit"} <= used
