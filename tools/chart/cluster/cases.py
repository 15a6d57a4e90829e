"""What is installed: values, and names of releases and namespaces, that must all work."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

LEAST: Mapping[str, Any] = {
    "image": {"registry": "registry.example.com", "repository": "betatel-exporter"},
    "accounts": {"default": {"accountId": "675aed61", "apiKey": "not-a-real-key"}},
}
"""The least values that work."""


class Case(NamedTuple):
    name: str
    values: Mapping[str, Any]
    """In place of the same keys of LEAST."""
    release: str = "rel"
    namespace: str = "apps"
    restricted: bool = True
    """Whether the restricted Pod Security Standard accepts its pods."""


NAMES = [
    Case(f"release {release:.24}, namespace {namespace:.12}", {}, release, namespace)
    for release, namespace in (
        ("2024", "2025"), ("007", "1e5"), ("0", "0"), ("1e5", "true"), ("on", "null"), ("true", "off"), ("1.5", "0x1f"),
        ("a.b-c.2024", "apps"), ("2024-betatel-exporter", "apps"), (f"1{'a' * 50}-b", "apps"), ("a" * 53, "b" * 63),
    )
]  # fmt: skip

VALUES = [
    Case(name, values, restricted="hostNetwork" not in values)
    for name, values in yaml.safe_load(
        Path(__file__).with_name("cases.yml").read_text(encoding="utf-8")
    ).items()
]
