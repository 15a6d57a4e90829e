"""The provider's API, simulated: seeded traffic, scenarios, and a clock that may run fast."""

from betatel_exporter.simulator.api import ACCOUNT_ID, API_KEY, BASE_PATH, create_app
from betatel_exporter.simulator.scenarios import SCENARIOS

__all__ = ["ACCOUNT_ID", "API_KEY", "BASE_PATH", "SCENARIOS", "create_app"]
