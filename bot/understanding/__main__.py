"""The `explain` command: what a typed message is taken for, and by which rule."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from time import perf_counter

from bot.understanding.explaining import as_json, explain
from bot.understanding.languages import tongues
from bot.understanding.lexicon import english
from bot.understanding.reader import read
from knowledge.load import load
from knowledge.model import Knowledge
from knowledge.yamlfile import FaultError


def _lines(knowledge: Knowledge) -> int:
    read("warm up", knowledge)
    for number, line in enumerate(sys.stdin, 1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
            name, text = item["id"], str(item["text"])
        except (ValueError, KeyError, TypeError):
            print(f"explain: line {number} is not an object with id and text", file=sys.stderr)
            return 2
        start = perf_counter()
        reading = read(text, knowledge)
        ms = (perf_counter() - start) * 1000
        print(json.dumps({"id": name, **as_json(reading), "ms": round(ms, 3)}, ensure_ascii=False))
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """`explain TEXT` or `explain --jsonl`: exit status 0, 2 on wrong usage or bad input."""
    about = "What a typed message is taken for, and by which rule."
    parser = argparse.ArgumentParser(prog="python -m bot explain", description=about)
    parser.add_argument("text", nargs="*", metavar="TEXT")
    parser.add_argument("--jsonl", action="store_true", help='read {"id", "text"} lines, write one verdict a line')
    args = parser.parse_args(argv)
    if bool(args.text) == args.jsonl:
        parser.print_usage(sys.stderr)
        print("explain: give either a text or --jsonl", file=sys.stderr)
        return 2
    try:
        knowledge = load(places=True)
        english()
        tongues()
    except FaultError as error:
        print(error, file=sys.stderr)
        return 2
    if args.jsonl:
        return _lines(knowledge)
    print(explain(" ".join(args.text), knowledge))
    return 0


if __name__ == "__main__":
    sys.exit(main())
