"""Which services fit a person: a new local line is found by everybody, a line for some only by them."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import AFTERNOON
from little_sheets import changed, write

from knowledge.find import fitting
from knowledge.load import load


def found(folder: Path, needs: str = "[talk]", areas: str = "[eastshire]", phone: str = "phone: 0300 303 3778") -> bool:
    sheet = changed("    areas: [eastshire]", f"    areas: {areas}")
    sheet = changed("    needs: [talk]", f"    needs: {needs}", sheet)
    line = changed("phone: 0300 303 3778", phone, sheet)
    knowledge = load(write(folder, line, fallbacks="\n".join(f"{b}: [anchor]" for b in BRANCHES)))
    answers = {"area": "port", "who": "me"}
    return "harbour" in [f.service.id for f in fitting(answers, knowledge, AFTERNOON)]


BRANCHES = ("default", "man", "own-behaviour", "young-person", "wales", "scotland", "northern-ireland")


@pytest.mark.parametrize(
    ("needs", "areas", "expected"),
    [
        ("[talk]", "[eastshire]", True),
        ("[talk]", "[port]", True),
        ("[talk, housing]", "[eastshire]", True),
        ("[talk, safety-plan]", "[uk]", True),
        ("[talk]", "[uk]", False),
        ("[talk, stalking]", "[eastshire]", False),
        ("[talk, sexual-violence]", "[eastshire]", False),
        ("[housing]", "[eastshire]", False),
    ],
)
def test_a_local_line_to_talk_to_is_for_everybody(tmp_path: Path, needs: str, areas: str, expected: bool) -> None:
    assert found(tmp_path, needs, areas) is expected


def test_an_address_alone_is_nobody_to_talk_to(tmp_path: Path) -> None:
    assert not found(tmp_path, phone="url: harbour.org")
