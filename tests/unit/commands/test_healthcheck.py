"""The health check finds the exporter, and costs next to nothing."""

import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from betatel_exporter.commands.healthcheck import main

LISTEN = "BETATEL_WEB__LISTEN_ADDRESS"
NOBODY = "127.0.0.1:1"


@contextlib.contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """The address of a server that gives one connection this answer."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer_one() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

        thread = threading.Thread(target=answer_one)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def test_only_a_200_is_healthy() -> None:
    for answer, code in {
        b"HTTP/1.1 200 OK\r\n\r\n": 0,
        b"HTTP/1.0 200 OK\r\n\r\n": 0,
        b"HTTP/1.1 503 Service Unavailable\r\n\r\n": 1,
        b"SSH-2.0-x200\r\n": 1,
        b"": 1,
    }.items():
        with answering(answer) as address:
            assert main([], {LISTEN: address}) == code, answer
    assert main([], {LISTEN: NOBODY}) == 1


def test_flags_override_variables_and_variables_the_file(tmp_path: Path) -> None:
    file = tmp_path / "exporter.yml"
    for addresses in (("RIGHT", NOBODY, NOBODY), ("", "RIGHT", NOBODY), ("", "", "RIGHT")):
        with answering(b"HTTP/1.1 200 OK\r\n\r\n") as right:
            flag, variable, in_file = (address.replace("RIGHT", right) for address in addresses)
            file.write_text(f'web: {{listen_address: "{in_file}"}}')
            environment = {LISTEN: variable, "BETATEL_CONFIG_FILE": str(file)}
            assert main([f"--web.listen-address={flag}"], environment) == 0


def test_a_wrong_setting_is_one_line_and_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, environment, message in (
        ([], {LISTEN: "nowhere"}, "web.listen_address: must be [HOST]:PORT"),
        ([], {"BETATEL_CONFIG_FILE": "/nowhere"}, "config_file: no such file or directory in /"),
        (["--config.file"], {}, "--config.file: expected one argument"),
        (["secret"], {}, "unknown argument; allowed: --web.listen-address"),
    ):
        assert main(arguments, environment) == 2
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1


def test_from_the_command_line_on_it_imports_nothing_slow() -> None:
    program = (
        "import sys; from betatel_exporter.cli import main\n"
        f"main(['healthcheck'], {{'{LISTEN}': '{NOBODY}'}})\n"
        "print({'pydantic', 'yaml', 'ssl', 'http.client', 'asyncio', 'betatel_exporter.config'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
