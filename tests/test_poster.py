"""The poster: which address it opens, and files that can be made of it."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import AFTERNOON

from bot.dialogue import Start, answer, decode
from bot.poster import PosterError, address, main
from knowledge.model import Knowledge


def test_every_area_opens_the_start_screen_at_that_area(knowledge: Knowledge) -> None:
    known = knowledge.areas
    for area in [*known.area_of, *known.nations]:
        opens = address("quiet_list_bot", area, knowledge)
        found = re.fullmatch(r"https://t\.me/quiet_list_bot\?start=([A-Za-z0-9_-]{1,64})", opens)
        assert found, opens
        state = answer(Start(found[1]), None, knowledge, AFTERNOON).state
        assert dict(state.answers) == {"area": known.group_of.get(area, area)} == dict(decode(found[1]).answers)
        assert state.place == "start"


def test_svg_and_png_can_be_written(tmp_path: Path) -> None:
    for name in ("a.svg", "a.PNG"):
        assert main(["--area", "hertfordshire", "--out", str(tmp_path / name), "--bot", "@quiet_list_bot"]) == 0
    assert ElementTree.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")
    assert (tmp_path / "a.PNG").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("arguments", [
    ["--area", "atlantis", "--out", "x.svg", "--bot", "quiet_list_bot"],
    ["--area", "dudley", "--out", "x.pdf", "--bot", "quiet_list_bot"],
    ["--area", "dudley", "--out", "/dev/null/x.svg", "--bot", "quiet_list_bot"],
    ["--area", "dudley", "--out", "x.svg", "--bot", "no bot"],
    ["--area", "dudley", "--out", "x.svg"],
])  # fmt: skip
def test_what_cannot_be_made_is_one_line(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DOORWAY_BOT_TOKEN", raising=False)
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("poster: ")
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_wrong_usage_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert main(["--help"]) == 0
    assert "--area" in capsys.readouterr().out


def test_a_name_is_checked(knowledge: Knowledge) -> None:
    with pytest.raises(PosterError):
        address("x?start=y", "dudley", knowledge)
