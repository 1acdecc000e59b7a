"""Writes the knowledge base for others: facts, services, areas and guidance as JSON, or the facts as CSV."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from typing import Any

from knowledge.model import Contact, Fact, Knowledge, Schedule, Service, Source
from knowledge.numbers import price


def to_json(knowledge: Knowledge) -> str:
    """One JSON object with `facts`, `services`, `areas` and `guidance`."""
    whole = {
        "facts": [fact_row(f) for f in knowledge.facts],
        "services": [_service(s) for s in knowledge.services.values()],
        "areas": [asdict(a) for a in knowledge.areas.areas],
        "nations": dict(knowledge.areas.nations),
        "guidance": {topic: [fact_row(f) for f in facts] for topic, facts in knowledge.guidance.items()},
        "documents": [asdict(d) for d in knowledge.documents.values()],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def to_csv(knowledge: Knowledge) -> str:
    """The facts, a line each under a line of names; what is not known is empty."""
    rows = [fact_row(f) for f in knowledge.facts]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def fact_row(fact: Fact) -> dict[str, Any]:
    """A fact by the names of the exchange format; what is not known is null."""
    source = fact.source
    return {
        "document": fact.document,
        "line": fact.line,
        "kind": fact.kind,
        "value": fact.value,
        "normalised": fact.normalised,
        "service": fact.service or None,
        "status": fact.status,
        "confirmed": fact.confirmed or None,
        "alert": fact.alert or None,
        "reason": fact.reason or None,
        "id": fact.id or None,
        "topic": fact.topic or None,
        "anchor": fact.anchor or None,
        "publisher": (source.publisher if source else "") or None,
        "date": (source.date if source else "") or None,
    }


def _service(service: Service) -> dict[str, Any]:
    found = asdict(service)
    found["sources"] = [_source(s) for s in service.sources]
    found["contacts"] = [_contact(c) for c in service.contacts]
    return found


def _contact(contact: Contact) -> dict[str, Any]:
    found = asdict(contact)
    numbered = contact.kind in ("phone", "sms") and bool(contact.normalised)
    found["price"] = price(contact.normalised) if numbered else None
    found["schedule"] = _schedule(contact.schedule) if contact.schedule else None
    found["sources"] = [_source(s) for s in contact.sources]
    return found


def _schedule(schedule: Schedule) -> dict[str, Any]:
    return {**asdict(schedule), "source": _source(schedule.source)}


def _source(source: Source) -> dict[str, Any]:
    return {name: value if value != "" else None for name, value in asdict(source).items()}
