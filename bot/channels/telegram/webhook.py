"""Takes what Telegram delivers. Any call with the right secret gets a 2xx; else it comes again and blocks its chat."""

from __future__ import annotations

import hmac
import json

import orjson
from aiohttp import web

from bot.channels.telegram.intake import Intake

HOST = "127.0.0.1"  # TLS ends at the reverse proxy beside us
LINGERING = 1.0  # seconds in which the rest of a body that nobody reads is taken
SHUTDOWN = 5.0  # seconds to finish calls that have begun
HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Hook:
    """The endpoint. Raises OSError at `start` when the port is taken."""

    def __init__(self, intake: Intake, port: int, secret: str) -> None:
        self._intake, self._port, self._secret = intake, port, secret.encode()
        server = web.Server(self._take, access_log=None, lingering_time=LINGERING)
        self._runner = web.ServerRunner(server, shutdown_timeout=SHUTDOWN)

    async def start(self) -> None:
        """Listens from now on."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, self._port).start()
        except OSError:
            await self._runner.cleanup()
            raise

    async def stop(self) -> None:
        """Finishes what has been begun, and takes no more."""
        await self._runner.cleanup()

    async def _take(self, request: web.BaseRequest) -> web.Response:
        told = request.headers.get(HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(told, self._secret):
            return web.Response(status=403)
        try:
            raw = _loads(await request.read())
        except Exception:  # too large, cut off, wrongly packed, no JSON: whatever it is, it must not come again
            self._intake.drop()
            return web.Response()
        updates = self._intake.read([raw])
        await self._intake.take(updates)
        for update in updates:
            if update.callback_query:  # acknowledged at once, without a call of its own
                body = {"method": "answerCallbackQuery", "callback_query_id": update.callback_query.id}
                return web.Response(body=orjson.dumps(body), content_type="application/json")
        return web.Response()


def _loads(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except ValueError:
        return json.loads(body.decode("utf-8", "replace"))  # takes lone surrogates, which orjson refuses
