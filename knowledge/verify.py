"""Holds the fact sheets against the original documents: nothing is printed otherwise, nothing is forgotten."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from knowledge.model import Document, Fact, Knowledge
from knowledge.scan import Value, scan

DOCUMENTS = (".txt", ".md", ".html", ".htm")  # what a document in the folder may be called
# Which kinds of fact may account for a value that is found in a line.
_ACCOUNTS = {
    "phone": {"phone", "sms", "other"},
    "sms": {"sms"},
    "number": {"phone", "sms", "other"},
    "email": {"email"},
    "url": {"url", "app", "event", "other"},
    "hours": {"hours", "event", "covid-rule", "other"},
    "other": {"other", "url"},
}


def verify(knowledge: Knowledge, folder: Path) -> list[str]:
    """Every fault, as `file:line: message`: a changed document, a value not on its line, what is no fact."""
    faults: list[str] = []
    for document in knowledge.documents.values():
        if document.file:
            facts = [f for f in knowledge.facts if f.document == document.id]
            faults += _document(document, facts, folder)
    held = {document.file for document in knowledge.documents.values()}
    for path in sorted(folder.iterdir()):
        if path.suffix in DOCUMENTS and path.is_file() and path.stem != "README" and path.name not in held:
            faults.append(f"{path.name}:1: no sheet holds this document: begin with 'python -m knowledge draft'")
    return faults


def _document(document: Document, facts: Sequence[Fact], folder: Path) -> Iterator[str]:
    try:
        content = (folder / document.file).read_bytes()
        lines = content.decode("utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        yield f"{document.file}:1: cannot be read in {folder}"
        return
    if hashlib.sha256(content).hexdigest() != document.sha256:
        yield f"{document.file}:1: its sha256 is not the recorded one"
    by_line: dict[int, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_line[fact.line].append(fact)
        proof = fact.anchor or fact.value
        if not 1 <= fact.line <= len(lines) or proof not in lines[fact.line - 1]:
            yield f"{document.file}:{fact.line}: '{proof}' ({fact.kind}) does not stand on this line"
    for number, line in enumerate(lines, 1):
        for value in scan(line):
            if not _accounted(value, line, by_line[number]):
                yield f"{document.file}:{number}: '{value.printed}' ({value.kind}) is no fact"


def _accounted(value: Value, line: str, facts: Sequence[Fact]) -> bool:
    """Whether the found characters lie within the printed value of a fact of this line."""
    for fact in facts:
        if fact.kind not in _ACCOUNTS[value.kind] or fact.anchor:
            continue
        start = line.find(fact.value)
        while start >= 0:
            if start <= value.start and value.end <= start + len(fact.value):
                return True
            start = line.find(fact.value, start + 1)
    return False
