"""Which shown contacts nobody has confirmed for long."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from pathlib import Path

import pytest
from little_sheets import LATER, changed, write

import knowledge.__main__ as command
from knowledge.hours import LONDON
from knowledge.load import load
from knowledge.stale import stale

TODAY = date(2026, 11, 20)
CHECKED = (
    LATER
    + """
also:
  - service: harbour
    source: Harbour
    date: 2026
    contacts:
      - {phone: 0300 303 3778, confirmed: {date: 2026-11-01, by: "A. Name, by telephone"}}
      - {email: help@harbour.org}
"""
)


def ages(folder: Path, older_than: int, **sheets: str) -> list[tuple[str, int | None]]:
    found = stale(load(write(folder, **sheets)), TODAY, older_than)
    return [(a.contact.shown, a.confirmed) for a in found]


def test_what_nobody_ever_confirmed_is_stale_however_new_its_listing(tmp_path: Path) -> None:
    fresh = changed("date: 2020-04-21", "date: 2026-11-20")
    never = [("0300 303 3778", None), ("0808 802 4040", None), ("Help@harbour.org", None)]
    assert sorted(ages(tmp_path, 99999, sheet=fresh)) == never


def test_days_count_for_what_was_confirmed_and_the_rest_comes_first(tmp_path: Path) -> None:
    never = [("0808 802 4040", None), ("Help@harbour.org", None)]  # listed in 2020 and in 2026
    assert ages(tmp_path, 18, later=CHECKED) == [*never, ("0300 303 3778", 19)]
    assert ages(tmp_path, 19, later=CHECKED) == never


def test_contacts_without_a_date_come_first_and_hidden_ones_not_at_all(tmp_path: Path) -> None:
    sheet = changed("date: 2020-04-21", 'date: ""')
    sheet = changed(
        "{email: Help@harbour.org, line: 3}", "{email: Help@harbour.org, line: 3, status: hold, reason: R.}", sheet
    )
    later = CHECKED.replace("{email: help@harbour.org}", "{sms: 07781 474 722}")
    assert [shown for shown, _ in ages(tmp_path, 0, sheet=sheet, later=later)] == [
        "0808 802 4040",
        "07781 474722",
        "0300 303 3778",
    ]


def test_the_command_ends_with_1_if_it_lists_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "load", partial(load, write(tmp_path, later=CHECKED)))
    assert command.main(["stale", "--older-than", "99999"]) == 1
    first = capsys.readouterr().out.splitlines()[0]
    days = (datetime.now(LONDON).date() - date(2020, 4, 21)).days
    assert first == (
        "    never  anchor: phone 0808 802 4040 "
        f"(never confirmed, listed by Eastshire Police, April 2020, {days} days ago)"
    )


def test_the_command_ends_with_0_when_all_are_confirmed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    by = ', confirmed: {date: 2026-11-01, by: "A. Name"}'
    sheet = changed("phone: 0300 303 3778\n", f"phone: 0300 303 3778\n        {by[2:]}\n")
    sheet = changed("{email: Help@harbour.org, line: 3", "{email: Help@harbour.org, line: 3" + by, sheet)
    sheet = changed("note: Press option 2.", "note: Press option 2." + by, sheet)
    monkeypatch.setattr(command, "load", partial(load, write(tmp_path, sheet)))
    assert command.main(["stale", "--older-than", "99999"]) == 0
    assert capsys.readouterr().out == ""
