"""Tells which shown contacts nobody has confirmed for long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from knowledge.model import SHOWN, Contact, Knowledge, Service


@dataclass(frozen=True, slots=True)
class Age:
    """How old the last word on a contact is: `days` since its confirmation or listing, None where that has no date."""

    service: str
    contact: Contact
    days: int | None

    def __str__(self) -> str:
        contact, age = self.contact, "no date" if self.days is None else f"{self.days} days"
        if contact.confirmed:
            word = f"confirmed {contact.confirmed.date} by {contact.confirmed.by}"
        else:
            source = max(contact.sources, key=lambda s: s.date)
            word = "never confirmed, listed by " + ", ".join(p for p in (source.publisher, source.listed) if p)
        return f"{age:>9}  {self.service}: {contact.kind} {contact.shown} ({word})"


def stale(knowledge: Knowledge, today: date, older_than: int) -> list[Age]:
    """The shown contacts whose last confirmation, or else newest source, is older than so many days; oldest first.

    Those without any date come first of all.
    """
    ages = [
        _age(service, contact, today)
        for service in knowledge.services.values()
        if service.status == "active"
        for contact in service.contacts
        if contact.status == SHOWN
    ]
    old = [a for a in ages if a.days is None or a.days > older_than]
    return sorted(old, key=lambda a: (a.days is not None, -(a.days or 0)))


def _age(service: Service, contact: Contact, today: date) -> Age:
    last = contact.confirmed.date if contact.confirmed else max(s.date for s in contact.sources)
    return Age(service.id, contact, (today - _whole(last)).days if last else None)


def _whole(text: str) -> date:
    """A date, or the first day of a year-month or year."""
    return date.fromisoformat(text + "0000-01-01"[len(text) :])
