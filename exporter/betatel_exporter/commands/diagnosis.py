"""The verdict and hint for the failures of a check."""

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from betatel_exporter.api.errors import Cause, Reason
from betatel_exporter.results import Failure


class ExitCode(IntEnum):
    """Exit codes of check; with several causes, the first of these that applies."""

    OK = 0
    CONFIGURATION = 2
    AUTHENTICATION = 3
    CONNECTION = 4
    RATE_LIMIT = 5
    BAD_ANSWER = 6


class Diagnosis(NamedTuple):
    code: ExitCode
    verdict: str
    hint: str


ALL_WELL = Diagnosis(ExitCode.OK, "every query succeeded", "")

PROXY = "check HTTPS_PROXY, and NO_PROXY for hosts to reach without it"
AUTHORITY = "add the authority that signed it with --ca-file, for example that of a proxy that inspects TLS"

HINTS = {
    Cause.BAD_URL: "correct --base-url",
    Cause.NAME: "check the host in --base-url and the DNS of this machine or container",
    Cause.REFUSED: "check host and port in --base-url, and whether a firewall rejects the connection",
    Cause.UNREACHABLE: "check routes and firewalls from this machine to the API",
    Cause.CUT_OFF: "a firewall or proxy may close the connection: allow this machine to reach the API",
    Cause.PROXY_UNREACHABLE: PROXY,
    Cause.PROXY_REFUSED: PROXY,
    Cause.UNKNOWN_AUTHORITY: AUTHORITY,
    Cause.HOST_MISMATCH: "use the host name of the certificate in --base-url",
    Cause.EXPIRED: "check the clock of this machine; otherwise the certificate has to be renewed",
    Cause.NOT_YET_VALID: "check the clock of this machine",
    Cause.NOT_TLS: "use http:// only for a loopback address or with --allow-http, else the TLS port of the API",
}

REASONS = {
    Reason.UNAUTHORIZED: Diagnosis(
        ExitCode.AUTHENTICATION,
        "the API rejects the key or the account id",
        "compare both with the provider's console: a key belongs to one account id",
    ),
    Reason.CONNECT: Diagnosis(ExitCode.CONNECTION, "the API cannot be reached", "check network and proxy"),
    Reason.TLS: Diagnosis(
        ExitCode.CONNECTION, "no TLS connection to the API", "check --base-url and --ca-file"
    ),
    Reason.TIMEOUT: Diagnosis(
        ExitCode.CONNECTION,
        "the API does not answer within the time budget",
        "try a longer --timeout; if it does not help, a firewall may drop packets, or the API is slow",
    ),
    Reason.RATE_LIMITED: Diagnosis(
        ExitCode.RATE_LIMIT,
        "the API limits the rate of requests",
        "scrape less often, set --cache-ttl where several servers scrape, or lower --recent-pages",
    ),
    Reason.INTERNAL: Diagnosis(
        ExitCode.BAD_ANSWER, "a bug in the exporter", "report it with the traceback from the log"
    ),
    Reason.CLIENT_ERROR: Diagnosis(
        ExitCode.BAD_ANSWER,
        "the API does not accept the request",
        "check the path in --base-url, and --windows",
    ),
    Reason.SERVER_ERROR: Diagnosis(
        ExitCode.BAD_ANSWER, "the API returns a server error", "try again; if it persists, ask the provider"
    ),
    Reason.INVALID_RESPONSE: Diagnosis(
        ExitCode.BAD_ANSWER,
        "the responses are not the API's",
        "check --base-url: a proxy or a login page may be answering instead",
    ),
}

NO_KEY = Diagnosis(
    ExitCode.CONFIGURATION,
    "no usable API key",
    "check api_key_file of the account and the permissions of the file",
)


def diagnose(failures: Iterable[Failure]) -> Diagnosis:
    """The most telling failure, by exit code: a rejected key comes before a timeout."""
    return min(map(_one, failures), key=lambda diagnosis: diagnosis.code, default=ALL_WELL)


def _one(failure: Failure) -> Diagnosis:
    if failure.detail.startswith(Cause.NO_KEY):
        return NO_KEY
    diagnosis = REASONS[failure.reason]
    if failure.reason not in {Reason.CONNECT, Reason.TLS}:
        return diagnosis
    hints = [hint for cause, hint in HINTS.items() if failure.detail.startswith(cause)]
    hint = hints[0] if hints else diagnosis.hint
    return diagnosis._replace(verdict=f"{diagnosis.verdict}: {failure.detail}", hint=hint)
