"""Every values file of the chart's ci folder gives objects that a cluster takes."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest

HERE = Path(__file__).parent
CHART = HERE.parents[2] / "helm" / "betatel-exporter"
CASES = sorted(path.name for path in (CHART / "ci").glob("*-values.yaml"))
OPERATOR_KINDS = {path.stem: json.loads(path.read_text()) for path in (HERE / "crds").glob("*.json")}
ALLOWED_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}

Template = Callable[..., list[Any]]


@pytest.fixture(params=CASES)
def objects(request: pytest.FixtureRequest, template: Template) -> list[Any]:
    return template(request.param)


def test_there_is_a_values_file_for_every_situation_the_docs_name() -> None:
    assert set(CASES) >= {
        "default-values.yaml",
        "everything-values.yaml",
        "existing-secret-values.yaml",
        "kube-prometheus-stack-values.yaml",
        "operator-values.yaml",
        "scrape-config-values.yaml",
        "several-accounts-values.yaml",
        "web-config-tls-values.yaml",
    }


@pytest.mark.parametrize("case", CASES)
def test_helm_lint_has_nothing_to_say(helm: Callable[..., Any], case: str) -> None:
    linted = helm("lint", "--strict", CHART, "--values", CHART / "ci" / case)

    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert "[WARNING]" not in linted.stdout
    assert "[ERROR]" not in linted.stdout


@pytest.mark.parametrize("kubernetes", ["1.25", "1.31", "1.37"])
def test_kubernetes_accepts_every_object(objects: list[Any], kubernetes: str) -> None:
    core = [item for item in objects if item["kind"] not in OPERATOR_KINDS]

    for item in core:
        kubernetes_validate.validate(item, kubernetes, strict=True)

    assert {"Deployment", "Service", "ConfigMap", "Pod"} <= {item["kind"] for item in core}


def test_the_operator_accepts_its_objects(objects: list[Any]) -> None:
    for item in objects:
        if item["kind"] in OPERATOR_KINDS:
            jsonschema.validate(item, OPERATOR_KINDS[item["kind"]])


def test_every_kind_of_the_operator_is_rendered_by_some_case(template: Template) -> None:
    rendered = {item["kind"] for case in CASES for item in template(case)}

    assert rendered >= set(OPERATOR_KINDS)


def test_no_two_objects_share_a_name(objects: list[Any]) -> None:
    names = [(item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) for item in objects]

    assert len(names) == len(set(names))


def test_every_object_carries_the_recommended_labels(objects: list[Any]) -> None:
    for item in objects:
        if item["metadata"]["name"] in {"otp-metrics-extra", "rel-text"}:
            continue  # given by the values, word for word
        labels = item["metadata"]["labels"]
        assert labels["app.kubernetes.io/instance"] == "rel"
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert labels["helm.sh/chart"].startswith("betatel-exporter-")
        assert {"app.kubernetes.io/name", "app.kubernetes.io/version", "app.kubernetes.io/part-of"} <= set(
            labels
        )


def test_the_restricted_pod_security_standard_accepts_every_pod(objects: list[Any]) -> None:
    pods = list(_pod_specs(objects))

    assert len(pods) == 2
    for pod in pods:
        assert list(_violations(pod)) == []


def test_the_check_of_the_standard_finds_what_is_forbidden(template: Template) -> None:
    pod = next(_pod_specs(template("default-values.yaml")))
    container = pod["containers"][0]
    pod["hostNetwork"] = True
    pod["volumes"].append({"name": "host", "hostPath": {"path": "/"}})
    pod["securityContext"] = {"runAsUser": 0}
    container["securityContext"] = {"privileged": True, "capabilities": {"add": ["SYS_ADMIN"]}}
    container["ports"][0]["hostPort"] = 80

    assert set(_violations(pod)) == {
        "hostNetwork",
        "volume host",
        "runAsNonRoot",
        "runAsUser",
        "seccompProfile",
        "privileged",
        "allowPrivilegeEscalation",
        "capabilities",
        "hostPort",
    }


def test_no_pod_talks_to_kubernetes_or_hears_of_its_services(objects: list[Any]) -> None:
    for pod in _pod_specs(objects):
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False


def test_the_root_filesystem_of_our_containers_is_read_only(objects: list[Any]) -> None:
    ours = [pod["containers"][0] for pod in _pod_specs(objects)]

    assert all(container["securityContext"]["readOnlyRootFilesystem"] for container in ours)


def test_no_probe_asks_for_metrics(objects: list[Any]) -> None:
    container = next(_pod_specs(objects))["containers"][0]

    assert container["livenessProbe"].get("httpGet", {}).get("path") in {"/-/healthy", None}
    assert container["readinessProbe"]["httpGet"]["path"] == "/-/ready"


def test_services_monitors_and_policies_select_the_exporter_and_not_its_test(objects: list[Any]) -> None:
    deployment = _one(objects, "Deployment")
    exporter = deployment["spec"]["template"]["metadata"]["labels"]
    test = _one(objects, "Pod")["metadata"]["labels"]
    service = _one(objects, "Service")

    for item in objects:
        selector = item.get("spec", {}).get("selector", {})
        wanted = selector if item["kind"] == "Service" else selector.get("matchLabels")
        selected = service["metadata"]["labels"] if item["kind"] == "ServiceMonitor" else exporter
        if wanted:
            assert wanted.items() <= selected.items(), item["kind"]
            assert not wanted.items() <= test.items(), item["kind"]


def test_every_volume_is_mounted_and_every_mount_has_its_volume(objects: list[Any]) -> None:
    pod = next(_pod_specs(objects))

    assert {volume["name"] for volume in pod["volumes"]} == {
        mount["name"] for mount in pod["containers"][0]["volumeMounts"]
    }


def _one(objects: list[Any], kind: str) -> Any:
    (found,) = (item for item in objects if item["kind"] == kind)
    return found


def _pod_specs(objects: list[Any]) -> Iterator[Any]:
    yield _one(objects, "Deployment")["spec"]["template"]["spec"]
    yield _one(objects, "Pod")["spec"]


def _violations(pod: Any) -> Iterator[str]:
    """What the restricted profile of the Pod Security Standards forbids, by the name of the field."""
    yield from (field for field in ("hostNetwork", "hostPID", "hostIPC") if pod.get(field))
    for volume in pod.get("volumes", []):
        if not set(volume) - {"name"} <= ALLOWED_VOLUMES:
            yield f"volume {volume['name']}"
    for container in [*pod["containers"], *pod.get("initContainers", [])]:
        context = {**pod.get("securityContext", {}), **container.get("securityContext", {})}
        yield from (field for field, forbidden in _forbidden(context).items() if forbidden)
        if any(port.get("hostPort") for port in container.get("ports", [])):
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
