"""The wheel holds everything: built, installed elsewhere, and talked to from there."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

from conftest import PROJECT


def run(*command: str | Path, cwd: Path, typed: str = "") -> str:
    done = subprocess.run([str(c) for c in command], cwd=cwd, input=typed, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_built_wheel_talks_from_elsewhere(tmp_path):
    source, home, empty = tmp_path / "source", tmp_path / "venv", tmp_path / "empty"
    for name in run("git", "ls-files", "-co", "--exclude-standard", cwd=PROJECT).splitlines():
        if (PROJECT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((PROJECT / name).read_bytes())
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, source, cwd=tmp_path)
    [wheel] = tmp_path.glob("*.whl")
    venv.create(home, with_pip=False, symlinks=True)
    [site] = home.glob("lib/python3*/site-packages")
    # The libraries come from this environment: nothing is fetched, and only the project's own files are new.
    theirs = next(p for p in sys.path if p.endswith("site-packages"))
    (site / "libraries.pth").write_text(theirs + "\n", encoding="utf-8")
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", site, wheel, cwd=tmp_path)
    empty.mkdir()
    shown = run(home / "bin" / "python", "-m", "bot", "chat", cwd=empty, typed="2\n")
    assert "Which part of Staffordshire?" in shown
    assert run(home / "bin" / "python", "-c", "import bot; print(bot.__file__)", cwd=empty).startswith(str(site))
