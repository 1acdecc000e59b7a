"""The commands of the bot: `python -m bot chat | screens | check | explain | telegram | poster`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import NoReturn, TypeVar
from zoneinfo import ZoneInfo

from knowledge.model import Knowledge
from knowledge.yamlfile import FaultError

T = TypeVar("T")
LONDON = ZoneInfo("Europe/London")


def moment(text: str) -> datetime:
    """A time from ISO 8601; without an offset it is London wall time (a double hour is the first of the two)."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"not an ISO 8601 time: {text}") from None
    if found.tzinfo is None:  # through UTC, so that an hour that a clock change leaves out moves forward
        found = found.replace(tzinfo=LONDON).astimezone(UTC)
    return found.astimezone(LONDON)


def clock(at: datetime | None) -> Callable[[], datetime]:
    """The clock of a channel: fixed, or London's."""
    return (lambda: at) if at else (lambda: datetime.now(LONDON))


class Parser(argparse.ArgumentParser):
    """Tells of wrong usage in one line."""

    def error(self, message: str) -> NoReturn:
        """Ends with status 2."""
        self.exit(2, f"{self.prog}: {message}\n")


def everything(today: date | None = None) -> tuple[Knowledge | None, list[str]]:
    """The knowledge base, and all that is wrong with words, codes, patterns and sheets, each `file:line: message`."""
    from bot import words
    from bot.understanding.languages import tongues
    from bot.understanding.lexicon import english
    from knowledge.load import load

    found: list[str] = []

    def part(run: Callable[[], T]) -> T | None:
        try:
            return run()
        except FaultError as error:
            found.extend(error.lines)
            return None

    said, codes = part(words.load_words), part(words.load_codes)
    part(english)
    part(tongues)
    knowledge = part(lambda: load(places=True, topics=said.topics if said else None, today=today))
    if knowledge and codes:
        areas, known = knowledge.areas, set(codes.answers.values())
        for name in [*areas.nations, *dict.fromkeys([*areas.area_of.values(), *areas.group_of.values()])]:
            if ("area", name) not in known:
                found.append(f"bot/words/codes.yaml:1: missing code of answer 'area {name}'")
    if knowledge and said:
        stated = {fact.id for fact in knowledge.facts}
        for topic in said.topics.values():
            for name in (n for n in topic.starts_with if n not in stated):
                found.append(f"bot/words/en/topics.yaml:1: '{topic.id}' starts with the unknown statement '{name}'")
    return knowledge, list(dict.fromkeys(found))


def sound() -> Knowledge:
    """The knowledge base with its places. Raises FaultError before a person meets what is wrong anywhere."""
    knowledge, found = everything()
    if found or knowledge is None:
        raise FaultError(found)
    return knowledge


def check(_: argparse.Namespace) -> int:
    """Names each fault of words, codes, patterns and sheets."""
    found = everything(datetime.now(LONDON).date())[1]
    print(*(found or ["words, codes, patterns and sheets: sound"]), sep="\n")
    return 1 if found else 0


def chat(args: argparse.Namespace) -> int:
    """The conversation in the terminal."""
    from bot.channels.terminal import run_keys, run_lines

    knowledge = sound()
    if sys.stdin.isatty() and sys.stdout.isatty():
        run_keys(knowledge, clock(args.at))
    else:
        run_lines(sys.stdin, sys.stdout, knowledge, clock(args.at))
    return 0


def screens(args: argparse.Namespace) -> int:
    """Every distinct screen that can be reached, one JSON object a line."""
    from bot.dialogue.model import LEAVE, Choice
    from bot.dialogue.state import encode
    from bot.dialogue.walk import walk

    if not args.jsonl:
        print("screens: only --jsonl is known", file=sys.stderr)
        return 2

    knowledge = sound()

    def button(choice: Choice, leads: dict[str, str]) -> dict[str, str]:
        if choice.to is None:
            return {"label": choice.label, "url": choice.url} if choice.url else {
                "label": choice.label, "copy": choice.copy}  # fmt: skip
        token = encode(choice.to)
        out = {"label": choice.label, "token": token}
        return out if choice.to.place == LEAVE else out | {"to": leads[token]}

    for seen, leads in walk(knowledge, clock(args.at)()):
        shown = seen.screen
        print(json.dumps({
            "token": seen.token, "place": shown.place, "answers": dict(seen.state.answers), "text": shown.text,
            "buttons": [[button(choice, leads) for choice in row] for row in shown.choices],
            "services": list(shown.services), "phones": list(shown.phones),
        }, ensure_ascii=False))  # fmt: skip
    return 0


def telegram(args: argparse.Namespace) -> int:
    """The bot on Telegram, until it is told to stop."""
    from bot import settings
    from bot.channels.telegram import run, tried
    from knowledge.load import load

    faults = settings.faults()
    if args.check:
        return tried(faults, None if faults else settings.load())
    if faults:
        print(f"doorway: {next(iter(faults.values()))}", file=sys.stderr)
        return 2
    chosen = settings.load()
    return run(chosen, load(chosen.seeds, places=True))


def explain(argv: Sequence[str]) -> int:
    """What a typed message is taken for, and by which rule."""
    from bot.understanding import main as run

    return run(argv)


def poster(argv: Sequence[str]) -> int:
    """A QR code that opens the bot at an area."""
    from bot.poster import main as run

    return run(argv)


# Commands that read their own arguments.
OWN_ARGUMENTS: dict[str, Callable[[Sequence[str]], int]] = {"explain": explain, "poster": poster}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = Parser(prog="python -m bot", description="Doorway: a discreet way to help.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=about, description=about)
        one.set_defaults(run=run)
        return one

    time = {"type": moment, "metavar": "TIME", "help": "fix the clock (ISO 8601, London time without an offset)"}
    add("chat", chat, "the conversation in this terminal").add_argument("--at", **time)  # type: ignore[arg-type]
    listing = add("screens", screens, "list every screen that can be reached")
    listing.add_argument("--jsonl", action="store_true", help="one JSON object a line")
    listing.add_argument("--at", **time)  # type: ignore[arg-type]
    add("check", check, "load all words, codes, patterns and sheets, and print one line for each fault")
    serving = add("telegram", telegram, "the bot on Telegram; DOORWAY_... tell it how (README)")
    serving.add_argument("--check", action="store_true", help="try the configuration and say what is wrong with it")
    for name, run in OWN_ARGUMENTS.items():
        commands.add_parser(name, help=(run.__doc__ or "").rstrip("."), add_help=False)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command. Exit status: 0 done, 1 a check found something, 2 wrong usage or bad input."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments and arguments[0] in OWN_ARGUMENTS:
            return OWN_ARGUMENTS[arguments[0]](arguments[1:])
        args = parser().parse_args(arguments)
        return int(args.run(args))
    except FaultError as fault:
        more = len(fault.lines) - 1
        rest = f" (and {more} more: run 'python -m bot check')" if more else ""
        print(f"python -m bot: {fault.lines[0]}{rest}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader went away: nothing to say, and nowhere to say it
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
