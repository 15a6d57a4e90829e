"""Wrong settings."""

from collections.abc import Iterable

MAX_FAULTS = 50


class SettingsError(Exception):
    """Settings that cannot be used; one line per fault, without values."""

    def __init__(self, faults: Iterable[str]) -> None:
        lines = list(map(_one_line, faults))
        if len(lines) > MAX_FAULTS:
            lines[MAX_FAULTS:] = [f"and {len(lines) - MAX_FAULTS} more"]
        self.faults = tuple(lines)
        super().__init__("\n".join(lines))


def _one_line(fault: str) -> str:
    """The name of a file may contain anything."""
    return fault if fault.isprintable() else fault.encode("unicode_escape").decode()
