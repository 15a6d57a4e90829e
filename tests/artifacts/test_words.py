"""What repeats the API's words outside the package has all of them: a new one shows here what else must know it."""

from betatel_exporter.api.errors import Reason
from betatel_exporter.api.vocabulary import Status, Window
from betatel_exporter.simulator import messages, periods
from tests.support.paths import ROOT
from tools.dashboards import looks, promql
from tools.faults import api


def test_the_simulated_api_answers_every_window_and_has_every_status() -> None:
    assert set(Window) <= set(periods.STAT_TYPES)
    assert {status.value for status in messages.Status} == set(Status)


def test_tools_and_dashboards_know_every_status_and_reason() -> None:
    assert set(api.STATUSES) == set(promql.STATUSES) == set(Status)
    assert set(looks.STATUS) == set(Status)
    assert set(looks.REASON) == set(Reason)


def test_the_rules_decide_about_every_status() -> None:
    rules = (ROOT / "prometheus/rules/betatel.yml").read_text(encoding="utf-8")
    assert [status for status in Status if status not in rules] == []
