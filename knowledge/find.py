"""Finds the services for a set of answers and puts them in the order that a screen shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from knowledge.hours import Opening, opening
from knowledge.model import EVERYWHERE, NATIONS, Areas, Contact, Knowledge, Service

OWN = "own-behaviour"
YOUNG = "young-person"
GENERAL = {"talk", "safety-plan"}  # the needs of a service for anybody who is harmed
SPECIAL = {"sexual-violence", "forced-marriage", "stalking"}  # the needs of a service for some of them
LATER = "2021"  # what was found in this year or after counts as fresher than the documents of spring 2020


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A service with the number to ring first and when that can be reached. One a minute, compared by identity."""

    service: Service
    phone: Contact | None
    opening: Opening
    fresh: bool  # its hours were confirmed, or listed later than the documents of spring 2020
    local: int  # 2 for the group itself, 1 for its area, 0 for a nation or the whole UK
    recent: bool  # somebody listed or confirmed the number later than the documents of spring 2020

    @property
    def answers_now(self) -> bool:
        """Whether somebody is listed or confirmed as answering at this moment."""
        return self.opening.kind in ("24h", "open")


def serves(service: Service, branch: str) -> bool:
    """Whether a service belongs on a branch. The branch of people who harm shares nothing but services for both."""
    if service.status == "hold" or not service.shown_contacts:
        return False
    if branch == OWN:
        return OWN in service.who
    if set(service.who) <= {OWN}:
        return False
    if branch == YOUNG:
        return service.minimum_age is None and YOUNG in service.who
    return service.maximum_age is None or "children" in service.needs


def covers(service: Service, area: str, areas: Areas) -> bool:
    """Whether a service covers an answer of the area slot ("" = not given, which the lines for all England cover)."""
    reach = set(service.areas)
    if EVERYWHERE in reach:
        return True
    if area in NATIONS:
        return area in reach
    if "england" in reach:
        return True
    if area not in areas.area_of:
        return False
    return bool(reach & around(area, areas))


def around(area: str, areas: Areas) -> set[str]:
    """The ids that a service may name to be local to an area or group: itself, its area, and an area's own groups."""
    home = areas.area_of[area]
    if area != home:
        return {area, home}
    return {home} | {group.id for a in areas.areas if a.id == home for group in a.groups}


def locality(service: Service, area: str, areas: Areas) -> int:
    """How near a service is: 2 when it names the group itself, 1 for its area, 0 for a nation or the whole UK."""
    if set(service.areas) & {EVERYWHERE, *NATIONS}:
        return 0
    return 2 if area in service.areas and area != areas.area_of.get(area) else 1


def specific(service: Service, answers: Mapping[str, str]) -> int:
    """How closely a service fits what was said: 2 for the audience, 1 for the need."""
    need = answers.get("need", "talk")
    return 2 * (answers.get("audience", "-") in service.audience) + (need != "talk" and need in service.needs)


def fits(service: Service, answers: Mapping[str, str]) -> bool:
    """Whether a service is for everybody, or for what was said; the others come last."""
    if service.audience and answers.get("audience") not in service.audience:
        return False
    if specific(service, answers) or answers.get("who") in (OWN, YOUNG):
        return True
    if service.maximum_age is not None:
        return False
    # A local line to talk to is for everybody, unless it is for one kind of harm: somebody who adds a service and says
    # no more of it than that must find it among the results.
    near = bool(service.phones) and not set(service.areas) & {EVERYWHERE, *NATIONS}
    return set(service.needs) >= GENERAL or (near and "talk" in service.needs and not set(service.needs) & SPECIAL)


@lru_cache(maxsize=4096)
def look(service: Service, now: datetime, local: int = 0) -> Found:
    """A service with the one of its numbers that answers soonest. Pure, so a minute's answer may be kept."""
    ranked = [(opening(p.schedule, now), p) for p in service.phones]
    if not ranked:
        return Found(service, None, opening(None, now), False, local, False)
    hours, phone = min(ranked, key=lambda pair: _openness(pair[0]))
    listed = phone.schedule.source.date if phone.schedule else ""
    fresh = phone.confirmed is not None or listed >= LATER
    recent = phone.confirmed is not None or any(s.date >= LATER for s in phone.sources)
    return Found(service, phone, hours, fresh, local, recent)


@lru_cache(maxsize=1024)
def _here(knowledge: Knowledge, branch: str, area: str) -> tuple[tuple[Service, int], ...]:
    """The services of a branch that cover an area, with how near each is."""
    areas = knowledge.areas
    return tuple(
        (s, locality(s, area, areas))
        for s in knowledge.services.values()
        if serves(s, branch) and covers(s, area, areas)
    )


@lru_cache(maxsize=4096)
def _suits(service: Service, who: str, need: str, audience: str) -> tuple[bool, int]:
    """Whether a service fits the person described, and how closely."""
    answers = {"who": who, "audience": audience, "need": need}
    told = {slot: value for slot, value in answers.items() if value}
    return fits(service, told), specific(service, told)


_OPENNESS = {"24h": 0, "open": 0, "uncertain": 1, "none": 1, "closed": 2}


def _openness(hours: Opening) -> int:
    return _OPENNESS[hours.kind]


def _minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0) if now.second or now.microsecond else now


def fallback(answers: Mapping[str, str], knowledge: Knowledge, now: datetime) -> Found | None:
    """The person who answers at any hour on this branch: the first of its lines that is listed as answering now.

    Where none is, the last one named. None only if every one of them is on hold.
    """
    return _fallback(_branch(answers), knowledge, _minute(now))


@lru_cache(maxsize=256)
def _fallback(branch: str, knowledge: Knowledge, now: datetime) -> Found | None:
    found = _fallbacks(branch, knowledge, now)
    return next((f for f in found if f.answers_now), found[-1] if found else None)


def fallbacks(answers: Mapping[str, str], knowledge: Knowledge, now: datetime) -> list[Found]:
    """All lines named for when others do not answer on this branch, in their order."""
    return _fallbacks(_branch(answers), knowledge, _minute(now))


def _fallbacks(branch: str, knowledge: Knowledge, now: datetime) -> list[Found]:
    lines = [knowledge.services[i] for i in knowledge.fallbacks[branch] if i in knowledge.services]
    return [look(s, now) for s in lines if s.status != "hold" and s.shown_contacts]


def _branch(answers: Mapping[str, str]) -> str:
    who, area = answers.get("who"), answers.get("area", "")
    if who in (OWN, YOUNG):
        return str(who)
    if area in ("wales", "scotland", "northern-ireland"):
        return area
    return "man" if answers.get("audience") == "man" else "default"


def find(answers: Mapping[str, str], knowledge: Knowledge, now: datetime) -> tuple[Found, ...]:
    """The services for a set of answers, in the order that a screen shows them.

    The first screen holds one that answers now, the closest fit to what was said, and the best local one. Then: fresh
    and open now, local, specific, open; "today" puts who is open first, "no rush" what fits best. Services for others
    than the person described come last, and are never left out.
    """
    return _find(tuple(sorted(answers.items())), knowledge, _minute(now))


def fitting(answers: Mapping[str, str], knowledge: Knowledge, now: datetime) -> tuple[Found, ...]:
    """The services of `find` that are for everybody or for what was said, with the person who always answers."""
    return _fitting(tuple(sorted(answers.items())), knowledge, _minute(now))


@lru_cache(maxsize=128)
def _fitting(told: tuple[tuple[str, str], ...], knowledge: Knowledge, now: datetime) -> tuple[Found, ...]:
    answers = dict(told)
    human = fallback(answers, knowledge, now)
    person = _person(answers)
    found = _find(told, knowledge, now)
    return tuple(f for f in found if (human and f.service is human.service) or _suits(f.service, *person)[0])


def _person(answers: Mapping[str, str]) -> tuple[str, str, str]:
    return answers.get("who", ""), answers.get("need", ""), answers.get("audience", "")


@lru_cache(maxsize=128)
def _find(told: tuple[tuple[str, str], ...], knowledge: Knowledge, now: datetime) -> tuple[Found, ...]:
    answers = dict(told)
    branch, urgency, person = answers.get("who", ""), answers.get("urgency", ""), _person(answers)
    here = _here(knowledge, branch, answers.get("area", ""))
    rated = [(look(service, now, local), _suits(service, *person)) for service, local in here]
    rated.sort(key=lambda r: _order(r[0], r[1][0], r[1][1], urgency))
    found = [f for f, _ in rated]
    human = fallback(answers, knowledge, now)
    suited = [(f, closeness) for f, (fit, closeness) in rated if fit]
    close, closeness = max(suited, key=lambda s: (s[1], s[0].local), default=(None, 0))
    close = close if closeness else None
    local = next((f for f, _ in suited if f.local == 2), next((f for f, _ in suited if f.local), None))
    if close and not person[1] and not set(close.service.needs) >= GENERAL:
        close, local = local, close  # a team for older people, say: it fits, but the specialists come first
    elif close and close.local:
        local = None
    first = [f for f in (human, close, local) if f]
    if branch == OWN or (answers.get("audience") == "man" and branch != YOUNG):
        # Their own lines first, then the one that always answers: that one is not made for them.
        own = [f for f in found if set(f.service.who) == {OWN}]
        first = [f for f in (*own[:2], close, human, local) if f]
        if urgency == "today":
            first.sort(key=lambda f: _openness(f.opening))
    return tuple({f.service.id: f for f in [*first, *found]}.values())


def _order(f: Found, fit: bool, closeness: int, urgency: str) -> tuple[int, ...]:
    openness = _openness(f.opening)
    if urgency == "today":
        return not fit, openness, not (f.fresh and f.answers_now), -f.local, -closeness, not f.recent
    if urgency == "no-rush":
        return not fit, -closeness, -f.local, not f.recent, openness
    return not fit, not (f.fresh and f.answers_now), -f.local, -closeness, openness, not f.recent
