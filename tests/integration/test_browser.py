"""The landing page in a real browser."""

import struct
import subprocess
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
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


def first_pixel(png: bytes) -> bytes:
    """Red, green and blue of the upper left corner, which no filter of the format changes."""
    data, place = b"", 8
    while place < len(png):
        length, name = struct.unpack(">I4s", png[place : place + 8])
        data += png[place + 8 : place + 8 + length] if name == b"IDAT" else b""
        place += length + 12
    return zlib.decompress(data)[1:4]


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
    assert shown.stdout.count('<span class="mark good">ok</span>') == 10
    assert "Content Security Policy" not in shown.stderr


@pytest.mark.parametrize(("flag", "dark"), [("--force-light-mode", False), ("--force-dark-mode", True)])
def test_the_page_is_light_or_dark_as_the_system_is(
    page: str, tool: Callable[[str], str], tmp_path: Path, flag: str, *, dark: bool
) -> None:
    picture = tmp_path / "page.png"
    browse(tool("chromium"), tmp_path, page, flag, "--window-size=400,300", f"--screenshot={picture}")
    assert (sum(first_pixel(picture.read_bytes())) < 3 * 128) is dark


def test_the_page_names_nothing_elsewhere_but_the_documentation(page: str) -> None:
    text = httpx.get(page).text
    elsewhere = {part.split('"')[0] for part in text.split('="http')[1:]}
    assert len(elsewhere) == 1
    assert "src=" not in text
    assert "<link" not in text
    assert "<script" not in text
