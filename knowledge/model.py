"""The words of the knowledge base: frozen dataclasses named as in the Human Services Data Specification 3.0.

A fact sheet (see `seeds/README.md`) becomes a `Document` with `Service`s, their `Contact`s and `Fact`s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the tables of places take long to import and are not always wanted
    from knowledge.places import Places

SHOWN = "shown"
STATUSES = (
    SHOWN, "not-public", "professionals", "wrong-area", "superseded", "ambiguous", "expired", "no-contact", "context",
    "hold",
)  # fmt: skip
FACT_KINDS = (
    "phone", "sms", "url", "email", "hours", "app", "event", "guidance", "statistic", "person", "covid-rule",
    "definition", "social", "other",
)  # fmt: skip
CONTACT_KINDS = ("phone", "sms", "email", "url", "chat", "app")

WHO = ("me", "someone-else", "own-behaviour", "young-person", "work")
NEEDS = (
    "talk", "housing", "legal", "safety-plan", "tech-safety", "sexual-violence", "forced-marriage", "stalking",
    "children", "money",
)  # fmt: skip
URGENCIES = ("now", "today", "no-rush")
AUDIENCES = ("man", "lgbt", "ethnic-minority", "older", "disabled", "pregnant")
NATIONS = ("england", "wales", "scotland", "northern-ireland")
EVERYWHERE = "uk"


@dataclass(frozen=True, slots=True)
class Document:
    """One of the originals, or the sheet of later facts (then `file` and `sha256` are empty)."""

    id: str
    file: str
    sha256: str
    title: str
    publisher: str
    address: str
    date: str  # ISO date, or "" where the document has none
    listed: str  # as a screen says it: "April 2020", "spring 2020"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value was found: a document's line with the value as printed there, who published it and when."""

    document: str
    line: int
    printed: str
    publisher: str
    listed: str  # "April 2020"; "" where the source has no date
    date: str  # ISO date, year-month or year, or ""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Somebody checked a contact: ISO date, and who did it and how."""

    date: str
    by: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a contact can be reached. `opening_hours` is OpenStreetMap notation, "" where the print gives no times."""

    opening_hours: str
    printed: str
    source: Source


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach a service: a telephone or text number, e-mail, address, chat or app."""

    kind: str
    value: str  # as printed in its first source
    normalised: str  # E.164, or a short code as dialled; e-mail and address in lower case
    shown: str  # the one form that screens use
    note: str  # what must travel with it: "Press option 3."
    schedule: Schedule | None
    sources: tuple[Source, ...]
    status: str = SHOWN
    reason: str = ""
    alert: str = ""
    confirmed: Confirmed | None = None
    replaces: str = ""  # normalised form of the contact that this one overrides


@dataclass(frozen=True, eq=False)
class Service:
    """A service people can turn to, with all its contacts, shown or not. Compared by identity."""

    id: str
    name: str
    organization: str
    description: str
    areas: tuple[str, ...]  # ids of areas or groups, nations, or "uk"
    who: tuple[str, ...]
    needs: tuple[str, ...]
    audience: tuple[str, ...]
    eligibility_description: str
    minimum_age: int | None
    maximum_age: int | None
    neutral_name: str
    alert: str
    status: str  # "active" or "hold"
    sources: tuple[Source, ...]
    contacts: tuple[Contact, ...]

    @cached_property
    def shown_contacts(self) -> tuple[Contact, ...]:
        """The contacts that may stand on a screen."""
        return tuple(c for c in self.contacts if c.status == SHOWN)

    @cached_property
    def phones(self) -> tuple[Contact, ...]:
        """The telephone numbers that may stand on a screen."""
        return tuple(c for c in self.shown_contacts if c.kind == "phone")


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a document says, on one line: a value as printed, or guidance in our own words."""

    document: str
    line: int
    kind: str
    value: str
    normalised: str = ""
    service: str = ""
    status: str = SHOWN
    confirmed: str = ""
    alert: str = ""
    reason: str = ""
    id: str = ""
    topic: str = ""
    anchor: str = ""  # at most five words of the line, which prove a statement
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class District:
    """A local authority district with its ONS code."""

    id: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Group:
    """Districts that share their services."""

    id: str
    name: str
    label: str
    districts: tuple[District, ...]


@dataclass(frozen=True, slots=True)
class Area:
    """One of the five police areas."""

    id: str
    name: str
    label: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Areas:
    """The five areas and the four nations, with look-ups by id."""

    areas: tuple[Area, ...]
    nations: Mapping[str, str]  # id -> name
    names: Mapping[str, str]  # every area, group, district and nation id -> name
    area_of: Mapping[str, str]  # area, group or district id -> area id
    group_of: Mapping[str, str]  # group or district id -> group id


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """Everything the bot knows. Compared by identity: a loaded knowledge base never changes."""

    documents: Mapping[str, Document]
    services: Mapping[str, Service]
    facts: tuple[Fact, ...]
    areas: Areas
    fallbacks: Mapping[str, tuple[str, ...]]  # branch -> service ids, first choice first
    guidance: Mapping[str, tuple[Fact, ...]] = field(default_factory=dict)  # topic -> shown statements in order
    places: Places | None = None  # names and postcodes; without them only the buttons tell where somebody is
