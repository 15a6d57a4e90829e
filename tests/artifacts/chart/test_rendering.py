"""Every values file of the chart's ci folder renders objects that a cluster accepts."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.chart import CASES, CHART, CRDS, Helm, container, every_case, objections, one, pods
from tools.chart.cluster.cases import NAMES, VALUES

ALLOWED_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret",
}  # fmt: skip


@pytest.mark.parametrize("kubernetes", ["1.25", "1.31", "1.37"])
def test_kubernetes_and_the_operators_accept_every_object(helm: Helm, kubernetes: str) -> None:
    rendered = set[str]()
    found = []
    for case in CASES:
        objects = helm.objects(case, f"--kube-version={kubernetes}")
        rendered |= {item["kind"] for item in objects}
        found += [f"{case}: {objection}" for objection in objections(objects, kubernetes)]

    assert found == []
    assert rendered >= CRDS.keys() | {"Deployment", "Service", "ConfigMap", "Pod", "PodDisruptionBudget"}


def test_names_of_releases_and_odd_values_give_valid_objects(helm: Helm) -> None:
    found = []
    for case in (*NAMES, *VALUES):
        objects = helm.objects(case.values, release=case.release, namespace=case.namespace)
        found += [f"{case.name}: {objection}" for objection in objections(objects)]
        service = one(objects, "Service")["metadata"]
        if not service["name"][0].isalpha() or len(service["name"]) > 63 or "." in service["name"]:
            found.append(f"{case.name}: {service['name']} is no name of a Service")
        if service["namespace"] != case.namespace:
            found.append(f"{case.name}: namespace {service['namespace']}")

    assert found == []


def test_helm_lint_has_no_remark(helm: Helm) -> None:
    for case in CASES:
        linted = helm("lint", "--strict", CHART, "--values", CHART / "ci" / case)

        assert linted.returncode == 0, linted.stdout + linted.stderr
        assert "[WARNING]" not in linted.stdout
        assert "[ERROR]" not in linted.stdout


def test_no_two_objects_share_a_name(helm: Helm) -> None:
    for case, objects in every_case(helm):
        names = [
            (item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) for item in objects
        ]
        assert len(names) == len(set(names)), case


def test_every_object_has_the_recommended_labels_and_the_common_annotations(helm: Helm) -> None:
    found = []
    for case, objects in every_case(helm):
        for item in objects:
            metadata = item["metadata"]
            if metadata["name"] in {"otp-metrics-extra", "rel-text"}:
                continue  # extraManifests are taken as they are
            labels = metadata["labels"]
            wanted = {"app.kubernetes.io/instance": "rel", "app.kubernetes.io/managed-by": "Helm"}
            described = {f"app.kubernetes.io/{name}" for name in ("name", "version", "part-of")} | {
                "helm.sh/chart"
            }
            common = CASES[case].get("commonAnnotations", {})
            if not (
                wanted.items() <= labels.items()
                and described <= labels.keys()
                and common.items() <= metadata.get("annotations", {}).items()
            ):
                found.append(f"{case}: {item['kind']} {metadata}")

    assert found == []


def test_the_restricted_pod_security_standard_accepts_every_pod(helm: Helm) -> None:
    found = [
        f"{case}: {violation}"
        for case, objects in every_case(helm)
        for pod in pods(objects)
        for violation in violations(pod)
    ]

    assert found == []


def test_the_check_of_the_standard_finds_what_is_forbidden(helm: Helm) -> None:
    pod = copy.deepcopy(next(pods(helm.objects("default-values.yaml"))))
    pod["hostNetwork"] = True
    pod["volumes"].append({"name": "host", "hostPath": {"path": "/"}})
    pod["securityContext"] = {"runAsUser": 0}
    pod["containers"][0]["securityContext"] = {"privileged": True, "capabilities": {"add": ["SYS_ADMIN"]}}
    pod["containers"][0]["ports"][0]["hostPort"] = 80

    assert set(violations(pod)) == {
        "hostNetwork", "volume host", "runAsNonRoot", "runAsUser", "seccompProfile", "privileged",
        "allowPrivilegeEscalation", "capabilities", "hostPort",
    }  # fmt: skip


def test_pods_use_neither_the_kubernetes_api_nor_a_writable_root_filesystem(helm: Helm) -> None:
    for case, objects in every_case(helm):
        for pod in pods(objects):
            assert pod["automountServiceAccountToken"] is False, case
            assert pod["enableServiceLinks"] is False, case
            assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True, case


def test_no_probe_calls_the_api(helm: Helm) -> None:
    for case, objects in every_case(helm):
        probes = [container(objects)[name] for name in ("livenessProbe", "readinessProbe")]
        paths = {probe["httpGet"]["path"] for probe in probes if "httpGet" in probe}
        assert paths <= {"/-/healthy", "/-/ready"}, case
        assert len(paths) > 0, case


def test_services_monitors_and_policies_select_the_exporter_and_not_its_test(helm: Helm) -> None:
    for case, objects in every_case(helm):
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


def test_every_volume_is_mounted_and_every_mount_has_its_volume(helm: Helm) -> None:
    for case, objects in every_case(helm):
        pod = next(pods(objects))
        mounts = {mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
        assert {volume["name"] for volume in pod["volumes"]} == mounts, case


def violations(pod: Any) -> Iterator[str]:
    """What the restricted profile of the Pod Security Standards forbids, by the name of the field."""
    yield from (field for field in ("hostNetwork", "hostPID", "hostIPC") if pod.get(field))
    for volume in pod.get("volumes", []):
        if not set(volume) - {"name"} <= ALLOWED_VOLUMES:
            yield f"volume {volume['name']}"
    for each in [*pod["containers"], *pod.get("initContainers", [])]:
        context = {**pod.get("securityContext", {}), **each.get("securityContext", {})}
        yield from (field for field, forbidden in _forbidden(context).items() if forbidden)
        if any(port.get("hostPort") for port in each.get("ports", [])):
            yield "hostPort"


def _forbidden(context: Any) -> dict[str, bool]:
    capabilities = context.get("capabilities", {})
    return {
        "runAsNonRoot": context.get("runAsNonRoot") is not True,
        "runAsUser": context.get("runAsUser") == 0,
        "seccompProfile": context.get("seccompProfile", {}).get("type")
        not in {"RuntimeDefault", "Localhost"},
        "privileged": context.get("privileged", False),
        "allowPrivilegeEscalation": context.get("allowPrivilegeEscalation") is not False,
        "capabilities": "ALL" not in capabilities.get("drop", [])
        or not set(capabilities.get("add", [])) <= {"NET_BIND_SERVICE"},
    }
