"""Pictures of a running Grafana's dashboards, each in the dark and in the light theme.

    python -m tools.screenshots http://127.0.0.1:3000 docs/images 'outage=betatel-overview?from=now-6h&to=now'

NAME=DASHBOARD?QUERY becomes NAME-dark.png and NAME-light.png; the query is Grafana's own: from, to, var-account and so on.
Needs Chromium, pngquant for small files, and a Grafana that shows dashboards without a login.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SIZE = "1280x900"
LOADED_AFTER = 300_000
"""Milliseconds of the page's own clock, which stands still while requests are under way."""
TIMEOUT = 600.0
BLANK = 40_000
"""Bytes: a smaller picture was taken before the panels were drawn, as happens on a busy machine."""
TRIES = 3


def pictures(grafana: str, folder: Path, wanted: str) -> dict[Path, str]:
    """The addresses by file."""
    name, _, dashboard = wanted.partition("=")
    uid, _, query = dashboard.partition("?")
    url = f"{grafana.rstrip('/')}/d/{uid}/{uid}?{query}"
    return {folder / f"{name}-{theme}.png": f"{url}&theme={theme}&kiosk" for theme in ("dark", "light")}


def take(file: Path, url: str, size: str = SIZE) -> None:
    """Raises ValueError where the page stays empty, subprocess.SubprocessError where Chromium fails or takes too long."""
    for _ in range(TRIES):
        with tempfile.TemporaryDirectory() as profile:
            command = [
                "chromium",
                "--headless",
                *(["--no-sandbox"] if os.geteuid() == 0 else []),
                "--kiosk",  # else the page gets less of the picture than its whole height
                f"--screen-info={{{size}}}",
                "--hide-scrollbars",
                "--disable-gpu",
                "--disable-background-networking",
                f"--user-data-dir={profile}",
                f"--virtual-time-budget={LOADED_AFTER}",
                f"--screenshot={file}",
                url,
            ]
            subprocess.run(command, check=True, timeout=TIMEOUT, capture_output=True)  # noqa: S603
        if file.stat().st_size >= BLANK:
            return
    raise ValueError(f"{url} shows no dashboard")


def main() -> None:
    grafana, folder, *wanted = sys.argv[1:]
    for text in wanted:
        for file, url in pictures(grafana, Path(folder), text).items():
            take(file, url)
            if pngquant := shutil.which("pngquant"):  # a palette instead of true colour: a third of the size
                command = [pngquant, "--force", "--strip", "--output", str(file), "64", str(file)]
                subprocess.run(command, check=True, timeout=TIMEOUT)  # noqa: S603
            print(f"{file}: {file.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()
