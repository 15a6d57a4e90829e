"""The command line: what each command does, and how it ends."""

import logging
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING

from betatel_exporter import __version__
from betatel_exporter.arguments import UsageError, address, settings_parser, world_parser
from betatel_exporter.config import SettingsError, load, nearest

if TYPE_CHECKING:
    from betatel_exporter.commands.demo import World

# What only one command needs is imported there, so that --help and a wrong setting answer at once.
# ruff: noqa: PLC0415

logger = logging.getLogger(__name__)

FAILED = 1
WRONG_SETTINGS = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 0, 1 for a taken port, 2 for wrong settings, and those of check."""
    from betatel_exporter.web.server import BindError

    command, rest = _command(sys.argv[1:] if arguments is None else arguments)
    try:
        return COMMANDS.get(command, _unknown(command))(rest)
    except BindError as error:
        return _fail(str(error), FAILED)
    except (UsageError, SettingsError) as error:
        return _fail(str(error), WRONG_SETTINGS)
    except (
        BrokenPipeError
    ):  # whoever read the output has seen enough; flushing it at exit must not fail again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _unknown(command: str) -> Callable[[Sequence[str]], int]:
    def refuse(_: Sequence[str]) -> int:
        raise UsageError(
            f"{command}: no such command{nearest(command, COMMANDS)}; there are {', '.join(COMMANDS)}"
        )

    return refuse


def _command(arguments: Sequence[str]) -> tuple[str, Sequence[str]]:
    if arguments and not arguments[0].startswith("-"):
        return arguments[0], arguments[1:]
    if arguments and arguments[0] == "--version":
        return "version", arguments[1:]
    return "serve", arguments


def _fail(message: str, code: int) -> int:
    sys.stderr.writelines(f"betatel-exporter: {line}\n" for line in message.splitlines())
    return code


def _serve(arguments: Sequence[str]) -> int:
    """serve the metrics; the default"""
    commands = "\n".join(f"  {name:12} {run.__doc__}" for name, run in COMMANDS.items())
    parser = settings_parser(
        "[serve]",
        "Prometheus exporter for Telegram one-time codes sent through Betatel Connect Hub.\n\n"
        f"commands, each with its own --help:\n{commands}",
    )
    configuration = load(vars(parser.parse(arguments)))
    from betatel_exporter import logs
    from betatel_exporter.assembly import make_app
    from betatel_exporter.web import server
    from betatel_exporter.webconfig import WebConfig, WebConfigError

    web, log = configuration.settings.web, configuration.settings.log
    logs.configure(log.level, log.format)
    try:
        protection = WebConfig(web.config_file) if web.config_file else None
    except WebConfigError as error:
        raise SettingsError([str(error)]) from None
    socket = server.bind(web.listen_address)

    async def serve() -> None:
        logger.info(
            "listening",
            extra={
                "address": str(server.bound(socket)),
                "path": web.telemetry_path,
                "accounts": len(configuration.targets),
                "version": __version__,
            },
        )
        tls = protection.ssl_context if protection else None
        service = server.Service(make_app(configuration, protection), socket, tls)
        await server.serve([service], grace=configuration.settings.timeout)
        logger.info("stopped")

    server.run(serve())
    return 0


def _check(arguments: Sequence[str]) -> int:
    """collect once, print what came of it, and what it costs"""
    parser = settings_parser(
        "check",
        "Collect once and print each query's outcome, and the API calls a day that scraping costs.\n\n"
        "exit codes: 0 all well, 2 configuration, 3 authentication, 4 connection, 5 rate limit, 6 bad answers",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for scripts")
    flags = vars(parser.parse(arguments))
    as_json = flags.pop("json")
    configuration = load(flags)
    from betatel_exporter import logs
    from betatel_exporter.commands.check import check
    from betatel_exporter.web import server

    logs.configure("error", configuration.settings.log.format)
    return server.run(check(configuration, as_json=as_json, out=sys.stdout))


def _healthcheck(arguments: Sequence[str]) -> int:
    """request /-/healthy of the exporter on this machine, for containers"""
    from betatel_exporter.commands import healthcheck

    return healthcheck.main(arguments, os.environ)


def _simulate(arguments: Sequence[str]) -> int:
    """the simulated API alone"""
    parser = world_parser(
        "simulate", "Serve a simulated API, so that everything can be tried without an account."
    )
    parser.add_argument("--listen-address", type=address, default="127.0.0.1:10743", metavar="HOST:PORT")
    parsed = parser.parse(arguments)
    from betatel_exporter.commands.demo import simulate

    return _run_world(simulate(_world(parsed), parsed.listen_address))


def _demo(arguments: Sequence[str]) -> int:
    """simulated API and exporter in one go, on loopback"""
    parser = world_parser("demo", "Serve a simulated API and an exporter of it; nothing needs to be set up.")
    parser.set_defaults(speed=12.0)
    parser.add_argument(
        "--web.listen-address", dest="web", type=address, default="127.0.0.1:10742", metavar="HOST:PORT"
    )
    parser.add_argument(
        "--simulator.listen-address",
        dest="simulator",
        type=address,
        default="127.0.0.1:10743",
        metavar="HOST:PORT",
    )
    parsed = parser.parse(arguments)
    from betatel_exporter.commands.demo import demo

    return _run_world(demo(_world(parsed), parsed.simulator, parsed.web))


def _version(_: Sequence[str]) -> int:
    """print the version; also --version"""
    sys.stdout.write(f"betatel-exporter {__version__}\n")
    return 0


COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {
    "serve": _serve,
    "check": _check,
    "demo": _demo,
    "simulate": _simulate,
    "healthcheck": _healthcheck,
    "version": _version,
}


def _world(parsed: Namespace) -> "World":
    from betatel_exporter.commands.demo import World

    return World(parsed.scenario, parsed.seed, parsed.speed, parsed.messages_per_hour)


def _run_world(main: Coroutine[None, None, None]) -> int:
    from betatel_exporter import logs
    from betatel_exporter.web import server

    logs.configure("error", "logfmt")
    server.run(main)
    return 0
