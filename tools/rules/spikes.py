"""BetatelDeliveryFailureSpike in Python: the conditions of the rules, on simulated traffic, minute by minute."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import yaml
from numpy.typing import NDArray

from tools.rules.tune import ROOT, RULES

Counts: TypeAlias = NDArray[np.int64]
Shares: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

ALERT = "BetatelDeliveryFailureSpike"
HOUR, DAY = 60, 1440
WIDTHS = {"last5m": 5, "lasth": HOUR, "last24h": DAY}
SWING = 0.7


@dataclass(frozen=True)
class Traffic:
    """Requests as a Poisson process whose rate swings over the day, each of which fails by chance."""

    per_hour: float
    failing: float
    """The usual share of failures."""
    drift: float = 0.0
    """Standard deviation of that share from hour to hour."""
    step: float = 0.0
    """Added to that share for the first two hours of the third day."""
    days: int = 30


@dataclass(frozen=True)
class Windows:
    """Requests and failures by window, each minute of all days but the first, which fills them."""

    requests: Mapping[str, Counts]
    failures: Mapping[str, Counts]


@dataclass(frozen=True)
class Durations:
    """Of an alert, in minutes: "for" and "keep_firing_for"."""

    wait: int
    keep: int


def simulate(traffic: Traffic, random: np.random.Generator) -> Windows:
    minutes = np.arange((traffic.days + 1) * DAY)
    requests = random.poisson(traffic.per_hour / HOUR * (1 + SWING * np.sin(2 * np.pi * minutes / DAY)))
    failing = traffic.failing + np.repeat(random.normal(0, traffic.drift, minutes.size // HOUR), HOUR)
    failing[2 * DAY : 2 * DAY + 2 * HOUR] += traffic.step
    failures = random.binomial(requests, np.clip(failing, 0, 1))
    return Windows(_windows(requests), _windows(failures))


def _windows(counts: Counts) -> dict[str, Counts]:
    before = np.concatenate([[0], np.cumsum(counts)])
    ends = np.arange(DAY, counts.size) + 1
    return {name: before[ends] - before[ends - width] for name, width in WIDTHS.items()}


@np.errstate(divide="ignore", invalid="ignore")
def conditions(windows: Windows, numbers: Mapping[str, float]) -> dict[str, Flags]:
    """By path. What is no number compares as false, as a missing series does."""
    requests, failures = windows.requests, windows.failures
    n = requests["last24h"] - requests["lasth"]
    f = np.maximum(failures["last24h"] - failures["lasth"], 0)

    def excess_and_score(window: str) -> tuple[Shares, Shares]:
        excess = failures[window] / requests[window] - f / n
        pooled = (failures[window] + f) / (requests[window] + n)
        return excess, excess / np.sqrt(pooled * (1 - pooled) * (1 / requests[window] + 1 / n))

    excess5, score5 = excess_and_score("last5m")
    excess60, score60 = excess_and_score("lasth")
    enough5 = requests["last5m"] >= numbers["spike_fast_min_requests"]
    return {
        "fast": enough5
        & (failures["last5m"] >= numbers["spike_min_failures"])
        & (score5 > numbers["spike_fast_zscore"])
        & (excess5 > numbers["spike_fast_excess"]),
        "slow": (requests["lasth"] >= numbers["spike_slow_min_requests"])
        & (failures["lasth"] >= numbers["spike_min_failures"])
        & (score60 > numbers["spike_slow_zscore"])
        & (excess60 > numbers["spike_slow_excess"])
        & ~(enough5 & (excess5 <= numbers["spike_over_excess"])),
    }


@np.errstate(invalid="ignore")
def plain_ratio(windows: Windows, threshold: float) -> Flags:
    """What one would write first."""
    exceeded: Flags = windows.failures["last5m"] / windows.requests["last5m"] > threshold
    return exceeded


def firing(active: Flags, durations: Durations) -> Flags:
    """Prometheus' states: pending while the condition waits, then firing, and kept so for a while after it."""
    fires = np.zeros(active.size, dtype=np.bool_)
    held, last = 0, -durations.keep - 1
    for minute, now in enumerate(active):
        held = held + 1 if now else 0
        if now and (held > durations.wait or (minute > 0 and fires[minute - 1])):
            last = minute
        fires[minute] = minute - last <= durations.keep
    return fires


def shipped_durations() -> dict[str, Durations]:
    """By path."""
    groups = yaml.safe_load((ROOT / RULES).read_text(encoding="utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"] if rule.get("alert") == ALERT]
    return {
        rule["labels"]["path"]: Durations(_minutes(rule["for"]), _minutes(rule["keep_firing_for"]))
        for rule in rules
    }


def _minutes(duration: str) -> int:
    match = re.fullmatch(r"(\d+)m", duration)
    if match is None:
        raise ValueError(f"{duration} is not in minutes")
    return int(match[1])
