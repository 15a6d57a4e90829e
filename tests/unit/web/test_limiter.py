from betatel_exporter.web.limiter import ClientLimiter, network


def taken(limiter: ClientLimiter, client: str) -> int:
    """Places that a client gets when it asks without pause."""
    places = 0
    while limiter.take(client):
        places += 1
    return places


def test_every_client_gets_half_of_what_is_free() -> None:
    expected = {1: [1, 0], 2: [1, 1, 0], 3: [2, 1, 0], 40: [20, 10, 5, 3, 1, 1, 0]}
    for limit, places in expected.items():
        limiter = ClientLimiter(limit)
        assert [taken(limiter, f"192.0.2.{n}") for n in range(len(places))] == places


def test_places_that_are_given_back_can_be_taken_again() -> None:
    limiter = ClientLimiter(4)
    for _ in range(10):
        assert limiter.take("192.0.2.1")
        assert limiter.take("192.0.2.2")
        limiter.give_back("192.0.2.1")
        limiter.give_back("192.0.2.2")
    assert taken(limiter, "192.0.2.3") == 2


def test_an_ipv6_client_counts_with_its_whole_network() -> None:
    networks = {
        "192.0.2.1": "192.0.2.1",
        "::ffff:192.0.2.1": "192.0.2.1",
        "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
        "2001:db8:1:2::7": "2001:db8:1:2::/64",
        "fe80::1%eth0": "fe80::/64",
        "": "",
        "testclient": "testclient",
    }
    assert {host: network(host) for host in networks} == networks
