"""What the tests share: the knowledge base as shipped, and times that matter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from redis_server import RedisServer, redis_server

from knowledge.load import load
from knowledge.model import Knowledge

LONDON = ZoneInfo("Europe/London")
PROJECT = Path(__file__).parents[1]
SHARED = PROJECT.parent / "shared"  # the originals and the reference data; not part of the project

AFTERNOON = datetime(2026, 11, 18, 15, 0, tzinfo=LONDON)  # a Wednesday
NIGHT = datetime(2026, 11, 19, 3, 0, tzinfo=LONDON)
BANK_HOLIDAY = datetime(2026, 12, 25, 11, 0, tzinfo=LONDON)
CLOCK_CHANGE = datetime(2027, 3, 28, 1, 0, tzinfo=ZoneInfo("UTC"))  # the moment when 1:00 becomes 2:00
TIMES = {"afternoon": AFTERNOON, "night": NIGHT, "bank holiday": BANK_HOLIDAY, "clock change": CLOCK_CHANGE}


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return load(places=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis of a module's own, or its tests are skipped."""
    with redis_server(tmp_path_factory.mktemp("redis")) as one:
        yield one
