"""The engine alone: questions and results, against a turn of RiveScript; and its cost as the directory grows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from statistics import mean
from types import MappingProxyType
from zoneinfo import ZoneInfo

from measure import PEERS, engines, in_turns, seconds, table

from bot.dialogue import Tap, answer, lists, talk
from knowledge import find
from knowledge.load import load
from knowledge.model import Knowledge

NOW = datetime(2026, 11, 18, 14, 0, tzinfo=ZoneInfo("Europe/London"))
WALK = ("gr_sta", "wh_nst", "ne_nst-me", "ur_nst-me-tk", "re_nst-me-tk-ut")  # area, group, who, need, urgency, results
TIMES = 20


def walk(knowledge: Knowledge, minutes: bool = False, anew: bool = False) -> Callable[[], None]:
    """Taps from the first question to the results: again, or each walk in a later of the `minutes`, or drawn `anew`."""
    later = count()

    def go() -> None:
        for _ in range(TIMES):
            now = NOW + timedelta(minutes=next(later)) if minutes else NOW
            if anew:
                talk._tapped.cache_clear()
            for token in WALK:
                answer(Tap(token), None, knowledge, now)

    return go


def alone() -> None:
    """One turn of the engine against one turn of RiveScript."""
    knowledge, turns = load(), TIMES * len(WALK)
    ways = (
        ("no screen known, hours and lists of the minute known", walk(knowledge, anew=True)),
        ("the first of a new minute: hours, lists and results anew", walk(knowledge, minutes=True)),
        ("drawn before", walk(knowledge)),
    )
    print("### The engine alone: three questions, urgency and results, a turn\n")
    if not PEERS.exists():
        table(("turn", "us"), ((name, f"{min(seconds(go) for _ in range(30)) / turns * 1e6:.1f}") for name, go in ways))
        return
    theirs = engines()["rivescript_machine"](0)  # type: ignore[operator]
    rows = []
    for name, go in ways:
        ours, peer, ratio = in_turns(go, theirs)
        rows.append((name, f"{ours / turns * 1e6:.1f}", f"{peer / 200 * 1e6:.1f}", f"{ratio * 200 / turns:.2f}"))
    table(("turn", "us", "RiveScript us", "x RiveScript (at least 0.8, aim 0.4)"), rows)


def grown(knowledge: Knowledge, times: int) -> Knowledge:
    """A directory so many times as large: the local services again in other areas."""
    services = dict(knowledge.services)
    local = [s for s in services.values() if set(s.areas) & set(knowledge.areas.area_of)]
    while len(services) < times * len(knowledge.services):
        for one in local:
            copy = f"{one.id}-{len(services)}"
            services[copy] = replace(one, id=copy, areas=(f"area-{len(services) // len(local)}",))
    return replace(knowledge, services=MappingProxyType(services))


def by_services() -> None:
    """What the results of one place cost as the directory grows elsewhere."""
    small, rows = load(), []
    for times in (1, 10, 100):
        knowledge = grown(small, times)

        def results(knowledge: Knowledge = knowledge) -> None:
            for cache in (talk._tapped, lists._fill, find._find, find._fitting):
                cache.cache_clear()
            for token in WALK:
                answer(Tap(token), None, knowledge, NOW)

        first = seconds(results)
        taken = mean(sorted(seconds(results) for _ in range(200))[:100])
        rows.append((f"{len(knowledge.services):,}", f"{taken / len(WALK) * 1e6:.0f}", f"{first * 1e3:.1f}"))
    print("### Cost of a turn by services (nothing kept but hours; the others in other areas)\n")
    table(("services", "us a turn", "first walk ms"), rows)
