"""Whatever else is said beside it, danger stays danger."""

from __future__ import annotations

import pytest
from understanding_cases import CASES, cases

from bot.understanding import read

EVERYDAY = [line for line in (CASES / "everyday.txt").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]


@pytest.fixture(scope="module")
def cries(knowledge) -> list[str]:
    """Some of the English cases of danger that are found when they stand alone."""
    every = [case for path in sorted(CASES.glob("typed_*.csv")) for case in cases(path)]
    danger = [case.text for case in every if case.danger and "language" not in case.notes]
    return [text for text in danger[::97] if read(text, knowledge).danger]


@pytest.mark.parametrize(("form", "floor"), [
    ("{cry}. {more}", 0.99), ("{more}. {cry}", 0.99), ("{more}, {cry}", 0.97), ("{cry} and {more}", 0.97),
])  # fmt: skip
def test_an_everyday_sentence_takes_no_danger_away(form, floor, cries, knowledge):
    kept = [read(form.format(cry=cry, more=more), knowledge).danger for cry in cries for more in EVERYDAY]
    assert len(kept) > 500
    assert sum(kept) / len(kept) >= floor
