"""What can be made to happen to the simulated account and to the API in front of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from betatel_exporter.simulator.networks import BUSIEST, PUMPED, Network


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error that the API answers every request with."""

    status: int
    message: str
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`traffic` multiplies the usual traffic; `surge` adds some to one network, in multiples of the mean.

    `rejection` is the least share of messages that cannot be dispatched, on `rejecting` alone where that is
    given. `delay` is in real seconds an answer.
    """

    description: str
    traffic: float = 1.0
    surge: float = 0.0
    rejection: float = 0.0
    rejecting: Network | None = None
    queue_stuck: bool = False
    delay: float = 0.0
    refusal: Refusal | None = None

    def rejection_on(self, network: Network) -> float:
        if self.rejecting in (None, network):
            return max(self.rejection, network.rejection)
        return network.rejection


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        "normal": Scenario(description="An ordinary day: a few messages in a hundred fail or expire."),
        "outage": Scenario(
            description="Nearly nothing gets processed: 98 of 100 messages end FAILED at once.",
            rejection=0.98,
        ),
        "failure-spike": Scenario(
            description=f"The busiest network, {BUSIEST.name}, loses nine messages in ten.",
            rejection=0.9,
            rejecting=BUSIEST,
        ),
        "stuck-queue": Scenario(
            description="Messages are accepted and stay PENDING until another scenario works the queue off.",
            queue_stuck=True,
        ),
        "otp-pumping": Scenario(
            description=f"Eight times the mean traffic on top, to {PUMPED.country}: most of it ends EXPIRED.",
            surge=8.0,
        ),
        "silence": Scenario(description="Nobody asks for a code: no traffic at all.", traffic=0.0),
        "slow": Scenario(description="Every answer takes 5 seconds.", delay=5.0),
        "errors": Scenario(
            description="Every request is answered with 500.",
            refusal=Refusal(500, "An unexpected error occurred on the server"),
        ),
        "rate-limit": Scenario(
            description="Every request is answered with 429 and Retry-After: 30.",
            refusal=Refusal(429, "Rate limit exceeded", MappingProxyType({"Retry-After": "30"})),
        ),
        "rejected-key": Scenario(
            description="Every request is answered with 401, whatever its key.",
            refusal=Refusal(401, "Authentication failed"),
        ),
    }
)
