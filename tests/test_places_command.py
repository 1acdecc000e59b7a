"""The command `places` and faults of its tables."""

from __future__ import annotations

import io
import json
from importlib.resources import files
from pathlib import Path

import pytest

from knowledge.places import main, tables
from knowledge.yamlfile import FaultError


def test_one_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["im", "in", "leek"]) == 0
    assert capsys.readouterr().out.startswith("staffordshire-moorlands  Leek")


def test_lines_in_the_same_order(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"id": "b", "text": "leek"}\n\n{"id": 2, "text": "leeds"}\n'))
    assert main(["--jsonl"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["id"], row["area"]) for row in rows] == [("b", "staffordshire-moorlands"), (2, "elsewhere")]
    assert all(isinstance(row["ms"], float) for row in rows)


@pytest.mark.parametrize("argv", [[], ["--jsonl", "leek"], ["--wrong"]])
def test_wrong_usage(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("line", ["nonsense", "[1]", '{"id": 1}', '{"id": 1, "text": 5}'])
def test_a_bad_line_is_named(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(line + "\n"))
    assert main(["--jsonl"]) == 2
    assert capsys.readouterr().err == "line 1: must be JSON with id and text\n"


@pytest.mark.parametrize(
    ("file", "added", "message"),
    [
        ("aliases.tsv", "brumm\tbirmingam 5", "unknown place 'birmingam'"),
        ("aliases.tsv", "brumm birmingham", "a name, a tab and a value are needed"),
        ("aliases.tsv", "brumm\tbirmingham", "must be 'name<TAB>id weight'"),
        ("served.tsv", "nowhere\tatlantis 5", "unknown place 'atlantis 5'"),
        ("elsewhere.txt", "=atlantis 5", "must be '=NATION+NATION SIZE'"),
        ("outward.tsv", "QQ\tatlantis\t1", "unknown nation 'atlantis'"),
        ("words.txt", "[colour]", "unknown kind of word 'colour'"),
    ],
)
def test_a_broken_table_is_named_by_file_and_line(
    file: str, added: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "seeds"
    (copy / "places").mkdir(parents=True)
    seeds = files("seeds")
    (copy / "areas.yaml").write_text((seeds / "areas.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    for table in (seeds / "places").iterdir():
        if table.is_file():
            (copy / "places" / table.name).write_text(table.read_text(encoding="utf-8"), encoding="utf-8")
    broken = copy / "places" / file
    text = broken.read_text(encoding="utf-8")
    broken.write_text(text + added + "\n", encoding="utf-8")
    monkeypatch.setattr(tables, "files", lambda package: tmp_path / package)
    with pytest.raises(FaultError) as caught:
        tables.load_places()
    assert caught.value.lines == [f"{file}:{text.count(chr(10)) + 1}: {message}"]
