"""Every values example of the docs renders valid objects and changes them."""

import re

import yaml

from tests.support.chart import Chart, objections
from tests.support.paths import ROOT

FOREIGN = {"ExternalSecret", "Certificate"}
"""Kinds of other operators, in extraManifests."""


def test_every_example_of_the_docs_renders_and_changes_what_is_rendered(chart: Chart) -> None:
    text = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)

    assert len(blocks) >= 15
    for block in blocks:
        values = yaml.safe_load(block)
        if values.get("kind") == "Application":
            values = values["spec"]["source"]["helm"]["valuesObject"]
        elif values.get("kind") == "HelmRelease":
            values = values["spec"]["values"]
        objects = chart.objects(values)

        assert objects != chart.objects({}), block
        assert objections([item for item in objects if item["kind"] not in FOREIGN]) == [], block
