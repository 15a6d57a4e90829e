"""Where the simulated messages go: real countries, invented networks."""

from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Network:
    country: str
    country_code: int
    name: str
    prefix: str
    weight: int
    """Thousandths of the account's traffic."""
    price: int
    """Thousandths of a euro a message."""
    rejection: float
    """Share of messages that cannot be dispatched."""
    expiry: float
    """Share of the dispatched messages that are never delivered."""


NETWORKS = (
    Network("Bosnia and Herzegovina", 387, "Adria Mobile", "61", 280, 10, 0.030, 0.020),
    Network("Bosnia and Herzegovina", 387, "Bosna Net", "65", 60, 11, 0.045, 0.025),
    Network("Croatia", 385, "Jadran Tel", "91", 90, 12, 0.020, 0.015),
    Network("Croatia", 385, "Istra Mobil", "98", 40, 12, 0.025, 0.020),
    Network("Serbia", 381, "Dunav Mobile", "63", 80, 11, 0.030, 0.020),
    Network("Serbia", 381, "Sava Tel", "64", 40, 12, 0.040, 0.025),
    Network("Germany", 49, "Rhein Funk", "151", 70, 14, 0.015, 0.010),
    Network("Germany", 49, "Hansa Mobil", "176", 45, 14, 0.020, 0.012),
    Network("France", 33, "Hexa Mobile", "61", 40, 15, 0.020, 0.012),
    Network("France", 33, "Loire Telecom", "75", 20, 15, 0.030, 0.015),
    Network("Italy", 39, "Appennino Mobile", "33", 45, 13, 0.025, 0.015),
    Network("Spain", 34, "Meseta Movil", "60", 40, 13, 0.025, 0.015),
    Network("Poland", 48, "Wisla Tel", "50", 35, 12, 0.020, 0.015),
    Network("Poland", 48, "Baltyk Mobile", "69", 15, 12, 0.030, 0.020),
    Network("United Kingdom", 44, "Thames Cellular", "74", 35, 16, 0.020, 0.012),
    Network("United Kingdom", 44, "Pennine Mobile", "78", 15, 16, 0.025, 0.015),
    Network("Turkey", 90, "Anadolu Tel", "53", 25, 9, 0.060, 0.035),
    Network("India", 91, "Ganga Cellular", "98", 15, 8, 0.080, 0.050),
    Network("Indonesia", 62, "Nusa Mobile", "81", 10, 22, 0.070, 0.060),
    Network("Indonesia", 62, "Java Premium", "89", 0, 35, 0.010, 0.850),
)
CUMULATIVE_WEIGHTS = tuple(accumulate(network.weight for network in NETWORKS))

BUSIEST = NETWORKS[0]
DEAD_NETWORK = NETWORKS[2]
DEAD_COUNTRY = NETWORKS[6].country
PUMPED = NETWORKS[-1]
