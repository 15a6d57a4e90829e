import pytest

from betatel_exporter.web.limiter import ClientLimiter, network


def taken(limiter: ClientLimiter, client: str) -> int:
    """Places that a client gets when it asks without pause."""
    places = 0
    while limiter.take(client):
        places += 1
    return places


@pytest.mark.parametrize(("limit", "half"), [(1, 1), (2, 1), (3, 2), (40, 20)])
def test_one_client_gets_half_of_the_places(limit: int, half: int) -> None:
    assert taken(ClientLimiter(limit), "192.0.2.1") == half


def test_every_further_client_gets_half_of_the_rest() -> None:
    limiter = ClientLimiter(40)
    assert [taken(limiter, f"192.0.2.{number}") for number in range(7)] == [20, 10, 5, 3, 1, 1, 0]


def test_places_that_are_given_back_can_be_taken_again() -> None:
    limiter = ClientLimiter(4)
    for _ in range(10):
        assert limiter.take("192.0.2.1")
        assert limiter.take("192.0.2.2")
        limiter.give_back("192.0.2.1")
        limiter.give_back("192.0.2.2")
    assert taken(limiter, "192.0.2.3") == 2


@pytest.mark.parametrize(
    ("host", "counted_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_an_ipv6_client_counts_with_its_whole_network(host: str, counted_as: str) -> None:
    assert network(host) == counted_as
