"""What the environment asks of `python -m bot telegram`, read and checked once. The only reader of `os.environ`."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

TELEGRAM = "https://api.telegram.org"
LEVELS = ("debug", "info", "warning", "error", "critical")
SHORTEST_KEY = 32  # characters; a key made by Doorway has 43

_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{1,100}")
_REDIS = re.compile(r"rediss?://[^\s/]+(/[0-9]{1,3})?/?")
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
    """Everything the channel is told.

    `store` is a file, or "redis://..."; the first line of `key` seals, further lines are old keys, and "" means a key
    file beside the store; `cover` None means the usual line; `metrics` is a port, 0 for none; `seeds` a folder of
    fact sheets, None for those of the package.
    """

    token: str = field(repr=False)
    api_root: str
    webhook: Webhook | None
    store: Path | str = field(repr=False)  # the address of a Redis may hold a password
    key: str = field(repr=False)
    idle: timedelta
    cover: str | None
    log: str
    metrics: int = 0
    seeds: Path | None = None


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings in `environ` (the process's own by default). Raises SettingsError at the first bad one."""
    env = os.environ if environ is None else environ
    webhook, store, key = _webhook(env), _store(env), _key(env)
    if isinstance(store, str) and not key:
        raise SettingsError("DOORWAY_KEY is not set: with Redis, all replicas need the same key")
    if isinstance(store, str) and webhook and not webhook.secret:
        raise SettingsError("DOORWAY_WEBHOOK_SECRET is not set: with Redis, all replicas need the same secret")
    return Settings(
        token=_token(env),
        api_root=_address("DOORWAY_API_ROOT", env.get("DOORWAY_API_ROOT") or TELEGRAM),
        webhook=webhook,
        store=store,
        key=key,
        idle=_idle(env),
        cover=_cover(env),
        log=_level(env),
        metrics=_port(env, "DOORWAY_METRICS_PORT", 0),
        seeds=_seeds(env),
    )


def faults(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """What is wrong with each part, not only with the first; "settings" stands for all other parts."""
    env = os.environ if environ is None else environ
    parts: dict[str, Callable[[Mapping[str, str]], object]]
    parts = {"token": _token, "store": _store, "key": _key, "webhook": _webhook, "settings": load}
    found: dict[str, str] = {}
    for part, read in parts.items():
        try:
            read(env)
        except SettingsError as error:
            if str(error) not in found.values():
                found[part] = str(error)
    return found


def _token(env: Mapping[str, str]) -> str:
    token = _hidden(env, "DOORWAY_BOT_TOKEN")
    if not token:
        raise SettingsError("DOORWAY_BOT_TOKEN is not set: it is the token that BotFather gave you")
    if not _TOKEN.fullmatch(token):
        raise SettingsError("DOORWAY_BOT_TOKEN does not look like a token (digits, a colon, letters)")
    return token


def _hidden(env: Mapping[str, str], name: str) -> str:
    """A secret from the environment, or from the file that `name`_FILE names."""
    value, path = env.get(name, "").strip(), env.get(name + "_FILE", "").strip()
    if not path:
        return value
    if value:
        raise SettingsError(f"{name} and {name}_FILE are both set: one of them is enough")
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}_FILE cannot be read ({type(error).__name__})") from error
    if not value:
        raise SettingsError(f"{name}_FILE is empty")
    return value


def _port(env: Mapping[str, str], name: str, default: int) -> int:
    port = env.get(name, "").strip()
    if not port:
        return default
    if not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65535):
        raise SettingsError(f"{name} is not a port (1 to 65535)")
    return int(port)


def _seeds(env: Mapping[str, str]) -> Path | None:
    folder = env.get("DOORWAY_SEEDS", "").strip()
    if folder and not Path(folder).is_dir():
        raise SettingsError("DOORWAY_SEEDS is not a folder")
    return Path(folder) if folder else None


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
    port = _port(env, "DOORWAY_WEBHOOK_PORT", 8080)
    secret = _hidden(env, "DOORWAY_WEBHOOK_SECRET")
    if secret and not _SECRET.fullmatch(secret):
        raise SettingsError("DOORWAY_WEBHOOK_SECRET may hold 1 to 256 letters, digits, _ and - only")
    return Webhook(url, port, secret)


def _store(env: Mapping[str, str]) -> Path | str:
    value = env.get("DOORWAY_STORE", "").strip()
    if not value:
        return _state_folder(env) / "ledger.db"
    if _REDIS.fullmatch(value):
        return value
    kind, _, path = value.partition(":")
    if kind != "sqlite" or not path or "\0" in path:
        raise SettingsError("DOORWAY_STORE is not a store address like sqlite:PATH or redis://HOST:PORT/DB")
    return Path(path).expanduser().absolute()


def _state_folder(env: Mapping[str, str]) -> Path:
    """The private folder of this user's programs (XDG Base Directory Specification)."""
    base = env.get("XDG_STATE_HOME", "")
    try:
        return (Path(base) if base.startswith("/") else Path.home() / ".local" / "state") / "doorway"
    except RuntimeError as error:  # no home folder is known
        raise SettingsError("DOORWAY_STORE is not set, and this user has no home folder") from error


def _key(env: Mapping[str, str]) -> str:
    key = _hidden(env, "DOORWAY_KEY")
    if any(len(line) < SHORTEST_KEY for line in key.splitlines()):
        raise SettingsError(f"DOORWAY_KEY is too short: each line needs at least {SHORTEST_KEY} characters")
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
