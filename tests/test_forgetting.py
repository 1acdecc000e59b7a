"""The sealed ledger: what it holds, what can be read in its file, and what a damaged one does."""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.forgetting.ledger import UNREADABLE_FOR, Ledger, Note, StoreError, open_ledger
from bot.forgetting.seal import KeyFileError, Kind, Seal, key_from
from bot.forgetting.sweeper import Quiet

KEY, OTHER = "k" * 40, "o" * 40
NOW = 1_800_000_000.0
CHAT = 5_512_345_678
IDS = st.integers(-(2**52), 2**52)


async def opened(path: Path, key: str = KEY, now: float = NOW) -> Ledger:
    return await open_ledger(path, Seal(key), now)


def content(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


@given(IDS, IDS, st.sampled_from(Kind))
def test_a_seal_opens_what_it_closed_and_no_other_does(chat: int, message: int, kind: Kind) -> None:
    seal = Seal(KEY)
    sealed = seal.close(chat, message, kind)
    assert seal.open(sealed) == (chat, message, kind)
    assert sealed != seal.close(chat, message, kind), "the same ids must not look the same twice"
    assert Seal(OTHER).open(sealed) is None
    assert seal.open(sealed[:-1]) is None
    assert seal.open(bytes([sealed[0] ^ 1]) + sealed[1:]) is None
    assert Seal(OTHER).chat(chat) != seal.chat(chat)


async def test_notes_outlive_the_connection(tmp_path: Path) -> None:
    ledger = await opened(tmp_path / "l.db")
    notes = [Note(CHAT, 7, Kind.LIVING, NOW), Note(CHAT, 8, Kind.BLAND, NOW), Note(3, 9, Kind.TYPED, NOW - 100)]
    await ledger.write(add=notes)
    await ledger.close()
    ledger = await opened(tmp_path / "l.db")
    key = lambda note: note.message  # noqa: E731
    assert sorted(await ledger.all(), key=key) == notes
    assert sorted(await ledger.of(CHAT), key=key) == notes[:2]
    assert await ledger.before(NOW - 50) == notes[2:]
    await ledger.write(remove=[(CHAT, 7)], add=[Note(CHAT, 8, Kind.PLAIN, NOW + 1)])
    assert await ledger.of(CHAT) == [Note(CHAT, 8, Kind.PLAIN, NOW + 1)]
    await ledger.forget(CHAT)
    assert await ledger.all() == notes[2:]
    await ledger.close()


async def test_nothing_can_be_read_in_the_file_and_removed_rows_are_gone_from_it(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    ledger = await opened(path)
    await ledger.write(add=[Note(CHAT, 4_000_000_000 + n, Kind.TYPED, NOW) for n in range(200)])
    marks = [row[0] for row in sqlite3.connect(path).execute("SELECT mark FROM note")]
    assert len(marks) == 200
    everything = content(tmp_path)
    for number in (CHAT, 4_000_000_000):
        written = str(number).encode(), f"{number:x}".encode(), number.to_bytes(8, "big"), number.to_bytes(8, "little")
        assert not [form for form in written if form in everything]
    await ledger.write(remove=[(CHAT, 4_000_000_000 + n) for n in range(200)])
    after = content(tmp_path)
    assert not [mark for mark in marks if mark in after]
    await ledger.close()


async def test_writes_at_the_same_time_all_arrive(tmp_path: Path) -> None:
    import asyncio

    ledger = await opened(tmp_path / "l.db")
    await asyncio.gather(*(ledger.write(add=[Note(n, n, Kind.TYPED, NOW)]) for n in range(1, 60)))
    await asyncio.gather(*(ledger.write(remove=[(n, n)], add=[Note(n, n + 1, Kind.PLAIN, NOW)]) for n in range(1, 60)))
    assert {(note.chat, note.message) for note in await ledger.all()} == {(n, n + 1) for n in range(1, 60)}
    await ledger.close()


async def test_only_the_owner_can_read_the_store_and_the_key(tmp_path: Path) -> None:
    path = tmp_path / "private" / "l.db"
    old = os.umask(0)
    try:
        ledger = await opened(path)
        key = key_from(tmp_path / "private" / "key")
    finally:
        os.umask(old)
    await ledger.write(add=[Note(1, 1, Kind.TYPED, NOW)])
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert key_from(tmp_path / "private" / "key") == key
    assert len(key) >= 32
    await ledger.close()


@pytest.mark.parametrize("damage", ["junk", "middle"])
async def test_a_damaged_store_is_set_aside_with_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    path = tmp_path / "l.db"
    ledger = await opened(path)
    await ledger.write(add=[Note(n, n, Kind.TYPED, NOW) for n in range(1, 300)])
    await ledger.close()
    whole = path.read_bytes()
    path.write_bytes(b"\x07junk" * 5000 if damage == "junk" else whole[:4096] + b"\xff" * 8192 + whole[12288:])
    caplog.set_level(logging.ERROR)
    ledger = await opened(path)
    assert [record.getMessage() for record in caplog.records if "damaged" in record.getMessage()]
    assert len(caplog.records) == 1
    await ledger.write(add=[Note(1, 1, Kind.TYPED, NOW)])
    assert await ledger.all() == [Note(1, 1, Kind.TYPED, NOW)]
    await ledger.close()


async def test_a_database_of_another_program_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    theirs = sqlite3.connect(path)
    theirs.execute("CREATE TABLE precious (x)")
    theirs.commit()
    theirs.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        await opened(path)
    assert path.read_bytes() == before


async def test_what_was_set_aside_keeps_its_content_and_rights_and_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    for number, text in enumerate(["my notes", "my other notes"]):
        path.write_text(text)
        path.chmod(0o640)
        await (await opened(path)).close()
        aside = path.with_name(f"l.db.damaged{number or ''}")
        assert aside.read_text() == text
        assert stat.S_IMODE(aside.stat().st_mode) == 0o640
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def names_in(folder: Path) -> list[str]:
    return sorted(found.name for found in folder.iterdir())


@pytest.mark.parametrize("what", ["link", "link to nothing", "pipe", "folder"])
async def test_a_store_that_is_no_plain_file_is_refused_and_left_alone(tmp_path: Path, what: str) -> None:
    path, other = tmp_path / "l.db", tmp_path / "other.txt"
    other.write_text("theirs")
    other.chmod(0o644)
    match what:
        case "link":
            path.symlink_to(other)
        case "link to nothing":
            path.symlink_to(tmp_path / "nothing")
        case "pipe":
            os.mkfifo(path)
        case _:
            path.mkdir()
    before = names_in(tmp_path)
    with pytest.raises(StoreError) as refused:
        await opened(path)
    assert "\n" not in str(refused.value)
    assert names_in(tmp_path) == before
    assert other.read_text() == "theirs"
    assert stat.S_IMODE(other.stat().st_mode) == 0o644


async def test_a_folder_where_anybody_may_swap_the_store_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(StoreError, match="everybody can write"):
        await opened(folder / "l.db")
    assert not list(folder.iterdir())
    folder.chmod(0o1777)  # as the folder for temporary files is: others cannot take our file away there
    await (await opened(folder / "l.db")).close()


async def test_another_key_is_one_line_and_its_old_notes_go(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "l.db"
    ledger = await opened(path)
    await ledger.write(add=[Note(CHAT, 7, Kind.LIVING, NOW), Note(CHAT, 8, Kind.BLAND, NOW - UNREADABLE_FOR - 1)])
    await ledger.close()
    caplog.set_level(logging.ERROR)
    ledger = await opened(path, OTHER)
    assert [record.getMessage()[:7] for record in caplog.records] == ["1 notes"]
    assert await ledger.all() == []
    await ledger.close()
    ledger = await opened(path)
    assert await ledger.all() == [Note(CHAT, 7, Kind.LIVING, NOW)], "the right key still opens what is left"
    await ledger.close()


async def test_a_failing_disk_is_said_once_and_raises_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "l.db"
    ledger = await opened(path)
    other = sqlite3.connect(path)
    other.execute("DROP TABLE note")
    other.commit()
    caplog.set_level(logging.ERROR)
    for n in range(3):
        await ledger.write(add=[Note(n, n, Kind.TYPED, NOW)])
        assert await ledger.of(n) == []
    assert len(caplog.records) == 1
    await ledger.close()


@pytest.mark.parametrize("content", ["", "short", "\xff\xfe"])
def test_a_key_file_without_a_key(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key"
    path.write_text(content, encoding="latin-1")
    path.chmod(0o600)
    with pytest.raises(KeyFileError) as error:
        key_from(path)
    assert content == "" or content not in str(error.value)


def test_a_key_file_is_made_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyFileError, match="No space"):
        key_from(tmp_path / "key")
    assert not list(tmp_path.iterdir())


def test_a_key_file_that_others_can_read(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("k" * 43)
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="chmod"):
        key_from(path)


@given(st.lists(st.tuples(st.sampled_from(["touch", "drop"]), st.integers(1, 5), st.integers(0, 700))))
def test_quiet_knows_who_is_due(steps: list[tuple[str, int, int]]) -> None:
    quiet, touched, now = Quiet(600), dict[int, float](), 0.0
    for what, chat, passed in steps:
        now += passed
        if what == "touch":
            quiet.touch(chat, now)
            touched[chat] = now
        else:
            quiet.drop(chat)
            touched.pop(chat, None)
        assert sorted(quiet.due(now)) == sorted(c for c, at in touched.items() if now - at >= 600)
    assert len(quiet) == len(touched)
