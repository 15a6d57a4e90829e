"""The directions in which the rooms may import each other, as docs/architecture.md draws them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import PACKAGE

MAY_IMPORT: dict[str, set[str]] = {
    "address": set(),
    "files": set(),
    "api": set(),
    "definitions": set(),
    "fairness": set(),
    "results": {"api"},
    "failures": {"results"},
    "calls": {"api", "definitions"},
    "collector": {"api", "failures", "fairness", "results"},
    "recent": {"api"},
    "metrics": {"api", "definitions", "recent", "results"},
    "config": {"address", "api", "files"},
    "web": {"api", "recent", "calls", "collector", "config", "metrics", "results"},
    "webconfig": {"files"},
    "simulator": set(),
    "logs": set(),
    "assembly": {"api", "calls", "collector", "config", "fairness", "recent", "web", "webconfig"},
    "commands": {
        "address",
        "files",
        "api",
        "assembly",
        "calls",
        "collector",
        "config",
        "recent",
        "results",
        "simulator",
        "web",
    },
    "arguments": {"address", "config", "files", "simulator"},
    "cli": {"arguments", "assembly", "commands", "config", "logs", "web", "webconfig"},
    "__main__": {"cli", "commands"},
}

ROOMS_OF_A_LIBRARY = {
    "prometheus_client": {"calls", "commands", "metrics", "web"},
    "httpx": {"api", "commands"},
    "aiohttp": {"api"},
    "pydantic": {"api"},
    "yaml": {"files", "webconfig"},
    "starlette": {"assembly", "commands", "simulator", "web", "webconfig"},
    "h11": {"web"},
    "uvicorn": {"web"},
    "uvloop": {"web"},
    "structlog": {"logs"},
    "bcrypt": {"webconfig"},
}


def room(file: Path) -> str:
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""
            if node.module == "betatel_exporter":
                yield from (
                    f"betatel_exporter.{alias.name}"
                    for alias in node.names
                    if not alias.name.startswith("__")
                )


FILES = sorted(file for file in PACKAGE.rglob("*.py") if file != PACKAGE / "__init__.py")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_room_imports_only_what_it_may(file: Path) -> None:
    rooms = {name.split(".")[1] for name in imported(file) if name.startswith("betatel_exporter.")}
    assert rooms - {room(file)} <= MAY_IMPORT[room(file)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_library_stays_in_its_rooms(file: Path) -> None:
    libraries = {name.split(".")[0] for name in imported(file)}
    for library, rooms in ROOMS_OF_A_LIBRARY.items():
        assert library not in libraries or room(file) in rooms, f"{library} in {room(file)}"


def test_every_room_has_its_directions() -> None:
    assert set(map(room, FILES)) == set(MAY_IMPORT)
