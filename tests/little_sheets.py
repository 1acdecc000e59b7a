"""A small set of fact sheets for tests: one area, two services, one document, written where a test wants it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

DOCUMENT = """Title of the page

Harbour helps everyone in Eastshire. Ring the 24-hour line on 0300 303 3778 or write to Help@harbour.org
Anchor Line - 0808 802 4040, option 2
The press may ring 0121 626 5442.
Keep a bag ready near the door.
"""

AREAS = """
areas:
  - id: eastshire
    name: Eastshire
    label: Eastshire
    groups:
      - id: port
        name: Port
        label: Port
        districts: [{id: port, code: E07000001, name: Port}]
nations:
  - {id: england, name: England}
  - {id: wales, name: Wales}
"""

FALLBACKS = """
default: [harbour]
man: [harbour]
own-behaviour: [anchor]
young-person: [harbour]
wales: [harbour]
scotland: [harbour]
northern-ireland: [harbour]
"""

SHEET = f"""
document:
  id: "000"
  file: 000_page.txt
  sha256: {hashlib.sha256(DOCUMENT.encode()).hexdigest()}
  title: Title of the page
  publisher: Eastshire Police
  address: ""
  date: 2020-04-21
  listed: April 2020
services:
  - id: harbour
    name: Harbour
    organization: Harbour
    description: Help for everyone.
    areas: [eastshire]
    who: [me, someone-else]
    needs: [talk]
    line: 3
    anchor: Harbour helps everyone
    contacts:
      - phone: 0300 303 3778
        line: 3
        hours: {{printed: 24-hour, line: 3, opening_hours: 24/7}}
      - {{email: Help@harbour.org, line: 3}}
  - id: anchor
    name: Anchor
    organization: Anchor
    description: Help to change.
    areas: [uk]
    who: [own-behaviour]
    needs: [talk]
    line: 4
    anchor: Anchor Line
    contacts:
      - {{phone: 0808 802 4040, line: 4, note: Press option 2.}}
facts:
  - {{kind: phone, line: 5, value: 0121 626 5442, status: not-public, reason: For the press.}}
  - {{kind: guidance, id: bag, topic: safety-plan, line: 6, anchor: Keep a bag ready, text: Pack a bag. Hide it.}}
"""

LATER = """
document: {id: later, date: ""}
"""


def write(folder: Path, sheet: str = SHEET, **more: str) -> Path:
    """Writes the sheets to a folder `seeds` and the document beside them; `more` are other files by their stem."""
    seeds = folder / "seeds"
    seeds.mkdir(exist_ok=True)
    texts = {"areas": AREAS, "fallbacks": FALLBACKS, "000": sheet, **more}
    for name, text in texts.items():
        (seeds / f"{name}.yaml").write_text(text, encoding="utf-8")
    (folder / "000_page.txt").write_text(DOCUMENT, encoding="utf-8")
    return seeds


def changed(old: str, new: str, sheet: str = SHEET) -> str:
    """A sheet with one thing changed, which must be there."""
    assert old in sheet
    return sheet.replace(old, new, 1)


def line_of(text: str, part: str) -> int:
    """The line on which something stands in a text."""
    return text[: text.index(part)].count("\n") + 1


Change = Callable[[str], str]
