"""The shipped alerts as the dashboards show them: PromQL, and where each of them leads."""

import re
from collections import defaultdict

import yaml

from tools.dashboards.looks import BLUE, GREEN, GREY, ORANGE, RED, Words
from tools.dashboards.promql import KNOWN_ACCOUNTS, LATELY, latest
from tools.paths import ROOT
from tools.rules import tune

LABELS = ("alertname", "account", "severity", "country", "network", "query", "status", "currency", "instance")
SELECTED = (
    'alertstate="firing", alertname=~"Betatel.*", job=~"$job|", instance=~"$instance|", account=~"$account|"'
)
"""An alert on an account carries no instance, and an absent exporter not even a job: empty labels match."""
OF_ACCOUNTS = 'account!=""'
CRITICAL, UNKNOWN, WARNING, INFO, QUIET, NO_RULES = 4, 3, 2, 1, 0, -1
RANKS = {"critical": CRITICAL, "warning": WARNING, "info": INFO}
SEVERITIES: Words = {CRITICAL: ("critical", RED), WARNING: ("warning", ORANGE), INFO: ("info", BLUE)}
STATES = {**SEVERITIES, UNKNOWN: ("unknown", GREY), QUIET: ("ok", GREEN), NO_RULES: ("no rules", GREY)}
WITNESS = "account_window:betatel_telegram_requests:max"
"""Recorded series whose presence shows that the rules are loaded."""
RULES_LOADED = f'max by (account) (last_over_time({WITNESS}{{job=~"$job", account=~"$account"}}{LATELY}))'


def firing(where: str = "", *, severity: str = "", offset: str = "") -> str:
    matchers = filter(None, (SELECTED, severity and f'severity="{severity}"', where))
    return f"ALERTS{{{', '.join(matchers)}}}" + (f" offset {offset}" if offset else "")


def ranks(*labels: str, where: str = "") -> str:
    """The rank of each alert that fires, the highest one where several have the same `labels`."""
    return f"max by ({', '.join(labels)}) (\n  {_ranked(where)}\n)"


def count(severity: str) -> str:
    """0 only where the rules are evaluated: nothing fires either where nobody loaded them."""
    fires = f"max by ({', '.join(LABELS)}) ({firing(severity=severity)})"
    return f"count({fires})\nor 0 * count({RULES_LOADED})"


def states() -> str:
    """The rank of each account's worst alert, UNKNOWN while none of its queries succeeds."""
    unknown = f"{UNKNOWN} * ({KNOWN_ACCOUNTS} unless {latest('betatel_scrape_query_success')} == 1)"
    alerting = f"max by (account) (\n  {_ranked(OF_ACCOUNTS)}\n  or {unknown}\n)"
    return f"{alerting}\nor {QUIET} * {RULES_LOADED}\nor {NO_RULES} * {KNOWN_ACCOUNTS}"


def since(*labels: str, where: str = "") -> str:
    """When the alerts that fire began to, in milliseconds; 0 where that is over a week ago."""
    fires = firing(where)
    begun = f"0 * ({fires} unless {firing(where, offset='1m')}) + time()"
    return f"1000 * min by ({', '.join(labels)}) (\n  max_over_time(({begun})[7d:1m]) and {fires}\n  or 0 * {fires}\n)"


def starts(severity: str) -> str:
    """A point where an alert begins to fire, and none while it goes on."""
    by = "max by (alertname, account)"
    before = firing(severity=severity, offset="$__interval")
    return f"{by} ({firing(severity=severity)})\nunless {by} ({before})"


def described(expr: str) -> str:
    """`expr` by LABELS with its name in short, what it is about, its dashboard, and "All" for no account."""
    about = ", ".join(f'"{label}"' for label in LABELS[3:])
    expr = f'label_join({expr}, "joined", " ", {about})'
    expr = f'label_replace({expr}, "about", "$1", "joined", " *(.*?) *")'
    expr = f'label_replace({expr}, "alert", "$1", "alertname", "Betatel(.+)")'
    for label in ("account", "country", "network"):  # "All" in a link chooses all
        expr = f'label_replace({expr}, "{label}", "All", "{label}", "")'
    for uid, names in sorted(_dashboards().items()):
        expr = f'label_replace({expr}, "dashboard", "{uid}", "alertname", "{"|".join(sorted(names))}")'
    return expr


def _ranked(where: str) -> str:
    return "\n  or ".join(f"{rank} * {firing(where, severity=severity)}" for severity, rank in RANKS.items())


def _dashboards() -> dict[str, set[str]]:
    """The alerts that lead to each dashboard, by the rules' own annotations."""
    found = defaultdict(set)
    for group in yaml.safe_load((ROOT / tune.RULES).read_text(encoding="utf-8"))["groups"]:
        for rule in group["rules"]:
            link = rule.get("annotations", {}).get("dashboard_url", "")
            if match := re.search(r"/d/([\w-]+)", link):
                found[match[1]].add(rule["alert"])
    return found
