"""People who ask for codes, and which of them are reached, minute by minute, in many runs at once."""

from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Counts: TypeAlias = NDArray[np.int64]
Shares: TypeAlias = NDArray[np.float64]

HOUR, DAY = 60, 1440
RHYTHM = 0.7
"""Half the difference between the busiest and the quietest hour, relative to the mean."""
TRIES = 5
PERSISTENT = 1 / 6
"""Share of the people who are not reached that try five times: half of all failed messages are theirs."""
RETRY_MINUTES = (0.3, 1.0)
"""Least and greatest time between two tries."""
INCIDENT = 4 * HOUR
"""How long an incident lasts."""
DRIFT, DRIFT_MINUTES, NIGHT = 0.4, 360, 0.35
"""Standard deviation and correlation time of the failure share's logit, and how much higher that is at night."""


@dataclass(frozen=True)
class Part:
    """One network's share of an account's traffic."""

    share: float = 1.0
    failing: float = 0.035
    """Usual share of its messages that fail."""
    step: float = 0.0
    """Added to that share during the incident."""
    accepted: bool = False
    """During the incident every request is processed: its messages are lost later."""


@dataclass(frozen=True)
class Scenario:
    per_hour: float
    """Messages of the whole account, in the mean of a day."""
    parts: tuple[Part, ...] = (Part(),)
    days: int = 31
    retries: bool = True
    drift: bool = True
    """The failure share wanders, and is higher at night."""


@dataclass(frozen=True)
class Traffic:
    """Counts of one part, in the shape (minutes, runs)."""

    messages: Counts
    failures: Counts
    reached: Counts
    """People reached. One who is reached sends one message."""
    first: Counts
    """People not reached, by the minute of their first message..."""
    last: Counts
    """...and of their last."""
    once: Counts = field(repr=False)
    """Those who send one message only."""


def simulate(scenario: Scenario, begins: Counts, random: np.random.Generator) -> list[Traffic]:
    """Traffic of each part; the incident of run i begins in minute begins[i]."""
    return [_part(scenario, part, begins, random) for part in scenario.parts]


def _part(scenario: Scenario, part: Part, begins: Counts, random: np.random.Generator) -> Traffic:
    minutes = np.arange(scenario.days * DAY)
    share = np.full((minutes.size, begins.size), part.failing)
    if scenario.drift:
        share = _wandering(part.failing, minutes, begins.size, random)
    during = (minutes[:, None] >= begins) & (minutes[:, None] < begins + INCIDENT)
    share = np.where(during, np.minimum(share + part.step, 1.0), share)
    rhythm = 1 + RHYTHM * np.sin(2 * np.pi * minutes / DAY)
    rate = scenario.per_hour / HOUR * part.share * np.repeat(rhythm[:, None], begins.size, axis=1)
    if scenario.retries:
        # Of messages that fail, half are first and only ones; ten failed messages are those of six people.
        people = random.poisson(rate * (1 - 0.4 * part.failing))
        unreached = random.binomial(people, 0.6 * share / (1 - 0.4 * share))
        persistent = random.binomial(unreached, PERSISTENT)
    else:
        people = random.poisson(rate)
        unreached = random.binomial(people, share)
        persistent = np.zeros_like(unreached)
    traffic = _counted(people - unreached, unreached, persistent, random)
    return replace(traffic, failures=np.where(during, 0, traffic.failures)) if part.accepted else traffic


def _wandering(failing: float, minutes: Counts, runs: int, random: np.random.Generator) -> Shares:
    tenths = minutes.size // 10
    kept = np.exp(-10 / DRIFT_MINUTES)
    logit = np.empty((tenths, runs))
    logit[0] = random.normal(0, DRIFT, runs)
    news = random.normal(0, DRIFT * np.sqrt(1 - kept**2), (tenths, runs))
    for index in range(1, tenths):
        logit[index] = kept * logit[index - 1] + news[index]
    night = -NIGHT * np.sin(2 * np.pi * minutes / DAY)
    logit = np.repeat(logit, 10, axis=0) + night[:, None] + np.log(failing / (1 - failing))
    return np.asarray(1 / (1 + np.exp(-logit)))


def _counted(reached: Counts, unreached: Counts, persistent: Counts, random: np.random.Generator) -> Traffic:
    once = unreached - persistent
    minutes, runs = reached.shape
    who = np.repeat(np.arange(persistent.size), persistent.ravel())
    gaps = random.uniform(*RETRY_MINUTES, (who.size, TRIES - 1))
    offsets = np.cumsum(np.column_stack([random.uniform(0, 1, who.size), gaps]), axis=1).astype(np.int64)
    tries = (who // runs)[:, None] + offsets
    cells = tries * runs + (who % runs)[:, None]
    asked_again = _in_cells(cells[tries < minutes], reached.shape)
    last = np.minimum(tries[:, -1], minutes - 1) * runs + who % runs
    return Traffic(
        messages=reached + once + asked_again,
        failures=once + asked_again,
        reached=reached,
        first=unreached,
        last=once + _in_cells(last, reached.shape),
        once=once,
    )


def _in_cells(cells: Counts, shape: tuple[int, ...]) -> Counts:
    return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
