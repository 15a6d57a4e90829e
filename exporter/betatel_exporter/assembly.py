"""From a configuration to the objects that do the work."""

import asyncio
import platform
import time
from collections.abc import Callable

from starlette.types import ASGIApp

from betatel_exporter import __version__
from betatel_exporter.accounts import Account
from betatel_exporter.api.client import Upstream, make_transport
from betatel_exporter.api.models import Query, RecordsQuery, StatsQuery, Status
from betatel_exporter.calls import Telemetry
from betatel_exporter.config import Configuration, Target
from betatel_exporter.web.app import Build, create_app
from betatel_exporter.webconfig import BasicAuth, WebConfig


def make_queries(target: Target) -> list[Query]:
    """What is asked of an account at every collection: a query a window and one a status."""
    return [
        *(StatsQuery(window, target.timezone) for window in target.windows),
        *(RecordsQuery(status) for status in Status),
    ]


def make_accounts(
    configuration: Configuration, telemetry: Telemetry, clock: Callable[[], float] = time.time
) -> list[Account]:
    """Every account with a transport of its own: a pool no larger than its queries, and shared limits."""
    settings = configuration.settings
    slots = asyncio.Semaphore(settings.max_concurrency_total)
    return [
        Account(
            target.name,
            make_queries(target),
            Upstream(
                make_transport(
                    connections=settings.max_concurrency, tls=configuration.tls, proxy=target.proxy
                ),
                target.base_url,
                account=target.name,
                account_id=target.account_id,
                key=target.key,
                observer=telemetry,
                user_agent=f"betatel-exporter/{__version__}",
            ),
            slots=slots,
            max_concurrency=settings.max_concurrency,
            cache_ttl=settings.cache_ttl,
            daily_budget=target.daily_budget,
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
    telemetry = Telemetry(target.name for target in configuration.targets)
    app = create_app(
        make_accounts(configuration, telemetry, clock),
        telemetry,
        Build(__version__, settings.revision, platform.python_version()),
        telemetry_path=settings.web.telemetry_path,
        timeout=settings.timeout,
        timeout_offset=settings.timeout_offset,
        max_requests=settings.web.max_requests,
        web_config_reloaded=(lambda: protection.reload_success) if protection else None,
    )
    return BasicAuth(app, protection) if protection else app
