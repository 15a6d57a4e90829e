"""Passwords: which are accepted, what a check costs, and which requests wait for one."""

import asyncio
import threading
from base64 import b64encode
from collections import Counter

import anyio
import bcrypt
import httpx
import pytest
from starlette.responses import PlainTextResponse

from betatel_exporter.web.limiter import ClientLimiter, client_network
from betatel_exporter.webconfig import BasicAuth
from betatel_exporter.webconfig.passwords import REMEMBERED, Passwords
from tests.support.webconfig import Folder, basic, hashed

pytestmark = pytest.mark.anyio

ALICE = hashed("secret")
USERS = {"alice": ALICE.encode()}
HERE, THERE = "192.0.2.1", "192.0.2.2"


class Check:
    """bcrypt that records the hashes it is called with, and can be made to wait."""

    def __init__(self) -> None:
        self.hashes: list[bytes] = []
        self.entered = threading.Event()
        self.released = threading.Event()
        self.released.set()

    def __call__(self, password: bytes, hash_: bytes) -> bool:
        self.hashes.append(hash_)
        self.entered.set()
        assert self.released.wait(timeout=30)
        return bcrypt.checkpw(password, hash_)


@pytest.fixture
def check() -> Check:
    return Check()


@pytest.fixture
def passwords(check: Check) -> Passwords:
    return Passwords(check, ClientLimiter(8))


@pytest.fixture
def app(folder: Folder, check: Check) -> BasicAuth:
    """A page that asks for alice's password, or for what is written to the folder."""
    folder.write(f"basic_auth_users: {{alice: {ALICE}}}")
    page = PlainTextResponse("ok")
    return BasicAuth(page, folder.config(), ClientLimiter(8), client_network, checkpw=check)


def client(app: BasicAuth, address: str = HERE) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(address, 50_000))
    return httpx.AsyncClient(transport=transport, base_url="http://exporter")


@pytest.fixture
def http(app: BasicAuth) -> httpx.AsyncClient:
    return client(app)


async def status(http: httpx.AsyncClient, *values: bytes) -> int:
    return (await http.get("/metrics", headers=[(b"Authorization", value) for value in values])).status_code


async def log_in(http: httpx.AsyncClient, user: str, password: str) -> int:
    return await status(http, basic(f"{user}:{password}").encode())


async def test_every_page_but_the_health_checks_asks_for_a_password(
    http: httpx.AsyncClient, check: Check
) -> None:
    for path in ("/metrics", "/", "/probe?account=a", "/-/healthy/", "//-/healthy", "/-/READY"):
        answer = await http.get(path)
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"] == 'Basic realm="betatel-exporter", charset="UTF-8"'
    for path in ("/-/healthy", "/-/ready"):
        assert (await http.get(path, auth=("alice", "wrong"))).status_code == 200
    assert check.hashes == []


async def test_the_right_password_opens_the_page_however_the_header_is_written(
    http: httpx.AsyncClient, folder: Folder
) -> None:
    for value in (b"Basic ", b"basic ", b"BASIC ", b"Basic   "):
        assert await status(http, value + b64encode(b"alice:secret")) == 200, value
    for user, password in [("Алиса", "пароль:и:ещё"), ("alice", ""), ("alice", "x" * 72)]:
        folder.write(f"basic_auth_users: {{{user}: {hashed(password)}}}")
        assert await log_in(http, user, password) == 200


def encoded(credentials: bytes) -> bytes:
    return b"Basic " + b64encode(credentials)


BAD_HEADERS = (
    *([b"Bearer abc"], [b"Basic"], [b""], [b"Basic alice:secret"], [b"Basic YWxpY2U6!c2VjcmV0"]),
    [encoded(b"alice:secrets")[:-1]],
    *([encoded(b"alice:\xff")], [encoded(b"alice")], [encoded(b"alice:")], [encoded(b":secret")]),
    *([encoded(b"alice:wrong")], [encoded(b"alice:secre")], [encoded(b"alice:secret\0")]),
    *([encoded(b"bob:secret")], [encoded(b"bob:secret")]),  # twice
    [encoded(f"alice:{ALICE}".encode())],
    [encoded(b"alice:secret"), encoded(b"a:b")],
    [encoded(b"alice:secret"), encoded(b"alice:secret")],
)


async def test_anything_else_is_refused(http: httpx.AsyncClient, folder: Folder) -> None:
    assert [values for values in BAD_HEADERS if await status(http, *values) != 401] == []
    folder.write(f"basic_auth_users: {{alice: {hashed('x' * 72)}}}")
    assert await log_in(http, "alice", "x" * 73) == 401
    folder.write(f"basic_auth_users: {{alice: {hashed('')}}}")
    assert await status(http, encoded(b"alice")) == 401


async def test_an_unknown_user_is_refused_whatever_the_check_of_the_password_returns() -> None:
    passwords = Passwords(lambda _password, _hash: True, ClientLimiter(8))

    assert await passwords.match(USERS, "alice", "anything", HERE)
    assert not await passwords.match(USERS, "bob", "anything", HERE)
    assert not await passwords.match(USERS, "alice", "anything\0else", HERE)


async def test_an_unknown_user_costs_as_much_as_a_known_one_and_always_the_same(
    http: httpx.AsyncClient, folder: Folder, check: Check
) -> None:
    folder.write(f"basic_auth_users: {{alice: {hashed('secret', cost=4)}, bob: {hashed('secret', cost=5)}}}")
    for number in range(32):
        for _ in range(2):
            await log_in(http, f"user{number}", "secret")
    costs = [hash_[:7] for hash_ in check.hashes]
    assert costs[::2] == costs[1::2]
    assert set(costs) == {b"$2b$04$", b"$2b$05$"}


async def test_a_password_that_matched_is_checked_once_and_another_one_each_time(
    http: httpx.AsyncClient, check: Check
) -> None:
    statuses = await asyncio.gather(*(log_in(http, "alice", "secret") for _ in range(20)))
    assert [*statuses, await log_in(http, "alice", "secret")] == [200] * 21
    assert len(check.hashes) == 1

    for _ in range(3):
        await log_in(http, "alice", "wrong")
    assert len(check.hashes) == 4


async def test_changed_users_count_at_the_next_request(http: httpx.AsyncClient, folder: Folder) -> None:
    assert await log_in(http, "alice", "secret") == 200
    folder.write(f"basic_auth_users: {{alice: {hashed('changed')}}}")
    assert await log_in(http, "alice", "secret") == 401
    assert await log_in(http, "alice", "changed") == 200


async def test_remembered_logins_are_bounded_and_contain_no_password() -> None:
    passwords = Passwords(lambda _password, _hash: True, ClientLimiter(8))
    users = {f"user{number}": ALICE.encode() for number in range(REMEMBERED + 10)}

    for user in users:
        assert await passwords.match(users, user, "hunter2", HERE)

    assert len(passwords._remembered) == REMEMBERED
    assert all(len(proof) == 32 for proof in passwords._remembered)
    assert "hunter2" not in repr(vars(passwords))


async def test_names_and_passwords_that_join_to_the_same_text_differ(passwords: Passwords) -> None:
    users = dict.fromkeys(("ab", "a"), hashed("c").encode())

    assert await passwords.match(users, "ab", "c", HERE)
    assert not await passwords.match(users, "a", "bc", HERE)


async def test_a_client_that_leaves_does_not_cancel_the_check_for_another(
    check: Check, passwords: Passwords
) -> None:
    check.released.clear()
    leaving, staying = (asyncio.create_task(passwords.match(USERS, "alice", "wrong", HERE)) for _ in range(2))
    await anyio.to_thread.run_sync(check.entered.wait, 30)
    leaving.cancel()
    check.released.set()

    assert not await staying
    assert len(check.hashes) == 1


async def test_a_flood_of_logins_from_one_address_leaves_checks_for_another(
    app: BasicAuth, check: Check
) -> None:
    """A remembered password matches without a check."""
    here, there = client(app, HERE), client(app, THERE)
    assert await log_in(here, "alice", "secret") == 200
    check.released.clear()
    flood = [asyncio.create_task(log_in(here, "alice", f"wrong {number}")) for number in range(16)]
    await anyio.wait_all_tasks_blocked()
    other = asyncio.create_task(log_in(there, "alice", "wrong"))
    await anyio.wait_all_tasks_blocked()
    assert [login.result() for login in flood if login.done()] == [503] * 12
    assert await log_in(here, "alice", "secret") == 200
    assert not other.done()
    check.released.set()

    assert Counter(await asyncio.gather(*flood, other)) == {503: 12, 401: 5}


async def test_logins_that_wait_do_not_delay_the_end_of_the_process(
    check: Check, passwords: Passwords
) -> None:
    check.released.clear()
    logins = [
        asyncio.create_task(passwords.match(USERS, "alice", f"wrong {number}", HERE)) for number in range(4)
    ]
    await anyio.to_thread.run_sync(check.entered.wait, 30)
    passwords.close()
    check.released.set()
    await asyncio.gather(*logins, return_exceptions=True)
    assert len(check.hashes) == 1
