"""The notes of the chart show how to go on, and warn of what the values leave open."""

from collections.abc import Mapping
from typing import Any

from tests.support.chart import CASES, CHART, Chart, one

NOTES = (CHART / "templates" / "NOTES.txt").read_text(encoding="utf-8")


def notes(chart: Chart, values: Mapping[str, Any]) -> str:
    """The text for the user: "helm template" prints none, so a manifest of the values carries it."""
    manifest = f'{{{{ define "notes" }}}}{NOTES}{{{{ end }}}}{{kind: Notes, text: {{{{ include "notes" . | toJson }}}}}}'
    return str(one(chart.objects({**values, "extraManifests": [manifest]}), "Notes")["text"])


def test_the_notes_show_how_to_go_on(chart: Chart) -> None:
    text = notes(chart, CASES["kube-prometheus-stack-values.yaml"])

    for words in (
        "accounts bank, shop",
        "port-forward service/rel-betatel-exporter 10742:10742",
        "http://localhost:10742/",
        "helm test --namespace apps rel",
    ):
        assert words in text
    assert "kube-prometheus-stack" not in text


def test_the_notes_warn_of_what_is_ignored_fails_or_costs_more(chart: Chart) -> None:
    text = notes(chart, {"prometheusRule": {"enabled": True}, "replicaCount": 2})
    secured = notes(chart, {"webConfig": {"certificateSecret": "tls"}, "podMonitor": {"enabled": True}})

    assert "prometheusRule has no label `release`" in text
    assert "--set prometheusRule.labels.release=kps" in text
    assert "Each of the 2 pods is scraped and makes all API calls" in text
    assert "No monitor is enabled" in text
    assert "not-a-real-key" not in text
    assert "podMonitor.tlsConfig is empty" in secured
