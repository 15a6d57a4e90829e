"""Places in the repository, and programs outside it."""

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]


def program(*names: str) -> str | None:
    """The path of a program that has one of these names: of `make tools`, else of the machine."""
    path = f"{ROOT / '.tools' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return next(filter(None, (shutil.which(name, path=path) for name in names)), None)
