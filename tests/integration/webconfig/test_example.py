"""The shipped example and the manual."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import yaml

from betatel_exporter.files import Files
from betatel_exporter.webconfig import settings
from tests.support.paths import ROOT
from tests.support.webconfig import Folder

EXAMPLE = (ROOT / "docs" / "examples" / "web-config.yml").read_text()
MANUAL = (ROOT / "docs" / "web-config.md").read_text()
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", MANUAL, re.MULTILINE | re.DOTALL)


def test_the_example_works_and_promtool_accepts_it(folder: Folder, tool: Callable[[str], str]) -> None:
    folder.write(EXAMPLE)

    subprocess.run([tool("promtool"), "check", "web-config", folder.file], check=True, timeout=60)
    assert list(folder.config().users) == ["prometheus"]


def test_the_example_s_client_certificates_work_too(folder: Folder) -> None:
    folder.write(re.sub(r"^  # (client_\w+:)", r"  \1", EXAMPLE, flags=re.MULTILINE))
    folder.trust(folder.ca, "clients-ca.crt")
    folder.config()

    tls = settings.read_settings(folder.file, Files()).tls

    assert tls is not None
    assert tls.client_allowed_sans == {"prometheus.monitoring.svc"}


def test_the_manual_s_web_config_works(folder: Folder) -> None:
    folder.write(BLOCKS[0])

    assert list(folder.config().users) == ["prometheus"]


def test_the_manual_s_scrape_config_is_one(tmp_path: Path, tool: Callable[[str], str]) -> None:
    scrape = tmp_path / "prometheus.yml"
    scrape.write_text(BLOCKS[1])

    subprocess.run([tool("promtool"), "check", "config", "--syntax-only", scrape], check=True, timeout=60)
    assert yaml.safe_load(BLOCKS[1])["scrape_configs"][0]["basic_auth"]["username"] == "prometheus"


NAMES = [
    *settings.TOP,
    *settings.TOP_UNSUPPORTED,
    *settings.HTTP_UNSUPPORTED,
    *settings.TLS,
    *settings.TLS_UNSUPPORTED,
    *settings.TLS_VERSIONS,
    *settings.VERIFY_MODES,
    *settings.UNVERIFIED_MODES,
]


def test_the_manual_explains_every_setting_and_choice() -> None:
    missing = [name for name in NAMES if not re.search(rf"`[^`]*\b{name}\b[^`]*`", MANUAL)]
    assert missing == []
