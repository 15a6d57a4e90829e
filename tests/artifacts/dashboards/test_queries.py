"""Every query of every panel, variable and annotation, asked of a real Prometheus: what holds for all of them."""

import math
import re
from collections import defaultdict

from tests.artifacts.dashboards import history
from tests.artifacts.dashboards.boards import dashboards, targets, variables
from tests.artifacts.dashboards.history import CURRENCIES, STEADY, Past, Series

CALLS = re.compile(r"/ (Failed calls|Calls a minute|Duration of collections|Exporters down)")
"""Every exporter makes its own, or is one: these panels add up what replicas do."""
CHOICES = {
    "job": {"betatel"},
    "instance": {STEADY, history.REPLACED, history.REPLACEMENT},
    "account": set(CURRENCIES),
    "currency": {"EUR", "USD"},
    "country": {"Utopia"},
    "network": set(history.PEOPLE),
}


def test_every_query_returns_numbers_of_our_exporters_under_different_names(past: Past) -> None:
    """Two rows of a table differ in a label, two lines of a graph in what the legend shows of them."""
    faults, columns = [], defaultdict(set)
    for name, target in targets().items():
        chosen = {"account": {"account": "shop"}, "currency": {"currency": "EUR"}}.get(target.repeat, {})
        found = past.ask(target, **chosen)
        names = {str(one.labels) if target.kind == "table" else named(target.legend, one) for one in found}
        if not found and not name.endswith("/ last week"):  # the history is shorter
            faults.append(f"{name}: nothing")
        if len(names) < len(found):
            faults.append(f"{name}: two of one name in {names}")
        if any(not math.isfinite(value) for one in found for _, value in one.points):
            faults.append(f"{name}: not a number")
        if any(one.labels.get("job") == "node" or history.STRANGER in one.labels.values() for one in found):
            faults.append(f"{name}: another target of the Prometheus")
        if target.kind == "table" and not re.search("/ (Exporters|Firing alerts) /", name):
            labels = {" ".join(sorted(one.labels.keys() - {"__name__"})) for one in found}
            columns[name.removesuffix(target.legend)].update(labels)
    # of columns with other labels Grafana's merge makes rows of their own
    faults += [f"{table}columns by {labels}" for table, labels in columns.items() if len(labels) > 1]

    assert faults == []


def test_replicas_and_accounts_show_the_same_alone_and_among_others(past: Past) -> None:
    wrong = []
    for name, target in targets().items():
        among = past.ask(target)
        steady = [] if CALLS.search(name) else past.ask(target, instance=f"{STEADY}|")
        if any(one not in among for one in steady):
            wrong.append(f"{name}: one replica")
        for account in () if "topk" in target.expr or "bottomk" in target.expr else CURRENCIES:
            alone = past.ask(target, account=account)
            if _of(account, alone) != _of(account, among):
                wrong.append(f"{name}: {account}")

    assert wrong == []


def test_the_variables_offer_the_values_of_our_exporters_alone(past: Past) -> None:
    for board in dashboards().values():
        for variable in variables(board):
            match = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
            assert match is not None
            found = {one.labels[match[2]] for one in past.query(match[1])}
            assert found == CHOICES[variable["name"]]


def test_graphs_are_marked_where_a_critical_alert_begins_and_an_exporter_starts(past: Past) -> None:
    for board in dashboards().values():
        for mark in board["annotations"]["list"]:
            found = past.query(mark["expr"])
            points = [point for one in found for point in one.points]
            titles = {named(mark["titleFormat"], one) for one in found}
            if mark["name"] == "Critical alerts":
                assert titles == {"BetatelDeliveryFailing shop", "BetatelExporterDown "}
                assert [time for time, _ in points] == [history.BROKEN_AT] * 2
            else:
                assert titles == {f"{history.REPLACEMENT} started"}
                assert [value for _, value in points] == [(history.END - history.DAY) * 1000]


def named(legend: str, series: Series) -> str:
    return re.sub(r"{{(\w+)}}", lambda match: series.labels.get(match[1], ""), legend)


def _of(account: str, found: list[Series]) -> list[Series]:
    of_account = (one for one in found if one.labels.get("account") == account)
    return sorted(of_account, key=lambda one: str(one.labels))
