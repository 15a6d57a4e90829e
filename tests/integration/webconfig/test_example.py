"""The shipped example and the manual."""

import re
import subprocess
from collections.abc import Callable

from betatel_exporter.webconfig import settings, tls
from tests.support.paths import ROOT
from tests.support.webconfig import Folder

EXAMPLE = (ROOT / "docs" / "examples" / "web-config.yml").read_text()
MANUAL = (ROOT / "docs" / "web-config.md").read_text()
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", MANUAL, re.MULTILINE | re.DOTALL)


def test_promtool_accepts_the_example(folder: Folder, tool: Callable[[str], str]) -> None:
    folder.write(EXAMPLE)
    subprocess.run([tool("promtool"), "check", "web-config", folder.file], check=True, timeout=60)


def test_the_web_configs_of_example_and_manual_work(folder: Folder) -> None:
    folder.trust(folder.ca, "clients-ca.crt")
    with_clients = re.sub(r"^  # (client_\w+:)", r"  \1", EXAMPLE, flags=re.MULTILINE)
    assert with_clients != EXAMPLE
    for text in (EXAMPLE, with_clients, BLOCKS[0]):
        folder.write(text)
        assert list(folder.config().users) == ["prometheus"]


def test_the_scrape_config_of_the_manual_is_one(folder: Folder, tool: Callable[[str], str]) -> None:
    folder.write(BLOCKS[1])
    subprocess.run(
        [tool("promtool"), "check", "config", "--syntax-only", folder.file], check=True, timeout=60
    )


def test_the_manual_explains_every_setting_and_choice() -> None:
    names = {*settings.SECTIONS, *settings.UNSUPPORTED, *settings.HTTP_UNSUPPORTED}
    names |= {*tls.SETTINGS, *tls.UNSUPPORTED, *tls.VERSIONS, *tls.VERIFY_MODES, *tls.UNVERIFIED_MODES}
    assert [name for name in names if not re.search(rf"`[^`]*\b{name}\b[^`]*`", MANUAL)] == []
