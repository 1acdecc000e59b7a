"""Two replicas whose Redis loses its data. Replicas that are killed or put to sleep are for `make soak`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from replicas import world

from knowledge.model import Knowledge

CHATS = list(range(9_000_001, 9_000_031))


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
