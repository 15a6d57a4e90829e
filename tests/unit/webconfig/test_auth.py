"""Passwords: which are accepted, what a check costs, and who has to wait for it."""

import threading
from base64 import b64encode
from collections.abc import Callable

import anyio
import bcrypt
import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from betatel_exporter.web.limiter import ClientLimiter, client_network
from betatel_exporter.webconfig import BasicAuth
from betatel_exporter.webconfig.passwords import REMEMBERED, BusyError, Passwords
from tests.support.webconfig import Folder, basic, hashed

pytestmark = pytest.mark.anyio

ALICE = hashed("secret")
HERE, THERE = "192.0.2.1", "192.0.2.2"


class CountingCheck:
    """bcrypt, with a list of the hashes that it was asked about."""

    def __init__(self) -> None:
        self.hashes: list[bytes] = []

    def __call__(self, password: bytes, hash_: bytes) -> bool:
        self.hashes.append(hash_)
        return bcrypt.checkpw(password, hash_)


class HeldCheck:
    """Matches one password, and holds every other up until it is released."""

    def __init__(self, right: bytes) -> None:
        self._right = right
        self.calls = 0
        self.entered = threading.Event()
        self.release = threading.Event()

    def __call__(self, password: bytes, _hash: bytes) -> bool:
        if password == self._right:
            return True
        self.calls += 1
        self.entered.set()
        assert self.release.wait(timeout=30)
        return False


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("ok")(scope, receive, send)


def passwords_with(checkpw: Callable[[bytes, bytes], bool]) -> Passwords:
    return Passwords(checkpw, ClientLimiter(8))


@pytest.fixture
def check() -> CountingCheck:
    return CountingCheck()


@pytest.fixture
def http(folder: Folder, check: CountingCheck) -> httpx.AsyncClient:
    """A client of a page that asks for alice's password, or for whatever is written to the folder."""
    folder.write(f"basic_auth_users: {{alice: {ALICE}}}")
    app = BasicAuth(page, folder.config(), ClientLimiter(8), client_network, checkpw=check)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://exporter")


async def status(http: httpx.AsyncClient, *values: bytes) -> int:
    return (await http.get("/metrics", headers=[(b"Authorization", value) for value in values])).status_code


async def log_in(http: httpx.AsyncClient, user: str, password: str) -> int:
    return await status(http, basic(f"{user}:{password}").encode())


async def test_without_users_no_password_is_asked_for(folder: Folder) -> None:
    folder.write("")
    app = BasicAuth(page, folder.config(), ClientLimiter(8), client_network)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://exporter") as http:
        assert await status(http) == 200


async def test_every_page_but_the_health_checks_asks_for_a_password(
    http: httpx.AsyncClient, check: CountingCheck
) -> None:
    for path in ("/metrics", "/", "/probe?account=a", "/-/healthy/", "//-/healthy", "/-/READY"):
        answer = await http.get(path)
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"] == 'Basic realm="betatel-exporter", charset="UTF-8"'
    for path in ("/-/healthy", "/-/ready"):
        assert (await http.get(path, auth=("alice", "wrong"))).status_code == 200
    assert check.hashes == []


async def test_a_right_password_opens_the_page_however_the_header_is_written(
    http: httpx.AsyncClient, folder: Folder
) -> None:
    for value in (b"Basic ", b"basic ", b"BASIC ", b"Basic   "):
        assert await status(http, value + b64encode(b"alice:secret")) == 200, value
    for user, password in [("Алиса", "пароль:и:ещё"), ("alice", ""), ("alice", "x" * 72)]:
        folder.write(f"basic_auth_users: {{{user}: {hashed(password)}}}")
        assert await log_in(http, user, password) == 200


BAD_HEADERS = {
    "another scheme": [b"Bearer abc"],
    "no credentials": [b"Basic"],
    "an empty value": [b""],
    "no base64": [b"Basic alice:secret"],
    "base64 with something in between": [b"Basic YWxpY2U6!c2VjcmV0"],
    "base64 without its padding": [b"Basic " + b64encode(b"alice:secrets")[:-1]],
    "no UTF-8": [b"Basic " + b64encode(b"alice:\xff")],
    "no colon": [b"Basic " + b64encode(b"alice")],
    "the wrong password": [b"Basic " + b64encode(b"alice:wrong")],
    "a prefix of the password": [b"Basic " + b64encode(b"alice:secre")],
    "no password": [b"Basic " + b64encode(b"alice:")],
    "an unknown user": [b"Basic " + b64encode(b"bob:secret")],
    "the unknown user again": [b"Basic " + b64encode(b"bob:secret")],
    "no user": [b"Basic " + b64encode(b":secret")],
    "a NUL": [b"Basic " + b64encode(b"alice:secret\0")],
    "a right one and a wrong one": [b"Basic " + b64encode(b"alice:secret"), b"Basic " + b64encode(b"a:b")],
    "a right one twice": [b"Basic " + b64encode(b"alice:secret")] * 2,
    "the hash as the password": [b"Basic " + b64encode(f"alice:{ALICE}".encode())],
}


async def test_anything_else_is_refused(http: httpx.AsyncClient, folder: Folder) -> None:
    assert {name: await status(http, *values) for name, values in BAD_HEADERS.items()} == dict.fromkeys(
        BAD_HEADERS, 401
    )
    folder.write(f"basic_auth_users: {{alice: {hashed('x' * 72)}}}")
    assert await log_in(http, "alice", "x" * 73) == 401
    folder.write(f"basic_auth_users: {{alice: {hashed('')}}}")
    assert await status(http, b"Basic " + b64encode(b"alice")) == 401


async def test_not_even_a_check_that_always_agrees_lets_in_whom_the_file_does_not_name() -> None:
    passwords = passwords_with(lambda _password, _hash: True)
    users = {"alice": ALICE.encode()}

    assert await passwords.match(users, "alice", "anything", HERE)
    assert not await passwords.match(users, "bob", "anything", HERE)
    assert not await passwords.match(users, "alice", "anything\0else", HERE)


async def test_an_unknown_user_costs_as_much_as_a_known_one_and_always_the_same(
    http: httpx.AsyncClient, folder: Folder, check: CountingCheck
) -> None:
    folder.write(f"basic_auth_users: {{alice: {hashed('secret', cost=5)}}}")
    for user in ("alice", "bob"):
        await log_in(http, user, "wrong")
    assert [hash_[:7] for hash_ in check.hashes] == [b"$2b$05$", b"$2b$05$"]

    folder.write(f"basic_auth_users: {{alice: {hashed('secret', cost=4)}, bob: {hashed('secret', cost=5)}}}")
    check.hashes.clear()
    for number in range(32):
        for _ in range(2):
            await log_in(http, f"user{number}", "secret")
    costs = [hash_[:7] for hash_ in check.hashes]
    assert costs[::2] == costs[1::2]
    assert set(costs) == {b"$2b$04$", b"$2b$05$"}


async def test_a_password_that_matched_is_checked_once_and_another_one_each_time(
    http: httpx.AsyncClient, check: CountingCheck
) -> None:
    statuses = []

    async def scrape() -> None:
        statuses.append(await log_in(http, "alice", "secret"))

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(scrape)
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
    folder.write(f"basic_auth_users: {{bob: {hashed('other')}}}")
    assert await log_in(http, "alice", "changed") == 401


async def test_what_is_remembered_is_bounded_and_holds_no_password() -> None:
    passwords = passwords_with(lambda _password, _hash: True)
    users = {f"user{number}": ALICE.encode() for number in range(REMEMBERED + 10)}

    for user in users:
        assert await passwords.match(users, user, "hunter2", HERE)

    assert len(passwords._remembered) == REMEMBERED
    assert all(len(proof) == 32 for proof in passwords._remembered)
    assert "hunter2" not in repr(vars(passwords))


async def test_names_and_passwords_that_join_to_the_same_text_differ() -> None:
    check = CountingCheck()
    passwords = passwords_with(check)
    shared = hashed("c").encode()
    users = {"ab": shared, "a": shared}

    assert await passwords.match(users, "ab", "c", HERE)
    assert not await passwords.match(users, "a", "bc", HERE)
    assert len(check.hashes) == 2


async def test_a_client_that_leaves_takes_nobody_else_s_check_with_it() -> None:
    check = HeldCheck(b"never")
    passwords = passwords_with(check)
    users = {"alice": ALICE.encode()}
    outcomes: list[bool] = []

    async def ask(leaving: anyio.CancelScope) -> None:
        with leaving:
            outcomes.append(await passwords.match(users, "alice", "wrong", HERE))

    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            leaving = anyio.CancelScope()
            tasks.start_soon(ask, leaving)
            tasks.start_soon(ask, anyio.CancelScope())
            await anyio.to_thread.run_sync(check.entered.wait, 30)
            leaving.cancel()
            check.release.set()

    assert outcomes == [False]


async def test_a_flood_of_logins_from_one_address_leaves_places_for_another() -> None:
    """And when none is left, what was remembered still matches."""
    check = HeldCheck(b"secret")
    passwords = passwords_with(check)
    users = {"alice": ALICE.encode()}
    assert await passwords.match(users, "alice", "secret", THERE)
    results: list[str] = []

    async def log_in(number: int, client: str) -> None:
        try:
            await passwords.match(users, "alice", f"wrong {number}", client)
            results.append("checked")
        except BusyError:
            results.append(f"refused {client}")

    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            for number in range(16):
                tasks.start_soon(log_in, number, HERE)
            await anyio.wait_all_tasks_blocked()
            assert results == [f"refused {HERE}"] * 12
            tasks.start_soon(log_in, 16, THERE)
            await anyio.wait_all_tasks_blocked()
            assert results == [f"refused {HERE}"] * 12
            assert await passwords.match(users, "alice", "secret", HERE)
            check.release.set()

    assert results[12:] == ["checked"] * 5


async def test_logins_that_wait_do_not_delay_the_end_of_the_process() -> None:
    check = HeldCheck(b"never")
    passwords = passwords_with(check)
    users = {"alice": ALICE.encode()}

    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            for number in range(4):
                tasks.start_soon(passwords.match, users, "alice", f"wrong {number}", HERE)
            await anyio.to_thread.run_sync(check.entered.wait, 30)
            passwords.close()
            tasks.cancel_scope.cancel()
    check.release.set()
    assert check.calls == 1
