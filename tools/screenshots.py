"""Pictures of a running Grafana's dashboards, each in the dark and in the light theme.

    python -m tools.screenshots http://127.0.0.1:3000 docs/images 'overview=betatel-overview?from=now-6h&to=now'

NAME=DASHBOARD?QUERY becomes NAME-dark.png and NAME-light.png; the query is Grafana's own: from, to, var-account and so on.
Needs Chromium, and pngquant for small files.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LOADED_AFTER = 300_000
"""Milliseconds of the page's own clock, which stands still while requests are under way."""
TIMEOUT = 120.0
BLANK = 40_000
"""Bytes: a smaller picture was taken before the panels were drawn, as happens on a busy machine."""
TRIES = 3


def pictures(grafana: str, folder: Path, wanted: str) -> dict[Path, str]:
    """The addresses by file of NAME=DASHBOARD?QUERY; raises ValueError for other texts."""
    name, _, dashboard = wanted.partition("=")
    uid, _, query = dashboard.partition("?")
    if not (name and uid):
        raise ValueError(f"{wanted!r} is not NAME=DASHBOARD?QUERY")
    url = f"{grafana.rstrip('/')}/d/{uid}/{uid}?{query}"
    return {folder / f"{name}-{theme}.png": f"{url}&theme={theme}&kiosk" for theme in ("dark", "light")}


def take(file: Path, url: str, size: str, chromium: str) -> None:
    """Raises ValueError where the page stays empty, subprocess.SubprocessError where Chromium fails or takes too long."""
    for _ in range(TRIES):
        with tempfile.TemporaryDirectory() as profile:
            command = [
                chromium,
                "--headless",
                "--kiosk",  # else the page gets less of the picture than its whole height
                f"--screen-info={{{size}}}",
                "--hide-scrollbars",
                "--disable-gpu",
                "--disable-background-networking",
                f"--user-data-dir={profile}",
                f"--virtual-time-budget={LOADED_AFTER}",
                f"--screenshot={file}",
                *(["--no-sandbox"] if os.geteuid() == 0 else []),
                url,
            ]
            subprocess.run(command, check=True, timeout=TIMEOUT, capture_output=True)  # noqa: S603
        if file.stat().st_size >= BLANK:
            return
    raise ValueError(f"{url} shows no dashboard")


def shrink(file: Path) -> None:
    """A palette instead of true colour: about a third of the size."""
    if pngquant := shutil.which("pngquant"):
        command = [pngquant, "--force", "--strip", "--output", str(file), "64", str(file)]
        subprocess.run(command, check=True, timeout=TIMEOUT)  # noqa: S603


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("grafana", help="its address; it has to show dashboards without a login")
    parser.add_argument("folder", type=Path)
    parser.add_argument("picture", nargs="+", metavar="NAME=DASHBOARD?QUERY")
    parser.add_argument("--size", default="1280x900", help="in pixels (default: %(default)s)")
    parser.add_argument("--chromium", default=shutil.which("chromium") or "google-chrome")
    options = parser.parse_args()
    try:
        for text in options.picture:
            for file, url in pictures(options.grafana, options.folder, text).items():
                take(file, url, options.size, options.chromium)
                shrink(file)
                print(f"{file}: {file.stat().st_size / 1000:.0f} KB")
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        print(f"screenshots: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
