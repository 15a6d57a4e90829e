"""What the rules in Python share: the form of their values, and how an alert waits, fires and is kept firing.

requests.py and people.py follow the expressions of prometheus/rules/betatel.yml minute by minute, for many runs at once,
scraped and evaluated once a minute. Whoever changes an expression there changes it here; tests/artifacts/rules/test_model.py
compares both.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from tools.rules.world import Shares

Flags: TypeAlias = NDArray[np.bool_]
Array = TypeVar("Array", Shares, Flags)
Tuning: TypeAlias = Mapping[str, float]


def over(values: Array, minutes: int, combine: Callable[[Array, Array], Array]) -> Array:
    """Each minute's value, combined with those of so many minutes before."""
    combined = values.copy()
    for back in range(1, minutes + 1):
        combined[back:] = combine(combined[back:], values[:-back])
    return combined


def tolerated(usual: Shares, deviations: float, least: float) -> Shares:
    """The highest share that does not count as a rise."""
    return np.asarray(usual + np.maximum(np.sqrt(usual * (1 - usual)) * deviations, least))


def frozen(since: Shares, minute: int, day: int) -> Flags:
    """What is failing keeps its usual share, a day at most."""
    return np.asarray((since > 0) & (since + day > minute))


def firing(active: Flags, wait: int, keep: int) -> Flags:
    """Prometheus' states: pending while the condition waits, then firing, and kept so for a while after it, in minutes."""
    fires = np.zeros(active.shape, dtype=bool)
    held = np.zeros(active.shape[1:], dtype=int)
    last = np.full(active.shape[1:], -keep - 1)
    fired = np.zeros(active.shape[1:], dtype=bool)
    for minute, now in enumerate(active):
        held = np.where(now, held + 1, 0)
        last = np.where(now & ((held > wait) | fired), minute, last)
        fired = fires[minute] = minute - last <= keep
    return fires
