"""Memory as the chats grow: the driver's own bot and users, but the chats start in waves.

The driver starts all chats at once and gives each 30 seconds; each of 5,000 users then looks up whenever anything is
called for anybody, which takes the driver longer than the bot.
"""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import PEERS

WAVE = 100  # chats that start at once
BURSTS = 3  # times in which every chat taps as fast as it is served
SECONDS = 3.0  # of a burst


def peak(command: str, settings: list[str], chats: int) -> tuple[float, int]:
    """The most memory in MB that a bot takes while so many chats start and then tap at once, and how many taps it lost.

    `settings` are NAME=VALUE as the driver fills them in; the store is added.
    """
    sys.path.insert(0, str(PEERS))
    import drive  # type: ignore[import-not-found]

    with TemporaryDirectory() as folder:
        env = [*settings, f"DOORWAY_STORE=sqlite:{Path(folder) / 'ledger.db'}"]
        options = Namespace(mode="webhook", api_delay=0, flood_every=0, env=env, avoid="leave", calls=2, timeout=120,
                            seed=1, verbose=False)  # fmt: skip
        return asyncio.run(_crowd(drive.Bot(f"ours={command}", options), list(range(1, chats + 1))))


async def _crowd(bot: object, chats: list[int]) -> tuple[float, int]:
    await bot.start()  # type: ignore[attr-defined]
    users = bot.users  # type: ignore[attr-defined]
    try:
        for at in range(0, len(chats), WAVE):
            if not all(await asyncio.gather(*(users.start(chat, 120.0) for chat in chats[at : at + WAVE]))):
                raise SystemExit("some chats got no screen after /start")
        for _ in range(BURSTS):
            await users.flat_out(chats, SECONDS)
    finally:
        await bot.stop()  # type: ignore[attr-defined]
    return bot.rss, users.lost  # type: ignore[attr-defined]
