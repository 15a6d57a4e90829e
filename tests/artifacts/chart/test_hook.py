"""The command of ``helm test`` tells a ready exporter from any other answer."""

import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

Template = Callable[..., list[Any]]


@pytest.fixture
def service(serve: Callable[..., str]) -> str:
    return serve({"/-/ready": b"", "/": b""})


def _run(template: Template, service: str, path: str | None = None) -> int:
    """The hook's own command, with the address of a service that is there; gives its exit code."""
    (pod,) = [item for item in template("default-values.yaml") if item["kind"] == "Pod"]
    _, *options, url = pod["spec"]["containers"][0]["command"]
    asked = url.removeprefix("http://rel-betatel-exporter:10742")
    return subprocess.run(
        [sys.executable, *options, service + (path or asked)],
        check=False,
        timeout=30,
        capture_output=True,
        env={},
    ).returncode


def test_a_ready_exporter_passes(template: Template, service: str) -> None:
    assert _run(template, service) == 0


def test_another_answer_fails(template: Template, service: str) -> None:
    assert _run(template, service, "/somewhere/else") != 0


def test_no_answer_fails(template: Template) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))

        assert _run(template, f"http://127.0.0.1:{silent.getsockname()[1]}") != 0


def test_the_exporters_own_port_and_scheme_are_asked(template: Template) -> None:
    objects = template("everything-values.yaml")
    (pod,) = [item for item in objects if item["kind"] == "Pod"]

    assert pod["spec"]["containers"][0]["command"][-1] == "https://otp-metrics:80/-/ready"
