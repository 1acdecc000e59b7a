"""What the operator does: check a configuration, count, change a fact sheet, keep secrets in files, change the key."""

from __future__ import annotations

import ast
import logging
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import PROJECT
from fake_telegram import TOKEN, Clock, FakeTelegram
from redis_server import redis_server
from telegram_bot import free_port, running

from bot import settings
from bot.channels.telegram.checking import check
from bot.forgetting.ledger import Note, open_ledger
from bot.forgetting.recall import Memory
from bot.forgetting.seal import Kind, Seal
from bot.forgetting.shared import open_shared
from knowledge.model import Knowledge

ME = 5_512_345_678
OLD, NEW = "o" * 40, "n" * 40


async def lines(env: dict[str, str]) -> tuple[list[str], bool]:
    faults = settings.faults(env)
    return await check(faults, None if faults else settings.load(env))


async def test_the_check_says_what_is_right(tmp_path: Path) -> None:
    api = FakeTelegram(Clock())
    env = {"DOORWAY_BOT_TOKEN": TOKEN, "DOORWAY_API_ROOT": await api.start(),
           "DOORWAY_STORE": f"sqlite:{tmp_path / 'l.db'}"}  # fmt: skip
    said, well = await lines(env)
    await api.stop()
    assert well
    assert [line.partition(":")[0] for line in said] == ["token", "key", "store", "webhook", "facts"]
    assert "@quiet_list_bot" in said[0]
    assert not os.listdir(tmp_path), "a trial leaves nothing behind"  # noqa: PTH208


@pytest.mark.parametrize(("part", "env"), [
    ("token", {"DOORWAY_BOT_TOKEN": "12:wrong"}), ("token", {"DOORWAY_BOT_TOKEN": "hunter2"}),
    ("key", {"DOORWAY_KEY": "hunter2"}), ("store", {"DOORWAY_STORE": "sqlite:/proc/none/l.db"}),
    ("store", {"DOORWAY_STORE": "redis://127.0.0.1:9/0", "DOORWAY_KEY": NEW}), ("store", {"DOORWAY_STORE": "x"}),
    ("webhook", {"DOORWAY_WEBHOOK_URL": "hunter2"}), ("settings", {"DOORWAY_LOG": "hunter2"}),
])  # fmt: skip
async def test_the_check_says_what_is_wrong(tmp_path: Path, part: str, env: dict[str, str]) -> None:
    api = FakeTelegram(Clock())
    here = {"DOORWAY_BOT_TOKEN": TOKEN, "DOORWAY_API_ROOT": await api.start(),
            "DOORWAY_STORE": f"sqlite:{tmp_path / 'l.db'}"}  # fmt: skip
    said, well = await lines(here | env)
    await api.stop()
    assert not well
    assert [line.partition(":")[0] for line in said if "WRONG" in line] == [part]
    assert "hunter2" not in "".join(said)


async def test_broken_facts_are_named_with_their_line(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "seeds", tmp_path / "seeds")
    with (tmp_path / "seeds" / "001.yaml").open("a") as sheet:
        sheet.write("\nnonsense: 1\n")
    said, well = await lines({"DOORWAY_SEEDS": str(tmp_path / "seeds")})
    assert not well
    said, _ = await lines({
        "DOORWAY_SEEDS": str(tmp_path / "seeds"), "DOORWAY_BOT_TOKEN": TOKEN, "DOORWAY_API_ROOT": "http://127.0.0.1:9",
        "DOORWAY_STORE": f"sqlite:{tmp_path / 'l.db'}",
    })  # fmt: skip
    assert re.search(r"seeds/001.yaml:\d+: ", said[-1])


async def test_a_redis_that_writes_to_disk_is_warned_of(tmp_path: Path) -> None:
    env = {"DOORWAY_BOT_TOKEN": TOKEN, "DOORWAY_API_ROOT": "http://127.0.0.1:9", "DOORWAY_KEY": NEW}
    with redis_server(tmp_path) as server:
        for command, warned in ((b"CONFIG SET save ''", False), (b'CONFIG SET save "60 1"', True)):
            server.ask(command)
            said, _ = await lines(env | {"DOORWAY_STORE": server.url})
            assert ("WARNING" in said[2]) is warned


def test_the_command_ends_with_what_the_check_found() -> None:
    env = {"PATH": "/usr/bin:/bin", "DOORWAY_BOT_TOKEN": "1:hunter2", "DOORWAY_API_ROOT": "http://127.0.0.1:9"}
    done = subprocess.run([sys.executable, "-m", "bot", "telegram", "--check"], cwd=PROJECT, env=env,
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.returncode == 1
    assert "hunter2" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


async def test_counters_tell_how_often_and_nothing_else(tmp_path: Path, knowledge: Knowledge) -> None:
    port = free_port()
    async with running(tmp_path, knowledge, DOORWAY_METRICS_PORT=str(port)) as (api, bot):
        api.say(ME, "/start")
        await bot.quiet()
        api.say(ME, "Leek")
        await bot.quiet()
        api.press(ME, "999")
        await bot.quiet()
        assert api.session
        async with api.session.get(f"http://127.0.0.1:{port}/health") as answer:
            assert answer.status == 200
        async with api.session.get(f"http://127.0.0.1:{port}/metrics") as answer:
            told = await answer.text()
    assert re.search(r"^doorway_taps_total [1-9]", told, re.MULTILINE)
    assert re.search(r'^doorway_screens_total\{place="emergency"\} [1-9]', told, re.MULTILINE)
    assert re.search(r'^doorway_deletions_total\{outcome="done"\} [1-9]', told, re.MULTILINE)
    assert re.search(r'^doorway_work_seconds_bucket\{le="\+Inf"\} [1-9]', told, re.MULTILINE)
    labels = set(re.findall(r"\{(\w+)=", told))
    assert labels <= {"place", "kind", "outcome", "le"}
    assert not any(word in told.lower() for word in (str(ME), "leek", "stafford", "birmingham"))


async def test_a_changed_fact_sheet_is_taken_over_and_a_broken_one_refused(
    tmp_path: Path, knowledge: Knowledge, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "seeds"
    shutil.copytree(PROJECT / "seeds", folder)
    async with running(tmp_path, knowledge, DOORWAY_SEEDS=str(folder)) as (_, bot):
        assert bot.doorway
        sheet = folder / "later.yaml"
        text = sheet.read_text(encoding="utf-8")
        found = re.search(r"^(\s+)(?:- )?id: samaritans$", text, re.MULTILINE)
        assert found
        at = found.end()
        line = "\n" + " " * (len(found[0]) - len(found[0].lstrip(" -"))) + "status: hold"
        sheet.write_text(text[:at] + line.replace("\n\n", "\n") + text[at:], encoding="utf-8")
        await bot.doorway.read_again(folder)
        held = bot.doorway.chats.knowledge
        assert held.services["samaritans"].status == "hold"
        assert held.places is knowledge.places
        sheet.write_text(text + "\nnonsense: 1\n", encoding="utf-8")
        with caplog.at_level(logging.ERROR, "doorway"):
            logging.getLogger("doorway").propagate = True
            await bot.doorway.read_again(folder)
        assert bot.doorway.chats.knowledge is held
        assert re.search(r"seeds/later.yaml:\d+: ", caplog.text)


def test_secrets_may_stand_in_files(tmp_path: Path) -> None:
    env = {"XDG_STATE_HOME": "/var/lib/x"}
    for name, value in (("BOT_TOKEN", TOKEN), ("KEY", f"{NEW}\n{OLD}"), ("WEBHOOK_SECRET", "s-1")):
        (tmp_path / name).write_text(value + "\n")
        env[f"DOORWAY_{name}_FILE"] = str(tmp_path / name)
    found = settings.load(env | {"DOORWAY_WEBHOOK_URL": "https://example.org/in"})
    assert (found.token, found.key) == (TOKEN, f"{NEW}\n{OLD}")
    assert found.webhook
    assert found.webhook.secret == "s-1"
    for more in ({"DOORWAY_BOT_TOKEN": TOKEN}, {"DOORWAY_BOT_TOKEN_FILE": str(tmp_path / "none")}):
        with pytest.raises(settings.SettingsError, match="DOORWAY_BOT_TOKEN"):
            settings.load(env | more)


async def test_an_old_key_still_opens_and_the_new_one_takes_over(tmp_path: Path) -> None:
    note = Note(ME, 7, Kind.LIVING, 1_800_000_000)
    ledger = await open_ledger(tmp_path / "l.db", Seal(OLD), 1_800_000_000)
    await ledger.write(add=[note])
    await ledger.close()
    for seal in (Seal(NEW, [OLD]), Seal(NEW)):
        ledger = await open_ledger(tmp_path / "l.db", seal, 1_800_000_000)
        assert await ledger.of(ME) == [note]
        await ledger.close()


async def test_in_redis_too_and_nothing_there_can_be_read(tmp_path: Path) -> None:
    note = Note(ME, 913_462_000, Kind.LIVING, 1_800_000_000)
    with redis_server(tmp_path) as server:
        ledger = await open_shared(server.url, Seal(OLD), 60, lambda: 1_800_000_000.0)
        stored, lease = await ledger.put(ME, await ledger.load(ME), Memory(seq=1, state="re_lee"), [note])
        assert stored
        assert lease
        held = b"".join([await ledger._redis.dump(key) or b"" for key in await ledger._redis.keys()])
        assert not any(part in held for part in (b"re_lee", str(ME).encode(), ME.to_bytes(8, "big"), b"913462000"))
        await ledger.close()
        for seal in (Seal(NEW, [OLD]), Seal(NEW)):
            ledger = await open_shared(server.url, seal, 60, lambda: 1_800_000_000.0)
            seen = await ledger.load(ME)
            assert seen.notes == [note]
            assert seen.memory
            assert seen.memory.state == "re_lee"
            await ledger.close()


def test_every_dependency_is_used() -> None:
    with (PROJECT / "pyproject.toml").open("rb") as file:
        named = {re.split(r"[<>=~ ]", d)[0] for d in tomllib.load(file)["project"]["dependencies"]}
    modules = {"opening-hours-py": "opening_hours", "prompt_toolkit": "prompt_toolkit", "pyyaml": "yaml",
               "prometheus-client": "prometheus_client", "python-telegram-bot": "telegram"}  # fmt: skip
    used = set()
    for folder in ("bot", "knowledge"):
        for path in (PROJECT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                used |= {name.split(".")[0] for name in names}
    used.add("tzdata")  # data for zoneinfo, where the system has none
    assert {name for name in named if modules.get(name, name) not in used} == set()


def test_the_terminal_does_not_wait_for_what_it_does_not_use() -> None:
    code = "import sys, bot.__main__, bot.channels.terminal; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=60)
    assert not {"telegram", "aiohttp", "redis", "prometheus_client"} & set(loaded.stdout.split())
