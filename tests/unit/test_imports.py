"""Which packages may import each other, and which may use a library, as docs/architecture.md describes."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.support.paths import PACKAGE

MAY_IMPORT: Mapping[str, set[str]] = {
    "address": set(),
    "api": set(),
    "definitions": set(),
    "fairness": set(),
    "files": set(),
    "logs": set(),
    "simulator": set(),
    "webconfig": {"files"},
    "config": {"address", "api", "files"},
    "recent": {"api"},
    "results": {"api"},
    "failures": {"results"},
    "calls": {"api", "definitions"},
    "collector": {"api", "failures", "fairness", "results"},
    "metrics": {"api", "definitions", "recent", "results"},
    "web": {"api", "calls", "collector", "config", "fairness", "metrics", "recent", "results"},
    "assembly": {"api", "calls", "collector", "config", "fairness", "recent", "web", "webconfig"},
    "commands": {
        "files",
        "address",
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
    "__main__": {"cli"},
}

MAY_USE: Mapping[str, set[str]] = {
    "aiohttp": {"api"},
    "bcrypt": {"webconfig"},
    "h11": {"web"},
    "httpx": {"api", "commands"},
    "httpx_aiohttp": {"api"},
    "prometheus_client": {"calls", "commands", "metrics", "web"},
    "pydantic": {"api", "config", "simulator"},
    "pydantic_settings": {"config"},
    "starlette": {"assembly", "commands", "simulator", "web", "webconfig"},
    "structlog": {"logs"},
    "uvicorn": {"web"},
    "uvloop": {"web"},
    "yaml": {"files"},
}


def package(file: Path) -> str:
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names = (alias.name for alias in node.names if not alias.name.startswith("__"))
            yield from (f"{module}.{name}" for name in names) if module == "betatel_exporter" else [module]


FILES = sorted(file for file in PACKAGE.rglob("*.py") if file != PACKAGE / "__init__.py")


def test_a_package_imports_only_what_it_may() -> None:
    wrong = []
    for file in FILES:
        ours = {name.split(".")[1] for name in imported(file) if name.startswith("betatel_exporter.")}
        wrong += [f"{file.name}: {name}" for name in ours - {package(file)} - MAY_IMPORT[package(file)]]
    assert wrong == []


def test_imports_are_absolute_and_no_private_name_crosses_modules() -> None:
    wrong = []
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                private = [
                    alias.name for alias in node.names if alias.name.startswith("_") and alias.name[1] != "_"
                ]
                wrong += [f"{file.name}: {name}" for name in private]
                wrong += [f"{file.name}: relative import"] * (node.level > 0)
    assert wrong == []


def test_a_library_is_used_only_where_it_may_be() -> None:
    wrong = []
    for file in FILES:
        for library in {name.split(".")[0] for name in imported(file)} & MAY_USE.keys():
            wrong += [f"{file.name}: {library}"] * (package(file) not in MAY_USE[library])
    assert wrong == []
