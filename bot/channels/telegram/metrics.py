"""Health and counters on loopback, for Prometheus. The only module that imports `prometheus_client`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.channels.telegram import counts

HOST = "127.0.0.1"
NAMES = {
    "taps": "", "typed": "", "screens": "place", "refusals": "kind", "deletions": "outcome", "unreadable": "",
}  # fmt: skip


class _Counts(Collector):
    def collect(self) -> Iterator[Metric]:
        for name, label in NAMES.items():
            family = CounterMetricFamily(f"doorway_{name}", f"How many {name}.", labels=[label] if label else None)
            kinds = {kind: n for (counted, kind), n in counts.totals.items() if counted == name}
            for kind, number in (kinds or ({} if label else {"": 0})).items():
                family.add_metric([kind] if label else [], number)
            yield family
        sums = list(accumulate(counts.took))
        bounds = [*(str(b) for b in counts.BUCKETS), "+Inf"]
        latency = HistogramMetricFamily("doorway_work_seconds", "How long the work in a chat takes.")
        latency.add_metric([], list(zip(bounds, sums, strict=True)), counts.spent[0])
        yield latency


class Meter:
    """Serves `/health` (200, or 503 when `well` says no) and `/metrics`. Raises OSError when the port is taken."""

    def __init__(self, port: int, well: Callable[[], bool]) -> None:
        self._port, self._well, self._registry = port, well, CollectorRegistry()
        self._registry.register(_Counts())
        self._runner = web.ServerRunner(web.Server(self._answer, access_log=None), shutdown_timeout=1)

    async def start(self) -> None:
        """Listens from now on."""
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self._port).start()

    async def stop(self) -> None:
        """Listens no more."""
        await self._runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        if request.path == "/metrics":
            return web.Response(body=generate_latest(self._registry), content_type="text/plain")
        if request.path == "/health":
            return web.Response(text="ok\n") if self._well() else web.Response(text="stuck\n", status=503)
        return web.Response(status=404)
