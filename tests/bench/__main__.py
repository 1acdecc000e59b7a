"""The project's benchmark: `make bench`, or `make bench ROUNDS=12` for the full one. Run from the project's root."""

from __future__ import annotations

import argparse
import os
import platform
from datetime import date

import engine
import taps
import understanding
from measure import PEERS


def main() -> None:
    """Prints every table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5, help="bursts of each bot (default 5; 12 for the full run)")
    rounds = arguments.parse_args().rounds
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"## Doorway, {date.today()}: {machine}\n", flush=True)
    engine.alone()
    understanding.typed()
    if PEERS.exists():
        taps.against_peers(rounds)
    else:
        print(f"The peers are missing ({PEERS} is not there), so only our own figures are shown.\n")
    taps.by_chats()
    engine.by_services()


main()
