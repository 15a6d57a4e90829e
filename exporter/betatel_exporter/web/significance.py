"""Whether a sample fails significantly more often than a baseline."""

import math
from typing import NamedTuple

MIN_ZSCORE = 3.5
MIN_EXCESS = 0.1
MIN_FAILED = 3


class Share(NamedTuple):
    """How many of a total failed."""

    failed: float
    total: float

    @property
    def ratio(self) -> float | None:
        return self.failed / self.total if self.total > 0 else None


def significantly_worse(share: Share, baseline: Share) -> bool:
    """A two-proportion z score, an effect of 10 points and at least 3 failures: few messages prove nothing."""
    if share.ratio is None or baseline.ratio is None or share.failed < MIN_FAILED:
        return False
    excess = share.ratio - baseline.ratio
    pooled = (share.failed + baseline.failed) / (share.total + baseline.total)
    deviation = math.sqrt(pooled * (1 - pooled) * (1 / share.total + 1 / baseline.total))
    return excess > MIN_EXCESS and (deviation == 0 or excess / deviation > MIN_ZSCORE)
