"""The exchange formats: names, shapes and null for what is not known."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from little_sheets import write

from knowledge.export import to_csv, to_json
from knowledge.load import load
from knowledge.model import AUDIENCES, FACT_KINDS, STATUSES, Knowledge

ASKED = ("document", "line", "kind", "value", "normalised", "service", "status", "confirmed", "alert", "reason")


def test_json_has_facts_services_areas_and_guidance(tmp_path: Path) -> None:
    whole = json.loads(to_json(load(write(tmp_path))))
    press = next(f for f in whole["facts"] if f["status"] == "not-public")
    assert {name: press[name] for name in ASKED} == {
        "document": "000",
        "line": 5,
        "kind": "phone",
        "value": "0121 626 5442",
        "normalised": "+441216265442",
        "service": None,
        "status": "not-public",
        "confirmed": None,
        "alert": None,
        "reason": "For the press.",
    }
    harbour = whole["services"][0]
    assert (harbour["id"], harbour["areas"]) == ("harbour", ["eastshire"])
    phone = harbour["contacts"][0]
    assert (phone["normalised"], phone["price"], phone["schedule"]["opening_hours"]) == (
        "+443003033778",
        "normal",
        "24/7",
    )
    assert whole["areas"][0]["groups"][0]["districts"] == [{"id": "port", "code": "E07000001", "name": "Port"}]
    assert [f["value"] for f in whole["guidance"]["safety-plan"]] == ["Pack a bag. Hide it."]


def test_csv_holds_the_same_facts(tmp_path: Path) -> None:
    knowledge = load(write(tmp_path))
    rows = list(csv.DictReader(io.StringIO(to_csv(knowledge))))
    facts = json.loads(to_json(knowledge))["facts"]
    assert tuple(rows[0])[: len(ASKED)] == ASKED
    assert rows == [{k: "" if v is None else str(v) for k, v in fact.items()} for fact in facts]


def test_the_shipped_facts_keep_to_the_words_of_the_format(knowledge: Knowledge) -> None:
    whole = json.loads(to_json(knowledge))
    services = {s["id"] for s in whole["services"]}
    for fact in whole["facts"]:
        assert fact["kind"] in FACT_KINDS
        assert fact["status"] in STATUSES
        assert fact["value"]
        assert fact["line"] >= 1
        assert fact["service"] is None or fact["service"] in services
        assert fact["status"] == "shown" or fact["reason"]
    assert all(set(s["audience"]) <= set(AUDIENCES) for s in whole["services"])


def test_what_must_not_be_shown_is_kept_with_its_status(knowledge: Knowledge) -> None:
    kept = {
        (f.document, f.line, f.normalised or f.value): f.status for f in knowledge.facts if f.kind in ("phone", "email")
    }
    assert kept["001", 11, "+441216265442"] == "not-public"
    assert kept["001", 13, "j.scott@west-midlands.pnn.police.uk"] == "not-public"
    assert kept["001", 164, "+448088000340"] == "wrong-area"
    assert kept["001", 168, "+448451228609"] == "superseded"
    assert kept["001", 212, "+448088029999"] == "superseded"
    assert kept["001", 242, "/4806"] == "ambiguous"
    assert kept["001", 270, "dutytorefer@dudley.gov.uk"] == "professionals"
    assert kept["004", 24, "digital.team@cheshire.pnn.police.uk"] in ("expired", "not-public")
    shown = {c.normalised for s in knowledge.services.values() for c in s.shown_contacts}
    assert not shown & {n for (_, _, n), status in kept.items() if status not in ("shown", "context", "ambiguous")}


def test_the_same_number_in_several_documents_is_one_contact(knowledge: Knowledge) -> None:
    (phone,) = knowledge.services["national-helpline"].phones
    assert phone.shown == "0808 2000 247"
    assert {(s.document, s.line, s.printed) for s in phone.sources} >= {
        ("001", 194, "0808 2000 247"),
        ("003", 44, "0808 200 0247"),
        ("004", 70, "0808 2000 247"),
    }
    lines = {(f.document, f.line) for f in knowledge.facts if f.normalised == "+443300945559"}
    assert lines >= {("000", 61), ("000", 70)}
