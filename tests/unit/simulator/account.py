"""A simulated account on a clock that stands still until a test moves it."""

from typing import Any

from betatel_exporter.simulator.world import World

NOON = 1_700_049_600.0  # 2023-11-15T12:00:00Z, a Wednesday
HOUR = 3600.0
DAY = 24 * HOUR


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


class Account(World):
    def __init__(self, **options: Any) -> None:
        self.clock = Clock()
        defaults = {"scenario": "normal", "seed": 1, "messages_per_hour": 600}
        super().__init__(clock=self.clock, **{**defaults, **options})

    def wait(self, seconds: float) -> None:
        self.clock.now += seconds
        self.advance()
