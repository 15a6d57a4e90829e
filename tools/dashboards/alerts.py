"""The shipped alerts as the dashboards show them: PromQL, and where each of them leads."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import yaml

from tools.dashboards.promql import LATELY, known_accounts, latest, shifted
from tools.rules import tune

LABELS = ("alertname", "account", "severity", "country", "network", "query", "status", "currency", "instance")
SELECTED = (
    'alertstate="firing", alertname=~"Betatel.*", job=~"$job|", instance=~"$instance|", account=~"$account|"'
)
"""An alert on an account carries no instance, and an absent exporter not even a job: empty labels pass."""
OF_ACCOUNTS = 'account!=""'
OF_DESTINATIONS = 'country=~"$country", network=~"$network|"'
"""An alert on a whole country carries no network."""
CRITICAL, UNKNOWN, WARNING, INFO, QUIET, NO_RULES = 4, 3, 2, 1, 0, -1
RANKS = {"critical": CRITICAL, "warning": WARNING, "info": INFO}
WITNESS = "account_window:betatel_telegram_requests:max"
"""Recorded series whose presence says that the rules are loaded."""


def firing(*matchers: str, offset: str = "") -> str:
    return f"ALERTS{{{', '.join((SELECTED, *matchers))}}}{shifted(offset)}"


def ranks(*labels: str, where: str = "") -> str:
    """The rank of each alert that fires, the highest one where several have the same `labels`."""
    return f"max by ({', '.join(labels)}) (\n  {_ranked(*_given(where))}\n)"


def count(severity: str) -> str:
    """0 only where the rules are evaluated: nothing fires either where nobody loaded them."""
    fires = f"max by ({', '.join(LABELS)}) ({firing(_severity(severity))})"
    return f"count({fires})\nor 0 * count({_rules_loaded()})"


def states() -> str:
    """The rank of each account's worst alert, UNKNOWN while none of its queries succeeds."""
    unknown = f"{UNKNOWN} * ({known_accounts()} unless {latest('betatel_scrape_query_success')} == 1)"
    states = f"max by (account) (\n  {_ranked(OF_ACCOUNTS)}\n  or {unknown}\n)"
    return f"{states}\nor {QUIET} * {_rules_loaded()}\nor {NO_RULES} * {known_accounts()}"


def since(*labels: str, where: str = "") -> str:
    """When the alerts that fire began to, in milliseconds; 0 where that is over a week ago."""
    fires = firing(*_given(where))
    begun = f"0 * ({fires} unless {firing(*_given(where), offset='1m')}) + time()"
    return f"1000 * min by ({', '.join(labels)}) (\n  max_over_time(({begun})[7d:1m]) and {fires}\n  or 0 * {fires}\n)"


def starts(severity: str) -> str:
    """A point where an alert begins to fire, and none while it goes on."""
    by, one = "max by (alertname, account)", _severity(severity)
    return f"{by} ({firing(one)})\nunless {by} ({firing(one, offset='$__interval')})"


def described(expr: str) -> str:
    """`expr` by LABELS with its name in short, what it is about, its dashboard, and "All" for no account."""
    about = ", ".join(f'"{label}"' for label in LABELS[3:])
    expr = f'label_join({expr}, "joined", " ", {about})'
    expr = f'label_replace({expr}, "about", "$1", "joined", " *(.*?) *")'
    expr = f'label_replace({expr}, "alert", "$1", "alertname", "Betatel(.+)")'
    for label in ("account", "country", "network"):  # "All" in a link chooses all
        expr = f'label_replace({expr}, "{label}", "All", "{label}", "")'
    for uid, names in _dashboards().items():
        expr = f'label_replace({expr}, "dashboard", "{uid}", "alertname", "{"|".join(names)}")'
    return expr


def runbook(alert: str) -> str:
    """The address of the page on `Betatel` + `alert`."""
    return f"{tune.current().runbooks}/Betatel{alert}.md"


def _ranked(*matchers: str) -> str:
    ranked = (f"{rank} * {firing(_severity(severity), *matchers)}" for severity, rank in RANKS.items())
    return "\n  or ".join(ranked)


def _given(where: str) -> tuple[str, ...]:
    return (where,) if where else ()


def _severity(severity: str) -> str:
    return f'severity="{severity}"'


def _rules_loaded() -> str:
    recorded = f'last_over_time({WITNESS}{{job=~"$job", account=~"$account"}}{LATELY})'
    return f"max by (account) ({recorded})"


def _dashboards() -> dict[str, list[str]]:
    """The alerts that lead to each dashboard, by the rules' own annotations."""
    text = (Path(__file__).parents[2] / tune.RULES).read_text(encoding="utf-8")
    found: defaultdict[str, set[str]] = defaultdict(set)
    for rule in _alerts(yaml.safe_load(text)):
        match = re.search(r"/d/([\w-]+)", rule["annotations"]["dashboard_url"])
        if match:
            found[match[1]].add(rule["alert"])
    return {uid: sorted(names) for uid, names in sorted(found.items())}


def _alerts(document: Any) -> list[Any]:
    return [rule for group in document["groups"] for rule in group["rules"] if "alert" in rule]
