"""Shows why a message was taken as it was, and the `explain` command."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from time import perf_counter

from bot.understanding.engine import study
from bot.understanding.lexicon import english
from bot.understanding.reader import read
from bot.understanding.reading import Reading
from knowledge.model import Knowledge
from knowledge.yamlfile import FaultError

SHOWN_AS = {"hide": "exit", "who": "none", "": "none"}


def explain(text: str, knowledge: Knowledge) -> str:
    """A printable account: the words as corrected, the clauses, rules that fired, rules blocked and by what, the verdict."""
    findings = study(text, english())
    lines = ["statements:"]
    lines += [f"  {n + 1}. {' '.join(c.words)}{' ?' if c.asks else ''}" for n, c in enumerate(findings.clauses)]
    for title, blocked in (("rules that fired:", False), ("rules blocked:", True)):
        lines.append(title)
        seen = []
        for fired in findings.fired:
            if bool(fired.blocked) != blocked:
                continue
            match = fired.match
            words = " ".join(findings.clauses[match.clause].words[match.start : match.end])
            why = f"  (blocked: {fired.blocked})" if fired.blocked else ""
            seen.append(f"  {fired.rule.kind}/{fired.rule.name}: \"{words}\"{why}")
        lines += list(dict.fromkeys(seen)) or ["  none"]
    verdict = as_json(read(text, knowledge))
    lines.append("verdict:")
    lines += [f"  {key}: {value}" for key, value in verdict.items()]
    return "\n".join(lines)


def as_json(reading: Reading) -> dict[str, object]:
    """The verdict in the form of `explain --jsonl`."""
    return {
        "danger": "now" if reading.danger else "no",
        "high_risk": reading.high_risk,
        "situation": list(reading.situations),
        "audience": list(reading.audiences),
        "command": SHOWN_AS.get(reading.command, reading.command),
        "area": reading.place.answer if reading.place else "unknown",
        "rules": list(reading.rules),
        "signs": sorted(reading.signs),
    }


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
    from knowledge.load import load

    parser = argparse.ArgumentParser(prog="python -m bot explain", description="What a typed message is taken for, and by which rule.")
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
    except FaultError as error:
        print(error, file=sys.stderr)
        return 2
    if args.jsonl:
        return _lines(knowledge)
    print(explain(" ".join(args.text), knowledge))
    return 0
