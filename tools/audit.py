"""Vulnerabilities and licences of what the exporter runs with, from the public database: python -m tools.audit."""

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

LOCK = Path(__file__).parents[1] / "requirements" / "run.lock"

LICENCES = re.compile(r"Apache|MIT|BSD|ISC|PSF|Python Software Foundation|MPL|Mozilla", re.IGNORECASE)
"""Licences that go with ours; another one is a decision for people."""


def locked() -> dict[str, str]:
    """Name and version of every package that is installed to run the exporter."""
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", LOCK.read_text(), re.MULTILINE))


def licence(name: str) -> str:
    """As the package itself states it; empty where it does not, or is not installed."""
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
    """The first known name in the licence that the package carries."""
    for file in metadata.files(name) or []:
        if file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING")):
            text = file.read_text(encoding="utf-8")
            if "Redistribution and use in source and binary forms" in text:
                return "BSD, by its text"
            found = LICENCES.search(text)
            return f"{found[0]}, by its text" if found else ""
    return ""


def vulnerabilities() -> int:
    """pip-audit's exit code: 0 where none is known. It is strict: what cannot be looked up is a failure, not a pass."""
    arguments = ["--strict", "--require-hashes", "--disable-pip", "--requirement", str(LOCK)]
    return subprocess.run([sys.executable, "-m", "pip_audit", *arguments], check=False).returncode  # noqa: S603  fixed


def main() -> int:
    strange = []
    for name, version in locked().items():
        stated = licence(name)
        sys.stdout.write(f"{name:20} {version:12} {stated or 'unknown'}\n")
        if not LICENCES.search(stated):
            strange.append(name)
    if strange:
        sys.stdout.write(f"to be looked at: {', '.join(strange)}\n")
    sys.stdout.flush()
    return vulnerabilities() or (1 if strange else 0)


if __name__ == "__main__":
    sys.exit(main())
