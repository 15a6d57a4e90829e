"""Fuzz for some time, with other examples at every run: python -m tools.fuzz --seconds 60."""

import argparse
import itertools
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

from tests.integration.trust import fuzzing
from tests.integration.trust.rig import Rig, rigged

EXAMPLES = 100
"""Before the next property has its turn."""


def properties(rig: Rig, folder: Path) -> list[tuple[str, SearchStrategy[Any], Callable[[Any], None]]]:
    """What is fuzzed, with what, and what must hold."""
    return [
        ("answers", fuzzing.ANSWERS, fuzzing.an_answer_is_a_value_or_a_named_reason),
        (
            "HTTP answers",
            fuzzing.RAW_ANSWERS,
            partial(fuzzing.any_bytes_from_the_api_cost_one_query_only, rig),
        ),
        ("requests", fuzzing.REQUESTS, partial(fuzzing.any_request_gets_a_clean_answer, rig)),
        (
            "settings files",
            fuzzing.FILES,
            partial(fuzzing.a_settings_file_is_settings_or_faults_of_one_line_each, folder),
        ),
        ("flags", fuzzing.FLAGS, fuzzing.flags_are_settings_or_faults_of_one_line_each),
        (
            "web config files",
            fuzzing.WEB_FILES,
            partial(fuzzing.a_web_config_file_is_one_or_a_fault_of_one_line, folder),
        ),
    ]


def fuzz(strategy: SearchStrategy[Any], check: Callable[[Any], None]) -> None:
    """Raises what the check raises, with the smallest example that does."""

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def run(example: Any) -> None:
        check(example)

    run()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long (default: 60)")
    until = time.monotonic() + parser.parse_args().seconds
    counts: dict[str, int] = {}
    with rigged() as rig, tempfile.TemporaryDirectory() as folder:
        for name, strategy, check in itertools.cycle(properties(rig, Path(folder))):
            if time.monotonic() >= until:
                break
            fuzz(strategy, check)
            counts[name] = counts.get(name, 0) + EXAMPLES
    for name, count in counts.items():
        sys.stdout.write(f"{name:18} {count:8,} examples, nothing found\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
