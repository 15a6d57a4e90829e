"""A simulated account on a clock that stands still until a test moves it."""

from typing import Any

from betatel_exporter.simulator.world import World

NOON = 1_700_049_600.0  # 2023-11-15T12:00:00Z, a Wednesday
HOUR = 3600.0
DAY = 24 * HOUR


class Account(World):
    def __init__(self, **options: Any) -> None:
        self.clock = NOON
        defaults = {"scenario": "normal", "seed": 1, "messages_per_hour": 600}
        super().__init__(clock=lambda: self.clock, **{**defaults, **options})

    def wait(self, seconds: float) -> None:
        self.clock += seconds
        self.advance()
