"""Log when queries begin to fail and when they recover: one line for each cause, not for each query or scrape."""

import logging
from collections import defaultdict

from betatel_exporter.results import Failure, QueryResult

logger = logging.getLogger(__name__)


class FailureLog:
    """The failing queries of one account."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._failing_since: dict[str, float] = {}
        self._new: defaultdict[Failure, list[str]] = defaultdict(list)
        self._recovered: dict[str, float] = {}

    def observe(self, result: QueryResult) -> None:
        name = result.query.name
        if result.failure is None:
            since = self._failing_since.pop(name, None)
            if since is not None:
                self._recovered[name] = result.time - since
        elif name not in self._failing_since:
            self._failing_since[name] = result.time
            self._new[result.failure].append(name)

    def report(self) -> None:
        """Log what changed since the last report."""
        for failure, names in self._new.items():
            cause = {"reason": failure.reason.value, "detail": failure.detail}
            logger.warning("queries failing", extra=self._about(names) | cause)
        if self._recovered:
            longest = round(max(self._recovered.values()), 1)
            logger.info(
                "queries recovered", extra=self._about(self._recovered) | {"failed_for_seconds": longest}
            )
        self._new.clear()
        self._recovered.clear()

    def _about(self, names: "list[str] | dict[str, float]") -> dict[str, str]:
        return {"account": self._account, "queries": ",".join(names)}
