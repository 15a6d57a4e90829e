"""The rules of Grafana's dashboard-linter, as far as they apply to dashboards on Prometheus.

Each rule takes a dashboard and yields what is wrong, as (title of the panel or name of the variable, fault). They are as
strict as the originals or stricter: they look at panels of every type.
"""

import re
from collections.abc import Callable, Iterator

import promql_parser as promql

from tests.artifacts.dashboards.boards import Json, Target, panels, targets, with_durations

Fault = tuple[str, str]
Rule = Callable[[Json], Iterator[Fault]]

UNITS = {
    "none", "short", "locale", "percentunit", "s", "bytes", "cpm", "currencyEUR", "currencyGBP", "currencyUSD",
}  # fmt: skip
"""The units in use, each found in Grafana's list of value formats."""


def variables(dashboard: Json, kind: str) -> list[Json]:
    return [variable for variable in dashboard["templating"]["list"] if variable["type"] == kind]


def template_datasource(dashboard: Json) -> Iterator[Fault]:
    found = variables(dashboard, "datasource")
    if len(found) != 1:
        yield "", "needs one data source variable"
    for variable in found:
        if (variable["name"], variable["label"], variable["query"]) != (
            "datasource",
            "Data source",
            "prometheus",
        ):
            yield variable["name"], "should be datasource, Data source, of type prometheus"


def _template(name: str, label: str) -> Rule:
    def rule(dashboard: Json) -> Iterator[Fault]:
        found = [variable for variable in variables(dashboard, "query") if variable["name"] == name]
        if len(found) != 1:
            yield name, "is missing"
        for variable in found:
            if variable["datasource"]["uid"] != "${datasource}":
                yield name, "does not use the data source variable"
            if variable["label"] != label:
                yield name, f"should be labelled {label}"
            if not variable["multi"] or variable["allValue"] != ".+":
                yield name, "should be a multi select with .+ for all"

    return rule


def template_label_promql(dashboard: Json) -> Iterator[Fault]:
    for variable in variables(dashboard, "query"):
        match = re.fullmatch(r"label_values\((.+), \w+\)", variable["query"]["query"])
        if match is None:
            yield variable["name"], "is no label_values(selector, label)"
        elif fault := _syntax(match[1]):
            yield variable["name"], fault


def template_on_time_change_reload(dashboard: Json) -> Iterator[Fault]:
    for variable in variables(dashboard, "query"):
        if variable["refresh"] != 2:
            yield variable["name"], "should be refreshed when the time range changes"


def panel_datasource(dashboard: Json) -> Iterator[Fault]:
    for panel in panels(dashboard):
        for part in (panel, *panel["targets"]):
            if part["datasource"]["uid"] != "${datasource}":
                yield panel["title"], "does not use the data source variable"


def panel_title_description(dashboard: Json) -> Iterator[Fault]:
    for panel in panels(dashboard):
        if not panel.get("title") or not panel.get("description"):
            yield panel.get("title", ""), "needs a title and a description"


def panel_units(dashboard: Json) -> Iterator[Fault]:
    for panel in panels(dashboard):
        for unit in _units(panel["fieldConfig"]):
            if unit not in UNITS:
                yield panel["title"], f"has no known unit: {unit!r}"


def panel_no_targets(dashboard: Json) -> Iterator[Fault]:
    for panel in panels(dashboard):
        if not panel["targets"]:
            yield panel["title"], "has no query"


def target_logql(dashboard: Json) -> Iterator[Fault]:
    for panel in panels(dashboard):
        if any(target["datasource"]["type"] == "loki" for target in panel["targets"]):
            yield panel["title"], "asks Loki, whose language nothing here can check"


def target_logql_auto(dashboard: Json) -> Iterator[Fault]:
    for panel in panels(dashboard):
        for target in panel["targets"]:
            if target["datasource"]["type"] == "loki" and re.search(r"\[(?!\$__auto\])", target["expr"]):
                yield panel["title"], "should use $__auto"


def target_promql(dashboard: Json) -> Iterator[Fault]:
    for target in targets(dashboard):
        if fault := _syntax(with_durations(target.expr)):
            yield target.panel, fault


def target_rate_interval(dashboard: Json) -> Iterator[Fault]:
    for target in targets(dashboard):
        ranges = re.findall(r"\b(?:i?rate|increase)\([^][]*\[([^]]*)\]", target.expr)
        if any(found != "$__rate_interval" for found in ranges):
            yield target.panel, "should use $__rate_interval"


def _matcher(label: str) -> Rule:
    def rule(dashboard: Json) -> Iterator[Fault]:
        for target in targets(dashboard):
            for selector in selectors(target):
                found = [(one.op, one.value) for one in selector.matchers.matchers if one.name == label]
                if found != [(promql.MatchOp.Re, f"${label}")]:
                    yield target.panel, f"{selector.name} is not matched by {label}"

    return rule


def target_counter_agg(dashboard: Json) -> Iterator[Fault]:
    for target in targets(dashboard):
        counters = re.findall(r"(\w*\(?)\b\w+_total\b", target.expr)
        if any(call not in {"rate(", "irate(", "increase("} for call in counters):
            yield target.panel, "a counter outside rate, irate and increase"


def uneditable_dashboard(dashboard: Json) -> Iterator[Fault]:
    if dashboard.get("editable", True):
        yield "", "is editable"


RULES: dict[str, Rule] = {
    "template-datasource-rule": template_datasource,
    "template-job-rule": _template("job", "Job"),
    "template-instance-rule": _template("instance", "Instance"),
    "template-label-promql-rule": template_label_promql,
    "template-on-time-change-reload-rule": template_on_time_change_reload,
    "panel-datasource-rule": panel_datasource,
    "panel-title-description-rule": panel_title_description,
    "panel-units-rule": panel_units,
    "panel-no-targets-rule": panel_no_targets,
    "target-logql-rule": target_logql,
    "target-logql-auto-rule": target_logql_auto,
    "target-promql-rule": target_promql,
    "target-rate-interval-rule": target_rate_interval,
    "target-job-rule": _matcher("job"),
    "target-instance-rule": _matcher("instance"),
    "target-counter-agg-rule": target_counter_agg,
    "uneditable-dashboard": uneditable_dashboard,
}


def selectors(target: Target) -> list[promql.VectorSelector]:
    """Every selector of a query, those inside ranges included."""
    found: list[promql.VectorSelector] = []

    def visit(node: promql.Expr) -> bool:
        if isinstance(node, promql.VectorSelector):
            found.append(node)
        return True

    promql.walk(promql.parse(with_durations(target.expr)), visit)
    return found


def _syntax(expr: str) -> str:
    try:
        promql.parse(expr)
    except ValueError as error:
        return str(error)
    return ""


def _units(config: Json) -> Iterator[str]:
    yield config["defaults"].get("unit", "")
    for override in config["overrides"]:
        yield from (one["value"] for one in override["properties"] if one["id"] == "unit")
