"""Puts the sheets together: one service from all lines that print it, one contact from all lines with its number."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from knowledge.model import SHOWN, Contact, Fact, Schedule, Service
from knowledge.sheets import LATER, Printing, Sheet

Key = tuple[str, str, str]  # service, kind and normalised value (or the value, where there is no such form)
NEVER_SHOWN = ("not-public", "professionals", "wrong-area", "superseded", "expired", "hold")


def merge(sheets: Sequence[Sheet]) -> dict[str, Service]:
    """All services by id with their contacts and sources; contradictions become faults of the entries."""
    services: dict[str, Service] = {}
    for sheet in sheets:
        for service, entry in sheet.services:
            if service.id in services:
                entry.fault(
                    f"the id '{service.id}' is already used: choose another, or put the same service under 'also'",
                    entry.line_of("id"),
                )
            services[service.id] = service
    printings = [p for sheet in sheets for p in sheet.printings if p.service in services]
    contacts = _contacts(printings)
    _supersede(printings, contacts)
    _check_shared(printings)
    _check_lookalikes(printings, contacts)
    for (service_id, _, _), contact in contacts.items():
        service = services[service_id]
        services[service_id] = replace(service, contacts=(*service.contacts, contact))
    return _named(services, sheets)


def key_of(printing: Printing) -> Key:
    """What makes two printings the same contact."""
    contact = printing.contact
    return printing.service, contact.kind, contact.normalised or contact.value


def _named(services: dict[str, Service], sheets: Sequence[Sheet]) -> dict[str, Service]:
    """Adds the lines that name each service, and the alerts that later sheets put beside it."""
    for naming in (n for sheet in sheets for n in sheet.namings):
        service = services.get(naming.service)
        if service is None:
            naming.entry.fault(f"unknown service '{naming.service}'", naming.entry.line_of("service"))
        elif naming.source:
            services[naming.service] = replace(
                service, sources=(*service.sources, naming.source), alert=naming.alert or service.alert
            )
    return services


def _contacts(printings: Iterable[Printing]) -> dict[Key, Contact]:
    found: dict[Key, Contact] = {}
    for printing in printings:
        key = key_of(printing)
        found[key] = _joined(found[key], printing) if key in found else printing.contact
    return found


def _joined(first: Contact, printing: Printing) -> Contact:
    """A contact with what another line says of it. A later sheet may say otherwise, a document may not."""
    more, entry = printing.contact, printing.entry
    source = more.sources[0]
    if any((s.document, s.line) == (source.document, source.line) for s in first.sources):
        entry.fault(f"'{more.value}' is listed twice for line {source.line}")
    if first.note and more.note and first.note != more.note:
        entry.fault(f"'note' differs from '{first.note}' of {_at(first)}", entry.line_of("note"))
    status, reason = first.status, first.reason
    if more.status != first.status:
        if source.document != LATER and entry.has("status"):
            entry.fault(f"'status' differs from '{first.status}' of {_at(first)}", entry.line_of("status"))
        if entry.has("status"):
            status, reason = more.status, more.reason
    both = [c.confirmed for c in (first, more) if c.confirmed]
    return replace(
        first,
        note=first.note or more.note,
        schedule=_schedule(first, printing),
        sources=(*first.sources, source),
        status=status,
        reason=reason,
        alert=more.alert or first.alert,
        confirmed=max(both, key=lambda c: c.date, default=None),
        replaces=first.replaces or more.replaces,
    )


def _schedule(first: Contact, printing: Printing) -> Schedule | None:
    """The hours with times win over none; of two equal ones the newer; different ones need `replaces`."""
    old, new = first.schedule, printing.contact.schedule
    if old is None or new is None:
        return new or old
    if printing.replaced_hours:
        if printing.replaced_hours != old.printed:
            printing.entry.fault(f"'replaces' is '{printing.replaced_hours}', the hours are '{old.printed}'")
        return new
    if not old.opening_hours or not new.opening_hours:
        return old if old.opening_hours else new
    if old.opening_hours != new.opening_hours:
        printing.entry.fault(f"the hours differ from '{old.printed}' of {_at(first)}: 'replaces' must name that phrase")
    return new if new.source.date >= old.source.date else old


def _at(contact: Contact) -> str:
    return f"{contact.sources[0].document}:{contact.sources[0].line}"


def _supersede(printings: Sequence[Printing], contacts: dict[Key, Contact]) -> None:
    """Takes the contacts that newer ones replace off the screens, naming the new number and who listed it."""
    replacing = [p for p in printings if p.contact.replaces]
    for printing in replacing:
        new = printing.contact
        key = (printing.service, new.kind, new.replaces)
        if key not in contacts or key == key_of(printing):
            printing.entry.fault(
                f"'{printing.service}' has no other {new.kind} '{printing.entry.text('replaces')}' to replace",
                printing.entry.line_of("replaces"),
            )
            continue
        _check_kept(printing, contacts[key], contacts[key_of(printing)])
        source = new.sources[0]
        listed = ", ".join(part for part in (source.publisher, source.listed) if part)
        contacts[key] = replace(contacts[key], status="superseded", reason=f"Replaced by {new.shown} ({listed}).")
    for printing in replacing:
        _check_others(printing, contacts)


def _check_kept(printing: Printing, old: Contact, new: Contact) -> None:
    """What travelled with the old number must not go in silence: its place in a menu, and its hours."""
    entry = printing.entry
    if old.note and not new.note and not entry.has("note"):
        entry.fault(f"'{old.shown}' has the note '{old.note}': give the 'note' of the new one, or note: \"\"")
    if old.schedule and not new.schedule and not entry.has("hours"):
        was = old.schedule.printed
        entry.fault(f"'{old.shown}' has hours ('{was}'): give the 'hours' of the new one, or hours: none")


def _check_others(printing: Printing, contacts: Mapping[Key, Contact]) -> None:
    """A number that two services share is replaced at both, or the old one stays on the screen."""
    new = printing.contact
    for (service, kind, normalised), contact in contacts.items():
        if (kind, normalised) == (new.kind, new.replaces) and service != printing.service and contact.status == SHOWN:
            printing.entry.fault(
                f"'{service}' still has {contact.shown}, which is replaced here: replace it there too",
                printing.entry.line_of("replaces"),
            )


def _check_shared(printings: Iterable[Printing]) -> None:
    """Two services with one number are a slip, unless each of them says that it is shared."""
    first: dict[tuple[str, str], dict[str, list[Printing]]] = defaultdict(dict)
    for p in printings:
        if p.contact.kind in ("phone", "sms") and p.contact.normalised:
            first[p.contact.kind, p.contact.normalised].setdefault(p.service, []).append(p)
    for by_service in first.values():
        for (one, a), (other, b) in combinations(by_service.items(), 2):
            if not (any(p.shared for p in a) and any(p.shared for p in b)):
                b[0].entry.fault(
                    f"'{b[0].contact.value}' of '{other}' is also of '{one}': 'shared: true' on each if so"
                )


def _check_lookalikes(printings: Iterable[Printing], contacts: dict[Key, Contact]) -> None:
    """A freephone number under another prefix is a misprint: 0800 2000 247 for 0808 2000 247."""
    seen: dict[str, dict[str, Printing]] = defaultdict(dict)  # subscriber's digits -> number -> where first
    for p in printings:
        number = p.contact.normalised
        shown = contacts[key_of(p)].status == SHOWN
        if p.contact.kind != "phone" or not number.startswith(("+448", "+443")) or not shown:
            continue
        for other, there in seen[number[6:]].items():
            if other != number and (other + number).count("+4480"):
                p.entry.fault(f"'{p.contact.value}' looks like {there.contact.shown} of '{there.service}'")
        seen[number[6:]].setdefault(number, p)


def check_left_out(sheets: Sequence[Sheet], services: dict[str, Service]) -> None:
    """A number that is kept off the screens in one place must not be shown in another."""
    shown = {
        c.normalised: s.id for s in services.values() for c in s.shown_contacts if c.kind in ("phone", "sms", "email")
    }
    for fact, entry in (pair for sheet in sheets for pair in sheet.facts):
        if fact.kind in ("phone", "sms", "email") and fact.status in NEVER_SHOWN and fact.normalised in shown:
            entry.fault(f"'{fact.value}' is {fact.status} here but shown for '{shown[fact.normalised]}'")


def check_facts(sheets: Sequence[Sheet], services: dict[str, Service]) -> None:
    """Each fact's service exists, its id is its own, and a number that may be shown belongs to a service."""
    ids: dict[str, Fact] = {}
    for fact, entry in (pair for sheet in sheets for pair in sheet.facts):
        if fact.service and fact.service not in services:
            entry.fault(f"unknown service '{fact.service}'", entry.line_of("service"))
        if fact.id and fact.id in ids:
            entry.fault(f"the id '{fact.id}' is already used: choose another", entry.line_of("id"))
        ids[fact.id] = fact
        if fact.kind in ("phone", "sms", "email") and fact.status == SHOWN and not fact.service:
            entry.fault(f"'{fact.value}' is to be shown but belongs to no service")
        if not fact.topic or fact.status != SHOWN:
            continue
        present = [s for s in services.values() if s.name and s.name in fact.value]  # spares most of the searching
        named = [s.id for s in present if re.search(rf"\b{re.escape(s.name)}\b", fact.value)]
        if named and fact.service not in named:
            # Whoever holds a service takes the statements that send people there off the screens with it.
            entry.fault(f"the text names '{named[0]}': say service: {named[0]}")
