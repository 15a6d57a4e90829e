from betatel_exporter.simulator.networks import NETWORKS


def test_a_dozen_countries_have_networks_of_their_own() -> None:
    countries = {network.country for network in NETWORKS}
    assert len(countries) == 12
    assert len({(network.country_code, network.prefix) for network in NETWORKS}) == len(NETWORKS)
    assert {len({n.country_code for n in NETWORKS if n.country == country}) for country in countries} == {1}


def test_networks_fail_at_rates_of_their_own() -> None:
    assert len({(network.rejection, network.expiry) for network in NETWORKS}) > len(NETWORKS) / 2
