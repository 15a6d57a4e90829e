"""Every values file of the chart's ci folder renders objects that a cluster accepts."""

from pathlib import Path
from typing import Any

import pytest

from betatel_exporter import __version__
from tests.support.chart import CASES, CHART, CRDS, Chart, container, objections, one, pod
from tools.chart.cluster.cases import LEAST, NAMES, VALUES
from tools.chart.helm import Objects, helm

LABELS = {f"app.kubernetes.io/{name}" for name in ("name", "instance", "version", "part-of", "managed-by")}
EXTRA_MANIFESTS = {"otp-metrics-extra", "rel-text"}


def pods(objects: Objects) -> list[Any]:
    """The exporter's and the test's."""
    return [pod(objects), one(objects, "Pod")["spec"]]


def test_kubernetes_and_the_operators_accept_every_object(chart: Chart) -> None:
    rendered = set[str]()
    found = []
    for kubernetes in ("1.25", "1.31", "1.37"):
        for case in CASES:
            objects = chart.objects(case, kubernetes=kubernetes)
            rendered |= {item["kind"] for item in objects}
            found += [f"{kubernetes} {case}: {objection}" for objection in objections(objects, kubernetes)]

    assert found == []
    assert rendered >= CRDS.keys() | {"Deployment", "Service", "ConfigMap", "Pod", "PodDisruptionBudget"}


def test_odd_names_of_releases_and_odd_values_give_valid_objects(chart: Chart) -> None:
    found = []
    for case in (*NAMES, *VALUES):
        objects = chart.objects(case.values, release=case.release, namespace=case.namespace)
        found += [f"{case.name}: {objection}" for objection in objections(objects)]
        service = one(objects, "Service")["metadata"]
        if not service["name"][0].isalpha() or len(service["name"]) > 63 or "." in service["name"]:
            found.append(f"{case.name}: {service['name']} is no name of a Service")
        if service["namespace"] != case.namespace:
            found.append(f"{case.name}: namespace {service['namespace']}")

    assert found == []


@pytest.mark.usefixtures("chart")
def test_helm_lint_finds_nothing() -> None:
    for case in CASES:
        printed = helm("lint", "--strict", CHART, "--values", CHART / "ci" / case)

        assert "[WARNING]" not in printed
        assert "[ERROR]" not in printed


def test_no_two_objects_share_a_name(chart: Chart) -> None:
    for case, objects in chart.cases():
        names = {
            (item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) for item in objects
        }
        assert len(names) == len(objects), case


def test_every_object_has_the_recommended_labels_and_the_common_annotations(chart: Chart) -> None:
    for case, objects in chart.cases():
        common = CASES[case].get("commonAnnotations", {})
        for metadata in [item["metadata"] for item in objects]:
            if metadata["name"] not in EXTRA_MANIFESTS:
                assert metadata["labels"].keys() >= LABELS, (case, metadata)
                assert metadata["labels"]["app.kubernetes.io/instance"] == "rel", (case, metadata)
                assert common.items() <= metadata.get("annotations", {}).items(), (case, metadata)


def test_pods_are_as_the_restricted_pod_security_standard_demands_and_more(chart: Chart) -> None:
    of_pod = {"automountServiceAccountToken": False, "enableServiceLinks": False}
    context = {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}}
    container_context = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    for case, objects in chart.cases():
        for spec in pods(objects):
            assert of_pod.items() <= spec.items(), case
            assert spec.keys().isdisjoint({"hostNetwork", "hostPID", "hostIPC"}), case
            assert context.items() <= spec["securityContext"].items(), case
            for each in [*spec["containers"], *spec.get("initContainers", [])]:
                assert container_context.items() <= each["securityContext"].items(), case
                assert not any("hostPort" in port for port in each.get("ports", [])), case
            assert spec["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True, case
            assert not any("hostPath" in volume for volume in spec.get("volumes", [])), case


def test_no_probe_calls_the_api(chart: Chart) -> None:
    for case, objects in chart.cases():
        for name in ("livenessProbe", "readinessProbe"):
            request = container(objects)[name].get("httpGet", {"path": "/-/ready"})
            assert request["path"] in {"/-/healthy", "/-/ready"}, case


def test_services_monitors_and_policies_select_the_exporter_and_not_its_test(chart: Chart) -> None:
    for case, objects in chart.cases():
        exporter = one(objects, "Deployment")["spec"]["template"]["metadata"]["labels"]
        test = one(objects, "Pod")["metadata"]["labels"]
        service = one(objects, "Service")["metadata"]["labels"]
        for item in objects:
            selector = item.get("spec", {}).get("selector", {})
            wanted = selector if item["kind"] == "Service" else selector.get("matchLabels")
            if wanted:
                selected = service if item["kind"] == "ServiceMonitor" else exporter
                assert wanted.items() <= selected.items(), (case, item["kind"])
                assert not wanted.items() <= test.items(), (case, item["kind"])


def test_every_volume_is_mounted_and_every_mount_has_its_volume(chart: Chart) -> None:
    for case, objects in chart.cases():
        mounts = {mount["name"] for mount in container(objects)["volumeMounts"]}
        assert {volume["name"] for volume in pod(objects)["volumes"]} == mounts, case


def test_a_parent_chart_sets_the_registry_and_the_pull_secrets(chart: Chart, tmp_path: Path) -> None:
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / "betatel-exporter").symlink_to(CHART)
    (tmp_path / "Chart.yaml").write_text("{apiVersion: v2, name: parent, version: 1.0.0}", encoding="utf-8")
    values = {
        "global": {
            "imageRegistry": "mirror.example.com/",
            "imagePullSecrets": ["mirror", {"name": "own"}],
            "other": 1,
        },
        "betatel-exporter": {**LEAST, "imagePullSecrets": [{"name": "own"}]},
    }

    objects = chart.objects(values, chart=tmp_path)

    for spec in pods(objects):
        assert spec["containers"][0]["image"] == f"mirror.example.com/betatel-exporter:{__version__}"
        assert spec["imagePullSecrets"] == [{"name": "own"}, {"name": "mirror"}]
