"""The shipped configuration for a world in which a minute takes a second.

Divided by 60: every duration of the rules ("for", "keep_firing_for", ranges, offsets), the seconds that they compare with
Prometheus' own clock, and the intervals of Prometheus and Alertmanager. The simulator runs at speed 60. All else is as
shipped.
"""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.support.paths import ROOT
from tools.rules.tune import RULES

FACTOR = 60
SECONDS = r"\b(?:60|300|600|900|86400)\b"
UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def shorter(duration: str, least: int = 1) -> str:
    milliseconds = sum(
        int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)(ms|[smhdw])", duration)
    )
    return f"{max(milliseconds // FACTOR, least)}ms"


def rules() -> str:
    document = yaml.safe_load((ROOT / RULES).read_text(encoding="utf-8"))
    for group in document["groups"]:
        for rule in group["rules"]:
            rule["expr"] = expression(rule["expr"])
            for key in {"for", "keep_firing_for"} & rule.keys():
                rule[key] = shorter(rule[key])
    return str(yaml.safe_dump(document))


def expression(text: str) -> str:
    text = re.sub(r"(?<=\[)\w+|(?<=\w:)\w+(?=\])|(?<=offset )\w+", lambda match: shorter(match[0]), text)
    if "time()" not in text:
        return text
    return re.sub(SECONDS, lambda match: f"{int(match[0]) / FACTOR:g}", text)


def prometheus(config: str, rule_file: str, targets: Mapping[str, str]) -> str:
    """With these targets, by the namespace in which they are."""
    document = yaml.safe_load(config)
    (job,) = document["scrape_configs"]
    job["static_configs"] = [
        {"targets": [address], "labels": {"namespace": namespace}} for namespace, address in targets.items()
    ]
    for key in ("scrape_interval", "evaluation_interval"):
        document["global"][key] = shorter(document["global"][key], least=1000)
    document["rule_files"] = [rule_file]
    return str(yaml.safe_dump(document))


def alertmanager(config: str, receiver: str) -> str:
    document = yaml.safe_load(config)
    for route in (document["route"], *document["route"]["routes"]):
        for key in {"group_wait", "group_interval", "repeat_interval"} & route.keys():
            route[key] = shorter(route[key])
    for webhook in _webhooks(document):
        webhook["url"] = webhook["url"].replace("127.0.0.1:9099", receiver)
    return str(yaml.safe_dump(document))


def _webhooks(document: Any) -> list[Any]:
    return [webhook for receiver in document["receivers"] for webhook in receiver.get("webhook_configs", [])]
