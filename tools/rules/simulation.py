"""What the pages cost and find in simulated traffic, as the tables of docs/alerting.md: `python -m tools.rules.simulation`.

The numbers are those of tuning.yml. To see what others would cost: `--set people_evidence=9`.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tools.rules import pages
from tools.rules.exposed import Recent, Windows, recent, windows
from tools.rules.states import Flags, Tuning
from tools.rules.tune import current
from tools.rules.world import DAY, HOUR, Counts, Part, Scenario, Shares, simulate

Rule = Callable[[Windows, Recent, Tuning], Flags]
RULES: Mapping[str, Rule] = {
    "threshold": lambda seen, _, __: pages.threshold(seen, limit=0.2),
    "z score": lambda seen, _, __: pages.z_score(seen),
    "requests only": lambda seen, _, tuning: pages.requests_only(seen, tuning),
    "shipped": pages.shipped,
}
VOLUMES = (5, 20, 100, 300, 500, 2000, 20000)
NEVER = 10**9
BATCH = 24
"""Runs of 30 days of one network at once; fewer of more networks."""
NETWORKS = (
    *((0.3, 0.02), (0.15, 0.03), (0.1, 0.05), (0.08, 0.1), (0.07, 0.3), (0.05, 0.02), (0.05, 0.15)),
    *((0.04, 0.08), (0.03, 0.04), (0.03, 0.2), (0.02, 0.02), (0.02, 0.3), (0.01, 0.03), (0.01, 0.1)),
    *((0.01, 0.05), (0.01, 0.3), (0.005, 0.02), (0.005, 0.1), (0.003, 0.2), (0.002, 0.05)),
)
"""Share of the traffic and usual failure share of twenty networks."""
QUIETEST = 18 * HOUR
"""The minute of the day with least traffic."""


@dataclass(frozen=True)
class Simulation:
    tuning: Tuning
    seed: int
    repeats: int

    def false_pages(self, scenario: Scenario, names: Sequence[str]) -> Mapping[str, str]:
        """Mean pages in 30 days without an incident, and the mean's standard error, by rule."""
        batch = max(1, BATCH // len(scenario.parts))
        found: dict[str, list[Counts]] = {name: [] for name in names}
        for first in range(0, self.repeats, batch):
            runs = min(batch, self.repeats - first)
            for name, fires in self._fires(scenario, np.full(runs, NEVER), names, first).items():
                found[name].append(_episodes(fires))
        return {name: _mean(np.concatenate(counts)) for name, counts in found.items()}

    def delays(
        self, scenario: Scenario, begins: Counts, hours: int, names: Sequence[str]
    ) -> Mapping[str, str]:
        """Minutes from the incident to the page: median, 95th percentile, and share not paged in so many hours."""
        return {
            name: _delays(fires, begins, hours * HOUR)
            for name, fires in self._fires(scenario, begins, names, 0).items()
        }

    def begins(self) -> Counts:
        """Any minute of the third day."""
        return np.random.default_rng(self.seed).integers(2 * DAY, 3 * DAY, 8 * self.repeats)

    def _fires(
        self, scenario: Scenario, begins: Counts, names: Sequence[str], stream: int
    ) -> Mapping[str, Flags]:
        random = np.random.default_rng([self.seed, int(scenario.per_hour), stream])
        parts = simulate(scenario, begins, random)
        seen, records = windows(parts), recent(parts, random)
        return {name: RULES[name](seen, records, self.tuning) for name in names}


def _episodes(fires: Flags) -> Counts:
    """Pages that begin after the first day, which fills the windows."""
    return np.asarray(np.count_nonzero(fires[DAY + 1 :] & ~fires[DAY:-1], axis=0))


def _mean(counts: Counts) -> str:
    return f"{counts.mean():.1f} ± {counts.std() / np.sqrt(counts.size):.1f}"


def _delays(fires: Flags, begins: Counts, horizon: int) -> str:
    found = [np.flatnonzero(fires[begin : begin + horizon, run]) for run, begin in enumerate(begins)]
    delays = np.array([first[0] if first.size else np.inf for first in found])
    median, late = (_minutes(np.percentile(delays, part, method="inverted_cdf")) for part in (50, 95))
    missed = np.mean(np.isinf(delays))
    return f"{median} / {late}" + (f" ({missed:.0%})" if missed else "")


def _minutes(minutes: float | Shares) -> str:
    return "-" if np.isinf(minutes) else f"{minutes:.0f}"


def _table(heads: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def whole_account(simulation: Simulation, volumes: Sequence[int]) -> Iterator[Sequence[str]]:
    for per_hour in volumes:
        calm = (
            Scenario(per_hour, retries=False, drift=False),
            Scenario(per_hour, drift=False),
            Scenario(per_hour),
        )
        wrong = [simulation.false_pages(scenario, list(RULES)) for scenario in calm]
        worse = [Scenario(per_hour, (Part(step=step),), days=4) for step in (0.1, 0.2, 0.3, 0.6, 1.0)]
        found = [simulation.delays(scenario, simulation.begins(), 2, list(RULES)) for scenario in worse]
        for name in RULES:
            yield [str(per_hour), name, *(one[name] for one in (*wrong, *found))]


def one_destination(simulation: Simulation, volumes: Sequence[int]) -> Iterator[Sequence[str]]:
    for per_hour in volumes:
        for share in (0.05, 0.1, 0.3):
            parts = (Part(share, step=1.0), Part(1 - share))
            found = simulation.delays(Scenario(per_hour, parts, days=4), simulation.begins(), 2, list(RULES))
            yield [str(per_hour), f"{share:.0%}", *found.values()]


def twenty_networks(simulation: Simulation, volumes: Sequence[int]) -> Iterator[Sequence[str]]:
    parts = tuple(Part(share, failing) for share, failing in NETWORKS)
    for per_hour in volumes:
        kinds = (Scenario(per_hour, parts, drift=False), Scenario(per_hour, parts))
        yield [str(per_hour), *(simulation.false_pages(kind, ["shipped"])["shipped"] for kind in kinds)]


def outages(simulation: Simulation, volumes: Sequence[int]) -> Iterator[Sequence[str]]:
    quiet = np.full(8 * simulation.repeats, 2 * DAY + QUIETEST)
    refused, lost = Part(step=1.0), Part(step=1.0, accepted=True)
    for per_hour in volumes:
        found = [
            simulation.delays(Scenario(per_hour, (part,), days=4), begins, 4, ["shipped"])["shipped"]
            for part, begins in (
                (refused, simulation.begins()),
                (refused, quiet),
                (lost, simulation.begins()),
            )
        ]
        yield [str(per_hour), *found]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.rules.simulation", description=__doc__)
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=NUMBER", help="a number of tuning.yml"
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--repeats", type=int, default=24, help="runs of 30 days; incidents are 8 times as many"
    )
    parser.add_argument("--volumes", type=int, nargs="+", default=VOLUMES, help="messages an hour")
    given = parser.parse_args()
    numbers = dict(current().thresholds)
    for name, _, number in (pair.partition("=") for pair in given.set):
        if name not in numbers:
            parser.error(f"there is no number {name}")
        numbers[name] = float(number)
    simulation = Simulation(numbers, given.seed, given.repeats)
    volumes = given.volumes
    false = ["false: independent", "retries", "retries, drift, night"]
    found = ["+10", "+20", "+30", "+60", "outage"]
    tables = {
        "The whole account": (["messages an hour", "rule", *false, *found], whole_account),
        "A destination that is dead": (
            ["messages an hour", "its share", *RULES],
            one_destination,
        ),
        "False pages with twenty networks": (["messages an hour", *false[1:]], twenty_networks),
        "An outage, within four hours": (
            ["messages an hour", "refused", "refused, at the quietest hour", "accepted, then lost"],
            outages,
        ),
    }
    for title, (heads, rows) in tables.items():
        print(f"\n{title}\n")
        for line in _table(heads, rows(simulation, volumes)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
