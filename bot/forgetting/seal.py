"""Seals chat and message ids: AES-GCM to keep them, HMAC to find them again."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import struct
from collections.abc import Iterable
from contextlib import suppress
from enum import IntEnum
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE = 12  # bytes; the size AES-GCM is made for (NIST SP 800-38D)
SHORTEST = 32  # characters of a key


class KeyFileError(Exception):
    """A key file that cannot be used; its text is one plain line."""


class Kind(IntEnum):
    """What a noted message is; told only inside the seal."""

    LIVING = 1  # the screen
    BLAND = 2  # the line under it
    TYPED = 3  # sent by the person, or a stray of ours
    PLAIN = 4  # the line that stays after Close
    CLOSING = 5  # no message: a Close that is under way
    LATER = 6  # sent by the person; Telegram does not delete it yet


LASTING = (Kind.PLAIN, Kind.LATER)  # what stays when a conversation is over, until its time comes


class Seal:
    """Opens and closes what the ledger holds. `key` is any text of 32 or more characters that nobody can guess.

    What the `old` keys have sealed can still be opened; nothing new is sealed with them.
    """

    def __init__(self, key: str, old: Iterable[str] = ()) -> None:
        (self._cipher, self._finder), *before = [_parts(k) for k in (key, *old)]
        self._openers = [self._cipher, *(cipher for cipher, _ in before)]

    def chat(self, chat: int) -> bytes:
        """By which the rows of a chat are found: 16 bytes that say nothing without the key."""
        return hmac.digest(self._finder, b"chat" + struct.pack(">q", chat), hashlib.sha256)[:16]

    def message(self, chat: int, message: int) -> bytes:
        """By which the row of a message is found: 16 bytes."""
        return hmac.digest(self._finder, b"note" + struct.pack(">qq", chat, message), hashlib.sha256)[:16]

    def close(self, chat: int, message: int, kind: Kind) -> bytes:
        """The sealed ids: nonce, then AES-256-GCM of chat, message and kind (45 bytes)."""
        return self.wrap(struct.pack(">qqB", chat, message, kind))

    def open(self, sealed: bytes) -> tuple[int, int, Kind] | None:
        """Chat, message and kind; None when another key sealed it, or it is damaged."""
        try:
            chat, message, kind = struct.unpack(">qqB", self.unwrap(sealed) or b"")
            return chat, message, Kind(kind)
        except (ValueError, struct.error):
            return None

    def wrap(self, plain: bytes) -> bytes:
        """Any bytes, sealed."""
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, None)

    def unwrap(self, sealed: bytes) -> bytes | None:
        """What was sealed; None when another key sealed it, or it is damaged."""
        for cipher in self._openers:
            with suppress(InvalidTag, ValueError):
                return cipher.decrypt(sealed[:NONCE], sealed[NONCE:], None)
        return None


def seal_of(keys: str) -> Seal:
    """The seal of a text with a key a line: the first one seals, the others are old ones that may still open."""
    first, *old = keys.splitlines()
    return Seal(first, old)


def _parts(key: str) -> tuple[AESGCM, bytes]:
    made = HKDF(SHA256(), length=64, salt=None, info=b"doorway ledger 1").derive(key.encode())
    return AESGCM(made[:32]), made[32:]


def _make_key(path: Path) -> None:
    """Makes the key file whole or not at all; one that somebody else makes meanwhile stays. Raises OSError."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    made = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(made, "w") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(part, path)
    finally:
        part.unlink(missing_ok=True)


def key_from(path: Path) -> str:
    """The keys in the file at `path`, one a line; it is made when missing, readable by its owner only.

    Raises KeyFileError when it can be neither read nor made, others may read it, or it is too short.
    """
    if not path.exists():
        try:
            _make_key(path)
        except OSError as error:
            raise KeyFileError(f"cannot make the key file {path}: {error.strerror}") from error
    try:
        if path.stat().st_mode & 0o077:
            raise KeyFileError(f"others can read the key file {path}: chmod 600 it")
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"cannot read the key file {path}") from error
    if not key or any(len(line) < SHORTEST for line in key.splitlines()):
        raise KeyFileError(f"the key file {path} holds no key of {SHORTEST} or more characters")
    return key
