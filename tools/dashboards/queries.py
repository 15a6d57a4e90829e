"""The PromQL the dashboards share: raw metrics only, so that they work in a Prometheus without the rules.

Replicas and rollouts expose the same number several times: a number is the maximum over them, never their
sum. Windows and currencies are never added up. A share has no series where there was nothing to divide by.
"""

END = " @ end()"
"""Evaluates a selector at the right edge of the dashboard's time range."""

TARGET = 'job=~"$job", instance=~"$instance"'
ACCOUNT = f'{TARGET}, account=~"$account"'
CURRENCY = 'currency=~"$currency"'
WITNESS = f"betatel_up{{{TARGET}}}"
"""Every page of an exporter has it, /probe included: what makes a target one of ours."""


FIRING = (
    'ALERTS{alertname=~"Betatel.*", alertstate="firing", '
    'job=~"$job|", instance=~"$instance|", account=~"$account|"}'
)
"""An alert on an account carries no instance, and an absent exporter not even a job: empty labels pass."""

ARRIVED = ("DELIVERED", "READ")
UNDELIVERED = ("EXPIRED", "FAILED")
IN_FLIGHT = ("PENDING", "SENT")
STATUSES = (*IN_FLIGHT, *ARRIVED, *UNDELIVERED, "REVOKED")


def latest(metric: str, *labels: str, where: str = "", at: str = "") -> str:
    """One series per account and `labels`, whatever the number of replicas."""
    matchers = f"{ACCOUNT}, {where}" if where else ACCOUNT
    return f"max by ({', '.join(('account', *labels))}) ({metric}{{{matchers}}}{at})"


def current(expression: str, guard: str) -> str:
    """`expression` only where `guard`, evaluated at the end of the range, has a series of the same labels.

    A stat panel shows the last value it finds: without this, one from before the data was lost.
    """
    return f"{expression}\nand {guard}"


def requests(window: str = "$window", at: str = "") -> str:
    return latest("betatel_telegram_requests", where=f'window="{window}"', at=at)


def transactions(window: str = "$window", at: str = "") -> str:
    return latest("betatel_telegram_transactions", where=f'window="{window}"', at=at)


def amount(window: str = "$window", at: str = "") -> str:
    where = f'window="{window}", {CURRENCY}'
    return latest("betatel_telegram_amount", "currency", where=where, at=at)


def failure_ratio(window: str = "$window") -> str:
    return f"clamp_min({requests(window)} - {transactions(window)}, 0)\n/ ({requests(window)} > 0)"


def wilson(sign: str, window: str = "$window") -> str:
    """One end, "-" or "+", of the 95 % Wilson score interval of the failure ratio.

    With n requests of which f failed and z = 1.96: (f + z²/2 ± z·√(f·(n - f)/n + z²/4)) / (n + z²).
    """
    n, processed = requests(window), transactions(window)
    failed = f"clamp_min({n} - {processed}, 0)"
    spread = f"1.96 * sqrt(clamp_min(({n} - {processed}) * {processed} / ({n} > 0), 0) + 0.9604)"
    bound = f"({failed} + 1.9208 {sign} {spread})\n/ ({n} + 3.8416)"
    return f"clamp({bound}, 0, 1)"


def messages(*statuses: str, at: str = "") -> str:
    """Records in all of `statuses` now. While one status is missing: no series, not a smaller number."""
    metric = "betatel_telegram_messages"
    return " + ".join(latest(metric, where=f'status="{status}"', at=at) for status in statuses)


def totals(*statuses: str, at: str = "") -> str:
    return latest("betatel_telegram_messages", "status", where=f'status=~"{"|".join(statuses)}"', at=at)


def change(*statuses: str, span: str) -> str:
    """How much the total of each of `statuses` changed within `span`.

    The range is over the maximum of the replicas: one over raw series loses what happens while pods change.
    """
    return f"delta(({totals(*statuses)})[{span}])\nand {totals(*statuses)}"


def fall(*statuses: str) -> str:
    """By how much totals that only ever grow went down within a quarter of an hour: nought or less."""
    return f"clamp_max({change(*statuses, span='15m:1m')}, 0)"


def flow(*statuses: str, beside: tuple[str, ...] = (), at: str = "") -> str:
    """Messages that came into the group of `statuses` within an hour.

    The group has a sum only while each of its statuses, and of those it is compared with, is known. Such a
    sum only grows, so the highest value of five minutes is its last, but of a scrape that tells too little,
    which would look like a flood of messages an hour later.
    """
    known = _complete(*statuses, *beside)
    group = f"    sum by (account) ({totals(*statuses)})\n    and on (account) {known}"
    hour = f"  delta((max_over_time((\n{group}\n  )[5m:1m]))[1h:1m]{at})"
    return f"clamp_min(\n{hour}\n  and on (account) {_complete(*statuses, *beside, at=at)},\n0)"


def undelivered_share(at: str = "") -> str:
    ended = flow(*UNDELIVERED, *ARRIVED, at=at)
    return f"{flow(*UNDELIVERED, beside=ARRIVED, at=at)}\n/ ({ended} > 0)"


def read_ratio() -> str:
    return f"{flow('READ', beside=ARRIVED)}\n/ ({flow(*ARRIVED)} > 0)"


def backlog(at: str = "") -> str:
    return messages(*IN_FLIGHT, at=at)


def drain_seconds() -> str:
    """The backlog at the pace at which messages left it in the last hour."""
    resolved = flow(*ARRIVED, *UNDELIVERED, "REVOKED")
    return f"({backlog()}) * 3600\n/ ({resolved} > 0)"


def oldest_age() -> str:
    """Seconds since the oldest message still in flight was created."""
    return f"time() - {latest('betatel_telegram_oldest_message_timestamp_seconds', 'status')}"


def data_age() -> str:
    """Seconds since each query last succeeded."""
    return f"time() - {latest('betatel_last_success_timestamp_seconds', 'query')}"


def budget() -> str:
    return latest("betatel_telegram_daily_budget_amount", "currency", where=CURRENCY)


def mean_hour(at: str = "") -> str:
    """The mean spend of an hour in the 23 hours before the last one."""
    return f"clamp_min(({amount('last24h', at)} - {amount('lasth', at)}) / 23, 0)"


def cost_per_processed(window: str, at: str = "") -> str:
    return f"{amount(window, at)}\n/ on (account) group_left () ({transactions(window, at)} > 0)"


def alerts() -> str:
    return f"max by (alertname, account, severity) ({FIRING})"


def alert_count() -> str:
    """Nought only where the rules are evaluated: nothing fires either where nobody loaded them."""
    recorded = 'account_window:betatel_telegram_requests:max{job=~"$job"}'
    return f"count({alerts()})\nor 0 * count(last_over_time({recorded}[1d]))"


def oldest_data_age() -> str:
    """Seconds since the query that is worst off last succeeded."""
    return f"max by (account) ({data_age()})"


def of_exporters(series: str) -> str:
    """`series` of our exporters alone: the `.+` of all jobs would match every target of the Prometheus."""
    return f"{series}\nand on (job, instance) last_over_time({WITNESS}[1d])"


def reached() -> str:
    """Whether Prometheus reached each exporter."""
    return of_exporters(f"max by (job, instance) (up{{{TARGET}}})")


def _complete(*statuses: str, at: str = "") -> str:
    known = tuple(dict.fromkeys(statuses))
    return f"count by (account) ({totals(*known, at=at)}) == {len(known)}"
