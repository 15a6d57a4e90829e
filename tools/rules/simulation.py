"""What BetatelDeliveryFailureSpike costs and finds, as the tables of docs/alerting.md: `python -m tools.rules.simulation`.

The numbers are those of tuning.yml, the durations those of the rules. To see what others would cost:
`python -m tools.rules.simulation --set spike_slow_zscore=3 --set spike_slow_excess=0.05`.
"""

import argparse
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tools.rules.spikes import (
    DAY,
    HOUR,
    Durations,
    Flags,
    Traffic,
    conditions,
    firing,
    plain_ratio,
    shipped_durations,
    simulate,
)
from tools.rules.tune import current

PLAIN = Durations(5, 0)
HEADER = (
    "| requests an hour | usual failures | plain 5-minute ratio, +10 points for 5 min | slow path | both paths |\n"
    "|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Simulation:
    numbers: Mapping[str, float]
    durations: Mapping[str, Durations]
    seed: int

    def runs(
        self, traffic: Traffic, repeats: int, measure: Callable[[Flags], float]
    ) -> list[tuple[float, ...]]:
        """What was measured, of the plain ratio, the slow path and the whole alert, each over all repeats."""
        rows = [map(measure, self._fires(traffic, repeat)) for repeat in range(repeats)]
        return list(zip(*rows, strict=True))

    def _fires(self, traffic: Traffic, repeat: int) -> Sequence[Flags]:
        windows = simulate(traffic, np.random.default_rng([self.seed, repeat]))
        paths = {
            path: firing(active, self.durations[path])
            for path, active in conditions(windows, self.numbers).items()
        }
        plain = firing(plain_ratio(windows, traffic.failing + 0.1), PLAIN)
        return plain, paths["slow"], paths["fast"] | paths["slow"]


def episodes(fires: Flags) -> float:
    return float(np.count_nonzero(fires[1:] & ~fires[:-1]))


def delay(fires: Flags) -> float:
    """Minutes from the step on; infinity where nothing fires in its two hours."""
    after = np.flatnonzero(fires[DAY : DAY + 2 * HOUR])
    return float(after[0]) if after.size else float("inf")


def false_alarms(simulation: Simulation, repeats: int) -> Iterator[str]:
    yield HEADER
    for per_hour in (5, 20, 60, 300, 2000):
        for failing, drift in ((0.02, 0.0), (0.1, 0.0), (0.1, 0.02), (0.3, 0.0)):
            runs = simulation.runs(Traffic(per_hour, failing, drift), repeats, episodes)
            usual = f"{failing:.0%}" + (f", ± {drift:.0%} from hour to hour" if drift else "")
            yield f"| {per_hour} | {usual} | {' | '.join(f'{statistics.fmean(run):.1f}' for run in runs)} |"


def detection(simulation: Simulation, repeats: int) -> Iterator[str]:
    yield HEADER
    for per_hour in (20, 60, 300, 2000):
        for failing in (0.05, 0.3):
            runs = simulation.runs(Traffic(per_hour, failing, step=0.3, days=2), repeats, delay)
            yield f"| {per_hour} | {failing:.0%} | {' | '.join(_minutes(statistics.median(run)) for run in runs)} |"


def _minutes(minutes: float) -> str:
    return f"{minutes:.0f} min" if minutes < float("inf") else "not in 2 h"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.rules.simulation", description=__doc__)
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=NUMBER", help="a number of tuning.yml"
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--repeats", type=int, default=4, help="of each line (default: 4)")
    given = parser.parse_args()
    numbers = dict(current().thresholds)
    for name, _, number in (pair.partition("=") for pair in given.set):
        if name not in numbers:
            parser.error(f"there is no number {name}")
        numbers[name] = float(number)
    simulation = Simulation(numbers, shipped_durations(), given.seed)
    print("False alarms in 30 days, in the mean:\n")
    for line in false_alarms(simulation, given.repeats):
        print(line)
    print("\nFrom a step of 30 points to the alarm, in the median:\n")
    for line in detection(simulation, 5 * given.repeats + 1):
        print(line)


if __name__ == "__main__":
    main()
