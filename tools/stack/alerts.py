"""What the alerts of a Prometheus do, as lines for a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Alert = Mapping[str, Any]
Key = tuple[tuple[str, str], ...]


class AlertWatch:
    """Compares what Prometheus' /api/v1/alerts returns from one time to the next."""

    def __init__(self) -> None:
        self._states: dict[Key, str] = {}
        self._since: dict[Key, float] = {}

    def changes(self, alerts: Sequence[Alert], now: float) -> Iterator[str]:
        """A line for each alert that became pending, fires or resolved; `now` in seconds."""
        states = {_key(alert): str(alert["state"]) for alert in alerts}
        for key, state in states.items():
            before = self._states.get(key)
            if state != before:
                waited = f" after {_duration(now - self._since[key])}" if before else ""
                yield f"{state:8}  {_name(key)}{waited}"
                self._since[key] = now
        for key, state in self._states.items():
            if key not in states:
                ended = "resolved" if state == "firing" else "inactive"
                yield f"{ended:8}  {_name(key)}, was {state} for {_duration(now - self._since.pop(key))}"
        self._states = states


def _key(alert: Alert) -> Key:
    return tuple(sorted(alert["labels"].items()))


def _name(key: Key) -> str:
    labels = dict(key)
    shown = [
        name for name in ("severity", "account", "country", "network", "query", "path") if labels.get(name)
    ]
    return f"{labels['alertname']} ({', '.join(f'{name}={labels[name]}' for name in shown)})"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
