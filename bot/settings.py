"""What the environment asks of `python -m bot telegram`, read and checked once. The only reader of `os.environ`."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

TELEGRAM = "https://api.telegram.org"
LEVELS = ("debug", "info", "warning", "error", "critical")
SHORTEST_KEY = 32  # characters; a key made by Doorway has 43

_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{1,100}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")  # what the Bot API takes as secret_token


class SettingsError(Exception):
    """A setting that cannot be used; its text is one plain line that shows no secret."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where Telegram delivers: the public address, the local port, and the secret header ("" = made at each start)."""

    url: str
    port: int
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the channel is told. `key` "" means a key file beside the store; `cover` None means the usual line."""

    token: str = field(repr=False)
    api_root: str
    webhook: Webhook | None
    store: Path
    key: str = field(repr=False)
    idle: timedelta
    cover: str | None
    log: str


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings in `environ` (the process's own by default). Raises SettingsError at the first bad one."""
    env = os.environ if environ is None else environ
    token = env.get("DOORWAY_BOT_TOKEN", "").strip()
    if not token:
        raise SettingsError("DOORWAY_BOT_TOKEN is not set: it is the token that BotFather gave you")
    if not _TOKEN.fullmatch(token):
        raise SettingsError("DOORWAY_BOT_TOKEN does not look like a token (digits, a colon, letters)")
    return Settings(
        token=token,
        api_root=_address("DOORWAY_API_ROOT", env.get("DOORWAY_API_ROOT") or TELEGRAM),
        webhook=_webhook(env),
        store=_store(env),
        key=_key(env),
        idle=_idle(env),
        cover=_cover(env),
        log=_level(env),
    )


def _address(name: str, value: str) -> str:
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        sound = False
    if not sound or parts.query or parts.fragment or any(c.isspace() for c in value):
        raise SettingsError(f"{name} is not an address like https://host or http://host:port")
    return value.rstrip("/")


def _webhook(env: Mapping[str, str]) -> Webhook | None:
    url = env.get("DOORWAY_WEBHOOK_URL", "").strip()
    if not url:
        return None
    _address("DOORWAY_WEBHOOK_URL", url)
    port = env.get("DOORWAY_WEBHOOK_PORT", "").strip() or "8080"
    if not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65535):
        raise SettingsError("DOORWAY_WEBHOOK_PORT is not a port (1 to 65535)")
    secret = env.get("DOORWAY_WEBHOOK_SECRET", "")
    if secret and not _SECRET.fullmatch(secret):
        raise SettingsError("DOORWAY_WEBHOOK_SECRET may hold 1 to 256 letters, digits, _ and - only")
    return Webhook(url, int(port), secret)


def _store(env: Mapping[str, str]) -> Path:
    value = env.get("DOORWAY_STORE", "").strip()
    if not value:
        return _state_folder(env) / "ledger.db"
    kind, _, path = value.partition(":")
    if kind != "sqlite" or not path or "\0" in path:
        raise SettingsError("DOORWAY_STORE is not a store address like sqlite:PATH")
    return Path(path).expanduser().absolute()


def _state_folder(env: Mapping[str, str]) -> Path:
    """The private folder of this user's programs (XDG Base Directory Specification)."""
    base = env.get("XDG_STATE_HOME", "")
    try:
        return (Path(base) if base.startswith("/") else Path.home() / ".local" / "state") / "doorway"
    except RuntimeError as error:  # no home folder is known
        raise SettingsError("DOORWAY_STORE is not set, and this user has no home folder") from error


def _key(env: Mapping[str, str]) -> str:
    key = env.get("DOORWAY_KEY", "")
    if key and len(key) < SHORTEST_KEY:
        raise SettingsError(f"DOORWAY_KEY is too short: it needs at least {SHORTEST_KEY} characters")
    return key


def _idle(env: Mapping[str, str]) -> timedelta:
    try:
        minutes = float(env.get("DOORWAY_IDLE_MINUTES", "").strip() or 10)
    except ValueError:
        minutes = math.nan
    if not 0 < minutes <= 24 * 60:  # also refuses nan
        raise SettingsError("DOORWAY_IDLE_MINUTES is not a number of minutes above 0 and up to 1440")
    return timedelta(minutes=minutes)


def _cover(env: Mapping[str, str]) -> str | None:
    cover = env.get("DOORWAY_COVER")
    if cover is None:
        return None
    if len(cover) > 200 or "\n" in cover:
        raise SettingsError("DOORWAY_COVER is not one line of at most 200 characters")
    return cover.strip()


def _level(env: Mapping[str, str]) -> str:
    level = (env.get("DOORWAY_LOG", "").strip() or "info").lower()
    if level not in LEVELS:
        raise SettingsError(f"DOORWAY_LOG is not one of {', '.join(LEVELS)}")
    return level
