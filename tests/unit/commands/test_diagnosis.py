from betatel_exporter.api.errors import Cause, Reason
from betatel_exporter.commands.diagnosis import ALL_WELL, ExitCode, diagnose
from betatel_exporter.results import Failure


def test_every_reason_and_cause_has_a_verdict_and_a_hint() -> None:
    failures = [Failure(reason, "HTTP 418") for reason in Reason]
    failures += [Failure(Reason.CONNECT, cause) for cause in Cause] + [
        Failure(Reason.TLS, cause) for cause in Cause
    ]
    assert not [failure for failure in failures if not all(diagnose([failure]))]


def test_the_hint_is_that_of_the_cause() -> None:
    cases = {
        Cause.UNKNOWN_AUTHORITY: "--ca-file",
        Cause.NOT_TLS: "http://",
        Cause.REFUSED: "port",
        Cause.NAME: "DNS",
        f"{Cause.PROXY_REFUSED}: HTTP 407": "HTTPS_PROXY",
        Cause.BROKEN: "network and proxy",
    }
    assert [
        detail
        for detail, hint in cases.items()
        if hint not in diagnose([Failure(Reason.CONNECT, detail)]).hint
    ] == []


def test_of_several_causes_the_one_to_solve_first_is_the_verdict() -> None:
    failures = [
        Failure(Reason.TIMEOUT, ""),
        Failure(Reason.UNAUTHORIZED, ""),
        Failure(Reason.SERVER_ERROR, ""),
    ]
    assert diagnose(failures).code is ExitCode.AUTHENTICATION
    assert diagnose([]) == ALL_WELL
