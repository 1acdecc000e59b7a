"""Tells which shown contacts nobody has confirmed, or not for long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from knowledge.model import SHOWN, Contact, Knowledge, Service


@dataclass(frozen=True, slots=True)
class Age:
    """How old the last word on a contact is: days since somebody confirmed it, and since it was last listed.

    Either is None where that has no date; a contact that nobody ever confirmed has no `confirmed`.
    """

    service: str
    contact: Contact
    confirmed: int | None
    listed: int | None

    def __str__(self) -> str:
        contact, age = self.contact, "never" if self.confirmed is None else f"{self.confirmed} days"
        if contact.confirmed:
            word = f"confirmed {contact.confirmed.date} by {contact.confirmed.by}"
        else:
            source = max(contact.sources, key=lambda s: s.date)
            since = "no date" if self.listed is None else f"{self.listed} days ago"
            word = "never confirmed, listed by " + ", ".join(p for p in (source.publisher, source.listed, since) if p)
        return f"{age:>9}  {self.service}: {contact.kind} {contact.shown} ({word})"


def stale(knowledge: Knowledge, today: date, older_than: int) -> list[Age]:
    """The shown contacts that nobody ever confirmed, and those confirmed more than so many days ago; oldest first.

    Those never confirmed come before all others, and of them those without any date first.
    """
    ages = [
        _age(service, contact, today)
        for service in knowledge.services.values()
        if service.status == "active"
        for contact in service.contacts
        if contact.status == SHOWN
    ]
    old = [a for a in ages if a.confirmed is None or a.confirmed > older_than]
    return sorted(old, key=_order)


def _order(age: Age) -> tuple[bool, int, bool, int]:
    return age.confirmed is not None, -(age.confirmed or 0), age.listed is not None, -(age.listed or 0)


def _age(service: Service, contact: Contact, today: date) -> Age:
    checked = _days(contact.confirmed.date if contact.confirmed else "", today)
    return Age(service.id, contact, checked, _days(max(s.date for s in contact.sources), today))


def _days(text: str, today: date) -> int | None:
    """The days since a date, or the first day of a year-month or year; None for ""."""
    return (today - date.fromisoformat(text + "0000-01-01"[len(text) :])).days if text else None
