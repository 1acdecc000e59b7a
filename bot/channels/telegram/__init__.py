"""The bot on Telegram. The only package that imports `telegram` and `aiohttp`."""

from __future__ import annotations

import asyncio
import signal
import sys

from bot.channels.telegram import logs
from bot.channels.telegram.runner import Doorway, StartError
from bot.channels.telegram.wire import UnreachableError, Wire
from bot.forgetting.ledger import StoreError
from bot.forgetting.seal import KeyFileError
from bot.settings import Settings
from knowledge.model import Knowledge

__all__ = ["Doorway", "name_of", "run", "tried", "until_told"]


def run(settings: Settings, knowledge: Knowledge) -> int:
    """Runs the bot until it is told to stop (SIGINT, SIGTERM): 0, 2 when it cannot start like this, 1 after a fault."""
    logs.set_up(settings.log)
    try:
        return asyncio.run(until_told(Doorway(settings, knowledge)))
    except (StartError, StoreError, KeyFileError) as error:
        print(f"doorway: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    except Exception as error:  # its text may hold anything
        logs.fault(error)
        return 1


async def until_told(doorway: Doorway) -> int:
    """Starts the bot and runs it until a signal: 0; 1 when a part of it that must not end has ended."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    loop.set_exception_handler(logs.loop_fault)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    starting, waiting = asyncio.create_task(doorway.start()), asyncio.create_task(told.wait())
    broken = asyncio.create_task(doorway.broken.wait())
    try:
        await asyncio.wait({starting, waiting, broken}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            await starting
            await asyncio.wait({waiting, broken}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (starting, waiting, broken):
            task.cancel()
        await asyncio.gather(starting, waiting, broken, return_exceptions=True)
        await doorway.stop()
    return 1 if doorway.broken.is_set() else 0  # whoever watches the process starts it again


def tried(faults: dict[str, str], settings: Settings | None) -> int:
    """Prints a line for each part of the configuration: 0 when the bot can start with it, else 1."""
    from bot.channels.telegram.checking import check

    logs.set_up("error")
    lines, well = asyncio.run(check(faults, settings))
    print("\n".join(lines))
    return 0 if well else 1


def name_of(settings: Settings) -> str:
    """The bot's user name, asked of the server; "" when it does not say."""
    return asyncio.run(_name_of(settings))


async def _name_of(settings: Settings) -> str:
    try:
        async with Wire(settings.api_root, settings.token) as wire:
            answer = await wire.call("getMe", {}, result=True)
    except UnreachableError:
        return ""
    return str(answer.result.get("username", "")) if isinstance(answer.result, dict) else ""
