"""How a service, its numbers, prices, hours and sources are worded. Old facts never look fresh."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.words import texts
from knowledge.find import OWN, Found
from knowledge.hours import Opening, opening
from knowledge.model import EVERYWHERE, Contact, Knowledge, Service, Source
from knowledge.numbers import price

LONDON = ZoneInfo("Europe/London")
LATER_FACTS = "later"
QUIET = ("sms", "chat", "email")  # kinds of contact that need no voice
KIND_LINES = {"sms": "text_number", "email": "email_line", "url": "web_line", "chat": "chat_line", "app": "app_line"}


def name(service: Service) -> str:
    """The name that screens use: neutral where a service is there for both sides."""
    return service.neutral_name or service.name


def clock(moment: datetime, now: datetime) -> str:
    """A time as people say it: "17:00", "tomorrow 9:00", "Monday 9:00" (London)."""
    there, here = moment.astimezone(LONDON), now.astimezone(LONDON)
    time, days = f"{there.hour}:{there.minute:02}", (there.date() - here.date()).days
    if days <= 0:
        return time
    if days == 1:
        return texts()["tomorrow"].format(time=time)
    return texts()["on_day"].format(day=there.strftime("%A"), time=time)


def hours(contact: Contact, now: datetime, at: Opening | None = None) -> str:
    """When a contact can be reached: plain only where somebody confirmed it, otherwise "Listed (April 2020) as ..."."""
    words = texts()
    at = at or opening(contact.schedule, now)
    if at.kind == "none" or contact.schedule is None:
        return words["hours_none"]
    if at.kind == "uncertain":
        return words["hours_uncertain"]
    time = clock(when, now) if (when := at.until or at.at) else ""
    key = {"24h": "hours_24", "open": "hours_open", "closed": "hours_closed"}[at.kind]
    if contact.confirmed:
        line = words[key + "_confirmed"].format(time=time)
    else:
        line = words[key].format(listed=_listed(contact.schedule.source), time=time)
    return f"{line}; {words['hours_holiday']}" if at.bank_holiday else line


def _listed(source: Source) -> str:
    words = texts()
    return words["listed_on"].format(when=source.listed) if source.listed else words["listed_bare"]


def number(contact: Contact) -> str:
    """A telephone or text number with what must travel with it and what it costs."""
    cost = texts()["price_text"] if contact.kind == "sms" else texts()["price_" + price(contact.normalised)]
    return f"{contact.shown}, {cost}" + (f". {contact.note}" if contact.note else "")


def whom(service: Service, branch: str, knowledge: Knowledge) -> str:
    """For whom a service is, in one line."""
    words = texts()
    if service.eligibility_description and service.who != (OWN,):
        return service.eligibility_description
    if branch == OWN:  # no place: this branch shows no detail of where services are
        return words["covers_all"].format(whom=words["own_whom"])
    who = words["anyone"]
    if service.audience:
        who = " or ".join(words["whom_" + a] for a in service.audience)
    elif service.maximum_age:
        who = words["whom_child"].format(age=service.maximum_age + 1)
    if EVERYWHERE in service.areas:
        return words["covers_all"].format(whom=who)
    places = [knowledge.areas.names[a] for a in service.areas]
    area = " and ".join([", ".join(places[:-1]), places[-1]] if places[1:] else places)
    return words["covers"].format(whom=who, area=area)


@lru_cache(maxsize=1024)
def card(n: int, found: Found, branch: str, now: datetime, knowledge: Knowledge) -> str:
    """A service on a list: its number on this screen, name, number, price, hours, and for whom."""
    service = found.service
    lines = [f"{n}. {name(service)}"]
    if found.phone:
        lines.append(number(found.phone))
        lines.append(hours(found.phone, now, found.opening))
    lines += [other(c) for c in on_card(found) if c.kind != "phone"]
    lines.append(whom(service, branch, knowledge))
    if service.alert:
        lines.append(service.alert)
    return "\n".join(lines)


def other(contact: Contact) -> str:
    """A way to reach a service that is not its telephone. An address is plain text: nobody has confirmed it."""
    return texts()[KIND_LINES[contact.kind]].format(number=contact.shown, value=contact.shown)


def phones(contacts: Iterable[Contact]) -> tuple[str, ...]:
    """The numbers among the contacts, as screens report them."""
    return tuple(dict.fromkeys(c.normalised for c in contacts if c.kind in ("phone", "sms")))


def on_card(found: Found) -> tuple[Contact, ...]:
    """The contacts that a list shows of a service: the number to ring, and what to use where there is none."""
    quiet = [c for c in found.service.shown_contacts if c.kind == "sms" or (c.kind in QUIET and found.phone is None)]
    return (*([found.phone] if found.phone else []), *quiet)


def newest(found: Found) -> Source:
    """The latest source of what a list shows of a service."""
    shown = on_card(found)
    every = [s for c in shown for s in every_source(c)] or list(found.service.sources)
    return max(every, key=lambda s: s.date)


def every_source(contact: Contact) -> tuple[Source, ...]:
    """All lines on which a contact and its hours stand."""
    return (*contact.sources, *([contact.schedule.source] if contact.schedule else []))


def listed_by(sources: Iterable[Source], *, lines: bool = False, frame: str = "listed") -> str:
    """Who listed what is shown, and when; each publisher and date once, with its lines where asked for.

    `frame` is the key of the text around it.
    """
    words = texts()
    groups: dict[tuple[str, str], set[int]] = {}
    for source in sources:
        found = groups.setdefault((source.publisher, source.listed), set())
        if source.document != LATER_FACTS:  # their line is a line of our own sheet, which tells a reader nothing
            found.add(source.line)
    parts = []
    for (publisher, when), numbers in groups.items():
        part = f"{publisher}, {when}" if when else publisher
        if lines and numbers:
            part = words["at_lines" if len(numbers) > 1 else "at_line"].format(
                part=part, lines=", ".join(map(str, sorted(numbers)))
            )
        parts.append(part)
    return words[frame].format(sources="; ".join(parts)) if parts else ""
