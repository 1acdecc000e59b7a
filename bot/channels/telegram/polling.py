"""Asks Telegram for updates, again and again. The offset always moves, so no update can hold up the next."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import orjson
from telegram import Update

from bot.channels.telegram.intake import Intake
from bot.channels.telegram.logs import fault
from bot.channels.telegram.updates import KINDS
from bot.channels.telegram.wire import UnreachableError, Wire

LONG_POLL = 50  # seconds that Telegram waits for an update
AGAIN = 2.0  # seconds before another try after a refusal

_ID = re.compile(rb'"update_id"\s*:\s*(\d{1,15})')

log = logging.getLogger("doorway.telegram")


class Poll:
    """The polling loop; `answer` is given each update that could be read."""

    def __init__(
        self, wire: Wire, intake: Intake, answer: Callable[[Update], None], pause: Callable[[float], Awaitable[None]]
    ) -> None:
        self._wire, self._intake, self._answer, self._pause = wire, intake, answer, pause
        self._offset, self._limit = 0, 100

    async def run(self) -> None:
        """Runs until cancelled; a batch in hand is heard to its end.

        It is confirmed only by the next call, when what it asks to delete or close has been noted.
        """
        while True:
            try:
                status, body = await self._wire.fetch("getUpdates", self._params(), LONG_POLL + 10)
            except UnreachableError:
                log.warning("Telegram cannot be reached")
                await self._pause(AGAIN)
                continue
            if status == 200:
                await self._to_the_end(body)
            else:
                log.warning("getUpdates refused (%d)", status)
                await self._pause(max(AGAIN, _wait(body)))

    def _params(self) -> dict[str, Any]:
        return {"offset": self._offset, "limit": self._limit, "timeout": LONG_POLL, "allowed_updates": KINDS}

    async def _to_the_end(self, body: bytes) -> None:
        work = asyncio.create_task(self._try(body))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            await work
            with suppress(UnreachableError):  # else it all comes again at the next start
                await self._wire.fetch("getUpdates", {**self._params(), "limit": 1, "timeout": 0}, AGAIN)
            raise

    async def _try(self, body: bytes) -> None:
        """Takes a batch; a fault of ours must not end the loop, nor be met again and again without a pause."""
        try:
            await self._take(body)
        except Exception as error:
            fault(error)
            await self._pause(AGAIN)

    async def _take(self, body: bytes) -> None:
        batch = _batch(body)
        if batch is None:
            await self._skip(body)
            return
        self._limit = 100
        updates = self._intake.read(batch)
        for update in updates:
            self._answer(update)
        await self._intake.take(updates)
        ids = [raw["update_id"] for raw in batch if isinstance(raw, dict) and _is_number(raw.get("update_id"))]
        if ids:
            self._offset = max(ids) + 1
        elif batch:
            await self._pause(AGAIN)  # nothing that could be confirmed

    async def _skip(self, body: bytes) -> None:
        """A batch that is no JSON: fetched again one by one, so that only the broken update is lost."""
        if self._limit > 1:
            self._limit = 1
            return
        self._intake.drop()
        found = _ID.search(body)
        if found:
            self._offset = int(found[1]) + 1
        else:
            await self._pause(AGAIN)


def _is_number(value: object) -> bool:
    """Whether it can be an update's number: one out of bounds would make an offset that is never taken."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**52


def _batch(body: bytes) -> list[object] | None:
    try:
        said = orjson.loads(body)
    except ValueError:
        try:  # takes lone surrogates, which orjson refuses
            said = json.loads(body.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            return None
    result = said.get("result") if isinstance(said, dict) else None
    return result if isinstance(result, list) else None


def _wait(body: bytes) -> float:
    try:
        return float(orjson.loads(body)["parameters"]["retry_after"])
    except (ValueError, KeyError, TypeError):
        return 0.0
