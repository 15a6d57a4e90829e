"""The command betatel-exporter: what each sub-command runs, and its exit code."""

import logging
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence

from betatel_exporter import __version__

# Each command imports what it needs: --help and wrong settings do not wait for servers and clients.
# ruff: noqa: PLC0415

logger = logging.getLogger(__name__)

FAILED = 1
WRONG_SETTINGS = 2


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> int:
    """Run a command. Exit codes: 0, 1 for a port that is in use, 2 for wrong settings, and those of check."""
    _open_missing_streams()
    arguments = sys.argv[1:] if arguments is None else arguments
    environ = os.environ if environ is None else environ
    try:
        try:
            return _run(arguments, environ)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # standard output was closed early, for example by head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or flushing at exit would fail too
        return FAILED


def _run(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    if arguments[:1] == ["healthcheck"]:  # runs every few seconds, so without the settings model
        from betatel_exporter.commands import healthcheck

        return healthcheck.main(arguments[1:], environ)
    from betatel_exporter.arguments import UsageError, parse
    from betatel_exporter.config import SettingsError
    from betatel_exporter.files import UnusableError

    try:
        flags = parse(arguments)
        return _COMMANDS[flags.command](flags, environ)
    except (UsageError, SettingsError, UnusableError) as error:
        return _fail(error, WRONG_SETTINGS)


def _open_missing_streams() -> None:
    """A socket would take the number of a standard stream that was closed at startup."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115, PTH123  stays open


def _fail(error: Exception, code: int) -> int:
    sys.stderr.writelines(f"betatel-exporter: {line}\n" for line in str(error).splitlines())
    return code


def _serve(flags: Namespace, environ: Mapping[str, str]) -> int:
    from betatel_exporter.config import load

    configuration = load(vars(flags), environ)
    from betatel_exporter import logs
    from betatel_exporter.assembly import make_app
    from betatel_exporter.web import server
    from betatel_exporter.webconfig import WebConfig

    web, log = configuration.settings.web, configuration.settings.log
    logs.configure(log.level, log.format)
    for warning in configuration.warnings:
        logger.error("account unusable for now", extra={"error": warning})
    protection = WebConfig(web.config_file) if web.config_file else None
    try:
        socket = server.bind(web.listen_address)
    except server.BindError as error:
        return _fail(error, FAILED)

    async def serve() -> None:
        details = {
            "address": str(server.bound(socket)),
            "path": web.telemetry_path,
            "accounts": len(configuration.accounts),
            "version": __version__,
        }
        logger.info("listening", extra=details)
        tls = protection.ssl_context if protection else None
        service = server.Service(make_app(configuration, protection), socket, tls)
        await server.serve([service], grace=configuration.settings.timeout)
        logger.info("stopped")

    server.run(serve())
    return 0


def _check(flags: Namespace, environ: Mapping[str, str]) -> int:
    from betatel_exporter.config import load

    as_json = vars(flags).pop("json")
    configuration = load(vars(flags), environ)
    from betatel_exporter import logs
    from betatel_exporter.commands.check import check
    from betatel_exporter.web import server

    logs.configure("error", configuration.settings.log.format)
    return server.run(check(configuration, sys.stdout, as_json=as_json))


def _simulate(flags: Namespace, _: Mapping[str, str]) -> int:
    from betatel_exporter import logs
    from betatel_exporter.commands.demo import demo, simulate
    from betatel_exporter.web import server

    logs.configure("error", "logfmt")
    try:
        server.run(demo(flags) if flags.command == "demo" else simulate(flags))
    except server.BindError as error:
        return _fail(error, FAILED)
    return 0


_COMMANDS: Mapping[str, Callable[[Namespace, Mapping[str, str]], int]] = {
    "serve": _serve,
    "check": _check,
    "demo": _simulate,
    "simulate": _simulate,
}
