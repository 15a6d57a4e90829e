"""Faults of the simulated account's traffic, and of the API in front of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from betatel_exporter.simulator.networks import BUSIEST, DEAD_COUNTRY, DEAD_NETWORK, NETWORKS, PUMPED, Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    description: str
    traffic: float = 1.0
    """Multiplies the usual traffic."""
    surge: float = 0.0
    """Additional traffic to the pumped network, as a multiple of the account's mean."""
    rejection: float = 0.0
    """At least this share of the messages to `networks` cannot be dispatched: they end FAILED."""
    expiry: float = 0.0
    """At least this share of the messages dispatched to `networks` is never delivered: they end EXPIRED."""
    networks: frozenset[Network] = frozenset(NETWORKS)
    queue_stuck: bool = False
    delay: float = 0.0
    """Real seconds before each answer."""
    refusal: tuple[int, str, Mapping[str, str]] | None = None
    """Status, message and headers with which the API refuses every request."""

    def rejection_on(self, network: Network) -> float:
        return max(self.rejection if network in self.networks else 0.0, network.rejection)

    def expiry_on(self, network: Network) -> float:
        return max(self.expiry if network in self.networks else 0.0, network.expiry)


SCENARIOS: Mapping[str, Scenario] = {
    "normal": Scenario(description="An ordinary day: a few messages in a hundred fail or expire."),
    "outage": Scenario(
        description="Almost nothing is processed: 98 of 100 messages end FAILED at once.",
        rejection=0.98,
    ),
    "failure-spike": Scenario(
        description=f"The busiest network, {BUSIEST.name}, loses nine messages in ten.",
        rejection=0.9,
        networks=frozenset({BUSIEST}),
    ),
    "network-down": Scenario(
        description=f"No message reaches {DEAD_NETWORK.name}, 9 % of the traffic: all of them end EXPIRED.",
        expiry=1.0,
        networks=frozenset({DEAD_NETWORK}),
    ),
    "country-down": Scenario(
        description=f"No message reaches any network of {DEAD_COUNTRY}: all of them end FAILED at once.",
        rejection=1.0,
        networks=frozenset(network for network in NETWORKS if network.country == DEAD_COUNTRY),
    ),
    "stuck-queue": Scenario(
        description="Messages are accepted and stay PENDING until another scenario empties the queue.",
        queue_stuck=True,
    ),
    "otp-pumping": Scenario(
        description=f"Eight times the mean traffic on top, to {PUMPED.country}: most of it ends EXPIRED.",
        surge=8.0,
    ),
    "silence": Scenario(description="Nobody requests a code: no traffic at all.", traffic=0.0),
    "slow": Scenario(description="Every answer takes 5 seconds.", delay=5.0),
    "errors": Scenario(
        description="Every request is answered with 500.",
        refusal=(500, "An unexpected error occurred on the server", {}),
    ),
    "rate-limit": Scenario(
        description="Every request is answered with 429 and Retry-After: 30.",
        refusal=(429, "Rate limit exceeded", {"Retry-After": "30"}),
    ),
    "rejected-key": Scenario(
        description="Every request is answered with 401, whatever its key.",
        refusal=(401, "Authentication failed", {}),
    ),
}
