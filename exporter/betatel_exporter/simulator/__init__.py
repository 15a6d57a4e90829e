"""The provider's API as a small world of its own: seeded traffic, scenarios, a clock that can run fast."""

from betatel_exporter.simulator.api import ACCOUNT_ID, API_KEY, BASE_PATH, create_app
from betatel_exporter.simulator.scenarios import SCENARIOS

__all__ = ["ACCOUNT_ID", "API_KEY", "BASE_PATH", "SCENARIOS", "create_app"]
