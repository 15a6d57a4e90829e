"""The PromQL that the dashboards share: raw metrics only, so that they work in a Prometheus without the rules.

Replicas and rollouts expose the same number several times: a number is the maximum over them, never their sum. Windows
and currencies are never added up. A ratio has no series where there is nothing to divide by.
"""

from collections.abc import Sequence

TARGET = 'job=~"$job", instance=~"$instance"'
ACCOUNT = f'{TARGET}, account=~"$account"'
CURRENCY = 'currency=~"$currency"'
DESTINATION = 'country=~"$country", network=~"$network"'
PLACE = ("account", "country", "network")

ARRIVED = ("DELIVERED", "READ")
UNDELIVERED = ("EXPIRED", "FAILED")
IN_FLIGHT = ("PENDING", "SENT")
STATUSES = (*IN_FLIGHT, *ARRIVED, *UNDELIVERED, "REVOKED")

FEW = 3
"""Up to so many series, adding them one by one is cheaper than a sum and a count."""

LATELY = "[1d]"
"""For how long an account or an exporter that has vanished is still shown, as unknown."""

KNOWN_ACCOUNTS = f"group by (account) (last_over_time(betatel_up{{{ACCOUNT}}}{LATELY}))"


def latest(metric: str, *labels: str, where: str = "", offset: str = "") -> str:
    """One series per account and `labels`, whatever the number of replicas."""
    matchers = f"{ACCOUNT}, {where}" if where else ACCOUNT
    shift = f" offset {offset}" if offset else ""
    return f"max by ({', '.join(('account', *labels))}) ({metric}{{{matchers}}}{shift})"


def requests(window: str = "$window", offset: str = "") -> str:
    return latest("betatel_telegram_requests", where=f'window="{window}"', offset=offset)


def transactions(window: str = "$window") -> str:
    return latest("betatel_telegram_transactions", where=f'window="{window}"')


def failures(window: str) -> str:
    return f"clamp_min({requests(window)} - {transactions(window)}, 0)"


def failure_ratio(window: str = "$window", least_requests: float = 0) -> str:
    enough = f">= {least_requests:g}" if least_requests else "> 0"
    return f"{failures(window)}\n/ ({requests(window)} {enough})"


USUAL_FAILURE_RATIO = (
    f"clamp_min({failures('last24h')} - {failures('lasth')}, 0)"
    f"\n/ ({requests('last24h')} - {requests('lasth')} > 0)"
)
"""Of the 23 hours before the last one."""


def wilson(sign: str, window: str) -> str:
    """One end, "-" or "+", of the 95 % Wilson score interval of the failure ratio.

    With n requests of which f failed and z = 1.96: (f + z²/2 ± z·√(f·(n - f)/n + z²/4)) / (n + z²).
    """
    n, processed = requests(window), transactions(window)
    spread = f"1.96 * sqrt(clamp_min(({n} - {processed}) * {processed} / ({n} > 0), 0) + 0.9604)"
    bound = f"({failures(window)} + 1.9208 {sign} {spread})\n/ ({n} + 3.8416)"
    return f"clamp({bound}, 0, 1)"


def amount(window: str, where: str = CURRENCY) -> str:
    matchers = f'window="{window}", {where}' if where else f'window="{window}"'
    return latest("betatel_telegram_amount", "currency", where=matchers)


def budget(where: str = CURRENCY) -> str:
    return latest("betatel_telegram_daily_budget_amount", "currency", where=where)


def budget_used(where: str = CURRENCY) -> str:
    return f"{amount('last24h', where)}\n/ ({budget(where)} > 0)"


MEAN_HOUR = f"clamp_min(({amount('last24h')} - {amount('lasth')}) / 23, 0)"
"""The mean spend of an hour in the 23 hours before the last one."""

COST_PER_PROCESSED = f"{amount('last24h')}\n/ on (account) group_left () ({transactions('last24h')} > 0)"


def totals(*statuses: str, offset: str = "") -> str:
    where = f'status=~"{"|".join(statuses)}"' if len(statuses) < len(STATUSES) else ""
    return latest("betatel_telegram_messages", "status", where=where, offset=offset)


def records(*statuses: str, offset: str = "") -> str:
    """Records in all of `statuses`. While one of them is unknown there is no series instead of a smaller number."""
    if len(statuses) <= FEW:
        metric = "betatel_telegram_messages"
        known = (latest(metric, where=f'status="{status}"', offset=offset) for status in statuses)
        return f"({' + '.join(known)})"
    found = totals(*statuses, offset=offset)
    return f"(sum by (account) ({found}) and count by (account) ({found}) == {len(statuses)})"


def flow(*statuses: str, each: bool = False) -> str:
    """Messages that came into the group of `statuses`, or into `each` of them, within an hour. They never leave it.

    There is no series where either end of the hour is unknown, or where a total shrank: since then, or in the five
    minutes before, as when one scrape has a total that is too small.
    """
    known = totals if each else records
    now, before, earlier = (known(*statuses, offset=offset) for offset in ("", "1h", "65m"))
    return f"{now}\n- ({before} >= {earlier})\n>= 0"


def ended_ratio(part: Sequence[str], whole: Sequence[str]) -> str:
    """What came into `part` for each message that came into `whole`, in an hour."""
    return f"({records(*part)} - {records(*part, offset='1h')} >= 0)\n/ ({flow(*whole)} > 0)"


UNDELIVERED_RATIO = ended_ratio(UNDELIVERED, (*UNDELIVERED, *ARRIVED))


def change(*statuses: str, span: str) -> str:
    return f"{totals(*statuses)} - {totals(*statuses, offset=span)}"


def oldest_age(status: str) -> str:
    """Seconds since the oldest message still in `status` was created."""
    metric, where = "betatel_telegram_oldest_message_timestamp_seconds", f'status=~"{status}"'
    return f"time() - {latest(metric, 'status', where=where)}"


def recent_messages(*labels: str) -> str:
    """Messages of the recent records, added up to `labels`."""
    split = latest("betatel_telegram_recent_messages", "country", "network", "status", where=DESTINATION)
    return f"sum by ({', '.join(labels)}) ({split})"


def people(*labels: str, reached: str = "", where: str = DESTINATION, offset: str = "") -> str:
    """Recipients of the recent records, added up to `labels`: all of them, or those with that `reached`."""
    matchers = ", ".join(filter(None, (where, reached and f'reached="{reached}"')))
    metric = "betatel_telegram_recent_recipients"
    split = latest(metric, "country", "network", "reached", where=matchers, offset=offset)
    return f"sum by ({', '.join(labels)}) ({split})" if labels else f"sum ({split})"


def unreached_ratio(*labels: str, where: str = DESTINATION) -> str:
    unreached = people(*labels, reached="false", where=where)
    return f"{unreached}\n/ ({people(*labels, where=where)} > 0)"


def usual_unreached_ratio(at: str = "") -> str:
    """The same by destination over the day before the last hour, busy times weighing more than quiet ones.

    A ratio of sums over all replicas: each is in both of them.
    """

    def day(where: str) -> str:
        found = f"betatel_telegram_recent_recipients{{{ACCOUNT}, {where}}}[1d]{at} offset 1h"
        return f"sum by ({', '.join(PLACE)}) (sum_over_time({found}))"

    unreached = f'{DESTINATION}, reached="false"'
    return f"{day(unreached)}\n/ ({day(DESTINATION)} > 0)"


LAST_SUCCESS = "betatel_last_success_timestamp_seconds"
DATA_AGE = (
    f"time() - ({latest(LAST_SUCCESS, 'query')}\nor on (account) "
    f"max by (account, query) (last_over_time({LAST_SUCCESS}{{{ACCOUNT}}}{LATELY})))"
)
"""Seconds since each query last succeeded. Of an account that has vanished it goes on growing."""

OLDEST_DATA_AGE = f"max by (account) ({DATA_AGE})"

REACHED = (
    f"max by (job, instance) (up{{{TARGET}}})"
    f"\nand on (job, instance) last_over_time(betatel_up{{{TARGET}}}{LATELY})"
)
"""1 where Prometheus reaches an exporter, 0 where it does not."""


def of_exporters(series: str) -> str:
    """`series` of exporters alone: the `.+` of all jobs would match every target of the Prometheus."""
    return f"{series}\nand on (job, instance) betatel_up{{{TARGET}}}"
