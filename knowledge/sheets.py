"""Reads one fact sheet: its document, services, contacts and facts as the lines print them, not yet put together.

The shape of a sheet is told in `seeds/README.md`. What is wrong becomes a fault of its entry, so that all are named.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from knowledge import numbers
from knowledge.hours import parsed
from knowledge.model import (
    AUDIENCES,
    CONTACT_KINDS,
    FACT_KINDS,
    NEEDS,
    SHOWN,
    STATUSES,
    WHO,
    Confirmed,
    Contact,
    Document,
    Fact,
    Schedule,
    Service,
    Source,
)
from knowledge.yamlfile import Entry, Text

LATER = "later"  # the sheet of later facts: no document, so no lines; each fact names its own source
ID_LENGTH, NAME_LENGTH, ANCHOR_WORDS, SENTENCE_WORDS, TEXT_LENGTH = 26, 48, 5, 20, 300
NONE = "none"  # hours that are left out on purpose
NO_TOPIC = "Kept as context: it has no page of its own."
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DATE = re.compile(r"(\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?)?")
_TODO = re.compile(r"\bTODO\b")  # what `draft` leaves for a person
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
EMERGENCY = frozenset({"999", "112", "55"})  # have words of their own, on every screen
FIRST_CHECK = "2020-01-01"  # the documents are of 2020, so nothing in them was confirmed before
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True, slots=True)
class Printing:
    """A contact as one line prints it: `contact` with this one source, and every phrase of time that goes with it."""

    service: str
    contact: Contact
    hours: tuple[Schedule, ...]
    replaced_hours: str  # the phrase that these hours override, as printed
    shared: bool  # another service has the same number, and that is right
    entry: Entry


@dataclass(frozen=True, slots=True)
class Naming:
    """A line that names a service defined here or in another sheet, with an alert it may add."""

    service: str
    source: Source | None
    alert: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one fact sheet holds."""

    document: Document
    services: tuple[tuple[Service, Entry], ...]  # without their contacts and sources
    namings: tuple[Naming, ...]
    printings: tuple[Printing, ...]
    facts: tuple[tuple[Fact, Entry], ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What a sheet is held against: the ids that it may name (`topics` None: any), and the day that it is read."""

    places: frozenset[str]
    topics: frozenset[str] | None
    today: date | None = None  # None: dates that lie ahead are not told


def read_sheet(sheet: Entry, name: str, known: Known) -> Sheet:
    """The content of a fact sheet called `name`, such as "000" or "later"."""
    document = _document(sheet, name)
    # A document's own words are printed on a line; a later fact has its place in the sheet instead.
    whole = Source(document.id, 0, "", document.publisher, document.listed, document.date)
    services, namings, printings = [], [], []
    for e in sheet.entries("services"):
        service = _service(e, known)
        services.append((service, e))
        source = _naming(e, whole)
        namings.append(Naming(service.id, source, "", e))
        printings += _printings(e, service.id, source, known)
        e.close()
    for e in sheet.entries("also"):
        service_id, source = e.text("service"), _naming(e, whole)
        namings.append(Naming(service_id, source, _ours(e, "alert"), e))
        printings += _printings(e, service_id, source, known)
        e.close()
    facts = [(_fact(e, whole, known), e) for e in sheet.entries("facts")]
    for text in sheet.every_text():
        if _TODO.search(text.value):
            sheet.fault(f"still to do: '{text.value}'", text.line)
    sheet.close()
    return Sheet(document, tuple(services), tuple(namings), tuple(printings), tuple(facts))


def _document(sheet: Entry, name: str) -> Document:
    e = sheet.entry("document")
    if e is None:
        sheet.fault("missing key 'document'")
        return Document(name, "", "", "", "", "", "", "")
    optional = "" if name == LATER else None
    if e.text("id") != name:
        e.fault(f"'id' must be '{name}', as the file is called", e.line_of("id"))
    document = Document(
        name, e.text("file", optional), e.text("sha256", optional), e.text("title", optional),
        e.text("publisher", optional), e.text("address", ""), _date(e, "date"), e.text("listed", optional),
    )  # fmt: skip
    if name != LATER and e.has("sha256") and not re.fullmatch(r"[0-9a-f]{64}", document.sha256):
        e.fault("'sha256' must be 64 hexadecimal digits", e.line_of("sha256"))
    e.close()
    return document


def _service(e: Entry, known: Known) -> Service:
    service = Service(
        id=_service_id(e), name=_filled(e, "name"), organization=_filled(e, "organization"),
        description=_ours(e, "description"), areas=e.texts("areas", known.places), who=e.texts("who", WHO),
        needs=e.texts("needs", NEEDS), audience=e.texts("audience", AUDIENCES),
        eligibility_description=_ours(e, "eligibility_description"), minimum_age=e.number("minimum_age"),
        maximum_age=e.number("maximum_age"), neutral_name=e.text("neutral_name", ""), alert=_ours(e, "alert"),
        status=e.choice("status", ("active", "hold"), "active"), sources=(), contacts=(),
    )  # fmt: skip
    if not service.description:
        e.fault("'description' is needed", e.line_of("description"))
    for key, value in (("areas", service.areas), ("who", service.who), ("needs", service.needs)):
        if not value:
            e.fault(f"'{key}' is needed", e.line_of(key))
    for key, name in (("name", service.name), ("neutral_name", service.neutral_name)):
        if len(name) > NAME_LENGTH:
            e.fault(f"'{key}' is longer than {NAME_LENGTH} characters", e.line_of(key))
    if "own-behaviour" in service.who and len(service.who) > 1 and not service.neutral_name:
        e.fault("'neutral_name' is needed: the service is for people who harm and for others")
    return service


def _naming(e: Entry, whole: Source) -> Source:
    """Where a service is named: `name_printed` is the name as it stands there, or else the anchor."""
    anchor = _anchor(e)
    printed = e.text("name_printed", "") or anchor
    if whole.document != LATER and not printed:
        e.fault("missing key 'anchor'")
    return _source(e, printed, whole)


def _source(e: Entry, printed: str, above: Source) -> Source:
    """The source of an entry: its line in the document; in the later sheet its own source, or that of the entry above.

    For a later fact `line` is the line of the sheet, so that every fact has a place where it can be found.
    """
    if above.document != LATER:
        if not e.has("line"):
            e.fault("missing key 'line'")
        return Source(above.document, e.number("line") or 0, printed, above.publisher, above.listed, above.date)
    publisher = e.text("source", above.publisher)
    if not publisher:
        e.fault("missing key 'source'")
    listed = e.text("listed", above.listed)
    return Source(LATER, e.line, printed, publisher, listed, _date(e, "date", above.date))


def _printings(e: Entry, service: str, above: Source, known: Known) -> list[Printing]:
    return [p for c in e.entries("contacts") if (p := _printing(c, service, above, known))]


def _printing(e: Entry, service: str, above: Source, known: Known) -> Printing | None:
    kinds = [kind for kind in CONTACT_KINDS if e.has(kind)]
    if len(kinds) != 1:
        e.fault(f"a contact needs one of: {', '.join(CONTACT_KINDS)}; it has: {', '.join(e.items)}")
        return None
    kind = kinds[0]
    value = _filled(e, kind)
    normalised = _normalised(e, kind, value, e.line_of(kind))
    if kind in ("phone", "sms") and normalised in EMERGENCY:
        e.fault(f"'{value}' is no number of a service: every screen opens with 999", e.line_of(kind))
    source = _source(e, value, above)
    hours = [_schedule(h, source) for h in _one_or_more(e, "hours")]
    timed = sorted((s for s, _ in hours), key=lambda s: not s.opening_hours)  # those with times first
    status, reason = _status(e, SHOWN)
    contact = Contact(
        kind=kind, value=value, normalised=normalised,
        shown=numbers.shown(normalised) if kind in ("phone", "sms") and normalised else value,
        note=_ours(e, "note"), schedule=timed[0] if timed else None, sources=(source,),
        status=status, reason=reason, alert=_ours(e, "alert"), confirmed=_confirmed(e, known.today),
        replaces=_replaces(e, kind),
    )  # fmt: skip
    replaced = next((r for _, r in hours if r), "")
    shared = e.choice("shared", ("true", "false"), "false") == "true"
    e.close()
    return Printing(service, contact, tuple(s for s, _ in hours), replaced, shared, e)


def _schedule(e: Entry, above: Source) -> tuple[Schedule, str]:
    printed = _filled(e, "printed")
    schedule = Schedule(_opening_hours(e), printed, _source(e, printed, above))
    replaced = e.text("replaces", "")
    e.close()
    return schedule, replaced


def _fact(e: Entry, whole: Source, known: Known) -> Fact:
    kind = e.choice("kind", FACT_KINDS)
    anchor, topic = _anchor(e), e.text("topic", "")
    if topic and known.topics is not None and topic not in known.topics:
        e.fault(f"unknown topic '{topic}'", e.line_of("topic"))
    if e.has("text") == e.has("value"):
        e.fault("a fact needs either 'value', as printed, or 'text', in our own words")
    own = _ours(e, "text") if e.has("text") else ""
    value = own or e.text("value", "")
    if own and not anchor and whole.document != LATER:
        e.fault("missing key 'anchor'")
    if topic and not own:
        e.fault("a topic's statement needs 'text', in our own words", e.line_of("topic"))
    status, reason = _fact_status(e, kind, topic)
    line = e.line_of("value")
    if kind in ("phone", "sms") and status != SHOWN and not own:
        normalised = _number_or_nothing(value)  # what is left out may be a fragment, such as "/4806"
    else:
        normalised = "" if own else _normalised(e, kind, value, line)
    source = _source(e, "" if own else value, whole)
    fact = Fact(
        document=whole.document, line=source.line, kind=kind, value=value, service=e.text("service", ""), topic=topic,
        normalised=_opening_hours(e) if kind == "hours" else normalised, status=status, reason=reason,
        alert=_ours(e, "alert"), id=_id(e, "id") if e.has("id") else "", anchor=anchor, source=source,
    )  # fmt: skip
    e.close()
    return fact


def _fact_status(e: Entry, kind: str, topic: str) -> tuple[str, str]:
    if kind == "guidance" and not topic and not e.has("status"):
        return "context", e.text("reason", NO_TOPIC)
    if kind != "guidance" and not e.has("status") and not e.has("service"):
        e.fault("missing key 'status'")
    return _status(e, SHOWN)


def _status(e: Entry, default: str) -> tuple[str, str]:
    status, reason = e.choice("status", STATUSES, default), e.text("reason", "")
    if status != SHOWN and not reason:
        e.fault(f"'reason' is needed: the status is '{status}'")
    return status, reason


def _normalised(e: Entry, kind: str, value: str, line: int) -> str:
    if kind in ("phone", "sms"):
        try:
            return numbers.normalise(value)
        except ValueError as error:
            e.fault(str(error), line)
            return ""
    if kind == "email" and value and not _EMAIL.fullmatch(value):
        e.fault(f"'{value}' is not an e-mail address", line)
    return value.lower() if kind in ("email", "url", "chat") else ""


def _number_or_nothing(value: str) -> str:
    try:
        return numbers.normalise(value)
    except ValueError:
        return ""


def _opening_hours(e: Entry) -> str:
    notation = e.text("opening_hours", "")
    if notation:
        try:
            parsed(notation)
        except ValueError as error:
            e.fault(str(error), e.line_of("opening_hours"))
            return ""
    return notation


def _confirmed(e: Entry, today: date | None) -> Confirmed | None:
    c = e.entry("confirmed")
    if c is None:
        return None
    confirmed = Confirmed(_date(c, "date"), _filled(c, "by"))
    if len(confirmed.date) != len(FIRST_CHECK):
        c.fault("'date' of a confirmation must be a whole date", c.line_of("date"))
    elif confirmed.date < FIRST_CHECK:
        c.fault(f"'date' of a confirmation must not be before {FIRST_CHECK}", c.line_of("date"))
    elif today and confirmed.date > today.isoformat():
        c.fault(f"'date' of a confirmation lies ahead: today is {today.isoformat()}", c.line_of("date"))
    c.close()
    return confirmed


def _replaces(e: Entry, kind: str) -> str:
    value = e.text("replaces", "")
    return _normalised(e, kind, value, e.line_of("replaces")) if value else ""


def _one_or_more(e: Entry, key: str) -> list[Entry]:
    item = e.items.get(key)
    if isinstance(item, Text) and item.value == NONE:
        e.asked.add(key)
        return []
    if isinstance(item, Entry):
        one = e.entry(key)
        return [one] if one else []
    return e.entries(key)


def _date(e: Entry, key: str, default: str = "") -> str:
    value = e.text(key, default)
    if not _DATE.fullmatch(value):
        e.fault(f"'{key}' must be an ISO date, year-month or year", e.line_of(key))
    elif len(value) == len(FIRST_CHECK):
        try:
            date.fromisoformat(value)
        except ValueError:
            e.fault(f"'{key}' is '{value}', which is no day of the calendar", e.line_of(key))
    return value


def _service_id(e: Entry) -> str:
    value = _id(e, "id")
    if len(value) > ID_LENGTH:
        e.fault(f"id '{value}' is longer than {ID_LENGTH} characters", e.line_of("id"))
    return value


def _id(e: Entry, key: str) -> str:
    value = e.text(key)
    if value and not _ID.fullmatch(value):
        e.fault(f"'{value}' is not a kebab-case id", e.line_of(key))
    return value


def _filled(e: Entry, key: str) -> str:
    value = e.text(key)
    if e.has(key) and not value:
        e.fault(f"'{key}' is empty", e.line_of(key))
    return value


def _anchor(e: Entry) -> str:
    anchor = e.text("anchor", "")
    if len(anchor.split()) > ANCHOR_WORDS:
        e.fault(f"'anchor' is longer than {ANCHOR_WORDS} words", e.line_of("anchor"))
    return anchor


def _ours(e: Entry, key: str) -> str:
    """A text in our own words, which a screen may show: short, in short sentences."""
    value = e.text(key, "")
    if len(value) > TEXT_LENGTH:
        e.fault(f"'{key}' is longer than {TEXT_LENGTH} characters", e.line_of(key))
    for sentence in _SENTENCE_END.split(value):
        if len(sentence.split()) > SENTENCE_WORDS:
            e.fault(f"'{key}' has a sentence of more than {SENTENCE_WORDS} words", e.line_of(key))
    return value
