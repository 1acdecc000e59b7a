"""Three replicas: one is killed, one sleeps, and Redis loses its data; nobody's screen is lost, late or left behind."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from replicas import world

from knowledge.model import Knowledge

CHATS = list(range(9_000_001, 9_000_031))
IDLE = 10.0  # seconds; longer than a busy machine may keep somebody waiting
ASLEEP = 2.5  # seconds; longer than the lease


async def test_replicas_that_die_and_sleep_lose_nobodys_screen(tmp_path: Path, knowledge: Knowledge) -> None:
    async with world(tmp_path, knowledge, idle=IDLE) as here:
        pick = random.Random(7)
        people = asyncio.gather(*(here.person(chat, 4, random.Random(pick.random()), 20) for chat in CHATS))
        await here.api.change(CHATS[0], 5)
        here.pause(1)
        here.kill(0)
        await asyncio.sleep(ASLEEP)  # it is the clock that makes a lease run out
        here.wake(1)
        await people
        await here.drained()
        assert not here.wrong
        assert all(len(here.api.seen(chat)) in (0, 1, 2) for chat in CHATS), "more than one pair stands"
        assert not await here.gone(CHATS, IDLE + 10)
        assert "fault" not in here.log()


async def test_when_redis_loses_its_data_the_bot_goes_on(tmp_path: Path, knowledge: Knowledge) -> None:
    used, unused = CHATS[:5], CHATS[5:10]
    async with world(tmp_path, knowledge, replicas=2, idle=4.0) as here:
        assert all(await asyncio.gather(*(here.open(chat, 15) for chat in used + unused)))
        await here.drained()
        here.redis.restart()
        for chat in used:
            here.api.press(chat, "About this chat")
        for chat in used:
            screen = here.api.screen(chat)
            assert screen
            token = next(b["callback_data"] for b in screen.buttons if b["text"] == "999")
            here.api.tap(chat, token, screen.id)
            assert await here.shows(chat, [token], 10)
        assert not await here.gone(used, 15)
        assert all(here.api.screen(chat) for chat in unused), "nobody can know of these any more"
        assert here.log().count("lost its data") == 2, "each replica says so once"
