"""From a configuration to the objects that do the work."""

import platform
import secrets
import time
from collections.abc import Callable

from starlette.types import ASGIApp

from betatel_exporter import __version__
from betatel_exporter.api.client import ApiClient
from betatel_exporter.api.models import Operation, Query, RecordsQuery, StatsQuery, Status
from betatel_exporter.api.resolver import Resolver
from betatel_exporter.api.transport import Transport
from betatel_exporter.calls import Calls
from betatel_exporter.collector import Collector, time_budget
from betatel_exporter.config import Configuration, Target
from betatel_exporter.fairness import FairSemaphore
from betatel_exporter.recent import RecentQuery
from betatel_exporter.web.app import Options, create_app
from betatel_exporter.web.families import Build, Families
from betatel_exporter.web.landing import LandingPage
from betatel_exporter.webconfig import BasicAuth, WebConfig

RECENT_PAGES, RECENT_SETTLE, RECENT_DESTINATIONS = 3, 120.0, 20


def make_queries(target: Target) -> list[Query]:
    """The queries of an account: one for each window, one for each status, and one for the recent records."""
    queries: list[Query] = [
        *(StatsQuery(window, target.timezone) for window in target.windows),
        *(RecordsQuery(status) for status in Status),
    ]
    if RECENT_PAGES:
        queries.append(RecentQuery(secrets.token_bytes(32), RECENT_PAGES, RECENT_SETTLE, RECENT_DESTINATIONS))
    return queries


def make_collectors(
    configuration: Configuration, calls: Calls, clock: Callable[[], float] = time.time
) -> list[Collector]:
    """A collector for each account with its own connection pool; the process-wide slots are shared."""
    settings = configuration.settings
    resolver = Resolver()
    slots = FairSemaphore(settings.max_concurrency_total, len(configuration.targets) * len(Operation))
    return [
        Collector(
            target.name,
            make_queries(target),
            ApiClient(
                Transport(
                    connections=settings.max_concurrency,
                    resolver=resolver,
                    tls=lambda: configuration.tls,
                    proxy=target.proxy,
                ),
                target.base_url,
                account_id=target.account_id,
                key=target.key,
                observer=calls.observer(target.name),
                user_agent=f"betatel-exporter/{__version__}",
                clock=clock,
            ),
            slots=slots,
            max_concurrency=settings.max_concurrency,
            cache_ttl=settings.cache_ttl,
            call_budget=time_budget((), settings.timeout, settings.timeout_offset),
            clock=clock,
        )
        for target in configuration.targets
    ]


def make_app(
    configuration: Configuration,
    protection: WebConfig | None = None,
    *,
    clock: Callable[[], float] = time.time,
) -> ASGIApp:
    """The exporter's app for a configuration, behind the passwords of its web configuration file."""
    settings = configuration.settings
    calls = Calls(target.name for target in configuration.targets)
    collectors = make_collectors(configuration, calls, clock)
    budgets = {target.name: target.daily_budget or {} for target in configuration.targets}
    build = Build(__version__, settings.revision, platform.python_version())
    reloaded = (lambda: protection.reload_success) if protection else None
    options = Options(
        settings.web.telemetry_path, settings.timeout, settings.timeout_offset, settings.web.max_requests
    )
    app = create_app(
        collectors,
        Families(calls, budgets, build, reloaded),
        LandingPage(collectors, budgets, __version__, options.telemetry_path),
        options,
        clock,
    )
    return BasicAuth(app, protection) if protection else app
