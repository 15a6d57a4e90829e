"""Known vulnerabilities and licences of the locked run-time packages: python -m tools.audit. Asks a public database."""

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

LOCK = Path(__file__).parents[1] / "requirements" / "run.lock"

LICENCES = re.compile(r"Apache|MIT|BSD|ISC|PSF|Python Software Foundation|MPL|Mozilla", re.IGNORECASE)
"""Licences compatible with ours; any other needs a decision."""


def locked() -> dict[str, str]:
    """Version by name of every run-time package."""
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", LOCK.read_text(), re.MULTILINE))


def licence(name: str) -> str:
    """As the package states it; empty if it does not, or if it is not installed."""
    try:
        about = metadata.metadata(name).json
    except metadata.PackageNotFoundError:
        return ""
    classified = [
        classifier.rpartition(" :: ")[2]
        for classifier in about.get("classifier", [])
        if classifier.startswith("License :: ")
    ]
    stated = about.get("license_expression") or " and ".join(classified) or about.get("license") or ""
    return _from_file(name) if "\n" in stated or not stated else str(stated)


def _from_file(name: str) -> str:
    """The first known name in the licence file of the package."""
    for file in metadata.files(name) or []:
        if file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING")):
            text = file.read_text(encoding="utf-8")
            if "Redistribution and use in source and binary forms" in text:
                return "BSD, by its text"
            found = LICENCES.search(text)
            return f"{found[0]}, by its text" if found else ""
    return ""


def vulnerabilities() -> int:
    """pip-audit's exit code, 0 for none. Strict: a package that cannot be looked up is a failure."""
    arguments = ["--strict", "--require-hashes", "--disable-pip", "--requirement", str(LOCK)]
    return subprocess.run([sys.executable, "-m", "pip_audit", *arguments], check=False).returncode  # noqa: S603  fixed


def main() -> int:
    unusual = []
    for name, version in locked().items():
        stated = licence(name)
        sys.stdout.write(f"{name:20} {version:12} {stated or 'unknown'}\n")
        if not LICENCES.search(stated):
            unusual.append(name)
    if unusual:
        sys.stdout.write(f"licences to review: {', '.join(unusual)}\n")
    sys.stdout.flush()
    return vulnerabilities() or (1 if unusual else 0)


if __name__ == "__main__":
    sys.exit(main())
