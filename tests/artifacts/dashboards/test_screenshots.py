"""Pictures are taken of both themes, whole, and never of an empty page."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.screenshots import pictures, take


def test_a_dashboard_becomes_a_picture_in_each_theme(tmp_path: Path) -> None:
    url = "http://grafana:3000/d/betatel-spend/betatel-spend?from=now-6h"
    assert pictures("http://grafana:3000/", tmp_path, "week=betatel-spend?from=now-6h") == {
        tmp_path / "week-dark.png": f"{url}&theme=dark&kiosk",
        tmp_path / "week-light.png": f"{url}&theme=light&kiosk",
    }


def test_a_picture_has_its_size_and_an_empty_page_is_refused(
    tool: Callable[[str], str], tmp_path: Path
) -> None:
    tool("chromium")
    page, image = tmp_path / "page.html", tmp_path / "page.png"
    page.touch()
    with pytest.raises(ValueError, match="shows no dashboard"):
        take(image, page.as_uri(), "400x300")

    assert struct.unpack(">II", image.read_bytes()[16:24]) == (400, 300)
