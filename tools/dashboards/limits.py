"""Where a number turns orange or red: red as in prometheus/tuning.yml, where an alert looks at the same number."""

from tools.dashboards.fields import GREEN, ORANGE, RED, Json, Steps, matching

FAILURE_RATIO: Steps = ((None, GREEN), (0.10, ORANGE), (0.25, RED))
UNDELIVERED_SHARE: Steps = ((None, GREEN), (0.15, ORANGE), (0.30, RED))
OLDEST_SECONDS: Steps = ((None, GREEN), (300, ORANGE), (600, RED))
DRAIN_SECONDS: Steps = ((None, GREEN), (300, ORANGE), (1800, RED))
DATA_AGE_SECONDS: Steps = ((None, GREEN), (300, ORANGE), (900, RED))
BUDGET_SHARE: Steps = ((None, GREEN), (0.80, ORANGE), (1.0, RED))
TIMES_MEAN_HOUR: Steps = ((None, GREEN), (2, ORANGE), (3, RED))
ANY_IS_BAD: Steps = ((None, GREEN), (0.5, RED))
NONE_IS_BAD: Steps = ((None, RED), (1, GREEN))
ALWAYS_BAD: Steps = ((None, ORANGE),)
COLLECTION_SECONDS: Steps = ((None, GREEN), (5, ORANGE), (9, RED))

CURRENCIES: tuple[Json, ...] = tuple(
    matching(f"{code}$", {"unit": f"currency{code}"}) for code in ("EUR", "GBP", "USD")
)
"""Amounts of series whose names end in one of these codes carry the sign of the currency."""
