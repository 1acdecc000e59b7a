"""Taps: the whole bot by webhook, in turns with its peers; and what a tap costs as the chats grow."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from crowd import peak
from measure import PEERS, ROOT, table

from bot.channels.telegram.calls import Calls
from bot.channels.telegram.chats import Chats
from bot.channels.telegram.room import Room
from bot.channels.telegram.runner import london
from bot.channels.telegram.wire import Answer
from bot.channels.telegram.worker import Lines
from bot.forgetting.ledger import open_ledger
from bot.forgetting.seal import seal_of
from knowledge.load import load

PEER = {name: f"{sys.executable} -B {PEERS}/peers/{file}.py"
        for name, file in (("floor", "floor"), ("aiogram", "aiogram_min"), ("ptb", "ptb_min"))}  # fmt: skip
OURS = f"{ROOT}/.venv/bin/python -m bot telegram"
SETTINGS = (
    "BOT_TOKEN={BOT_TOKEN}", "API_ROOT={BOT_API_ROOT}", "WEBHOOK_URL={BOT_WEBHOOK_URL}",
    "WEBHOOK_PORT={BOT_WEBHOOK_PORT}", "WEBHOOK_SECRET={BOT_WEBHOOK_SECRET}", "LOG=error",
)  # fmt: skip
TOKENS = ("st", "ar", "gr_sta", "wh_nst", "ne_nst-me", "ur_nst-me-tk", "re_nst-me-tk-ut", "em")
IDLE = 600.0  # seconds
Result = dict[str, dict[str, Any]]


class UnmeasuredError(Exception):
    """A run of the driver that came to nothing; its text is the driver's last line."""


def drive(bots: dict[str, str], *options: str) -> Result:
    """One run of the driver: what it found for each bot. Raises UnmeasuredError."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        command = [sys.executable, "-B", str(PEERS / "drive.py"), "--avoid", "leave", "--json", str(out), *options]
        for setting in (*SETTINGS, f"STORE=sqlite:{folder}/ledger.db"):
            command += ["--env", f"DOORWAY_{setting}"]
        command += [f"{name}={line}" for name, line in bots.items()]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise UnmeasuredError(done.stderr.strip().rpartition("\n")[2])
        return json.loads(out.read_text())  # type: ignore[no-any-return]


def against(result: Result, peer: str, key: str) -> float:
    """The median over the rounds of ours against a peer's."""
    return median(a[key] / b[key] for a, b in zip(result["ours"]["rounds"], result[peer]["rounds"], strict=True))


def against_peers(rounds: int) -> None:
    """The table of taps."""
    few = str(max(3, rounds // 3))
    near = drive({**PEER, "ours": OURS}, "--rounds", str(rounds), "--starts", "5")
    far = drive({name: line for name, line in {**PEER, "ours": OURS}.items() if name != "ptb"},
                "--rounds", few, "--starts", "1", "--api-delay", "40", "--paced", "200")  # fmt: skip
    ours, aiogram = near["ours"], near["aiogram"]
    cold = median(ours["cold_s"]) / median(near["ptb"]["cold_s"])
    waiting = far["ours"]["p50_ms"] / far["floor"]["p50_ms"]
    lost = sum(run["ours"]["lost"] for run in (near, far))
    refused = sum(sum(run["ours"]["errors"].values()) for run in (near, far))
    unanswered = sum(run["ours"]["refused"] for run in (near, far))
    print(f"### Taps: edit and answer, webhook, 32 chats, {rounds} rounds\n")
    table(("measure", "ours", "at least", "aim"), (
        ("CPU a tap, x aiogram", f"{against(near, 'aiogram', 'cpu_ms'):.2f}", "0.50", "0.30"),
        ("CPU a tap, x bare aiohttp", f"{against(near, 'floor', 'cpu_ms'):.2f}", "3.0", "2.0"),
        ("taps/s, x aiogram", f"{against(near, 'aiogram', 'taps_s'):.1f}", "2.0", "3.0"),
        ("p50 at 50 taps/s, x aiogram", f"{ours['p50_ms'] / aiogram['p50_ms']:.2f}", "0.9", "0.6"),
        ("p50 with 40 ms a call, x bare aiohttp", f"{waiting:.2f}", "0.20", "0.08"),
        ("taps/s with 40 ms a call, x aiogram", f"{against(far, 'aiogram', 'taps_s'):.1f}", "1.5", "2.0"),
        ("peak memory, x aiogram", f"{ours['rss_mb'] / aiogram['rss_mb']:.2f}", "0.55", "0.45"),
        ("memory from 32 to 5,000 chats that tap at once, MB", growth(), "10", "5"),
        ("cold start, x python-telegram-bot", f"{cold:.2f}", "2.2", "1.6"),
        ("lost taps / refused calls / webhook not 2xx", f"{lost} / {refused} / {unanswered}", "0", "0"),
    ))  # fmt: skip
    print("Absolute, of the same run:\n")
    table(("bot", "CPU ms a tap", "taps/s", "p50 ms", "with 40 ms a call", "memory MB", "cold start s"),
          ([name, *map(str, figures(found)), f"{far[name]['p50_ms']:.1f}" if name in far else "",
            f"{found['rss_mb']:.0f}", f"{median(found['cold_s']):.2f}"] for name, found in near.items()))  # fmt: skip


def growth() -> str:
    """How much more memory 5,000 chats take than 32, in MB."""
    settings = [f"DOORWAY_{setting}" for setting in SETTINGS]
    (few, _), (many, lost) = (peak(OURS, settings, chats) for chats in (32, 5000))
    return f"{many - few:.0f}" + (f" ({lost} taps lost)" if lost else "")


def figures(found: dict[str, Any]) -> tuple[str, str, str]:
    """CPU a tap, taps a second and p50 of a bot."""
    cpu, taps = (median(r[key] for r in found["rounds"]) for key in ("cpu_ms", "taps_s"))
    return f"{cpu:.2f}", f"{taps:.0f}", f"{found['p50_ms']:.2f}"


class Instant:
    """A server that says yes at once, so that only our own work is measured."""

    async def call(self, *_: object, **__: object) -> Answer:
        """Carried out."""
        return Answer(200, {"message_id": 1})


async def _tap(chats: int, taps: int, folder: Path) -> float:
    knowledge = load()
    ledger = await open_ledger(folder / f"{chats}.db", seal_of("k" * 43), time.time())
    calls = Calls(Instant(), time.time, asyncio.sleep)  # type: ignore[arg-type]
    work: list[asyncio.Task[None]] = []
    all_chats = Chats(
        calls, ledger, knowledge, Lines("a", "b", "c", "c"), IDLE, london,
        lambda one: work.append(asyncio.create_task(one)) or work[-1],  # type: ignore[func-returns-value]
    )  # fmt: skip
    for chat in range(chats):
        all_chats.rooms[chat] = Room(chat, living=1, bland=2)
        all_chats.quiet.touch(chat, time.time())
    dice = random.Random(1)
    plan = [(dice.randrange(chats), 1, dice.choice(TOKENS)) for _ in range(taps)]
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for tap in plan:
            await all_chats.tapped(*tap, 0)
            await work.pop()
        best = min(best, time.perf_counter() - start)
    await all_chats.due()
    await ledger.close()
    return best / taps


def by_chats() -> None:
    """What our own work of a tap costs as the chats grow."""
    rows = []
    with TemporaryDirectory() as folder:
        for chats in (10, 100, 1000, 10000):
            each = asyncio.run(_tap(chats, 20000, Path(folder)))
            rows.append((f"{chats:,}", f"{each * 1e6:.1f}"))
    print("### Our own work a tap by chats\n")
    table(("chats", "us a tap"), rows)
