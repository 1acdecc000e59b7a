"""The terminal: line by line through a pipe as programs use it, and with keys as people do."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from itertools import islice, pairwise

import pytest
from conftest import AFTERNOON, PROJECT
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from bot.__main__ import main, moment
from bot.channels.terminal import Conversation, Face, application, run_lines
from bot.words import texts, words


def run(knowledge, *lines: str) -> list[str]:
    out = io.StringIO()
    run_lines([line + "\n" for line in lines], out, knowledge, lambda: AFTERNOON)
    *screens, rest = out.getvalue().split("---\n")
    assert rest == ""
    return screens


def test_the_first_screen_stands_before_anything_is_said(knowledge):
    [screen] = run(knowledge)
    assert screen.startswith(words().emergency["lead"])
    assert re.search(r"^\[1\] Who answers now$", screen, re.M)


def test_a_number_or_a_label_taps(knowledge):
    _, by_number, by_label = run(knowledge, "2", "stoke-on-trent")
    assert "Which part of Staffordshire?" in by_number
    assert "Who is this about?" in by_label


def test_close_leaves_the_plain_line_and_the_next_line_starts_anew(knowledge):
    first, closed, again = run(knowledge, "Close", "anything")
    assert closed == texts()["plain"] + "\n"
    assert again == first


@pytest.mark.parametrize("words_", ["/stop", "stop", "close"])
def test_typed_words_close_too(knowledge, words_):
    assert run(knowledge, words_)[1] == texts()["plain"] + "\n"


def test_start_starts_anew(knowledge):
    first, _, again = run(knowledge, "2", "/start")
    assert again == first


def test_what_would_be_copied_is_shown(knowledge):
    _, listed, page, copied = run(knowledge, "1", "1", "1")
    assert "0808 2000 247" in listed
    assert "[1] Copy 0808 2000 247" in page
    assert "\n0808 2000 247\n" in copied


def test_unknown_words_never_show_the_same_screen_twice(knowledge):
    shown = run(knowledge, *["qwxz vrrk"] * 6)
    assert all(a != b for a, b in pairwise(shown))


def test_the_command_ends_well_at_the_end_of_input():
    done = subprocess.run(
        [sys.executable, "-m", "bot", "chat", "--at", "2026-11-19T03:00"],
        input="2\n", capture_output=True, text=True, cwd=PROJECT, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.count("---\n") == 2


def test_wrong_usage_is_one_plain_line():
    done = subprocess.run([sys.executable, "-m", "bot", "chat", "--at", "soon"], capture_output=True, text=True,
                          cwd=PROJECT, timeout=60)  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("not an ISO 8601 time: soon")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-07-01T12:00", "2026-07-01T11:00"),  # summer time
        ("2027-03-28T01:30", "2027-03-28T01:30"),  # an hour that does not exist moves forward
        ("2026-10-25T01:30", "2026-10-25T00:30"),  # a double hour is the first
        ("2026-10-25T01:30+00:00", "2026-10-25T01:30"),
    ],
)
def test_the_clock_is_london(text, meant):
    assert moment(text).astimezone(UTC) == datetime.fromisoformat(meant).replace(tzinfo=UTC)


def test_screens_lead_to_lines_that_are_there(capsys, monkeypatch, knowledge):
    """A part of the list is enough here: the walk itself is held elsewhere."""
    import bot.dialogue.walk as walking

    whole = walking.walk

    monkeypatch.setattr(walking, "walk", lambda k, n: islice(whole(k, n), 60))
    assert main(["screens", "--jsonl", "--at", "2026-11-18T15:00"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["place"] == "start"
    for line in lines:
        assert set(line) == {"token", "place", "answers", "text", "buttons", "services", "phones"}
        for button in (b for row in line["buttons"] for b in row):
            if button.get("token") == "leave":
                assert "to" not in button
            elif "token" in button:
                assert button["to"]


async def keys(knowledge, typed: str) -> Face:
    """Types into the real application (a pipe instead of a keyboard) until it ends."""
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        face = Face(Conversation(knowledge, lambda: AFTERNOON))
        pipe.send_text(typed)
        await application(face).run_async()
        return face


async def test_arrows_and_enter_tap_the_button_picked_out(knowledge):
    face = await keys(knowledge, "\x1b[B\r\x03")
    assert face.talk.screen.place == "group"


async def test_words_and_numbers_can_be_typed(knowledge):
    assert (await keys(knowledge, "1\r\x03")).talk.screen.place == "straight"
    assert (await keys(knowledge, "qwxz vrrk\r\x03")).talk.screen.place == "hint"


async def test_escape_closes_and_a_second_one_ends(knowledge):
    face = await keys(knowledge, "2\r\x1b\x1b")
    assert face.talk.closed
    assert face.talk.screen is None
