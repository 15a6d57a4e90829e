"""Pictures are taken of both themes, whole, and never of an empty page."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.screenshots import pictures, take

NOISE = """<body style="margin:0"><canvas width="400" height="300"></canvas><script>
const context = document.querySelector("canvas").getContext("2d"), image = context.createImageData(400, 300);
image.data.forEach((_, index) => { image.data[index] = index % 4 === 3 ? 255 : Math.random() * 256; });
context.putImageData(image, 0, 0);
</script>"""


def test_a_dashboard_becomes_a_picture_in_each_theme(tmp_path: Path) -> None:
    query = "betatel-overview/betatel-overview?from=now-6h&to=now"
    assert pictures("http://grafana:3000/", tmp_path, "outage=betatel-overview?from=now-6h&to=now") == {
        tmp_path / "outage-dark.png": f"http://grafana:3000/d/{query}&theme=dark&kiosk",
        tmp_path / "outage-light.png": f"http://grafana:3000/d/{query}&theme=light&kiosk",
    }
    for text in ("betatel-overview", "=betatel-overview", "outage=", "outage=?from=now-6h"):
        with pytest.raises(ValueError, match="NAME=DASHBOARD"):
            pictures("http://grafana:3000", tmp_path, text)


def test_a_picture_has_its_size_and_an_empty_page_is_refused(
    tool: Callable[[str], str], tmp_path: Path
) -> None:
    chromium, page, image = tool("chromium"), tmp_path / "page.html", tmp_path / "page.png"
    page.write_text(NOISE)
    take(image, page.as_uri(), "400x300", chromium)

    assert struct.unpack(">II", image.read_bytes()[16:24]) == (400, 300)
    page.write_text("")
    with pytest.raises(ValueError, match="shows no dashboard"):
        take(image, page.as_uri(), "400x300", chromium)
