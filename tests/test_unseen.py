"""Messages that no rule was written for: how well rules carry over to other wording.

Whoever writes rules keeps away from `cases/unseen`: only its figures are looked at. The floors are what was reached;
they rise with the rules and never fall.
"""

from __future__ import annotations

import pytest
from understanding_cases import CASES, Case, cases

from bot.understanding import Reading, read


@pytest.fixture(scope="module")
def judged(knowledge) -> list[tuple[Case, Reading]]:
    return [(case, read(case.text, knowledge)) for case in cases(CASES / "unseen" / "typed.csv")]


def test_danger_is_found(judged):
    found = [reading.danger for case, reading in judged if case.danger]
    assert sum(found) / len(found) >= 0.98


def test_alarms_are_mostly_right(judged):
    right = [case.danger for case, reading in judged if reading.danger and "highrisk" not in case.notes]
    assert sum(right) / len(right) >= 0.88


def test_high_risk_is_recognised(judged):
    found = [reading.high_risk or reading.danger for case, reading in judged if "highrisk" in case.notes]
    assert sum(found) / len(found) >= 0.86


def test_other_languages_are_recognised(judged):
    found = [reading.danger for case, reading in judged if case.danger and "language" in case.notes]
    assert sum(found) / len(found) >= 0.95
