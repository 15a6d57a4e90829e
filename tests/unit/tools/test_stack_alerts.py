from tools.stack.alerts import AlertWatch


def alert(state: str, **labels: str) -> dict[str, object]:
    return {"state": state, "labels": {"alertname": "BetatelApiDown", "severity": "critical", **labels}}


def test_each_change_of_an_alert_is_a_line_with_its_time() -> None:
    watch = AlertWatch()
    name = "BetatelApiDown (severity=critical, account=shop)"
    seen = [
        (0.0, [alert("pending", account="shop")], [f"pending   {name}"]),
        (5.0, [alert("pending", account="shop")], []),
        (125.0, [alert("firing", account="shop")], [f"firing    {name} after 2 min 05 s"]),
        (155.0, [], [f"resolved  {name}, was firing for 30 s"]),
        (160.0, [alert("pending", account="shop")], [f"pending   {name}"]),
        (165.0, [], [f"inactive  {name}, was pending for 5 s"]),
    ]
    assert [(now, alerts, list(watch.changes(alerts, now))) for now, alerts, _ in seen] == seen
