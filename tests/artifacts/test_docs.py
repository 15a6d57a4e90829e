"""Links, files, settings and metrics that the documentation names exist."""

import re
from collections.abc import Iterator
from pathlib import Path

from betatel_exporter.config import SETTINGS
from betatel_exporter.definitions import CATALOGUE
from tests.support.paths import PACKAGE, ROOT

PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "helm").rglob("*.md")]
WRITTEN = [page for page in PAGES if page.name != "CHANGELOG.md"]
"""The change log names what is no more."""


def prose(page: Path) -> str:
    """The page without what it shows as output, and with its other blocks."""
    text = page.read_text(encoding="utf-8")
    blocks = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return blocks.sub(lambda block: "" if block[1] in {"", "text"} else block[2].replace("#", ""), text)


def anchors(page: Path) -> set[str]:
    """The fragments of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_links_lead_somewhere() -> None:
    wrong = []
    for page in PAGES:
        links = re.findall(r'(?:\]\(|srcset="|src=")([^)"\s]+)', prose(page))
        for link in links:
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            if "://" in link:
                continue
            if not target.exists() or (anchor and anchor not in anchors(target)):
                wrong.append(f"{page.name}: {link}")
    assert wrong == []


def test_files_that_are_named_exist() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()} - {"dist"}
    wrong = []
    for page in WRITTEN:
        for name in re.findall(r"`([\w.-]+/[\w./-]*)`", prose(page)):
            roots = [ROOT, PACKAGE] if page.name == "CONTRIBUTING.md" else [ROOT]
            ours = name.split("/")[0] in folders or PACKAGE in roots
            if ours and not any((root / name).exists() for root in roots):
                wrong.append(f"{page.name}: {name}")
    assert wrong == []


def test_the_map_of_packages_names_what_is_there() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    inside = re.findall(r"^  (\S.*?)  ", text.partition("```\n")[2].partition("```")[0], re.MULTILINE)
    assert [name for names in inside for name in names.split(", ") if not (PACKAGE / name).exists()] == []


def _unknown_names(page: Path) -> Iterator[str]:
    text = prose(page)
    known = {setting.flag for setting in SETTINGS} | {setting.variable for setting in SETTINGS}
    yield from set(re.findall(r"--(?:web|log|config)\.[\w.-]+\w|BETATEL_\w+", text)) - known
    metrics = {metric.name for metric in CATALOGUE}
    yield from set(re.findall(r"(?<![\w:/.-])betatel_[a-z_]+(?![\w:.-])", text)) - metrics


def test_settings_and_metrics_that_are_named_exist() -> None:
    assert [f"{page.name}: {name}" for page in WRITTEN for name in _unknown_names(page)] == []
