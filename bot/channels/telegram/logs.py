"""What is written to standard error: one line an event, from our own loggers only, without ids, words or tokens."""

from __future__ import annotations

import logging
import sys
import traceback
import warnings
from typing import Any

log = logging.getLogger("doorway.telegram")

# Their messages hold addresses with the bot's token, whole updates, or parameters of calls.
STRANGERS = ("telegram", "httpx", "httpcore", "aiohttp", "aiosqlite", "asyncio", "apscheduler", "py.warnings")


def set_up(level: str) -> None:
    """Sends our own lines to standard error and silences everybody else's, at any level."""
    ours = logging.getLogger("doorway")
    ours.setLevel(level.upper())
    ours.propagate = False
    for handler in list(ours.handlers):
        ours.removeHandler(handler)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    ours.addHandler(handler)
    logging.raiseExceptions = False  # else a failing handler prints the message's arguments
    logging.getLogger().addHandler(logging.NullHandler())
    warnings.simplefilter("ignore")
    for name in STRANGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    for name in logging.root.manager.loggerDict:
        if name.partition(".")[0] in STRANGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def where(error: BaseException) -> str:
    """The kind of an exception and the place that raised it; never its text, which may hold anything."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].name}:{frames[-1].lineno}" if frames else "?"
    return f"{type(error).__name__} in {place}"


def fault(error: BaseException) -> None:
    """Logs an exception that nobody expected."""
    log.error("fault: %s", where(error))


def loop_fault(_loop: object, context: dict[str, Any]) -> None:
    """Takes the place of asyncio's own report, which prints tracebacks and tasks."""
    error = context.get("exception")
    log.error("fault: %s", where(error) if isinstance(error, BaseException) else "in the event loop")
