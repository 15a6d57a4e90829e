"""The shipped configuration for a world in which a minute takes a second.

Divided by 60: every duration of the rules ("for", "keep_firing_for", ranges, offsets), the thresholds that are seconds,
and the intervals of Prometheus (to no less than a second) and Alertmanager. The simulator runs at speed 60. All else is as
shipped.
"""

import re
from dataclasses import replace
from typing import Any

import yaml

from tools.rules.tune import ROOT, RULES, current, tuned

FACTOR = 60
UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def shorter(duration: str, least: int = 1) -> str:
    milliseconds = sum(
        int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)(ms|[smhdw])", duration)
    )
    return f"{max(milliseconds // FACTOR, least)}ms"


def rules() -> str:
    shipped = current()
    seconds = {
        name: value / FACTOR for name, value in shipped.thresholds.items() if name.endswith("_seconds")
    }
    text = tuned((ROOT / RULES).read_text(), replace(shipped, thresholds={**shipped.thresholds, **seconds}))
    document = yaml.safe_load(text)
    for group in document["groups"]:
        for rule in group["rules"]:
            rule["expr"] = re.sub(
                r"(?<=\[)\w+(?=\])|(?<=offset )\w+", lambda match: shorter(match[0]), rule["expr"]
            )
            for key in {"for", "keep_firing_for"} & rule.keys():
                rule[key] = shorter(rule[key])
    return str(yaml.safe_dump(document))


def prometheus(config: str, rule_file: str) -> str:
    document = yaml.safe_load(config)
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
