"""A QR code that opens the bot at an area, for a poster in a shop or pharmacy: `python -m bot poster`."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import segno

from bot.dialogue import State, encode
from knowledge.load import load
from knowledge.model import Knowledge

SUFFIXES = (".svg", ".png")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{4,31}")  # what Telegram takes as a user name


class PosterError(Exception):
    """A poster that cannot be made; its text is one plain line."""


def address(bot: str, area: str, knowledge: Knowledge) -> str:
    """The address that opens the bot (its user name) at an area, group or district. Raises PosterError."""
    if not _NAME.fullmatch(bot):
        raise PosterError(f"'{bot}' is no user name of a bot")
    known = knowledge.areas
    if area not in known.area_of and area not in known.nations:
        raise PosterError(f"no area '{area}'; known are {', '.join(sorted({*known.area_of.values(), *known.nations}))}")
    token = encode(State("start").having(area=known.group_of.get(area, area)))
    return f"https://t.me/{bot}?start={token}"


def draw(opens: str, out: Path) -> None:
    """Writes the QR code as SVG or PNG, with the wide white border that scanners need. Raises PosterError."""
    if out.suffix.lower() not in SUFFIXES:
        raise PosterError(f"{out} does not end in {' or '.join(SUFFIXES)}")
    try:  # a quarter of the code may be torn or stained, and it still opens
        segno.make(opens, error="q", micro=False).save(str(out), scale=20, border=4)
    except OSError as error:
        raise PosterError(f"cannot write {out}: {error.strerror}") from error


def _name() -> str:
    """The bot's user name, asked of Telegram with the token that the environment gives. Raises PosterError."""
    from bot import settings
    from bot.channels.telegram import name_of

    try:
        name = name_of(settings.load())
    except settings.SettingsError as error:
        raise PosterError(f"whose bot? Give --bot NAME ({error})") from error
    if not name:
        raise PosterError("Telegram does not tell the bot's name now; give --bot NAME")
    return name


def main(argv: Sequence[str]) -> int:
    """The command: 0 done, 2 wrong usage or a file that cannot be written."""
    about = "A QR code that opens the bot at an area."
    parser = argparse.ArgumentParser(prog="python -m bot poster", description=about)
    parser.add_argument("--area", required=True, metavar="ID", help="an area, group, district or nation")
    parser.add_argument("--out", required=True, metavar="FILE", type=Path, help="where to write: .svg or .png")
    parser.add_argument("--bot", metavar="NAME", help="the bot's user name (default: the one of DOORWAY_BOT_TOKEN)")
    try:
        args = parser.parse_args(argv)
    except SystemExit as stop:  # argparse has said what is wrong
        return int(stop.code or 0)
    try:
        draw(address((args.bot or _name()).removeprefix("@"), args.area, load()), args.out)
    except PosterError as error:
        print(f"poster: {error}", file=sys.stderr)
        return 2
    return 0
