"""Loads the knowledge base from the sheets in `seeds`, or says everything that is wrong with them at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

from knowledge import facts as stated
from knowledge.areas import places_of_services, read_areas, read_fallbacks
from knowledge.hours import listed_holidays
from knowledge.merge import check_facts, check_left_out, merge
from knowledge.model import Knowledge
from knowledge.sheets import LATER, Known, read_sheet
from knowledge.yamlfile import FaultError, read

if TYPE_CHECKING:
    from knowledge.places import Places


def load(
    folder: Traversable | None = None,
    places: bool = False,
    topics: Iterable[str] | None = None,
    today: date | None = None,
) -> Knowledge:
    """Everything the sheets say.

    `folder` holds the sheets (default: the installed package `seeds`), `topics` are the pages that a statement may
    stand on (None: any), `places` adds the tables of place names, which take longer to read; no confirmation may lie
    after `today` (None: not told).
    Raises FaultError with every fault found, each `seeds/000.yaml:12: message`.
    """
    home = folder if folder is not None else files("seeds")
    faults: list[str] = []
    names = _names(home)
    read_in = {n: read(home / f"{n}.yaml", faults, f"{home.name}/{n}.yaml") for n in ("areas", *names, "fallbacks")}
    if not names:
        faults.append(f"{home.name}:1: no fact sheet")
    if not all(e.items for e in read_in.values()):
        # What else is wrong cannot be told from the consequences of an unreadable file.
        raise FaultError(dict.fromkeys(faults))
    areas = read_areas(read_in["areas"])
    known = Known(places_of_services(areas), None if topics is None else frozenset(topics), today)
    sheets = [read_sheet(read_in[name], name, known) for name in names]
    services = merge(sheets)
    check_left_out(sheets, services)
    check_facts(sheets, services)
    fallbacks = read_fallbacks(read_in["fallbacks"], services)
    tables = _places(faults) if places else None
    _check_holidays(faults)
    if faults:
        raise FaultError(sorted(set(faults), key=_by_line))
    all_facts = stated.facts(sheets, services)
    return Knowledge(
        documents={sheet.document.id: sheet.document for sheet in sheets},
        services=services,
        facts=all_facts,
        areas=areas,
        fallbacks=fallbacks,
        guidance=stated.guidance(all_facts),
        places=tables,
    )


def _places(faults: list[str]) -> Places | None:
    # Imported late: who does not want the tables does not wait for them.
    from knowledge.places import load_places

    try:
        return load_places()
    except FaultError as error:
        faults += error.lines
        return None


def _check_holidays(faults: list[str]) -> None:
    try:
        listed_holidays()
    except FaultError as error:
        faults += error.lines


def _names(home: Traversable) -> list[str]:
    """The sheets of documents in the order of their names, then the later facts, which may override them."""
    found = {f.name.removesuffix(".yaml") for f in home.iterdir() if f.name.endswith(".yaml") and f.name[0] != "."}
    return [*sorted(found - {"areas", "bank_holidays", "fallbacks", LATER}), *sorted(found & {LATER})]


def _by_line(fault: str) -> tuple[str, int]:
    match = re.match(r"(.*?):(\d+):", fault)
    return (match[1], int(match[2])) if match else (fault, 0)
