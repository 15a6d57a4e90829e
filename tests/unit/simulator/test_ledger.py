from hypothesis import given
from hypothesis import strategies as st

from betatel_exporter.simulator.ledger import QUARTER, Ledger, Totals

entries = st.lists(
    st.tuples(st.floats(0, 100 * QUARTER, exclude_max=True), st.integers(0, 9), st.integers(0, 9)),
    max_size=50,
)


@given(entries, st.integers(-10, 110), st.integers(-10, 110))
def test_what_was_booked_between_two_quarters_comes_out(
    booked: list[tuple[float, int, int]], first: int, end: int
) -> None:
    ledger = Ledger(first_quarter=0)
    for at, requests, amount in booked:
        ledger.add(at, Totals(requests, requests, amount))
    inside = [entry for entry in booked if first <= entry[0] // QUARTER < end]
    requests = sum(entry[1] for entry in inside)
    assert ledger.between(first, end) == Totals(requests, requests, sum(entry[2] for entry in inside))
