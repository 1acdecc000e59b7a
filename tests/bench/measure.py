"""How things are timed here: in turns with a peer, because a shared machine changes its speed within seconds."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
PEERS = ROOT.parent / "shared" / "bench"


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turns(ours: Callable[[], object], theirs: Callable[[], object], rounds: int = 30) -> tuple[float, float, float]:
    """Median seconds of either, and the median of ours against theirs, turn against turn."""
    ours(), theirs()
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    return median(a for a, _ in pairs), median(b for _, b in pairs), median(a / b for a, b in pairs)


def engines() -> dict[str, object]:
    """What the file of peers without a network defines; without its last line, which would run all of them."""
    found: dict[str, object] = {}
    code = (PEERS / "peers" / "engines.py").read_text().rpartition("\nmain()")[0]
    exec(compile(code, "engines.py", "exec"), found)
    return found


def megabytes() -> float:
    """Memory that this process holds now."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else float("nan")


def fresh(code: str) -> list[float]:
    """Numbers printed by some code in a process of its own, which knows `seconds` and `megabytes`."""
    head = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(Path(__file__).parent)!r}]\n"
    head += "from measure import megabytes, seconds\n"
    done = subprocess.run([sys.executable, "-c", head + code], capture_output=True, text=True, check=True)
    return [float(number) for number in done.stdout.split()]


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Prints a table in Markdown."""
    lines = [list(head), *map(list, rows)]
    lines.insert(1, ["---"] + ["---:"] * (len(lines[0]) - 1))
    print("\n".join(f"| {' | '.join(line)} |" for line in lines), end="\n\n", flush=True)
