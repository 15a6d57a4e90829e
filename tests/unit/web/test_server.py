import resource
import socket
import subprocess
import sys

import pytest

from betatel_exporter.address import Address
from betatel_exporter.web.server import BindError, bind, bound


def answers(family: socket.AddressFamily, host: str, port: int) -> bool:
    with socket.socket(family) as client:
        client.settimeout(2)
        return client.connect_ex((host, port)) == 0


def test_without_a_host_both_families_are_listened_on() -> None:
    with bind(Address("", 0)) as listening:
        port = bound(listening).port
        assert answers(socket.AF_INET, "127.0.0.1", port)
        assert answers(socket.AF_INET6, "::1", port)


def test_a_host_is_listened_on_alone() -> None:
    for host, shown in {"127.0.0.1": "127.0.0.1:", "::1": "[::1]:", "localhost": ""}.items():
        with bind(Address(host, 0)) as listening:
            address = bound(listening)
            assert address.port > 0
            assert str(address).startswith(shown)


def test_an_address_that_is_not_there_is_one_line() -> None:
    for address, why in {
        Address("host.invalid", 1): "cannot listen on host.invalid:1: ",
        Address("192.0.2.1", 1): "cannot listen on 192.0.2.1:1: Cannot assign requested address",
    }.items():
        with pytest.raises(BindError) as caught:
            bind(address)
        assert str(caught.value).startswith(why)
        assert "\n" not in str(caught.value)


def test_a_taken_port_without_a_host_is_an_error() -> None:
    with bind(Address("", 0)) as taken, pytest.raises(BindError, match="Address already in use"):
        bind(Address("", bound(taken).port))


def test_a_server_may_open_as_many_files_as_the_system_allows() -> None:
    code = """
import resource
from betatel_exporter.web.server import run
async def soft_limit():
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, hard), hard))
print(run(soft_limit()))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert int(done.stdout) == resource.getrlimit(resource.RLIMIT_NOFILE)[1]
