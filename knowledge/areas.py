"""Reads `areas.yaml`, the areas with their groups and districts, and `fallbacks.yaml`, the lines that answer last."""

from __future__ import annotations

import re
from collections.abc import Mapping

from knowledge.model import EVERYWHERE, NATIONS, Area, Areas, District, Group, Service
from knowledge.yamlfile import Entry

BRANCHES = ("default", "man", "own-behaviour", "young-person", "wales", "scotland", "northern-ireland")
LABEL = 24  # characters that fit on a button
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CODE = re.compile(r"[EWSN]\d{8}")


def read_areas(sheet: Entry) -> Areas:
    """The areas and nations of `areas.yaml`; what is wrong becomes a fault of the entry."""
    seen: dict[str, str] = {}  # id -> the id it stands in, "" at the top
    areas = tuple(_area(e, seen) for e in sheet.entries("areas"))
    nations = {e.text("id"): e.text("name") for e in sheet.entries("nations")}
    for e in sheet.entries("nations"):
        if e.text("id") not in NATIONS:
            e.fault(f"unknown nation '{e.text('id')}'", e.line_of("id"))
        e.close()
    sheet.close()
    names = dict(nations)
    area_of: dict[str, str] = {}
    group_of: dict[str, str] = {}
    for area in areas:
        names.setdefault(area.id, area.name)
        area_of[area.id] = area.id
        for group in area.groups:
            names.setdefault(group.id, group.name)
            area_of[group.id] = area.id
            group_of[group.id] = group.id
            for district in group.districts:
                names.setdefault(district.id, district.name)
                area_of[district.id] = area.id
                group_of[district.id] = group.id
    return Areas(areas, nations, names, area_of, group_of)


def _area(e: Entry, seen: dict[str, str]) -> Area:
    area = _id(e, "", seen)
    groups = tuple(_group(g, area, seen) for g in e.entries("groups"))
    if not groups:
        e.fault("an area needs groups")
    found = Area(area, e.text("name"), _label(e), groups)
    e.close()
    return found


def _group(e: Entry, area: str, seen: dict[str, str]) -> Group:
    group = _id(e, area, seen)
    districts = tuple(_district(d, group, seen) for d in e.entries("districts"))
    if not districts:
        e.fault("a group needs districts")
    found = Group(group, e.text("name"), _label(e), districts)
    e.close()
    return found


def _district(e: Entry, group: str, seen: dict[str, str]) -> District:
    found = District(_id(e, group, seen), e.text("code"), e.text("name"))
    if not _CODE.fullmatch(found.code):
        e.fault(f"'{found.code}' is not an ONS code", e.line_of("code"))
    e.close()
    return found


def _id(e: Entry, parent: str, seen: dict[str, str]) -> str:
    """The id of an area, group or district: its own, or that of the single whole it fills (Derby in Derby)."""
    value = e.text("id")
    if not _ID.fullmatch(value):
        e.fault(f"'{value}' is not a kebab-case id", e.line_of("id"))
    elif value in seen and (value != parent or seen[value] == parent):
        # Derby may be a group and its only district, Hertfordshire an area and its only group: not all three.
        e.fault(f"the id '{value}' is already used: choose another", e.line_of("id"))
    seen[value] = parent
    return value


def _label(e: Entry) -> str:
    label = e.text("label")
    if len(label) > LABEL:
        e.fault(f"'label' is longer than {LABEL} characters", e.line_of("label"))
    return label


def places_of_services(areas: Areas) -> frozenset[str]:
    """The ids that a service may name as its area: areas, groups, nations and "uk"."""
    groups = {g.id for a in areas.areas for g in a.groups}
    return frozenset({a.id for a in areas.areas} | groups | set(areas.nations) | {EVERYWHERE})


def read_fallbacks(sheet: Entry, services: Mapping[str, Service]) -> dict[str, tuple[str, ...]]:
    """The service ids of each branch, first choice first; each branch needs one that can be rung."""
    found = {}
    for branch in BRANCHES:
        if not sheet.has(branch):
            sheet.fault(f"missing key '{branch}'")
            continue
        found[branch] = sheet.texts(branch, services)
        known = [services[s] for s in found[branch] if s in services]
        if not any(s.phones and s.status == "active" for s in known):
            sheet.fault(f"'{branch}' names no service that can be rung", sheet.line_of(branch))
    sheet.close()
    return found
