"""Tries a configuration: one line for each part, and whether the bot can start with it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bot.channels.telegram.wire import UnreachableError, Wire
from bot.forgetting.ledger import StoreError, open_ledger
from bot.forgetting.seal import KeyFileError, key_from, seal_of
from bot.settings import TELEGRAM, Settings
from knowledge.load import load
from knowledge.yamlfile import FaultError


class WrongError(Exception):
    """A part that cannot be used; its text is one plain line that shows no secret."""


async def check(faults: dict[str, str], settings: Settings | None) -> tuple[list[str], bool]:
    """The lines, and whether all is well. `faults` are those of the environment; without settings, only these count."""
    lines, well = [], True
    for part, tried in (("token", _token), ("key", _key), ("store", _store), ("webhook", _webhook), ("facts", _facts)):
        try:
            if part in faults:
                raise WrongError(faults[part])
            found = await tried(settings) if settings or part == "facts" else "not tried"
            lines.append(f"{part}: {found}")
        except (WrongError, StoreError, KeyFileError) as error:
            lines.append(f"{part}: WRONG: {error}")
            well = False
    others = [fault for part, fault in faults.items() if part == "settings"]
    return [*lines, *(f"settings: WRONG: {fault}" for fault in others)], well and not others


async def _token(given: Settings | None) -> str:
    assert given  # noqa: S101 - the caller looked
    try:
        async with Wire(given.api_root, given.token) as wire:
            answer = await wire.call("getMe", {}, result=True)
    except UnreachableError:
        raise WrongError("the Bot API server cannot be reached") from None
    if not answer.ok or not isinstance(answer.result, dict):
        raise WrongError("the Bot API server does not know it")
    return f"ok, of @{answer.result.get('username', '?')}"


async def _key(given: Settings | None) -> str:
    assert given  # noqa: S101 - the caller looked
    if given.key:
        return f"ok, {len(given.key.splitlines()) - 1} old"
    beside = _beside(Path(given.store))
    if not beside.exists():
        return "ok, will be made beside the store"
    key_from(beside)
    return "ok, in the file beside the store"


def _beside(store: Path) -> Path:
    return store.with_name(store.name + ".key")


async def _store(given: Settings | None) -> str:
    assert given  # noqa: S101 - the caller looked
    if isinstance(given.store, str):
        from bot.forgetting.shared import persistent  # a file needs no Redis

        match await persistent(given.store):
            case True:
                return 'WARNING: this Redis writes to disk; start it with --save "" --appendonly no'
            case None:
                return "WARNING: this Redis does not say whether it writes to disk"
        return "ok, a Redis that writes nothing to disk"
    try:
        given.store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=given.store.parent):
            pass
    except OSError as error:
        raise WrongError(f"cannot write to its folder ({error.strerror})") from error
    beside = _beside(given.store)
    if given.store.exists() and (given.key or beside.exists()):
        ledger = await open_ledger(given.store, seal_of(given.key or key_from(beside)), 0)
        await ledger.close()
    return "ok, a file"


async def _webhook(given: Settings | None) -> str:
    assert given  # noqa: S101 - the caller looked
    if given.webhook is None:
        return "ok, none: the bot asks Telegram"
    if given.api_root == TELEGRAM and not given.webhook.url.startswith("https://"):
        raise WrongError("Telegram delivers to https:// addresses only")
    return f"ok, heard on 127.0.0.1:{given.webhook.port}"


async def _facts(given: Settings | None) -> str:
    try:
        knowledge = load(given.seeds if given else None, places=True)
    except FaultError as error:
        raise WrongError(f"{error.lines[0]} ({len(error.lines)} in all)") from error
    return f"ok, {len(knowledge.services)} services"
