"""The invented week in a real Prometheus, and what the dashboards would ask of it and show."""

from dataclasses import dataclass

from tests.artifacts.dashboards.boards import Choice, Chosen, Target, all_targets
from tests.artifacts.dashboards.history import END, SPAN
from tests.artifacts.dashboards.server import Prometheus, Series

Key = tuple[str, str, str]

ALL: Choice = {"job": None, "instance": None, "account": None, "currency": None, "window": "lasth"}
TARGETS = {target.key: target for target in all_targets()}
"""Every query of every panel by dashboard, title of the panel and letter."""


@dataclass(frozen=True)
class Week:
    server: Prometheus

    def ask(self, target: Target, **choice: Chosen) -> list[Series]:
        """What the panel gets when the time range ends with the week, and `choice` differs from All."""
        return self.server.ask(target, {**ALL, **choice}, END, SPAN)

    def shown(self, dashboard: str, panel: str, ref: str = "A", /, **choice: Chosen) -> dict[str, float]:
        """The last value of each series by its labels: account, then what else tells it apart."""
        found = self.ask(TARGETS[dashboard, panel, ref], **choice)
        return {" ".join(series.labels.values()): round(series.last, 6) for series in found}


def points(found: list[Series]) -> dict[tuple[tuple[str, str], ...], list[tuple[float, float]]]:
    return {tuple(sorted(series.labels.items())): series.points for series in found}
