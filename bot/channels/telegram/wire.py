"""Calls to the Bot API over aiohttp: one keep-alive pool, JSON by orjson, results read only where they are needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import aiohttp
import orjson
from telegram.error import NetworkError
from telegram.request import BaseRequest, RequestData

CALL_SECONDS = 15.0  # for one call from connecting to the last byte
CONNECT_SECONDS = 5.0
_JSON = {"Content-Type": "application/json"}


class UnreachableError(Exception):
    """No answer came. `sent` says whether the call may have reached the server all the same."""

    def __init__(self, sent: bool) -> None:
        super().__init__()
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said: its result, or its refusal (`retry_after` in seconds, 0 when it names none)."""

    code: int
    result: Any = None
    description: str = ""
    retry_after: float = 0

    @property
    def ok(self) -> bool:
        """Whether the call was carried out."""
        return self.code == 200


class Wire:
    """The way to one Bot API server with one token. Use as an asynchronous context manager."""

    def __init__(self, root: str, token: str) -> None:
        self._base = f"{root}/bot{token}/"
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Wire:
        # No limit here: each chat has at most a few calls under way, and a Close must never queue for a connection.
        connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=300)
        self._session = aiohttp.ClientSession(connector=connector, headers=_JSON, skip_auto_headers=["User-Agent"])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            await self._session.close()

    async def raw(self, url: str, body: bytes | None, seconds: float = CALL_SECONDS) -> tuple[int, bytes]:
        """Status and body of a POST. Raises UnreachableError."""
        if self._session is None:
            raise UnreachableError(sent=False)
        limit = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)
        try:
            async with self._session.post(url, data=body, timeout=limit, allow_redirects=False) as response:
                return response.status, await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise UnreachableError(sent=False) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise UnreachableError(sent=True) from error

    async def fetch(self, method: str, params: Mapping[str, Any], seconds: float) -> tuple[int, bytes]:
        """Status and body of a Bot API call, unread. Raises UnreachableError."""
        return await self.raw(self._base + method, orjson.dumps(params), seconds)

    async def call(self, method: str, params: Mapping[str, Any], *, result: bool = False) -> Answer:
        """Makes a call; the result is parsed only if `result`. Raises UnreachableError."""
        status, body = await self.raw(self._base + method, orjson.dumps(params))
        if status == 200 and not result:
            return Answer(200)
        try:
            said = orjson.loads(body)
            if status == 200:
                return Answer(200, said["result"])
            after = said.get("parameters", {}).get("retry_after", 0)
            return Answer(status, None, str(said.get("description", "")), float(after))
        except (ValueError, KeyError, TypeError, AttributeError):
            return Answer(502 if status == 200 else status)  # a proxy's page instead of the server's JSON


class AiohttpRequest(BaseRequest):
    """What python-telegram-bot itself calls with (it asks getMe at start), on the same wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @property
    def read_timeout(self) -> float:
        """Seconds."""
        return CALL_SECONDS

    async def initialize(self) -> None:
        """Nothing: the wire is opened by its owner."""

    async def shutdown(self) -> None:
        """Nothing: the wire is closed by its owner."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_times: object, **_more: object
    ) -> tuple[int, bytes]:
        """One request; broken connections and floods are a NetworkError, whose text names neither token nor address."""
        try:
            status, body = await self._wire.raw(url, request_data.json_payload if request_data else None)
        except UnreachableError:
            raise NetworkError("no answer") from None
        if status == 429:
            raise NetworkError("flood control")
        return status, body
