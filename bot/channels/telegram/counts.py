"""What is counted while the bot runs: how often things happen, never to whom, where, or with which words."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds

totals: Counter[tuple[str, str]] = Counter()  # by name and kind; a kind is a place, a refusal or an outcome
took = [0] * (len(BUCKETS) + 1)  # how often the work in a chat took up to so long; the last is longer still
spent = [0.0]  # seconds, all together


def count(name: str, kind: str = "", by: int = 1) -> None:
    """Something has happened."""
    totals[name, kind] += by


def timed(seconds: float) -> None:
    """The work in a chat took so long."""
    took[bisect_left(BUCKETS, seconds)] += 1
    spent[0] += seconds
