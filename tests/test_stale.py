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
    return [(a.contact.shown, a.days) for a in found]


def test_unconfirmed_contacts_count_from_their_document(tmp_path: Path) -> None:
    days = (TODAY - date(2020, 4, 21)).days
    assert sorted(ages(tmp_path, 180)) == [
        ("0300 303 3778", days),
        ("0808 802 4040", days),
        ("Help@harbour.org", days),
    ]


def test_a_confirmation_or_a_newer_source_makes_younger_and_the_oldest_comes_first(tmp_path: Path) -> None:
    assert ages(tmp_path, 10, later=CHECKED) == [
        ("0808 802 4040", (TODAY - date(2020, 4, 21)).days),
        ("Help@harbour.org", (TODAY - date(2026, 1, 1)).days),
        ("0300 303 3778", 19),
    ]
    assert [shown for shown, _ in ages(tmp_path, 19, later=CHECKED)] == ["0808 802 4040", "Help@harbour.org"]


def test_contacts_without_a_date_come_first_and_hidden_ones_not_at_all(tmp_path: Path) -> None:
    sheet = changed("date: 2020-04-21", 'date: ""')
    sheet = changed(
        "{email: Help@harbour.org, line: 3}", "{email: Help@harbour.org, line: 3, status: hold, reason: R.}", sheet
    )
    assert ages(
        tmp_path, 0, sheet=sheet, later=CHECKED.replace("{email: help@harbour.org}", "{sms: 07781 474 722}")
    ) == [
        ("0808 802 4040", None),
        ("07781 474722", (TODAY - date(2026, 1, 1)).days),
        ("0300 303 3778", 19),
    ]


def test_the_command_ends_with_1_if_it_lists_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "load", partial(load, write(tmp_path, later=CHECKED)))
    assert command.main(["stale"]) == 1
    first = capsys.readouterr().out.splitlines()[0]
    days = (datetime.now(LONDON).date() - date(2020, 4, 21)).days
    assert first == (
        f"{days} days  anchor: phone 0808 802 4040 (never confirmed, listed by Eastshire Police, April 2020)"
    )
    assert command.main(["stale", "--older-than", "99999"]) == 0
    assert capsys.readouterr().out == ""
