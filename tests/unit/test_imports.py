"""Which packages may import each other, and which may use a library, as docs/architecture.md describes."""

import ast
import re
from collections.abc import Iterator, Mapping

from tests.support.paths import PACKAGE

ORDER = (
    *("address", "definitions", "fairness", "files", "logs", "simulator", "api", "recent"),
    *("results", "failures", "calls", "collector", "metrics", "web", "webconfig", "config"),
    *("assembly", "arguments", "commands", "cli", "__main__"),
)
"""A package or module imports only those before it..."""

NOTHING = frozenset[str]()
ONLY: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(["definitions", "fairness", "files", "logs", "simulator", "api"], NOTHING),
    **dict.fromkeys(["recent", "results"], frozenset({"api"})),
    "calls": frozenset({"api", "definitions"}),
    "webconfig": frozenset({"files"}),
    "config": frozenset({"address", "api", "files"}),
    "__main__": frozenset({"cli"}),
}
"""...and of those, these only these."""

MAY_USE: Mapping[str, set[str]] = {
    "aiohttp": {"api"},
    "bcrypt": {"webconfig"},
    "h11": {"web"},
    "httpx": {"api", "commands"},
    "prometheus_client": {"calls", "commands", "metrics", "web"},
    "pydantic": {"api", "config", "simulator"},
    "pydantic_settings": {"config"},
    "starlette": {"assembly", "commands", "simulator", "web", "webconfig"},
    "structlog": {"logs"},
    "uvicorn": {"web"},
    "uvloop": {"web"},
    "yaml": {"files"},
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Name of the package or module below ours, and a parsed file of it."""
    for file in sorted(PACKAGE.rglob("*.py")):
        if file != PACKAGE / "__init__.py":
            yield file.relative_to(PACKAGE).with_suffix("").parts[0], ast.parse(file.read_text())


def imported(module: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Module, name and level of each import."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "", 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name, node.level) for alias in node.names)


IMPORTS = [(package, *names) for package, module in modules() for names in imported(module)]


def test_a_package_imports_only_what_it_may() -> None:
    wrong = set()
    for package, module, name, _ in IMPORTS:
        if module.startswith("betatel_exporter") and name != "__version__":
            ours = f"{module}.{name}".split(".")[1]
            before = ORDER[: ORDER.index(package)]
            if ours not in {*ONLY.get(package, before), package}:
                wrong.add(f"{package}: {ours}")
    assert wrong == set()


def test_a_library_is_used_only_where_it_may_be() -> None:
    used = {(package, module.split(".")[0]) for package, module, *_ in IMPORTS}
    assert {
        (package, library) for package, library in used if package not in MAY_USE.get(library, {package})
    } == set()


def test_imports_are_absolute_and_no_private_name_crosses_modules() -> None:
    private = re.compile("_[a-z]", re.IGNORECASE)
    assert [one for one in IMPORTS if one[3] or private.match(one[2])] == []
