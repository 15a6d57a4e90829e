"""The dashboards keep every rule of the linter, and link to each other."""

import re

from tests.artifacts.dashboards import linter
from tests.artifacts.dashboards.boards import dashboards
from tests.support.paths import ROOT


def test_the_dashboards_keep_every_rule() -> None:
    faults = [
        f"{uid}: {rule.__name__}: {where}: {fault}"
        for uid, board in dashboards().items()
        for rule in linter.RULES
        for where, fault in rule(board)
    ]

    assert faults == []


def test_every_link_leads_to_a_dashboard_and_every_dashboard_has_the_name_of_its_file() -> None:
    names = {path.stem for path in (ROOT / "grafana/dashboards").iterdir()}
    text = "".join(str(board) for board in dashboards().values())

    assert names == set(dashboards())
    assert set(re.findall(r"/d/([\w-]+)", text)) <= names
    assert set(re.findall(r'"dashboard", "([\w-]+)"', text)) <= names
