"""The ledger of messages that must still be deleted, in SQLite. The only module that imports `aiosqlite`.

One table: `mark` and `chat` find a row (HMAC), `sealed` holds chat, message and kind (AES-GCM), `at` is a time in whole
seconds. The journal is truncated after every change and freed pages are zeroed, because in WAL mode deleted rows
stay readable in the files.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import sqlite3
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import aiosqlite

from bot.forgetting.seal import Kind, Seal

APPLICATION_ID = 0x446F6F72  # "Door", in the file's header, so that nobody else's database is touched
HEADER, SQLITE, ID_AT = 100, b"SQLite format 3\0", 68  # bytes; https://www.sqlite.org/fileformat.html (1.3)
UNREADABLE_FOR = 48 * 3600  # seconds; Telegram deletes nothing older, so a row that no key opens can go then

_TABLE = """
CREATE TABLE IF NOT EXISTS note (mark BLOB PRIMARY KEY, chat BLOB NOT NULL, sealed BLOB NOT NULL, at INTEGER NOT NULL)
WITHOUT ROWID
"""

Row = Any  # a row as sqlite3 gives it: columns by position

log = logging.getLogger("doorway.ledger")


class StoreError(Exception):
    """A store that cannot be used at all; its text is one plain line."""


@dataclass(frozen=True, slots=True)
class Note:
    """A message that must be deleted: chat, message id, what it is, and since when (seconds since 1970)."""

    chat: int
    message: int
    kind: Kind
    at: float


_ADD = "INSERT OR REPLACE INTO note VALUES (?, ?, ?, ?)"
_REMOVE = "DELETE FROM note WHERE mark = ?"
_FORGET = "DELETE FROM note WHERE chat = ?"


class Ledger:
    """Notes that outlive the process. No method raises when the disk fails: it is logged once and the bot goes on."""

    def __init__(self, db: aiosqlite.Connection, seal: Seal) -> None:
        self._db, self._seal, self._failing = db, seal, False
        self._waiting: list[tuple[str, tuple[object, ...]]] = []  # statements of the next transaction, in order
        self._lock = asyncio.Lock()

    async def write(self, add: Iterable[Note] = (), remove: Iterable[tuple[int, int]] = ()) -> None:
        """Removes the notes of (chat, message) pairs and adds notes, both or neither; returns when they are on disk."""
        seal = self._seal
        changes: list[tuple[str, tuple[object, ...]]] = []
        changes += [(_REMOVE, (seal.message(chat, message),)) for chat, message in remove]
        for n in add:
            sealed = seal.close(n.chat, n.message, n.kind)
            changes.append((_ADD, (seal.message(n.chat, n.message), seal.chat(n.chat), sealed, int(n.at))))
        await self._commit(changes)

    async def forget(self, chat: int) -> None:
        """Removes every note of a chat (the person has blocked the bot: nothing can be deleted any more)."""
        await self._commit([(_FORGET, (self._seal.chat(chat),))])

    async def of(self, chat: int) -> list[Note]:
        """The notes of a chat."""
        return self._opened(await self._rows("SELECT sealed, at FROM note WHERE chat = ?", (self._seal.chat(chat),)))

    async def all(self) -> list[Note]:
        """Every note that this key opens."""
        return self._opened(await self._rows("SELECT sealed, at FROM note"))

    async def before(self, at: float) -> list[Note]:
        """The notes made before `at` (seconds since 1970)."""
        return self._opened(await self._rows("SELECT sealed, at FROM note WHERE at < ?", (int(at),)))

    async def unreadable(self, now: float) -> int:
        """How many notes this key does not open; those of messages too old to delete are dropped."""
        lost = [row for row in await self._rows("SELECT sealed, at, mark FROM note") if not self._opened([row])]
        await self._commit([(_REMOVE, (mark,)) for _, at, mark in lost if at < now - UNREADABLE_FOR])
        return sum(at >= now - UNREADABLE_FOR for _, at, _ in lost)

    async def rekey(self) -> None:
        """What an old key has sealed is sealed with the new one."""
        for row in await self._rows("SELECT sealed, at, mark FROM note"):
            for note in self._opened([row]):
                if row[2] != self._seal.message(note.chat, note.message):
                    await self._commit([(_REMOVE, (row[2],))])
                    await self.write(add=[note])

    async def close(self) -> None:
        """Ends the connection; the notes stay."""
        await self._db.close()

    def _opened(self, rows: Iterable[Row]) -> list[Note]:
        opened = ((self._seal.open(row[0]), row[1]) for row in rows)
        return [Note(*ids, at) for ids, at in opened if ids is not None]

    async def _commit(self, changes: list[tuple[str, tuple[object, ...]]]) -> None:
        """Writes changes in one transaction, together with those of others that wait for the disk at the same time."""
        if not changes:
            return
        self._waiting += changes
        # In a task of its own: who waits may be cancelled, but others rely on what it has taken along.
        await asyncio.shield(asyncio.ensure_future(self._flush(self._waiting)))

    async def _flush(self, mine: list[tuple[str, tuple[object, ...]]]) -> None:
        async with self._lock:
            if mine is not self._waiting:
                return  # the one before took them along
            self._waiting = []
            try:
                for sql, same in groupby(mine, key=itemgetter(0)):
                    await self._db.executemany(sql, [values for _, values in same])
                await self._db.commit()
                self._failing = False
            except (sqlite3.Error, ValueError, OSError) as error:  # ValueError: the connection is closed
                self._failed(error)
                with suppress(sqlite3.Error, ValueError, OSError):
                    await self._db.rollback()

    async def _rows(self, sql: str, values: tuple[object, ...] = ()) -> list[Row]:
        try:
            return list(await self._db.execute_fetchall(sql, values))
        except (sqlite3.Error, ValueError, OSError) as error:
            self._failed(error)
            return []

    def _failed(self, error: Exception) -> None:
        if not self._failing:  # one line, not one for each message
            self._failing = True
            log.error("the store fails (%s): after a crash its messages would stay", type(error).__name__)


async def open_ledger(path: Path, seal: Seal, now: float) -> Ledger:
    """Opens the ledger at `path`, made when missing, readable by its owner only.

    A damaged one is set aside as `*.damaged` as it is, and a new one begun, with one line in the log. Raises StoreError
    where no file can be made, or what is there is no file of ours: nothing of it is changed then.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        sound = _make(path)
    except OSError as error:
        reason = "it is a symbolic link" if error.errno == errno.ELOOP else error.strerror
        raise StoreError(f"cannot write the store {path}: {reason}") from error
    try:
        if not sound:
            raise sqlite3.DatabaseError("no header")
        db = await _connect(path)
    except sqlite3.OperationalError as error:
        raise StoreError(f"cannot open the store {path}: {error}") from error
    except sqlite3.DatabaseError:
        _set_aside(path)
        db = await _connect(path)
        log.error("the store was damaged: it is set aside and a new one begun; older messages may stay in their chats")
    ledger = Ledger(db, seal)
    await ledger.rekey()
    if lost := await ledger.unreadable(now):
        log.error("%d notes in the store belong to another key: their messages cannot be deleted with this one", lost)
    return ledger


def _set_aside(path: Path) -> None:
    """What is there gets a name that nothing has yet, so that no earlier one is lost."""
    names = (path.with_name(f"{path.name}.damaged{number or ''}") for number in count())
    path.replace(next(name for name in names if not name.exists()))
    path.with_name(path.name + "-journal").unlink(missing_ok=True)
    _make(path)


def _make(path: Path) -> bool:
    """An empty file for SQLite to fill, if there is none; whether what is there is empty or a store of ours.

    Looks before it changes anything: the address may be mistaken, or somebody may have put something in our way.
    Raises StoreError when the file is somebody else's, and OSError.
    """
    folder = path.parent.stat().st_mode
    if folder & stat.S_IWOTH and not folder & stat.S_ISVTX:
        raise StoreError(f"everybody can write to the folder of the store {path}: chmod o-w it")
    made = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    try:
        found = os.fstat(made)
        if not stat.S_ISREG(found.st_mode):
            raise StoreError(f"the store {path} is not a file")
        if found.st_uid != os.geteuid():
            raise StoreError(f"the store {path} belongs to another user")
        header = os.pread(made, HEADER, 0)
        database = header.startswith(SQLITE)
        ours = database and header[ID_AT : ID_AT + 4] == APPLICATION_ID.to_bytes(4, "big")
        if database and not ours:
            raise StoreError(f"{path} is a database of another program")
        if ours or not header:
            os.fchmod(made, 0o600)
        return ours or not header
    finally:
        os.close(made)


async def _connect(path: Path) -> aiosqlite.Connection:
    db = await aiosqlite.connect(path, timeout=5)
    try:
        if next(iter(await db.execute_fetchall("PRAGMA quick_check")))[0] != "ok":
            raise sqlite3.DatabaseError("quick_check")
        await db.execute_fetchall("PRAGMA journal_mode = TRUNCATE")
        await db.execute_fetchall("PRAGMA secure_delete = ON")
        await db.execute_fetchall("PRAGMA temp_store = MEMORY")
        await db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        await db.execute(_TABLE)
        await db.execute("CREATE INDEX IF NOT EXISTS note_chat ON note (chat)")
        await db.execute("CREATE INDEX IF NOT EXISTS note_at ON note (at)")
        await db.commit()
    except BaseException:
        await db.close()
        raise
    return db
