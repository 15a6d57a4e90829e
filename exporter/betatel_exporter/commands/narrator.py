"""A page of metrics in a few sentences, for the terminal of the demo."""

from collections.abc import Mapping, Sequence

from prometheus_client.parser import text_string_to_metric_families

from betatel_exporter.web.significance import Share, significantly_worse

MOSTLY = 0.5
"""A destination is named from this share of people not reached on..."""

PEOPLE = 4
"""...and this many people."""

Samples = Mapping[tuple[str, ...], float]


class Narrator:
    """Says what changed from one page to the next."""

    def __init__(self) -> None:
        self._said: dict[str, str] = {}

    def changes(self, page: str) -> Sequence[str]:
        """A sentence for each condition that began, and for each that ended."""
        conditions = dict(describe(page))
        began = [text for key, text in conditions.items() if key not in self._said]
        ended = [f"over: {text}" for key, text in self._said.items() if key not in conditions]
        self._said = conditions
        return [*began, *ended]


def describe(page: str) -> Sequence[tuple[str, str]]:
    """Conditions that a page shows, as keys that stay the same while the condition lasts, and sentences."""
    samples = {
        (
            sample.name,
            *(sample.labels[label] for label in sorted(sample.labels) if label != "account"),
        ): sample.value
        for family in text_string_to_metric_families(page)
        if family.name.startswith("betatel_")
        for sample in family.samples
    }
    return [*_api(samples), *_failing(samples), *_destinations(samples), *_queue(samples)]


def _api(samples: Samples) -> Sequence[tuple[str, str]]:
    queries = {
        name: value
        for (metric, *labels), value in samples.items()
        if metric == "betatel_scrape_query_success"
        for name in labels
    }
    failed = [name for name, value in queries.items() if not value]
    if not failed:
        return []
    which = "every query" if len(failed) == len(queries) else ", ".join(failed)
    return [("api", f"the API does not answer {which}: betatel_up is 0")]


def _failing(samples: Samples) -> Sequence[tuple[str, str]]:
    windows = {window: _failed(samples, window) for window in ("last5m", "lasth", "last24h")}
    now, hour, day = windows["last5m"], windows["lasth"], windows["last24h"]
    usual = Share(day.failed - hour.failed, day.total - hour.total)
    if not significantly_worse(now, usual):
        return []
    return [
        ("failing", f"{now.ratio:.0%} of the requests of the last 5 minutes failed; usual: {usual.ratio:.1%}")
    ]


def _destinations(samples: Samples) -> Sequence[tuple[str, str]]:
    people: dict[tuple[str, str], dict[str, float]] = {}
    for (metric, *labels), value in samples.items():
        if metric == "betatel_telegram_recent_recipients":
            country, network, reached = labels
            people.setdefault((country, network), {})[reached] = value
    said = []
    for (country, network), counts in people.items():
        unreached, everybody = counts.get("false", 0), sum(counts.values())
        if unreached >= PEOPLE and unreached / everybody >= MOSTLY:
            said.append(
                (
                    f"destination {country} {network}",
                    f"{network} ({country}): {unreached:.0f} of {everybody:.0f} people got no code",
                )
            )
    return said


def _queue(samples: Samples) -> Sequence[tuple[str, str]]:
    pending = samples.get(("betatel_telegram_messages", "PENDING"), 0)
    hour = samples.get(("betatel_telegram_requests", "lasth"), 0)
    if pending < max(20, hour / 20):
        return []
    return [("queue", "messages are accepted and stay PENDING")]


def _failed(samples: Samples, window: str) -> Share:
    requests = samples.get(("betatel_telegram_requests", window), 0)
    return Share(requests - samples.get(("betatel_telegram_transactions", window), 0), requests)
