"""The command ``places``: one typed place, or JSON lines of them, to the place each is taken for."""

from __future__ import annotations

import argparse
import json
import sys
from time import perf_counter

from knowledge.places.find import find_place
from knowledge.places.tables import Places, load_places
from knowledge.yamlfile import FaultError


def main(argv: list[str]) -> int:
    """Runs ``places TEXT`` or ``places --jsonl`` (lines ``{"id", "text"}`` in, ``{"id", "area", "ms"}`` out).

    0 on success, 1 where the tables have a fault, 2 for wrong usage or a line that is not such JSON.
    """
    parser = argparse.ArgumentParser(prog="python -m knowledge places", description="Which place a typed text means.")
    parser.add_argument("text", nargs="*", help="the text, as somebody would type it")
    parser.add_argument("--jsonl", action="store_true", help="read {id, text} lines, write {id, area, ms} lines")
    try:
        args = parser.parse_args(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    if args.jsonl == bool(args.text):
        print("places: give a text, or --jsonl and no text", file=sys.stderr)
        return 2
    try:
        places = load_places()
    except FaultError as fault:
        print(fault, file=sys.stderr)
        return 1
    if args.jsonl:
        return _lines(places)
    place = find_place(" ".join(args.text), places)
    parts = [place.answer, place.name, place.nation, place.rule]
    print("  ".join(part for part in parts if part))
    return 0


def _lines(places: Places) -> int:
    for number, line in enumerate(sys.stdin, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            name, text = row["id"], row["text"]
            if not isinstance(text, str):
                raise TypeError
        except (ValueError, KeyError, TypeError):
            print(f"line {number}: must be JSON with id and text", file=sys.stderr)
            return 2
        start = perf_counter()
        answer = find_place(text, places).answer
        print(json.dumps({"id": name, "area": answer, "ms": round((perf_counter() - start) * 1000, 3)}))
    return 0
