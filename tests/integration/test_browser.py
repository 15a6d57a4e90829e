"""The landing page in a real browser."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.command import running

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--enable-logging=stderr",
)


@pytest.fixture(scope="module")
def page() -> Iterator[str]:
    arguments = ["demo", "--web.listen-address=127.0.0.1:0", "--simulator.listen-address=127.0.0.1:0"]
    with running(arguments, r"page +(http://\S+/)$") as (process, url):
        process.wait_for("Stop with Ctrl-C")
        yield url[1]


def browse(chromium: str, folder: Path, url: str, *flags: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [chromium, *FLAGS, f"--user-data-dir={folder / 'profile'}", *flags, url],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_the_browser_shows_the_page_and_refuses_none_of_it(
    page: str, tool: Callable[[str], str], tmp_path: Path
) -> None:
    shown = browse(tool("chromium"), tmp_path, page, "--dump-dom")
    assert '<p class="summary good">Up</p>' in shown.stdout
    assert "Content Security Policy" not in shown.stderr
