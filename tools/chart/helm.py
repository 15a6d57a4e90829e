"""Where helm is."""

import os
import shutil

from tools.paths import ROOT


class HelmNotFoundError(Exception):
    """helm is neither in .tools/bin nor on the PATH."""


def find_helm() -> str:
    """Path of the program; raises HelmNotFoundError."""
    found = shutil.which("helm", path=f"{ROOT / '.tools' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        raise HelmNotFoundError("helm is not installed: make tools")
    return found
