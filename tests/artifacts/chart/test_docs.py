"""Every values example of the docs renders valid objects and changes them."""

import re

import yaml

from tests.support.chart import Helm, objections
from tests.support.paths import ROOT

TEXT = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
FOREIGN = {"ExternalSecret", "Certificate"}
"""Kinds of other operators, in extraManifests."""


def test_every_example_of_the_docs_renders_and_changes_what_is_rendered(helm: Helm) -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    plain = helm.objects({})

    assert len(blocks) >= 15
    for block in blocks:
        document = yaml.safe_load(block)
        values = {
            "Application": lambda found: found["spec"]["source"]["helm"]["valuesObject"],
            "HelmRelease": lambda found: found["spec"]["values"],
        }.get(document.get("kind"), lambda found: found)(document)
        objects = helm.objects(values)
        ours = [item for item in objects if item["kind"] not in FOREIGN]

        assert objects != plain, block
        assert objections(ours) == [], block
