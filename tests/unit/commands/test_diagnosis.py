from betatel_exporter.api.errors import Cause, Reason
from betatel_exporter.commands.diagnosis import ALL_WELL, ExitCode, diagnose
from betatel_exporter.results import Failure


def test_every_reason_and_cause_has_a_verdict_and_a_hint() -> None:
    failures = [Failure(reason, "HTTP 418") for reason in Reason]
    failures += [Failure(reason, cause) for reason in (Reason.CONNECT, Reason.TLS) for cause in Cause]
    assert [failure for failure in failures if not all(diagnose([failure]))] == []


def test_the_hint_is_that_of_the_cause() -> None:
    for detail, hint in {
        Cause.UNKNOWN_AUTHORITY: "--ca-file",
        Cause.NOT_TLS: "http://",
        Cause.REFUSED: "port",
        Cause.NAME: "DNS",
        f"{Cause.PROXY_REFUSED}: HTTP 407": "HTTPS_PROXY",
        Cause.BROKEN: "network and proxy",
    }.items():
        assert hint in diagnose([Failure(Reason.CONNECT, detail)]).hint, detail


def test_of_several_causes_the_one_to_solve_first_is_the_verdict() -> None:
    reasons = (Reason.TIMEOUT, Reason.UNAUTHORIZED, Reason.SERVER_ERROR)
    assert diagnose(Failure(reason, "") for reason in reasons).code is ExitCode.AUTHENTICATION
    assert diagnose([]) == ALL_WELL
