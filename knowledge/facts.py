"""Turns the sheets into facts: one for each thing that a line says, contacts and services included."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from knowledge.merge import key_of
from knowledge.model import FACT_KINDS, SHOWN, Contact, Fact, Service, Source
from knowledge.sheets import LATER, Printing, Sheet

_OPTION = re.compile(r"\boption (\w+)", re.IGNORECASE)
ON_HOLD = "The service is on hold."


def facts(sheets: Sequence[Sheet], services: Mapping[str, Service]) -> tuple[Fact, ...]:
    """Every fact of every sheet, by document and line."""
    found: list[Fact] = []
    replaced = _replaced_hours(sheets)
    for sheet in sheets:
        own = [fact for fact, _ in sheet.facts]
        own += [_naming(n.source, services[n.service]) for n in sheet.namings if n.source and n.service in services]
        for printing in sheet.printings:
            if printing.service in services:
                own += _of_contact(printing, services[printing.service], replaced.get(id(printing), ""))
        found += sorted(own, key=lambda f: f.line)
    return tuple(_held(f, services) for f in found)


def guidance(all_facts: Sequence[Fact]) -> dict[str, tuple[Fact, ...]]:
    """The statements that may be shown, by topic, in the order of the sheets."""
    topics: dict[str, tuple[Fact, ...]] = {}
    for fact in all_facts:
        if fact.topic and fact.status == SHOWN:
            topics[fact.topic] = (*topics.get(fact.topic, ()), fact)
    return topics


def _naming(source: Source, service: Service) -> Fact:
    """The line that names a service: the name as printed there, or the words of it that prove the line."""
    value = source.printed or service.name
    # No anchor: the value itself must stand on the line.
    return Fact(source.document, source.line, "other", value, service=service.id, alert=service.alert, source=source)


def _replaced_hours(sheets: Sequence[Sheet]) -> dict[int, str]:
    """Why the hours of a printing no longer hold, by its identity: a later one of its contact says otherwise."""
    reasons: dict[int, str] = {}
    earlier: dict[tuple[str, str, str], list[int]] = {}
    for printing in (p for sheet in sheets for p in sheet.printings):
        before = earlier.setdefault(key_of(printing), [])
        if printing.replaced_hours and printing.hours:
            source = printing.hours[0].source
            said = ", ".join(part for part in (source.publisher, source.listed) if part)
            reasons |= dict.fromkeys(before, f"Replaced by '{printing.hours[0].printed}' ({said}).")
        before.append(id(printing))
    return reasons


def _of_contact(printing: Printing, service: Service, replaced: str) -> Iterator[Fact]:
    contact = next(c for c in service.contacts if _same(c, printing))
    source = printing.contact.sources[0]
    kind = _kind(contact)
    yield _fact(source, kind, contact.normalised, service, contact)
    for hours in printing.hours:
        fact = _fact(hours.source, "hours", hours.opening_hours, service, contact)
        old = replaced and fact.status == SHOWN
        yield replace(fact, status="superseded", reason=replaced) if old else fact
    option = _OPTION.search(printing.contact.note)
    # An option of the menu is printed in the document; the note says it in our words.
    if option and source.document != LATER:
        at = Source(source.document, source.line, option[0], source.publisher, source.listed, source.date)
        yield _fact(at, "other", option[1], service, contact)


def _fact(source: Source, kind: str, normalised: str, service: Service, contact: Contact) -> Fact:
    return Fact(
        source.document, source.line, kind, source.printed, normalised, service.id, contact.status,
        contact.confirmed.date if contact.confirmed else "", contact.alert or service.alert, contact.reason,
        source=source,
    )  # fmt: skip


def _same(contact: Contact, printing: Printing) -> bool:
    return (printing.service, contact.kind, contact.normalised or contact.value) == key_of(printing)


def _kind(contact: Contact) -> str:
    """A chat is no kind of fact: it is the address where it is printed, or something else."""
    if contact.kind in FACT_KINDS:
        return contact.kind
    return "url" if "." in contact.value else "other"


def _held(fact: Fact, services: Mapping[str, Service]) -> Fact:
    service = services.get(fact.service)
    if service is None or service.status != "hold" or fact.status != SHOWN:
        return fact
    return replace(fact, status="hold", reason=ON_HOLD)
