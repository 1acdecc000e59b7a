"""The sheets are held against the originals, and the commands tell what they find."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from conftest import PROJECT
from little_sheets import DOCUMENT, SHEET, changed, write

import knowledge.__main__ as command
from knowledge.load import load
from knowledge.model import Knowledge
from knowledge.scan import scan
from knowledge.verify import verify

DOCUMENTS = Path(__file__).parents[1].parent / "shared" / "documents"


def test_a_true_sheet_is_proven(tmp_path: Path) -> None:
    assert verify(load(write(tmp_path)), tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "phone: 0300 303 3778",
            "phone: 0300 303 3779",
            "000_page.txt:3: '0300 303 3779' (phone) does not stand on this line",
        ),
        (
            "phone: 0300 303 3778",
            "phone: 0300 303 3779",
            "000_page.txt:3: '0300 303 3778' (phone) is no fact",
        ),
        (
            "anchor: Keep a bag",
            "anchor: Keep the bag",
            "000_page.txt:6: 'Keep the bag ready' (guidance) does not stand on this line",
        ),
        ("line: 5,", "line: 50,", "000_page.txt:50: '0121 626 5442' (phone) does not stand on this line"),
        (
            "      - {email: Help@harbour.org, line: 3}\n",
            "",
            "000_page.txt:3: 'Help@harbour.org' (email) is no fact",
        ),
        (
            "hours: {printed: 24-hour, line: 3, opening_hours: 24/7}",
            "note: ''",
            "000_page.txt:3: '24-hour' (hours) is no fact",
        ),
        (
            "note: Press option 2.",
            "note: Press option 3.",
            "000_page.txt:4: 'option 3' (other) does not stand on this line",
        ),
        (
            "Harbour helps everyone",
            "Harbour helps all",
            "000_page.txt:3: 'Harbour helps all' (other) does not stand on this line",
        ),
    ],
)
def test_what_is_not_on_its_line_or_is_forgotten_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert message in verify(load(write(tmp_path, changed(old, new))), tmp_path)


def test_a_changed_or_missing_document(tmp_path: Path) -> None:
    knowledge = load(write(tmp_path))
    (tmp_path / "000_page.txt").write_text(DOCUMENT + "One more line.\n", encoding="utf-8")
    assert verify(knowledge, tmp_path) == ["000_page.txt:1: its sha256 is not the recorded one"]
    (tmp_path / "005_new.txt").write_text("A new page.\n", encoding="utf-8")
    assert verify(knowledge, tmp_path)[1:] == [
        "005_new.txt:1: no sheet holds this document: begin with 'python -m knowledge draft'"
    ]
    (tmp_path / "005_new.txt").unlink()
    (tmp_path / "000_page.txt").unlink()
    assert verify(knowledge, tmp_path) == [f"000_page.txt:1: cannot be read in {tmp_path}"]


@pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="the originals are not here")
def test_every_fact_stands_in_the_originals(knowledge: Knowledge) -> None:
    assert verify(knowledge, DOCUMENTS) == []


@pytest.mark.parametrize(
    ("line", "values"),
    [
        (
            "Tel: 0121 303 7410 or 0121 303 2296/4806",
            [("phone", "0121 303 7410"), ("phone", "0121 303 2296"), ("phone", "/4806")],
        ),
        (
            "[Line](#) **08000 194 400**, [0808 2000 247](#)",
            [("other", "(#)"), ("phone", "08000 194 400"), ("phone", "0808 2000 247"), ("other", "(#)")],
        ),
        (
            "call 999 then 55, or press '5 5', or 101",
            [("phone", "999"), ("phone", "55"), ("phone", "5 5"), ("phone", "101")],
        ),
        (
            "Ring 07700 900123, (01632) 960 999 or 0300-303-377.",
            [("number", "07700 900123"), ("number", "(01632) 960 999"), ("number", "0300-303-377")],
        ),
        (
            "On 09/04/2020 10:47, ref 001234567890123, at 04 05 2020 10:30, ids 0.123456789 and AB0123456789",
            [("hours", "10:47"), ("hours", "10:30")],
        ),
        ("In 2019 and 2020, 1196 of 090420, 2.4 million, 160,000 and 28 days", []),
        ("0121 717 1515 . Text: 07781 474 722", [("phone", "0121 717 1515"), ("sms", "07781 474 722")]),
        (
            "see (https://a.org/x(1)), www.new-era.uk. Or NoExcuse.info!",
            [("url", "https://a.org/x(1)"), ("url", "www.new-era.uk"), ("url", "NoExcuse.info")],
        ),
        (
            "write to j.scott@west-midlands.pnn.police.uk or @wmpolice",
            [("email", "j.scott@west-midlands.pnn.police.uk")],
        ),
        (
            "Monday to Friday 10- 12pm, weekends 9am-4pm, at 4pm, 24hr",
            [
                ("hours", "Monday to Friday 10- 12pm"),
                ("hours", "weekends 9am-4pm"),
                ("hours", "4pm"),
                ("hours", "24hr"),
            ],
        ),
        (
            "day or night, out of hours, 24/7, one hour a day, at 10:47",
            [
                ("hours", "day or night"),
                ("hours", "out of hours"),
                ("hours", "24/7"),
                ("hours", "one hour a day"),
                ("hours", "10:47"),
            ],
        ),
        ("ring 116 123 or 0800 1111", [("phone", "116 123"), ("phone", "0800 1111")]),
    ],
)
def test_values_are_found_in_a_line(line: str, values: list[tuple[str, str]]) -> None:
    found = scan(line)
    assert [(v.kind, v.printed) for v in found] == values
    assert all(line[v.start : v.end] == v.printed for v in found)


def test_what_looks_like_a_number_must_be_accounted_for(tmp_path: Path) -> None:
    seeds = write(tmp_path)
    text = DOCUMENT + "Or ring 07700 900123.\n"
    (tmp_path / "000_page.txt").write_text(text, encoding="utf-8")
    assert verify(load(seeds), tmp_path)[1:] == ["000_page.txt:7: '07700 900123' (number) is no fact"]
    fact = "  - {kind: phone, line: 7, value: 07700 900123, status: ambiguous, reason: No number of anybody.}\n"
    (seeds / "000.yaml").write_text(SHEET + fact, encoding="utf-8")
    assert len(verify(load(seeds), tmp_path)) == 1


def test_check_prints_every_fault_and_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["check"]) == 0
    assert "sound" in capsys.readouterr().out
    seeds = write(tmp_path, changed("    name: Harbour", "    nome: Harbour", SHEET))
    monkeypatch.setattr(command, "load", partial(load, seeds))
    assert command.main(["check"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "seeds/000.yaml:12: missing key 'name'",
        "seeds/000.yaml:13: unknown key 'nome'",
    ]
    assert command.main(["export", "--format", "csv"]) == 2
    assert capsys.readouterr().err == (
        "python -m knowledge: seeds/000.yaml:12: missing key 'name' (and 1 more: run 'python -m knowledge check')\n"
    )


def test_verify_tells_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "load", partial(load, write(tmp_path)))
    assert command.main(["verify", "--documents", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "9 facts stand on the lines they name; no number, address or time is left out\n"
    (tmp_path / "000_page.txt").write_text("", encoding="utf-8")
    assert command.main(["verify", "--documents", str(tmp_path)]) == 1
    assert len(capsys.readouterr().out.splitlines()) == 10


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "python -m knowledge: the following arguments are required: COMMAND"),
        (["verify"], "python -m knowledge verify: the following arguments are required: --documents"),
        (["verify", "--documents", "/nowhere"], "python -m knowledge: /nowhere is not a folder"),
        (["places"], "places: give a text, or --jsonl and no text"),
        (["places", "--jsnl"], "python -m knowledge: unrecognized arguments: --jsnl"),
        (["draft", "/dev/null"], "python -m knowledge: /dev/null holds no number, address or time"),
        (["draft", "/nowhere"], "python -m knowledge: /nowhere: No such file or directory"),
        (
            ["stale", "--older-than", "x"],
            "python -m knowledge stale: argument --older-than: 'x' is not a number of days",
        ),
    ],
)
def test_wrong_usage_is_one_plain_line_and_status_2(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = command.main(argv)
    except SystemExit as end:
        status = int(str(end.code))
    assert (status, capsys.readouterr().err) == (2, message + "\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_an_output_that_cannot_be_written_is_one_line_and_status_2() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "knowledge", "export", "--format", "csv"],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False, cwd=PROJECT,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (2, "python -m knowledge: cannot write: No space left on device\n")


@pytest.mark.parametrize("name", ["", "check", "verify", "export", "stale", "draft", "places"])
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status: object = command.main([*([name] if name else []), "--help"])
    except SystemExit as end:
        status = end.code
    assert status == 0
    assert "usage" in capsys.readouterr().out
