"""The endpoints that collect: /metrics and /probe."""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from prometheus_client import Metric
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from betatel_exporter.collector import Collector, time_budget
from betatel_exporter.metrics import Families
from betatel_exporter.results import Snapshot
from betatel_exporter.web.landing import LandingPage
from betatel_exporter.web.limiter import client_network
from betatel_exporter.web.writer import PageWriter

TIMEOUT_HEADER = "x-prometheus-scrape-timeout-seconds"


class Scrapes:
    """Endpoints that collect accounts and write their page."""

    def __init__(
        self,
        collectors: Sequence[Collector],
        families: Families,
        landing: LandingPage,
        *,
        timeout: float,
        timeout_offset: float,
    ) -> None:
        """Times in seconds, as in the settings of the same name; the landing page records every scrape."""
        self._collectors = {collector.account: collector for collector in collectors}
        self._families = families
        self._landing = landing
        self._timeout = timeout
        self._timeout_offset = timeout_offset
        self._writer = PageWriter()

    async def metrics(self, request: Request) -> Response:
        """Every account, and the process."""
        collectors = [*self._collectors.values()]
        measure = 0 if "name[]" in request.query_params else len(collectors)
        return await self._page(request, collectors, self._families.of_all, measure)

    async def probe(self, request: Request) -> Response:
        """The account that the request names."""
        match request.query_params.getlist("account"):
            case [name] if name in self._collectors:
                return await self._page(request, [self._collectors[name]], self._families.of_accounts)
            case _:
                names = ", ".join(self._collectors)
                return PlainTextResponse(
                    f"parameter account: must be given once; allowed values: {names}\n", 400
                )

    async def aclose(self) -> None:
        await asyncio.gather(*(collector.aclose() for collector in self._collectors.values()))

    async def _page(
        self,
        request: Request,
        collectors: Sequence[Collector],
        families: Callable[[Sequence[Snapshot]], Iterable[Metric]],
        measure: int = 0,
    ) -> Response:
        seconds = time_budget(request.headers.getlist(TIMEOUT_HEADER), self._timeout, self._timeout_offset)
        client = client_network(request.scope)
        now = asyncio.get_running_loop().time()
        with self._writer.expecting(client, len(collectors)) as writing:
            deadline = now + max(seconds - writing, seconds / 2)
            snapshots = await asyncio.gather(*(collector.collect(deadline) for collector in collectors))
            self._landing.record([collector.account for collector in collectors])
            latest = max(deadline, now + seconds - self._writer.estimate(len(collectors)))
            try:
                page = families(snapshots)
                return await self._writer.write(client, page, request, until=latest, measure=measure)
            except TimeoutError:
                return PlainTextResponse(
                    "overloaded: the page cannot be written in time\n", 503, {"Retry-After": "1"}
                )
