"""The tables of docs/configuration.md and docs/metrics.md, from the code."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from betatel_exporter.api.errors import Reason
from betatel_exporter.api.vocabulary import Operation, Status, Window
from betatel_exporter.config import ACCOUNT_SETTINGS, ONE_ACCOUNT, SETTINGS, Setting
from betatel_exporter.definitions import CATALOGUE
from tools.markdown import codes, filled, table

LABELS = (
    ("`account`", "the configured names, never an account id"),
    ("`window`", f"the configured windows, of {codes(Window)}"),
    ("`status`", f"{codes(Status)}; all of them if their query succeeded, including zeros"),
    ("`currency`", "the API's; `EUR` if it has none"),
    (
        "`country`, `network`",
        "the API's, trimmed and cut to 48 characters; `unknown` if empty; `other` as below",
    ),
    ("`reached`", "`true`, `false`"),
    ("`query`", "`stats/` and a window, `tdr/` and a status, `tdr/recent`"),
    ("`operation`", codes(Operation)),
    ("`reason`", f"{codes(Reason)}; see [reliability.md](reliability.md#reasons)"),
)


def files() -> Mapping[str, str]:
    return {
        "docs/configuration.md": filled("docs/configuration.md", _settings(), _overridden()),
        "docs/metrics.md": filled("docs/metrics.md", _metrics(), table(("label", "values"), LABELS)),
    }


def _settings() -> str:
    head = ("setting", "flag", "variable", "default", "description")
    return "\n\n".join(
        f"## {group[0].upper()}{group[1:]}\n\n{table(head, map(_row, settings))}"
        for group, settings in groupby(SETTINGS, key=lambda setting: setting.group)
    )


def _row(setting: Setting) -> Sequence[str]:
    names = (setting.key, setting.flag, setting.variable, setting.default)
    return *(f"`{name}`" if name else "" for name in names), setting.description


def _overridden() -> str:
    own = codes(setting.key for setting in ACCOUNT_SETTINGS if setting.key not in ONE_ACCOUNT)
    return f"An account can override {own}."


def _metrics() -> str:
    rows = ((f"`{metric.name}`", metric.type, codes(metric.labels), metric.meaning) for metric in CATALOGUE)
    return table(("metric", "type", "labels", "meaning"), rows)
