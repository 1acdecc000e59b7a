"""Opening hours at the edges: minutes, weekends, bank holidays, both clock changes, contradictions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from holidays import country_holidays
from hypothesis import given
from hypothesis import strategies as st

from knowledge.hours import LONDON, Opening, bank_holidays, listed_holidays, opening, parsed
from knowledge.model import Knowledge, Schedule, Source

OFFICE = "Mo-Fr 09:00-17:00"
HERTS = "Mo-Fr 09:00-21:00; Sa-Su 09:00-16:00"
BEACON = "Mo-Fr 08:00-18:00, We 18:00-20:00 unknown"


def at(notation: str, when: str | datetime) -> Opening:
    moment = datetime.fromisoformat(when).replace(tzinfo=LONDON) if isinstance(when, str) else when
    return opening(Schedule(notation, "as printed", Source("000", 1, "", "", "", "")), moment)


def clock(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="minutes")


def test_no_schedule_or_no_times_is_not_closed() -> None:
    assert opening(None, datetime.now(UTC)) == Opening("none")
    assert at("", "2026-11-18T12:00") == Opening("none")


@pytest.mark.parametrize("notation", ["24/7", "Mo-Su 00:00-24:00"])
def test_day_and_night_is_never_told_to_differ(notation: str) -> None:
    assert at(notation, "2026-12-25T03:00") == Opening("24h")


@pytest.mark.parametrize(
    ("notation", "when", "kind", "change"),
    [
        (OFFICE, "2026-11-18T08:59:59", "closed", "2026-11-18T09:00+00:00"),
        (OFFICE, "2026-11-18T09:00:00", "open", "2026-11-18T17:00+00:00"),
        (OFFICE, "2026-11-18T16:59:59", "open", "2026-11-18T17:00+00:00"),
        (OFFICE, "2026-11-18T17:00:00", "closed", "2026-11-19T09:00+00:00"),
        (OFFICE, "2026-11-20T17:00:00", "closed", "2026-11-23T09:00+00:00"),  # Friday evening: Monday
        (OFFICE, "2026-11-21T12:00:00", "closed", "2026-11-23T09:00+00:00"),
        (HERTS, "2026-11-21T12:00:00", "open", "2026-11-21T16:00+00:00"),
        (HERTS, "2026-11-22T16:00:00", "closed", "2026-11-23T09:00+00:00"),
        (HERTS, "2026-11-20T20:59:00", "open", "2026-11-20T21:00+00:00"),
        ("Fr 22:00-02:00", "2026-11-21T01:59:00", "open", "2026-11-21T02:00+00:00"),
    ],
)
def test_minutes_evenings_and_weekends(notation: str, when: str, kind: str, change: str) -> None:
    found = at(notation, when)
    assert (found.kind, clock(found.until or found.at)) == (kind, change)
    assert not (found.until and found.at)


@pytest.mark.parametrize(
    ("when", "kind", "change"),
    [
        ("2026-11-18T12:00", "open", "2026-11-18T18:00+00:00"),  # a Wednesday: sure by day
        ("2026-11-18T18:00", "uncertain", ""),  # one half of the sentence says open, the other closed
        ("2026-11-18T19:59", "uncertain", ""),
        ("2026-11-18T20:00", "closed", "2026-11-19T08:00+00:00"),
        ("2026-11-19T18:30", "closed", "2026-11-20T08:00+00:00"),
    ],
)
def test_a_contradiction_is_uncertain_not_open(when: str, kind: str, change: str) -> None:
    found = at(BEACON, when)
    assert (found.kind, clock(found.until or found.at)) == (kind, change)


@pytest.mark.parametrize(
    "day",
    [
        "2027-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-08-31", "2026-12-25", "2026-12-26",
        "2026-12-28", "2022-06-03", "2022-09-19", "2023-05-08", "2020-05-08",
    ],
)  # fmt: skip
def test_a_bank_holiday_in_england_is_told(day: str) -> None:
    assert at(HERTS, f"{day}T12:00").bank_holiday
    assert date.fromisoformat(day) in bank_holidays(int(day[:4]))


def test_the_list_of_bank_holidays_is_that_of_the_package() -> None:
    """Fails when a later edition of the package knows of a new one: then it belongs into the list."""
    for year, days in listed_holidays().items():
        assert days == set(country_holidays("GB", subdiv="ENG", years=year)), year
    assert {date.today().year, date.today().year + 1} <= set(listed_holidays())


@pytest.mark.parametrize("day", ["2026-03-17", "2026-08-03", "2026-11-30", "2026-01-02", "2026-12-29"])
def test_a_bank_holiday_elsewhere_is_not(day: str) -> None:
    assert not at(OFFICE, f"{day}T12:00").bank_holiday


def test_a_bank_holiday_leaves_the_listed_hours_as_they_are() -> None:
    christmas = at(OFFICE, "2026-12-25T12:00")
    assert (christmas.kind, clock(christmas.until), christmas.bank_holiday) == ("open", "2026-12-25T17:00+00:00", True)
    # Midnight in London decides, not in UTC.
    assert not at(OFFICE, datetime(2026, 5, 24, 22, 59, tzinfo=UTC)).bank_holiday
    assert at(OFFICE, datetime(2026, 5, 24, 23, 0, tzinfo=UTC)).bank_holiday


def test_when_the_clocks_go_forward() -> None:
    night = "Su 00:30-01:30, Su 09:00-16:00"
    assert at(OFFICE, datetime(2026, 3, 27, 16, 59, tzinfo=UTC)).kind == "open"  # the Friday before
    assert at(OFFICE, datetime(2026, 3, 30, 16, 0, tzinfo=UTC)).kind == "closed"  # the Monday after: 17:00 by the clock
    before = at(night, datetime(2026, 3, 29, 0, 45, tzinfo=UTC))
    assert (before.kind, clock(before.until)) == ("open", "2026-03-29T02:00+01:00")  # 1:30 is not there
    after = at(night, datetime(2026, 3, 29, 1, 0, tzinfo=UTC))
    assert (after.kind, clock(after.at)) == ("closed", "2026-03-29T09:00+01:00")


def test_when_the_clocks_go_back() -> None:
    night = "Su 00:30-01:30, Su 09:00-16:00"
    first = at(night, datetime(2026, 10, 25, 0, 15, tzinfo=UTC))  # 1:15 for the first time
    assert (first.kind, clock(first.until)) == ("open", "2026-10-25T01:30+01:00")
    second = at(night, datetime(2026, 10, 25, 1, 15, tzinfo=UTC))  # 1:15 again
    assert (second.kind, clock(second.until)) == ("open", "2026-10-25T01:30+00:00")
    found = at(OFFICE, datetime(2026, 10, 25, 0, 45, tzinfo=UTC))
    assert (found.kind, clock(found.at)) == ("closed", "2026-10-26T09:00+00:00")
    assert at(OFFICE, datetime(2026, 10, 26, 8, 59, tzinfo=UTC)).kind == "closed"


def test_any_zone_is_read_as_london_time() -> None:
    tokyo = datetime(2026, 11, 19, 0, 30, tzinfo=ZoneInfo("Asia/Tokyo"))  # 15:30 in London
    assert clock(at(OFFICE, tokyo).until) == "2026-11-18T17:00+00:00"


def test_what_never_opens_has_no_next_time() -> None:
    assert at("2019 Mo-Fr 09:00-17:00", "2026-11-18T12:00") == Opening("closed")


@pytest.mark.parametrize(
    "notation", ["rubbish", "Mo-Fr 9-17", "Mo-Fr 25:00-30:00", "PH off", "Mo-Fr 09:00-17:00; SH off"]
)
def test_wrong_notation_is_refused(notation: str) -> None:
    with pytest.raises(ValueError, match="not"):
        parsed(notation)


def test_looking_ahead_may_end_in_the_hour_that_is_left_out() -> None:
    assert clock(at(OFFICE, "2026-01-28T01:00").at) == "2026-01-28T09:00+00:00"  # 60 days before clocks go forward


@given(st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)), st.sampled_from([OFFICE, HERTS, BEACON]))
def test_what_is_told_comes_true(when: datetime, notation: str) -> None:
    moment = when.replace(tzinfo=UTC)
    found = at(notation, moment)
    if found.until:
        assert found.until.astimezone(UTC) > moment
        assert at(notation, found.until.astimezone(UTC) - timedelta(minutes=1)).kind == "open"
        assert at(notation, found.until).kind != "open"
    if found.at:
        assert found.at.astimezone(UTC) > moment
        assert at(notation, found.at).kind == "open"


def test_the_hours_of_a_chat_are_not_those_of_the_telephone(knowledge: Knowledge) -> None:
    haven = knowledge.services["haven-wolverhampton"]
    timed = {c.kind: c.schedule.opening_hours for c in haven.contacts if c.schedule}
    assert timed["chat"] == OFFICE
    assert timed.get("phone") != OFFICE


def test_the_contradiction_in_the_documents_is_kept(knowledge: Knowledge) -> None:
    (beacon,) = knowledge.services["beacon"].phones
    kinds = {
        hour: opening(beacon.schedule, datetime(2026, 11, 18, hour, 30, tzinfo=LONDON)).kind for hour in (9, 17, 18, 20)
    }
    assert kinds == {9: "open", 17: "open", 18: "uncertain", 20: "closed"}
