"""Builds the objects that do the work from a configuration."""

import platform
import secrets
import time
from collections.abc import Callable, Sequence

from starlette.types import ASGIApp

from betatel_exporter import __version__
from betatel_exporter.api.client import ApiClient
from betatel_exporter.api.models import Query, RecordsQuery, StatsQuery
from betatel_exporter.api.resolver import Resolver
from betatel_exporter.api.transport import Transport
from betatel_exporter.api.vocabulary import Operation, Status
from betatel_exporter.calls import Calls
from betatel_exporter.collector import Collector, time_budget
from betatel_exporter.config import AccountSettings, Configuration
from betatel_exporter.fairness import FairSemaphore
from betatel_exporter.metrics import Families
from betatel_exporter.recent import RecentQuery
from betatel_exporter.web.app import create_app
from betatel_exporter.web.landing import LandingPage
from betatel_exporter.web.limiter import ClientLimiter, client_network
from betatel_exporter.web.scrape import Scrapes
from betatel_exporter.webconfig import BasicAuth, WebConfig

WAITING_LOGINS = 8
"""Passwords that wait to be checked: bcrypt takes 0.2 s of a core at cost 12."""


def make_queries(account: AccountSettings) -> list[Query]:
    """The queries of an account: one for each window, one for each status, and one for the recent records."""
    queries: list[Query] = [
        *(StatsQuery(window, account.timezone) for window in account.windows),
        *(RecordsQuery(status) for status in Status),
    ]
    if account.recent_pages:
        recent = account.recent_pages, account.recent_settle, account.recent_destinations
        queries.append(RecentQuery(secrets.token_bytes(32), *recent))
    return queries


def make_collectors(
    configuration: Configuration, calls: Calls, clock: Callable[[], float] = time.time
) -> list[Collector]:
    """A collector for each account with its own connection pool; the process-wide slots are shared."""
    settings = configuration.settings
    resolver = Resolver()
    slots = FairSemaphore(settings.max_concurrency_total, len(configuration.accounts) * len(Operation))
    return [
        Collector(
            account.settings.name,
            make_queries(account.settings),
            ApiClient(
                Transport(
                    connections=settings.max_concurrency,
                    resolver=resolver,
                    tls=lambda: configuration.tls.current if configuration.tls else None,
                    proxy=account.proxy,
                ),
                account.settings.base_url,
                account_id=account.settings.account_id,
                key=account.key,
                observer=calls.observer(account.settings.name),
                user_agent=f"betatel-exporter/{__version__}",
                clock=clock,
            ),
            slots=slots,
            max_concurrency=settings.max_concurrency,
            cache_ttl=settings.cache_ttl,
            call_budget=time_budget((), settings.timeout, settings.timeout_offset),
            clock=clock,
        )
        for account in configuration.accounts
    ]


def make_app(configuration: Configuration, protection: WebConfig | None = None) -> ASGIApp:
    """The exporter's app for a configuration, behind the passwords of its web configuration file."""
    app, _ = make_exporter(configuration, protection)
    return BasicAuth(app, protection, ClientLimiter(WAITING_LOGINS), client_network) if protection else app


def make_exporter(
    configuration: Configuration,
    protection: WebConfig | None = None,
    clock: Callable[[], float] = time.time,
) -> tuple[ASGIApp, Sequence[Collector]]:
    """The app without passwords, and its collectors."""
    settings = configuration.settings
    calls = Calls(account.settings.name for account in configuration.accounts)
    collectors = make_collectors(configuration, calls, clock)
    budgets = {account.settings.name: account.settings.daily_budget for account in configuration.accounts}
    build = __version__, settings.revision, platform.python_version()
    reloaded = (lambda: protection.reload_success) if protection else None
    landing = LandingPage(collectors, budgets, __version__, settings.web.telemetry_path, clock)
    scrapes = Scrapes(
        collectors,
        Families(calls, budgets, build, reloaded),
        landing,
        timeout=settings.timeout,
        timeout_offset=settings.timeout_offset,
    )
    app = create_app(
        scrapes,
        landing,
        telemetry_path=settings.web.telemetry_path,
        max_requests=settings.web.max_requests,
    )
    return app, collectors
