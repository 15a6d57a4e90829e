from betatel_exporter.api.errors import Reason
from betatel_exporter.api.vocabulary import Operation
from betatel_exporter.calls import Calls


def samples(calls: Calls, *accounts: str) -> dict[tuple[str, ...], float]:
    families = [*calls.account_families(accounts), *calls.shared_families()]
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_every_combination_starts_at_zero_without_created_series() -> None:
    values = samples(Calls(["shop", "bank"]), "shop", "bank")
    totals = [name for name, *_ in values if name.endswith("_total")]
    assert len(totals) == 2 * len(Operation) * (1 + len(Reason))
    assert set(values.values()) == {0}
    assert not [name for name, *_ in values if name.endswith("_created")]


def test_requests_are_counted_by_account_and_durations_for_all() -> None:
    calls = Calls(["shop", "bank"])
    calls.observer("shop")(Operation.STATS, 0.03, Reason.CONNECT)
    calls.observer("shop")(Operation.STATS, None, Reason.CONNECT)  # not sent
    calls.observer("bank")(Operation.STATS, 99.0, None)
    values = samples(calls, "shop")
    assert {labels: value for labels, value in values.items() if value and "bucket" not in labels[0]} == {
        ("betatel_api_requests_total", "shop", "stats"): 1,
        ("betatel_api_failures_total", "shop", "stats", "connect"): 2,
        ("betatel_api_request_duration_seconds_count", "stats"): 2,
        ("betatel_api_request_duration_seconds_sum", "stats"): 99.03,
    }
    assert values["betatel_api_request_duration_seconds_bucket", "stats", "0.05"] == 1
    assert not [labels for labels in values if "bank" in labels]
