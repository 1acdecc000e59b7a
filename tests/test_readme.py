"""What the READMEs say is true: commands, folders, files and targets exist, and every folder has a door."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from conftest import PROJECT

README = (PROJECT / "README.md").read_text(encoding="utf-8")


def test_every_make_target_it_names_exists():
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"\bmake ([a-z]+)\b", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("package", ["bot", "knowledge"])
def test_every_command_it_lists_exists(package):
    [listed] = re.findall(rf"`python -m {package} ([a-z |]+)`", README)
    helped = subprocess.run([sys.executable, "-m", package, "--help"], cwd=PROJECT, capture_output=True, text=True,
                            timeout=60).stdout  # fmt: skip
    for command in listed.split(" | "):
        assert re.search(rf"^\s+{command}\b", helped, re.MULTILINE), command


def test_every_file_it_names_exists():
    for name in re.findall(r"`((?:bot|knowledge|seeds|tests|deploy)/[\w/.]*)`", README):
        assert (PROJECT / name).exists() or name == "seeds/005.yaml", name


def test_every_folder_of_code_or_data_has_a_door():
    folders = {p.parent for top in ("bot", "knowledge", "seeds", "tests") for p in (PROJECT / top).rglob("*")
               if p.suffix in (".py", ".yaml", ".tsv")}  # fmt: skip
    words_and_tests = {f for f in folders if f.parent.name == "words" or f.parent.name == "tests"}
    without = {f for f in folders - words_and_tests if not (f / "README.md").exists()}
    assert not without


def test_it_says_what_the_bot_is_not():
    for needle in ("no emergency service", "no substitute for advice", "spring 2020", "confirmed", "safeguarding lead"):
        assert re.search(needle.replace(" ", r"\s+"), README), needle
