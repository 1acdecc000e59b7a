"""Three replicas on a real Redis: many chats with one replica killed, one asleep, and Redis emptied; then a soak.

Run by `make soak`. The soak keeps 1,000 chats tapping as fast as they are served, with 1 % of the calls refused and 1 %
half a second late.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from replicas import World, world

from knowledge.load import load

FIRST = 9_000_001
AT_ONCE = 48  # taps under way; more only wait for this machine, which plays everybody


def memory(here: World) -> list[int]:
    """Resident memory of each living replica, in MB."""
    sizes = []
    for process in here.processes:
        if process.returncode is None:
            pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
            sizes.append(pages * 4096 // 2**20)
    return sizes


def told(here: World, seconds: float) -> str:
    slow = sorted(here.latencies) or [0.0]
    return (
        f"{len(slow)} screens in {seconds:.0f} s ({len(slow) / seconds:.0f}/s), "
        f"p50 {slow[len(slow) // 2] * 1000:.0f} ms, "
        f"p99 {slow[len(slow) * 99 // 100] * 1000:.0f} ms, longest {slow[-1]:.1f} s; not well: {len(here.wrong)}"
    )


async def many(chats: int, folder: Path) -> bool:
    """Each person opens, taps and types; one replica is killed and one sleeps meanwhile, then Redis loses its data."""
    async with world(folder, load(places=True), idle=150, lease=8) as here:
        begun, everybody = time.monotonic(), list(range(FIRST, FIRST + chats))
        gate = asyncio.Semaphore(200)

        async def one(chat: int) -> None:
            async with gate:
                await here.person(chat, 4, random.Random(chat), 60)

        async def again(chat: int) -> None:
            async with gate:
                once_more = here.steps if here.api.screen(chat) else here.person  # it may have been quiet for too long
                await once_more(chat, 1, random.Random(-chat), 60)

        people = asyncio.gather(*map(one, everybody))
        await asyncio.sleep(5)
        here.pause(1)
        here.kill(0)
        await asyncio.sleep(12)
        here.wake(1)
        await people
        await here.drained()
        print(f"{chats} chats, one killed, one asleep for 12 s: {told(here, time.monotonic() - begun)}")
        more = sum(n > 2 for n in here.api.sent.values())
        here.latencies.clear()
        begun = time.monotonic()
        people = asyncio.gather(*map(again, everybody))
        await asyncio.sleep(3)
        here.redis.restart()
        await people
        await here.drained()
        print(f"Redis restarted with its data lost: {told(here, time.monotonic() - begun)}")
        print(*here.wrong[:5], sep="\n")
        pairs = await here.settled(everybody, 20)
        opened = sum(n > 2 for n in here.api.sent.values())
        left = await here.gone(everybody, 300)
        print(f"more than one pair remains: {len(pairs)}; opened twice, the first going: {more}, then {opened - more}")
        print(f"left after the idle time: {len(left)}; faults: {here.log().count('fault')}")
        return not here.wrong and not left and not pairs


async def soak(chats: int, minutes: float, folder: Path) -> bool:
    """Taps as fast as they are served."""
    async with world(folder, load(places=True), idle=60, lease=8) as here:
        everybody = list(range(FIRST, FIRST + chats))
        if not all(await asyncio.gather(*(here.open(chat, 120) for chat in everybody))):
            print("not every chat could be opened")
            return False
        here.api.refused = here.api.slow = 0.01
        begun = time.monotonic()
        end, sizes = begun + minutes * 60, [memory(here)]

        gate, lost = asyncio.Semaphore(AT_ONCE), set[int]()

        async def one(chat: int) -> None:
            pick = random.Random(chat)
            while time.monotonic() < end and chat not in lost:
                async with gate:
                    await tap(chat, pick)

        async def tap(chat: int, pick: random.Random) -> None:
            screen = here.api.screen(chat)
            tokens = [b["callback_data"] for b in screen.buttons if "callback_data" in b] if screen else []
            token = pick.choice([t for t in tokens if t != "leave"] or ["st"])
            at = time.monotonic()
            here.api.tap(chat, token, screen.id if screen else 0)
            if await here.shows(chat, [token], 60):
                here.latencies.append(time.monotonic() - at)
            else:
                here.wrong.append(f"{chat}: {token} did not come; {'a screen' if screen else 'none'} was there")
                lost.add(chat)

        async def look() -> None:
            while time.monotonic() < end:
                await asyncio.sleep(min(30, minutes * 15))
                sizes.append(memory(here))

        await asyncio.gather(look(), *map(one, everybody))
        print(f"soak of {chats} chats: {told(here, time.monotonic() - begun)}")
        print(*here.wrong[:5], sep="\n")
        print("memory of each replica in MB:", *sizes)
        here.api.refused = here.api.slow = 0.0
        left = await here.gone(everybody, 240)
        print(f"left after the idle time: {len(left)}; faults: {here.log().count('fault')}")
        return not here.wrong and not left


def main() -> int:
    """0 when nothing was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chats", type=int, default=2000)
    parser.add_argument("--soak-chats", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        well = asyncio.run(many(args.chats, Path(one))) if args.chats else True
        return 0 if asyncio.run(soak(args.soak_chats, args.minutes, Path(two))) and well else 1


if __name__ == "__main__":
    sys.exit(main())
