"""The conversation in a terminal: with keys and redrawn in place, or line by line through a pipe."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TextIO

from prompt_toolkit.application import Application
from prompt_toolkit.data_structures import Point
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import HSplit, Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.layout.margins import ScrollbarMargin
from prompt_toolkit.widgets import TextArea

from bot.dialogue import Choice, Reply, Screen, Start, State, Tap, Typed, answer, encode
from bot.words import texts
from knowledge.model import Knowledge

Clock = Callable[[], datetime]
IDLE_SECONDS = 600.0
MIN_WIDTH = 40  # columns
LINE = "---"


class Conversation:
    """One conversation: what is shown and where it stands. Nothing of it is kept anywhere else."""

    def __init__(self, knowledge: Knowledge, clock: Clock) -> None:
        self.knowledge, self.clock = knowledge, clock
        self.note = ""
        self.take(answer(Start(), None, knowledge, clock()))

    def take(self, reply: Reply) -> None:
        """Makes a reply the present one."""
        self.state: State | None = None if reply.close else reply.state
        self.screen = reply.screen

    @property
    def closed(self) -> bool:
        """Whether the conversation was closed and only the plain line is left."""
        return self.state is None

    def choices(self) -> list[Choice]:
        """The buttons in reading order."""
        return [choice for row in self.screen.choices for choice in row] if self.screen else []

    def tap(self, choice: Choice) -> None:
        """Taps a button. A terminal has no clipboard or browser: what would be copied or opened is shown."""
        self.note = choice.copy or choice.url
        if choice.to:
            self.take(answer(Tap(encode(choice.to)), self.state, self.knowledge, self.clock()))

    def say(self, line: str) -> None:
        """Takes a line: a button's number or label taps it, anything else is typed text; after Close it starts anew."""
        self.note, line = "", line.strip()
        if self.closed:
            self.take(answer(Start(), None, self.knowledge, self.clock()))
            return
        choices = self.choices()
        if line.isdecimal() and 1 <= int(line) <= len(choices):
            self.tap(choices[int(line) - 1])
            return
        named = [choice for choice in choices if choice.label.casefold() == line.casefold()]
        if named:
            self.tap(named[0])
        elif line:
            self.take(answer(Typed(line), self.state, self.knowledge, self.clock()))

    def close(self) -> None:
        """Leaves nothing but the plain line."""
        self.state, self.screen, self.note = None, None, ""


def shown(screen: Screen | None, note: str = "") -> str:
    """A screen as plain text, its buttons one a line as `[n] label`; the plain line where there is none."""
    if screen is None:
        return texts()["plain"]
    choices = [choice for row in screen.choices for choice in row]
    buttons = "\n".join(f"[{n}] {choice.label}" for n, choice in enumerate(choices, 1))
    return "\n\n".join(part for part in (screen.text, note, buttons) if part)


def run_lines(lines: Iterable[str], out: TextIO, knowledge: Knowledge, clock: Clock) -> None:
    """The conversation through a pipe: the first screen at once, then one screen for each line."""
    talk = Conversation(knowledge, clock)
    print(shown(talk.screen), LINE, sep="\n", file=out, flush=True)
    for line in lines:
        talk.say(line)
        print(shown(talk.screen, talk.note), LINE, sep="\n", file=out, flush=True)


def run_keys(knowledge: Knowledge, clock: Clock) -> None:
    """The conversation at a terminal: arrows and Enter, a button's number, or words; Escape closes."""
    asyncio.run(_until_idle(Face(Conversation(knowledge, clock))))


async def _until_idle(face: Face) -> None:
    """Runs the terminal and closes a conversation that was left alone, as the other channels do."""
    app = application(face)

    async def watch() -> None:
        while True:
            face.touched.clear()
            try:
                await asyncio.wait_for(face.touched.wait(), IDLE_SECONDS)
            except TimeoutError:
                face.talk.close()
                app.invalidate()

    watcher = asyncio.ensure_future(watch())
    try:
        await app.run_async()
    finally:
        watcher.cancel()


def application(face: Face) -> Application[None]:
    """The terminal's window: the screen, the fixed row, one line to type in, and a hint.

    Bold, underline and reverse do most, and the one colour can be read on light and dark alike. The alternate screen
    leaves nothing behind.
    """
    field = TextArea(height=1, multiline=False, prompt="> ")
    control = FormattedTextControl(face.body, get_cursor_position=face.cursor, show_cursor=False)
    body = Window(control, right_margins=[ScrollbarMargin(display_arrows=True)])
    fixed = Window(FormattedTextControl(face.bottom), height=1)
    hint = Window(FormattedTextControl([("italic", texts()["terminal_hint"])]), height=1)
    app: Application[None] = Application(
        layout=Layout(HSplit([body, fixed, field, hint]), focused_element=field),
        key_bindings=_keys(face, field),
        full_screen=True,
        erase_when_done=True,
    )
    face.width = lambda: app.output.get_size().columns
    return app


class Face:
    """What stands on the screen and which button is picked out."""

    def __init__(self, talk: Conversation) -> None:
        self.talk, self.at, self.line, self.touched = talk, 0, 0, asyncio.Event()
        self.width: Callable[[], int] = lambda: MIN_WIDTH

    def move(self, step: int) -> None:
        """Picks out another button."""
        self.touched.set()
        self.at = (self.at + step) % max(1, len(self.talk.choices()))

    def enter(self, line: str) -> None:
        """Takes what was typed; with nothing typed, taps the button that is picked out."""
        self.touched.set()
        choices = self.talk.choices()
        if line.strip() or self.talk.closed:
            self.talk.say(line)
        elif choices:
            self.talk.tap(choices[min(self.at, len(choices) - 1)])
        self.at = 0

    def body(self) -> StyleAndTextTuples:
        """The screen above the fixed row, wrapped at spaces."""
        screen = self.talk.screen
        if screen is None:
            return [("", texts()["plain"])]
        room = max(MIN_WIDTH, self.width()) - 2  # the scroll bar takes one
        parts = (("bold fg:ansired", screen.lead), ("bold underline", screen.title), ("", screen.body),
                 ("bold", self.talk.note))  # fmt: skip
        out: StyleAndTextTuples = []
        for style, text in parts:
            out += [(style, wrapped(text, room)), ("", "\n\n")] if text else []
        above = sum(piece[1].count("\n") for piece in out)
        rows = list(self._rows(screen.choices[:-1], 0, room))
        for line, row in enumerate(rows):
            self.line = above + line if any(style for style, _ in row) else self.line
            out += [*row, ("", "\n")]
        return out

    def bottom(self) -> StyleAndTextTuples:
        """The fixed row, always in sight."""
        screen = self.talk.screen
        if screen is None:
            return []
        before = sum(len(row) for row in screen.choices[:-1])
        return [piece for row in self._rows(screen.choices[-1:], before, self.width()) for piece in row]

    def _rows(
        self, rows: Iterable[tuple[Choice, ...]], n: int, room: int
    ) -> Iterator[list[tuple[str, str]]]:
        """Rows of buttons, numbered on from `n`; a row that is too wide goes on below."""
        for row in rows:
            line: list[tuple[str, str]] = []
            for choice in row:
                label = f"[{n + 1}] {choice.label}"
                if line and sum(len(text) for _, text in line) + len(label) + 2 > room:
                    yield line
                    line = []
                line += [("", "  ")] if line else []
                line.append(("reverse" if n == self.at else "", label))
                n += 1
            yield line

    def cursor(self) -> Point:
        """The line that must stay in sight: the top, or the button that is picked out."""
        return Point(0, self.line if self.at else 0)


def wrapped(text: str, width: int) -> str:
    """A text wrapped at spaces, its own line ends kept."""
    return "\n".join(textwrap.fill(line, width) for line in text.split("\n"))


def _keys(face: Face, field: TextArea) -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _enter(event: KeyPressEvent) -> None:
        line, field.text = field.text, ""
        face.enter(line)

    @keys.add("down")
    @keys.add("tab")
    def _down(event: KeyPressEvent) -> None:
        face.move(1)

    @keys.add("up")
    @keys.add("s-tab")
    def _up(event: KeyPressEvent) -> None:
        face.move(-1)

    @keys.add("escape", eager=True)
    def _escape(event: KeyPressEvent) -> None:
        field.text = ""
        if face.talk.closed:
            event.app.exit()
        face.talk.close()

    @keys.add("c-c")
    @keys.add("c-d")
    def _end(event: KeyPressEvent) -> None:
        event.app.exit()

    return keys
