"""The commands of the knowledge base: ``python -m knowledge check | verify | export | stale | draft | places``.

Exit status: 0 all is well, 1 a check found something, 2 wrong usage or bad input (one plain line on standard error).
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from knowledge.draft import draft
from knowledge.export import to_csv, to_json
from knowledge.hours import LONDON
from knowledge.load import load
from knowledge.stale import stale
from knowledge.verify import verify
from knowledge.yamlfile import FaultError

FOUND, WRONG = 1, 2
EXPORTS = {"json": to_json, "csv": to_csv}


class Parser(argparse.ArgumentParser):
    """Tells of wrong usage in one line."""

    def error(self, message: str) -> NoReturn:
        """Ends with status 2."""
        self.exit(WRONG, f"{self.prog}: {message}\n")


def main(argv: Sequence[str]) -> int:
    """Runs one command; returns its exit status."""
    args = _parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int] = args.run
    try:
        status = run(args)
        sys.stdout.flush()
        return status
    except OSError as error:  # a full disk, say; without closing, Python would try once more at its end, and tell
        with contextlib.suppress(OSError):
            sys.stdout.close()
        return _wrong(f"cannot write: {error.strerror}")
    except FaultError as error:
        more = len(error.lines) - 1
        rest = f" (and {more} more: run 'python -m knowledge check')" if more else ""
        return _wrong(error.lines[0] + rest)


def _parser() -> Parser:
    parser = Parser(prog="python -m knowledge", description="The knowledge base: check it, prove it, give it away.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        return added

    command("check", _check, "load everything and print one line for each fault")
    one = command("verify", _verify, "hold every fact against the original documents")
    one.add_argument("--documents", metavar="DIR", type=Path, required=True, help="the folder of the documents")
    one = command("export", _export, "write the knowledge base to standard output")
    one.add_argument("--format", choices=list(EXPORTS), required=True)
    one = command("stale", _stale, "list shown contacts that nobody ever confirmed, or not for long, oldest first")
    one.add_argument("--older-than", metavar="DAYS", type=_days, default=180, help="default 180; for those confirmed")
    one = command("draft", _draft, "propose a fact sheet for a new document, to be mended by hand")
    one.add_argument("document", metavar="DOCUMENT", type=Path)
    one = command("places", _places, "tell which place a text means")
    one.add_argument("text", nargs="*", metavar="TEXT", help="the text, as somebody would type it")
    one.add_argument("--jsonl", action="store_true", help="read {id, text} lines, write {id, area, ms} lines")
    return parser


def _days(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of days")
    return int(text)


def _check(_: argparse.Namespace) -> int:
    try:
        knowledge = load(places=True, today=datetime.now(LONDON).date())
    except FaultError as error:
        print(*error.lines, sep="\n")
        return FOUND
    print(f"{len(knowledge.documents)} sheets, {len(knowledge.services)} services, {len(knowledge.facts)} facts: sound")
    return 0


def _verify(args: argparse.Namespace) -> int:
    if not args.documents.is_dir():
        return _wrong(f"{args.documents} is not a folder")
    knowledge = load()
    faults = verify(knowledge, args.documents)
    if faults:
        print(*faults, sep="\n")
        return FOUND
    proven = [f for f in knowledge.facts if knowledge.documents[f.document].file]
    print(f"{len(proven)} facts stand on the lines they name; no number, address or time is left out")
    return 0


def _export(args: argparse.Namespace) -> int:
    sys.stdout.write(EXPORTS[args.format](load()))
    return 0


def _stale(args: argparse.Namespace) -> int:
    found = stale(load(), datetime.now(LONDON).date(), args.older_than)
    for age in found:
        print(age)
    return FOUND if found else 0


def _places(args: argparse.Namespace) -> int:
    from knowledge.places import main as places  # imported late: the tables of places are large

    return places([*(["--jsonl"] if args.jsonl else []), "--", *args.text])


def _draft(args: argparse.Namespace) -> int:
    try:
        proposed = draft(args.document)
    except OSError as error:
        return _wrong(f"{args.document}: {error.strerror}")
    except UnicodeDecodeError:
        return _wrong(f"{args.document} is not UTF-8 text")
    except ValueError as error:
        return _wrong(f"{args.document} {error}")
    sys.stdout.write(proposed)
    return 0


def _wrong(message: str) -> int:
    print(f"python -m knowledge: {message}", file=sys.stderr)
    return WRONG


if __name__ == "__main__":
    if hasattr(signal, "SIGPIPE"):  # `... | head` ends the output early, which is no error
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main(sys.argv[1:]))
