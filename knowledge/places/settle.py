"""From the places that a name may mean to one answer: a district, an area, a question or elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.places.tables import NATIONS, OTHER, Places, Weights

ELSEWHERE = "elsewhere"
SMALL_WORDS = frozenset({"on", "under", "the", "le", "in", "by", "of", "and", "with", "next"})
OPTIONS = 4
FAR_HEAVIER, BY_FAR, MANY = 5, 10, 3000
"""A place stands for its name when it is 5 times heavier than each namesake, and 10 times where a namesake elsewhere
holds 3,000 people or more."""
SMALL = 2000
"""A name of less weight yields to the bigger place typed beside it."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a typed place is taken for: `name` as to be echoed, never a full postcode; `rule`, the step that decided."""

    kind: str  # "area" | "district" | "ambiguous" | "elsewhere" | "unknown"
    ids: tuple[str, ...] = ()  # area and district ids; a question's options, at most four, "elsewhere" the last
    name: str = ""
    nation: str = ""  # of a place elsewhere: england | wales | scotland | northern-ireland; "" where not known
    rule: str = ""

    @property
    def answer(self) -> str:
        """One word for programs: an id, ``ambiguous:a|b``, ``elsewhere`` or ``unknown``."""
        if self.kind == "ambiguous":
            return "ambiguous:" + "|".join(self.ids)
        return self.ids[0] if self.ids else self.kind


UNKNOWN = Place("unknown")


def keep(weights: Weights) -> Weights:
    """The places that may be meant: those that the heaviest does not outweigh by far."""
    top = max(weights.values(), default=0)
    return {
        where: heavy
        for where, heavy in weights.items()
        if heavy * FAR_HEAVIER > top or (heavy * BY_FAR > top and heavy >= MANY and where in NATIONS)
    }


def settle(kept: Weights, places: Places, name: str, rule: str) -> Place:
    """The answer for places that may all be meant, heaviest first; none gives unknown."""
    order = sorted(kept, key=lambda where: -kept[where])
    served = [where for where in order if where not in NATIONS]
    nations = [where for where in order if where in NATIONS]
    if not served:
        nation = nations[0] if len(nations) == 1 and nations[0] != OTHER else ""
        return Place(ELSEWHERE, (), name, nation, rule) if nations else UNKNOWN
    if nations:
        return Place("ambiguous", (*served[: OPTIONS - 1], ELSEWHERE), name, "", rule)
    if len(served) > 1:
        if len({places.group_of.get(where, where) for where in served}) > 1:
            return Place("ambiguous", tuple(served[:OPTIONS]), name, "", rule)
        area = places.area_of[served[0]]
        if places.groups_in[area] == 1:  # the whole area shares its services: no district need be guessed
            return Place("area", (area,), name, "", rule)
    kind = "district" if served[0] in places.group_of else "area"
    return Place(kind, (served[0],), name, "", rule)


def beside(first: Weights, second: Weights, near: bool, places: Places) -> Weights:
    """What two places typed side by side mean: the first one's namesake that lies in the second, or beside it.

    `near` tells "Stone near Stafford" from "Stone, Stafford". Both arguments hold all namesakes.
    """
    wide = [any(where in places.groups_in for where in weights) for weights in (first, second)]
    if wide == [True, False]:
        first, second = second, first  # "Staffordshire, Stone"
    around = keep(second)
    served = {where: heavy for where, heavy in around.items() if where not in NATIONS}
    within = {where: heavy for where, heavy in first.items() if where in served and where not in places.groups_in}
    if not within:
        areas = {places.area_of[where] for where in served}
        within = {where: heavy for where, heavy in first.items() if places.area_of.get(where) in areas}
    if within and (served == around or max(within.values()) >= SMALL):
        return within
    nations = {where: heavy for where, heavy in first.items() if where in NATIONS}
    top = max(first.values(), default=0)
    if OTHER in around:
        return {OTHER: top}
    if near:
        return keep(first)
    if not served:
        if nations:
            return {where: heavy for where, heavy in nations.items() if where in around} or nations
        return keep(first) if top >= SMALL else around
    only_elsewhere = len(nations) == len(first)
    if only_elsewhere and (top < SMALL or any(where in places.groups_in for where in served)):
        return around if top < SMALL else first
    return either(keep(first), around)


def either(*weights: Weights) -> Weights:
    """All the places together, none lost to a heavier one."""
    together: Weights = {}
    for one in weights:
        for where, heavy in one.items():
            together[where] = max(heavy, together.get(where, 0))
    return together


def echo(name: str) -> str:
    """A normal name as people write it: "Burton on Trent"."""
    return " ".join(word if at and word in SMALL_WORDS else word.capitalize() for at, word in enumerate(name.split()))
