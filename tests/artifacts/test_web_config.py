"""The example of a web config file, and its page in the docs."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from betatel_exporter.webconfig import settings, tls
from tests.support.paths import ROOT
from tests.support.webconfig import Folder

EXAMPLE = (ROOT / "docs" / "examples" / "web-config.yml").read_text()
MANUAL = (ROOT / "docs" / "web-config.md").read_text()
WEB_CONFIG, SCRAPE_CONFIG = re.findall(r"^```yaml\n(.*?)^```", MANUAL, re.MULTILINE | re.DOTALL)


def test_the_web_configs_of_example_and_manual_work(tmp_path: Path) -> None:
    folder = Folder.certified(tmp_path)
    folder.trust(folder.ca, "clients-ca.crt")
    with_clients = re.sub(r"^  # (client_\w+:)", r"  \1", EXAMPLE, flags=re.MULTILINE)
    assert with_clients != EXAMPLE
    for text in (EXAMPLE, with_clients, WEB_CONFIG):
        folder.write(text)
        assert list(folder.config().users) == ["prometheus"]


def test_promtool_accepts_the_example_and_the_scrape_config(
    tmp_path: Path, tool: Callable[[str], str]
) -> None:
    folder = Folder.certified(tmp_path)
    for command, text in ((["web-config"], EXAMPLE), (["config", "--syntax-only"], SCRAPE_CONFIG)):
        folder.write(text)
        subprocess.run([tool("promtool"), "check", *command, folder.file], check=True, timeout=60)


def test_the_manual_explains_every_setting_and_choice() -> None:
    names = {*settings.SECTIONS, *settings.UNSUPPORTED, *settings.HTTP_UNSUPPORTED}
    names |= {*tls.SETTINGS, *tls.UNSUPPORTED, *tls.VERSIONS, *tls.VERIFY_MODES, *tls.UNVERIFIED_MODES}
    assert [name for name in names if not re.search(rf"`[^`]*\b{name}\b[^`]*`", MANUAL)] == []
