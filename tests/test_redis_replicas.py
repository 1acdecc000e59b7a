"""Two replicas whose Redis ends and begins anew, empty. Many that are killed or put to sleep are for `make soak`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from replicas import world

from knowledge.model import Knowledge

USED, UNUSED = list(range(9_000_001, 9_000_006)), list(range(9_000_006, 9_000_011))


async def test_when_redis_loses_its_data_the_bot_goes_on_and_forgets_no_chat(
    tmp_path: Path, knowledge: Knowledge
) -> None:
    async with world(tmp_path, knowledge, replicas=2, idle=4.0) as here:
        assert all(await asyncio.gather(*(here.open(chat, 15) for chat in USED + UNUSED)))
        await here.drained()
        here.redis.restart()
        for chat in USED:
            here.api.press(chat, "About this chat")
        for chat in USED:
            screen = here.api.screen(chat)
            assert screen
            token = next(b["callback_data"] for b in screen.buttons if b["text"] == "999")
            here.api.tap(chat, token, screen.id)
            assert await here.shows(chat, [token], 10)
        assert not await here.gone(USED + UNUSED, 15)
        assert here.log().count("lost its data") == 2, "each replica says so once"
