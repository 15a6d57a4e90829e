"""The generated files of the chart: ``settings`` in values.yaml, values.schema.json and the README with its table of values.

``python -m tools.chart.build`` writes them.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tools.chart.schema import Known, schema
from tools.chart.settings import Schema, account_settings, process_settings, section
from tools.paths import ROOT
from tools.rules.tune import RULES, current

CHART = "helm/betatel-exporter"
MARKER = "<!-- values -->\n"
SETTINGS = re.compile(r"(?<=^settings:\n).*?(?=^\n)", re.MULTILINE | re.DOTALL)
NO_ROWS_BELOW = {"prometheusRule.thresholds"}


def files() -> dict[str, str]:
    generated = generate(_text(ROOT / CHART / "values.yaml"))
    return {f"{CHART}/{name}": text for name, text in generated.items()}


def generate(values: str) -> dict[str, str]:
    """What is made of values.yaml, itself included, by name of the file; raises ValueError where it is incomplete."""
    constraints = yaml.safe_load(_text(Path(__file__).with_name("constraints.yml")))
    known = _known(constraints)
    values = SETTINGS.sub(lambda _: section(known.settings), values, count=1)
    document = schema(values, constraints, known)
    return {
        "values.yaml": values,
        "values.schema.json": json.dumps(document, indent=2, ensure_ascii=False) + "\n",
        "README.md": readme(_text(Path(__file__).with_name("readme.template.md")), document),
    }


def readme(template: str, document: Schema) -> str:
    rows = "".join(_rows(document, ()))
    return template.replace(MARKER, f"| value | default | meaning |\n|---|---|---|\n{rows}")


def _known(constraints: Mapping[str, Any]) -> Known:
    rules = yaml.load(_text(ROOT / RULES), yaml.CSafeLoader)
    alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule}
    words = constraints["settings"], constraints["fraction"]
    return Known(
        process_settings(*words), account_settings(*words), dict(current().thresholds), sorted(alerts)
    )


def _rows(node: Schema, above: tuple[str, ...]) -> Iterator[str]:
    """A line for every described value; ``NAME`` stands for the keys that users choose."""
    for name, child in node.get("properties", {}).items():
        path = (*above, name)
        if "description" in child:
            default = f"`{json.dumps(child['default'], ensure_ascii=False)}`" if "default" in child else ""
            meaning = child["description"].replace("|", "\\|")
            yield f"| `{'.'.join(path)}` | {default} | {meaning} |\n"
        if ".".join(path) not in NO_ROWS_BELOW:
            yield from _rows(child, path)
    others = node.get("additionalProperties")
    if isinstance(others, dict):
        yield from _rows(others, (*above, "NAME"))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def main() -> None:
    for path, text in files().items():
        (ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
