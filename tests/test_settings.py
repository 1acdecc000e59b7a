"""The environment: defaults, and one plain line for what cannot work."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.settings import TELEGRAM, SettingsError, load

TOKEN = "12345:secret-token_x"
GOOD = {"DOORWAY_BOT_TOKEN": TOKEN, "XDG_STATE_HOME": "/var/lib/somewhere"}


def test_the_defaults() -> None:
    found = load(GOOD)
    assert (found.api_root, found.webhook, found.cover, found.key) == (TELEGRAM, None, None, "")
    assert (found.idle, found.log) == (timedelta(minutes=10), "info")
    assert found.store == Path("/var/lib/somewhere/doorway/ledger.db")


def test_all_that_can_be_set() -> None:
    found = load({
        **GOOD, "DOORWAY_API_ROOT": "http://127.0.0.1:8081/", "DOORWAY_WEBHOOK_URL": "https://example.org/in",
        "DOORWAY_WEBHOOK_PORT": "9000", "DOORWAY_WEBHOOK_SECRET": "s_-1", "DOORWAY_STORE": "sqlite:/srv/l.db",
        "DOORWAY_KEY": "k" * 32, "DOORWAY_IDLE_MINUTES": "0.5", "DOORWAY_COVER": "", "DOORWAY_LOG": "DEBUG",
    })  # fmt: skip
    assert found.api_root == "http://127.0.0.1:8081"
    assert found.webhook is not None
    assert (found.webhook.url, found.webhook.port, found.webhook.secret) == ("https://example.org/in", 9000, "s_-1")
    assert (found.store, found.key, found.cover) == (Path("/srv/l.db"), "k" * 32, "")
    assert (found.idle, found.log) == (timedelta(seconds=30), "debug")


@pytest.mark.parametrize(("name", "value"), [
    ("DOORWAY_BOT_TOKEN", ""), ("DOORWAY_BOT_TOKEN", "hunter2"), ("DOORWAY_BOT_TOKEN", "1:two words"),
    ("DOORWAY_API_ROOT", "api.telegram.org"), ("DOORWAY_API_ROOT", "http://host:port"), ("DOORWAY_API_ROOT", "ftp://x"),
    ("DOORWAY_API_ROOT", "http://"), ("DOORWAY_API_ROOT", "http://a b"), ("DOORWAY_WEBHOOK_URL", "example.org"),
    ("DOORWAY_STORE", "postgres://x"), ("DOORWAY_STORE", "sqlite:"), ("DOORWAY_STORE", "sqlite"),
    ("DOORWAY_KEY", "hunter2"), ("DOORWAY_IDLE_MINUTES", "ten"), ("DOORWAY_IDLE_MINUTES", "0"),
    ("DOORWAY_IDLE_MINUTES", "-1"), ("DOORWAY_IDLE_MINUTES", "nan"), ("DOORWAY_IDLE_MINUTES", "inf"),
    ("DOORWAY_COVER", "two\nlines"), ("DOORWAY_COVER", "x" * 201), ("DOORWAY_LOG", "loud"),
])  # fmt: skip
def test_what_cannot_work_is_one_line_without_the_value(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as error:
        load({**GOOD, name: value})
    line = str(error.value)
    assert line.startswith(name)
    assert "\n" not in line
    assert "hunter2" not in line
    assert TOKEN not in line


@pytest.mark.parametrize(("name", "value"), [
    ("DOORWAY_WEBHOOK_PORT", "0"), ("DOORWAY_WEBHOOK_PORT", "65536"), ("DOORWAY_WEBHOOK_PORT", "x"),
    ("DOORWAY_WEBHOOK_PORT", "9" * 5000), ("DOORWAY_WEBHOOK_PORT", "²"),
    ("DOORWAY_WEBHOOK_SECRET", "no spaces"), ("DOORWAY_WEBHOOK_SECRET", "x" * 257),
])  # fmt: skip
def test_what_cannot_work_with_a_webhook(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load({**GOOD, "DOORWAY_WEBHOOK_URL": "https://example.org/in", name: value})
    assert load({**GOOD, name: value}).webhook is None


def test_secrets_are_not_shown() -> None:
    hook = {"DOORWAY_WEBHOOK_URL": "https://e.org", "DOORWAY_WEBHOOK_SECRET": "sss"}
    found = load({**GOOD, **hook, "DOORWAY_KEY": "k" * 32})
    assert not any(secret in repr(found) for secret in (TOKEN, "k" * 32, "sss"))
