"""The bot as the real process that people run, for tests that kill it, stop it, or read what it leaves."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from conftest import PROJECT
from fake_telegram import TOKEN, Clock


class RealClock(Clock):
    """The time as it is."""

    def __call__(self) -> datetime:
        return datetime.now(ZoneInfo("Europe/London"))

    @property
    def seconds(self) -> float:
        return self().timestamp()


@asynccontextmanager
async def process(
    folder: Path, root: str, *options: str, changed: str = "", **env: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python OPTIONS -m bot telegram`; what it prints goes to a file in the folder, where all it could write to is.

    `changed` is Python that runs in it first.
    """
    for name in ("work", "home", "temp"):
        (folder / name).mkdir(exist_ok=True)
    given = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DOORWAY_")},
        "PYTHONPATH": os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")]),
        "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(folder / "home"), "XDG_STATE_HOME": str(folder / "home"),
        "TMPDIR": str(folder / "temp"), "DOORWAY_BOT_TOKEN": TOKEN, "DOORWAY_API_ROOT": root, "DOORWAY_LOG": "debug",
        **env,
    }  # fmt: skip
    run = ("-c", f"{changed}\nimport sys\nfrom bot.__main__ import main\nsys.exit(main(['telegram']))")
    with (folder / "output").open("ab") as output:
        bot = await asyncio.create_subprocess_exec(
            sys.executable, *options, *(run if changed else ("-m", "bot", "telegram")),
            cwd=folder / "work", env=given, stdin=asyncio.subprocess.PIPE, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        yield bot
    finally:
        if bot.returncode is None:
            bot.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(bot.wait(), 15) == 0
