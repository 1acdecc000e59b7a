"""Opening hours: is a contact open at a given moment, until when, or from when on?

The notation is OpenStreetMap's `opening_hours`, read by opening-hours-py. England's bank holidays stand in
`seeds/bank_holidays.yaml`: opening-hours-py lacks three in every year (New Year's Day, Easter Monday, late summer), and
the package `holidays`, which the list is made from and proven against, loads every country of the world.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, State, validate

from knowledge.model import Schedule
from knowledge.yamlfile import FaultError, read

LONDON = ZoneInfo("Europe/London")
_AHEAD = timedelta(days=60)  # a line that does not open within two months has no "next" worth telling
_HOLIDAY_RULE = re.compile(r"\b[PS]H\b")


@dataclass(frozen=True, slots=True)
class Opening:
    """How a contact stands at one moment.

    `kind` is "24h", "open", "closed", "uncertain" (the documents contradict each other) or "none" (no times known).
    `until` is when an open one closes, `at` when a closed one opens next, both in London time.
    `bank_holiday` says that today is a bank holiday in England and the hours, which never speak of one, may differ.
    """

    kind: str
    until: datetime | None = None
    at: datetime | None = None
    bank_holiday: bool = False


@lru_cache(maxsize=512)
def parsed(notation: str) -> OpeningHours:
    """The parsed notation. Raises ValueError where it is wrong or speaks of holidays."""
    if _HOLIDAY_RULE.search(notation):
        raise ValueError("public and school holidays (PH, SH) are not used")
    if not validate(notation):
        raise ValueError(f"'{notation}' is not opening_hours notation")
    # Without a bound the library looks for a change as far as the year 9999.
    return OpeningHours(notation, timezone=LONDON, max_interval_days=366)


def bank_holidays(year: int) -> frozenset[date]:
    """England's bank holidays of a year; Christmas and Boxing Day count on a weekend too, beside their substitutes.

    Empty for a year that the list does not reach.
    """
    return listed_holidays().get(year, frozenset())


@cache
def listed_holidays() -> Mapping[int, frozenset[date]]:
    """The list of bank holidays by year. Raises FaultError, each fault `file:line: message`."""
    faults: list[str] = []
    sheet = read(files("seeds") / "bank_holidays.yaml", faults, "seeds/bank_holidays.yaml")
    found: dict[int, frozenset[date]] = {}
    for year in sheet.keys():
        try:
            found[int(year)] = frozenset(date.fromisoformat(f"{year}-{day}") for day in sheet.text(year).split())
        except ValueError:
            sheet.fault(f"days of {year} must be written MM-DD, with a space between", sheet.line_of(year))
    if faults:
        raise FaultError(faults)
    return found


def opening(schedule: Schedule | None, now: datetime) -> Opening:
    """How a contact with this schedule stands at `now`, an aware time in any zone."""
    if schedule is None or not schedule.opening_hours:
        return Opening("none")
    return _opening(schedule.opening_hours, now.astimezone(UTC).replace(second=0, microsecond=0))


@lru_cache(maxsize=4096)
def _opening(notation: str, minute: datetime) -> Opening:
    """The answer of a whole minute, which all who ask in it share: hours change on the minute."""
    here = minute.astimezone(LONDON)
    hours = parsed(notation)
    state, _ = hours.state(here)
    change = hours.next_change(here)
    if change is None and state is State.OPEN:
        return Opening("24h")
    holiday = here.date() in bank_holidays(here.year)
    if state is State.OPEN and change is not None:
        return Opening("open", until=_first_after(change, here), bank_holiday=holiday)
    if state is State.UNKNOWN:
        return Opening("uncertain", bank_holiday=holiday)
    return Opening("closed", at=_next_open(hours, here), bank_holiday=holiday)


def _next_open(hours: OpeningHours, here: datetime) -> datetime | None:
    # Through UTC: added on the clock face, the end could fall into the hour that is left out in March.
    end = (here.astimezone(UTC) + _AHEAD).astimezone(LONDON)
    for start, _, state, _ in hours.intervals(here, end):
        if state is State.OPEN:
            return _first_after(start, here)
    return None


def _first_after(moment: datetime, here: datetime) -> datetime:
    """In the hour that is there twice in October the library names the second; the first counts if it is to come."""
    first = moment.replace(fold=0)
    # Compared in UTC: two times of one zone are compared by the clock face alone.
    return first if first.astimezone(UTC) > here.astimezone(UTC) else moment
