"""Shows why a message was taken as it was."""

from __future__ import annotations

from bot.understanding.engine import study
from bot.understanding.lexicon import english
from bot.understanding.reader import read
from bot.understanding.reading import Reading
from knowledge.model import Knowledge

SHOWN_AS = {"hide": "exit", "who": "none", "": "none"}


def explain(text: str, knowledge: Knowledge) -> str:
    """A printable account of a message: its statements as corrected, the rules that fired, those blocked and by what,
    and the verdict."""
    findings = study(text, english())
    lines = ["statements:"]
    lines += [f"  {n + 1}. {' '.join(c.words)}" for n, c in enumerate(findings.clauses)]
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
