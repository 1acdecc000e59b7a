"""Proposes a fact sheet for a new document: its numbers, addresses and times with their lines, to be mended by hand.

Statements, areas and needs are not proposed: somebody must read the document for those.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from pathlib import Path

from knowledge.numbers import SHORT_CODES
from knowledge.scan import Value, scan
from knowledge.sheets import ID_LENGTH, NAME_LENGTH

TODO = "TODO: why it is left out, or move it to a service."
_KEY = re.compile(r"^\s*(title|url|date):\s*(.+?)\s*$")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = {"mon": "Mo", "tue": "Tu", "wed": "We", "thu": "Th", "fri": "Fr", "sat": "Sa", "sun": "Su"}
_NUMERIC = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b")
_WORDED = re.compile(r"\b(\d{1,2}) ([A-Z][a-z]{2})[a-z]* (\d{4})\b")
_LEAD = re.compile(r"(?:[-–:*(]|\b(?:tel(?:ephone)?|phone)\b\.?:?)[\s*\[]*$", re.IGNORECASE)  # stands before a number
_HOURS = re.compile(
    r"(?:([a-z]+?)s?\s*(?:(?:-|–|to)\s*([a-z]+?)\s+)?)?(?:from\s+)?"
    r"(\d{1,2})(?:[.:](\d\d))?\s*(am|pm)?\s*(?:-|–|to)\s*(\d{1,2})(?:[.:](\d\d))?\s*(am|pm)",
    re.IGNORECASE,
)


def draft(path: Path) -> str:
    """The text of a proposed sheet for a document.

    Raises OSError or UnicodeDecodeError where it cannot be read, ValueError where it holds nothing to propose.
    """
    content = path.read_bytes()
    lines = content.decode("utf-8").split("\n")
    sheet = _document(path, hashlib.sha256(content).hexdigest(), lines)
    services, facts = ["services:"], ["facts:"]
    taken: set[str] = set()
    for number, line in enumerate(lines, 1):
        values = scan(line)
        name = _service_name(line, values)
        if name:
            # A chat's hours are not the telephone's, and on one line nobody but a reader can tell them apart.
            timed = "chat" not in line.lower()
            left, proposed = _service(name, number, values, taken, timed)
            services += proposed
        else:
            left = values
        facts += dict.fromkeys(_fact(value, number) for value in left)
    if len(services) + len(facts) == 2:
        raise ValueError("holds no number, address or time")
    return "\n".join([*sheet, *_or_none(services), *_or_none(facts)]) + "\n"


def _or_none(block: list[str]) -> list[str]:
    return block if len(block) > 1 else [f"{block[0]} []"]


def _document(path: Path, sha256: str, lines: list[str]) -> list[str]:
    keys: dict[str, str] = {}
    for line in lines[:15]:
        if match := _KEY.match(line):
            keys[match[1]] = match[2].strip('"')  # the last one counts: an inner title comes before the page's own
    heading = next((re.sub(r"^#+\s+|\*+", "", line.strip()) for line in lines if line.strip()), "")
    title = keys.get("title", heading if heading != "```yaml" else "")
    day = _date(keys.get("date", "") + "\n" + "\n".join(lines[:20]))
    return [
        "document:",
        f"  id: {_quoted(_slug(path.stem.partition('_')[0]))}",
        f"  file: {_quoted(path.name)}",
        f"  sha256: {sha256}",
        f"  title: {_quoted(title)}",
        f"  publisher: {_quoted(title.rpartition(' | ')[2] if ' | ' in title else '')}",
        f"  address: {_quoted(keys.get('url', ''))}",
        f"  date: {_quoted(day.isoformat() if day else '')}",
        f"  listed: {_quoted(day.strftime('%B %Y') if day else '')}",
    ]


def _slug(name: str) -> str:
    """A file's name as a kebab-case id."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "new"


def _date(text: str) -> date | None:
    """The first whole date in a text, day before month; None where there is none, or it is no date."""
    numeric, worded = _NUMERIC.search(text), _WORDED.search(text)
    try:
        if numeric:
            return date(int(numeric[3]), int(numeric[2]), int(numeric[1]))
        if worded:
            return date(int(worded[3]), _MONTHS.index(worded[2].lower()) + 1, int(worded[1]))
    except ValueError:
        pass
    return None


def _service_name(line: str, values: list[Value]) -> str:
    """The words before a line's first number, if they look like the name of a service."""
    first = next((v for v in values if v.kind == "phone"), None)
    if first is None or first.printed in SHORT_CODES:
        return ""
    before = re.sub(r"\]\([^)]*\)|[\[\]]", "", line[: first.start])
    if not _LEAD.search(before):
        return ""
    name = _LEAD.sub("", before).partition("(")[0].strip(" -–:.,*")
    starts = name[:1].isupper() and len(name) <= NAME_LENGTH and len(name.split()) <= 7
    return name if starts and not re.search(r"[.;!?]", name) else ""


def _service(
    name: str, number: int, values: list[Value], taken: set[str], timed: bool
) -> tuple[list[Value], list[str]]:
    """A proposed service from one line, with the line's hours if `timed`; what is no contact of it is left over."""
    unique = _free_id(name, taken)
    contacts = [v for v in values if v.kind in ("phone", "sms", "email", "url") and not v.printed.startswith("/")]
    # Which of several numbers the hours belong to is for a person to say, too.
    phones = [v for v in contacts if v.kind == "phone"]
    times = [v for v in values if v.kind == "hours" and timed and len(phones) == 1]
    out = [
        f"  - id: {unique}",
        f"    name: {_quoted(name)}",
        f"    organization: {_quoted(name)}",
        '    description: ""  # TODO, one short sentence of our own',
        "    areas: []  # TODO",
        "    who: []  # TODO",
        "    needs: []  # TODO",
        f"    line: {number}",
        f"    anchor: {_quoted(' '.join(name.split()[:5]))}",
        "    contacts:",
    ]
    for contact in contacts:
        hours = _hours(times, number) if times and contact in phones else ""
        out.append(f"      - {{{contact.kind}: {_quoted(contact.printed)}, line: {number}{hours}}}")
    return [v for v in values if v not in contacts and v not in times], out


def _free_id(name: str, taken: set[str]) -> str:
    """An id made of the first words of a name, with a number where that id is taken."""
    found = ""
    for word in re.findall(r"[a-z0-9]+", re.sub("['’]", "", name.lower())):
        longer = f"{found}-{word}".strip("-")
        if len(longer) > ID_LENGTH - len("-99"):
            break
        found = longer
    found = found or "service"
    if found in taken:
        found = f"{found}-{len(taken)}"
    taken.add(found)
    return found


def _hours(times: list[Value], number: int) -> str:
    parts = []
    for time in times:
        notation = to_notation(time.printed)
        found = f", opening_hours: {_quoted(notation)}" if notation else ""
        parts.append(f"{{printed: {_quoted(time.printed)}, line: {number}{found}}}")
    return f", hours: [{', '.join(parts)}]"


def _fact(value: Value, number: int) -> str:
    status = "no-contact" if value.kind == "other" else "context"
    notation = to_notation(value.printed) if value.kind == "hours" else ""
    kind = value.kind
    if value.kind == "number" or value.printed.startswith("/"):
        kind, status = "phone", "ambiguous"
    found = f", opening_hours: {_quoted(notation)}" if notation else ""
    return (
        f"  - {{kind: {kind}, line: {number}, value: {_quoted(value.printed)}{found}, "
        f"status: {status}, reason: {_quoted(TODO)}}}"
    )


def to_notation(phrase: str) -> str:
    """A plain phrase such as "Monday-Friday 9am-5pm" as opening_hours notation, or "" where it is not that plain."""
    if phrase.lower().startswith("24"):
        return "24/7"
    match = _HOURS.fullmatch(phrase)
    if not match:
        return ""
    first, last, opens, opens_m, am, closes, closes_m, pm = match.groups()
    days = _days((first or "").lower(), (last or "").lower())
    start, end = _clock(opens, opens_m, am or ""), _clock(closes, closes_m, pm)
    return f"{days} {start}-{end}" if days and start < end else ""


def _days(first: str, last: str) -> str:
    groups = {"weekday": "Mo-Fr", "weekend": "Sa-Su", "daily": "Mo-Su"}
    if not last and first in groups:
        return groups[first]
    known = [_DAYS.get(day[:3], "") for day in (first, last) if day]
    return "-".join(known) if known and all(known) else ""


def _clock(hour: str, minute: str | None, half: str) -> str:
    at = int(hour) % 12 + 12 if half.lower() == "pm" else int(hour)
    return f"{at:02}:{minute or '00'}"


def _quoted(text: str) -> str:
    """A text as a double-quoted YAML scalar, which JSON's strings are."""
    return json.dumps(text, ensure_ascii=False)
