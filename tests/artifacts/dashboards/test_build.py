"""The committed dashboards are those of the code, whole, apart from each other, and laid out without holes."""

from itertools import pairwise

import pytest

from tests.artifacts.dashboards.boards import Json, dashboards, everything, panels
from tests.support.paths import ROOT
from tools.dashboards import limits
from tools.dashboards.build import files
from tools.dashboards.fields import GREY, RED
from tools.rules.tune import current

BOARDS = {board["uid"]: board for board in dashboards()}
CORE = {"timeseries", "stat", "table", "bargauge", "state-timeline"}


def test_what_is_committed_is_what_the_code_makes() -> None:
    committed = {f"grafana/dashboards/{path.name}" for path in (ROOT / "grafana/dashboards").iterdir()}
    made = files()

    assert committed == set(made)
    assert [path for path, text in made.items() if (ROOT / path).read_text(encoding="utf-8") != text] == []


def test_there_are_the_four_dashboards_and_each_is_named_after_its_file() -> None:
    names = [f"{uid}.json" for uid in BOARDS]

    assert set(BOARDS) == {"betatel-overview", "betatel-delivery", "betatel-spend", "betatel-exporter"}
    assert names == [path.name for path in sorted((ROOT / "grafana/dashboards").iterdir())]


@pytest.mark.parametrize("uid", BOARDS)
def test_panel_ids_and_titles_are_unique(uid: str) -> None:
    found = list(everything(BOARDS[uid]))

    assert len({panel["id"] for panel in found}) == len(found)
    assert len({panel["title"] for panel in found}) == len(found)


@pytest.mark.parametrize("uid", BOARDS)
def test_panels_neither_overlap_nor_leave_the_grid_nor_a_hole_in_it(uid: str) -> None:
    open_rows = [panel["gridPos"] for panel in BOARDS[uid]["panels"]]
    folded = [
        [panel["gridPos"] for panel in row["panels"]] for row in everything(BOARDS[uid]) if row.get("panels")
    ]

    for grid in (open_rows, *folded):
        by_line: dict[tuple[int, int], list[Json]] = {}
        for place in grid:
            by_line.setdefault((place["y"], place["h"]), []).append(place)
        for line in by_line.values():
            assert [place["x"] for place in line] == [sum(p["w"] for p in line[:i]) for i in range(len(line))]
            assert sum(place["w"] for place in line) == 24
        assert all(y + h == below for (y, h), (below, _) in pairwise(sorted(by_line)))


@pytest.mark.parametrize("uid", BOARDS)
def test_the_first_screen_is_tiles_and_large_graphs(uid: str) -> None:
    top = [panel for panel in BOARDS[uid]["panels"] if panel["gridPos"]["y"] == 0]
    graphs = [panel for panel in BOARDS[uid]["panels"] if panel["type"] not in {"stat", "row"}]

    assert {panel["type"] for panel in top} == {"stat"}
    assert len(graphs) <= 6
    assert all(panel["gridPos"]["w"] >= 8 for panel in graphs)


@pytest.mark.parametrize("uid", BOARDS)
def test_every_panel_is_of_the_core_and_says_what_an_empty_one_means(uid: str) -> None:
    for panel in panels(BOARDS[uid]):
        assert panel["type"] in CORE
        assert panel["fieldConfig"]["defaults"]["noValue"].strip(), panel["title"]


@pytest.mark.parametrize("uid", BOARDS)
def test_a_missing_value_is_never_coloured_like_a_good_one(uid: str) -> None:
    """Grafana gives it the colour of the lowest threshold unless a mapping says otherwise."""
    for panel in panels(BOARDS[uid]):
        if panel["type"] in {"stat", "bargauge"}:
            defaults = panel["fieldConfig"]["defaults"]
            (missing,) = [one["options"] for one in defaults["mappings"] if one["type"] == "special"]
            assert missing["match"] == "null+nan"
            assert missing["result"]["text"] == defaults["noValue"]
            assert missing["result"]["color"] in {GREY, RED}


@pytest.mark.parametrize("uid", BOARDS)
def test_every_variable_is_used(uid: str) -> None:
    board = BOARDS[uid]
    text = str([board["panels"], board["templating"]["list"]])

    assert [
        v["name"] for v in board["templating"]["list"] if f"${v['name']}" not in text.replace("{", "")
    ] == []


@pytest.mark.parametrize("uid", BOARDS)
def test_dashboards_lead_to_each_other_and_show_alerts_and_restarts(uid: str) -> None:
    board = BOARDS[uid]
    leads = {
        link["url"].split("/")[2].partition("?")[0]
        for panel in panels(board)
        for link in panel.get("links", [])
    }

    assert leads <= set(BOARDS)
    assert board["tags"] == board["links"][0]["tags"] == ["betatel"]
    assert [annotation["name"] for annotation in board["annotations"]["list"]] == [
        "Alerts",
        "Exporter starts",
    ]


@pytest.mark.parametrize("uid", BOARDS)
def test_an_override_by_name_names_a_series_of_its_panel(uid: str) -> None:
    for panel in panels(BOARDS[uid]):
        names = {target["legendFormat"] for target in panel["targets"]}
        names |= {
            name
            for step in panel.get("transformations", [])
            for name in step["options"].get("renameByName", {}).values()
        }
        named = {
            o["matcher"]["options"]
            for o in panel["fieldConfig"]["overrides"]
            if o["matcher"]["id"] == "byName"
        }
        if "{{status}}" not in names:
            assert named <= names, panel["title"]


def test_a_number_turns_red_where_the_alert_on_it_fires() -> None:
    thresholds = current().thresholds

    assert limits.FAILURE_RATIO[-1] == (thresholds["chronic_failure_ratio"], RED)
    assert limits.UNDELIVERED_SHARE[-1] == (thresholds["undelivered_ratio"], RED)
    assert limits.OLDEST_SECONDS[-1] == (thresholds["pending_seconds"], RED)
    assert limits.DATA_AGE_SECONDS[-1] == (thresholds["stale_seconds"], RED)
    assert limits.TIMES_MEAN_HOUR[-1] == (thresholds["spend_factor"], RED)
