"""The systemd unit and the Containerfile: what can be checked without starting them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PROJECT

UNIT, IMAGE = PROJECT / "deploy" / "doorway.service", PROJECT / "deploy" / "Containerfile"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_unit_is_sound_and_closed(tmp_path: Path) -> None:
    unit = tmp_path / "doorway.service"
    here = str(Path(sys.executable))
    unit.write_text(UNIT.read_text("utf-8").replace("/srv/doorway/.venv/bin/python", here), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True)
    assert (done.returncode, done.stderr.strip()) == (0, "")
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)],
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout[-300:]


def test_neither_holds_a_secret_and_both_run_the_bot_without_rights() -> None:
    unit, image = UNIT.read_text("utf-8"), IMAGE.read_text("utf-8")
    for line in ("DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict", "TemporaryFileSystem=/tmp"):
        assert line in unit
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", image, re.MULTILINE)
    for text in (unit, image):
        assert not re.search(r"DOORWAY_(BOT_TOKEN|KEY|WEBHOOK_SECRET)=", text)
    assert "-m bot telegram" in unit
    assert '"-m", "bot", "telegram"]' in image


def test_what_the_image_copies_exists() -> None:
    for name in re.findall(r"^COPY (?!--from)(\S+)", IMAGE.read_text("utf-8"), re.MULTILINE):
        assert (PROJECT / name).exists(), name
