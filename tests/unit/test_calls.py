from betatel_exporter.api.models import Operation, Reason
from betatel_exporter.calls import BUCKETS, Durations, Telemetry


def test_durations_are_counted_into_cumulative_buckets() -> None:
    durations = Durations()
    for seconds in (0.025, 0.03, 99.0):
        durations.observe(seconds)
    buckets = dict(durations.cumulative())
    assert [buckets["0.025"], buckets["0.05"], buckets["10.0"], buckets["+Inf"]] == [1, 2, 2, 3]
    assert durations.sum == 99.055
    assert len(buckets) == len(BUCKETS) + 1


def test_calls_are_counted_by_account() -> None:
    telemetry = Telemetry(["shop", "bank"])
    telemetry.sent("shop", Operation.STATS)
    telemetry.failed("shop", Operation.STATS, Reason.CONNECT)
    assert telemetry.calls["shop"].requests == {Operation.STATS: 1}
    assert telemetry.calls["shop"].failures == {(Operation.STATS, Reason.CONNECT): 1}
    assert not telemetry.calls["bank"].requests
