"""Passwords: which are accepted, what it costs, and whom it holds up."""

import threading
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

import anyio
import bcrypt
import httpx
import pytest

from betatel_exporter.webconfig import BasicAuth
from betatel_exporter.webconfig.passwords import REMEMBERED, WAITING, Passwords
from tests.integration.webconfig.support import Folder, Serve, application, basic, hashed

pytestmark = pytest.mark.anyio

ALICE = hashed("secret")


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
        self.entered = threading.Event()
        self.release = threading.Event()

    def __call__(self, password: bytes, _hash: bytes) -> bool:
        if password == self._right:
            return True
        self.entered.set()
        assert self.release.wait(timeout=30)
        return False


def client(folder: Folder, checkpw: Callable[[bytes, bytes], bool] = bcrypt.checkpw) -> httpx.AsyncClient:
    app = BasicAuth(application([]), folder.config(), checkpw=checkpw)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://exporter")


async def test_without_users_no_password_is_asked_for(folder: Folder) -> None:
    folder.write("")

    assert (await client(folder).get("/metrics")).status_code == 200


async def test_the_right_password_opens_the_page(folder: Folder) -> None:
    folder.write(f"basic_auth_users: {{alice: {ALICE}}}")

    assert (await client(folder).get("/metrics", auth=("alice", "secret"))).status_code == 200


@pytest.mark.parametrize(
    "path", ["/metrics", "/", "/probe?account=a", "/-/healthy/", "//-/healthy", "/-/READY"]
)
async def test_every_other_page_asks_for_a_password(folder: Folder, path: str) -> None:
    folder.write(f"basic_auth_users: {{alice: {ALICE}}}")

    answer = await client(folder).get(path)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="betatel-exporter", charset="UTF-8"'


@pytest.mark.parametrize("path", ["/-/healthy", "/-/ready"])
async def test_health_asks_for_no_password_and_checks_none(folder: Folder, path: str) -> None:
    folder.write(f"basic_auth_users: {{alice: {ALICE}}}")
    check = CountingCheck()

    assert (await client(folder, check).get(path, auth=("alice", "wrong"))).status_code == 200
    assert check.hashes == []


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
    "no user": [b"Basic " + b64encode(b":secret")],
    "a NUL": [b"Basic " + b64encode(b"alice:secret\0")],
    "a right one and a wrong one": [b"Basic " + b64encode(b"alice:secret"), b"Basic " + b64encode(b"a:b")],
    "a right one twice": [b"Basic " + b64encode(b"alice:secret")] * 2,
    "the hash as the password": [b"Basic " + b64encode(f"alice:{ALICE}".encode())],
}


@pytest.mark.parametrize("values", BAD_HEADERS.values(), ids=BAD_HEADERS.keys())
async def test_anything_else_is_refused(folder: Folder, values: list[bytes]) -> None:
    folder.write(f"basic_auth_users: {{alice: {ALICE}}}")
    headers = [(b"Authorization", value) for value in values]

    answer = await client(folder).get("/metrics", headers=headers)

    assert (answer.status_code, answer.text) == (401, "Unauthorized\n")
    assert answer.headers["www-authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize("value", ["basic {}", "BASIC {}", "Basic   {}"])
async def test_the_scheme_is_read_as_generously_as_the_rfc_asks(folder: Folder, value: str) -> None:
    folder.write(f"basic_auth_users: {{alice: {ALICE}}}")
    headers = {"Authorization": value.format(b64encode(b"alice:secret").decode())}

    assert (await client(folder).get("/metrics", headers=headers)).status_code == 200


async def test_a_password_may_hold_colons_and_any_language(folder: Folder) -> None:
    password = "пароль:и:ещё"
    folder.write(f"basic_auth_users: {{Алиса: {hashed(password)}}}")
    headers = {"Authorization": basic(f"Алиса:{password}")}

    assert (await client(folder).get("/metrics", headers=headers)).status_code == 200


async def test_an_empty_password_needs_its_colon(folder: Folder) -> None:
    folder.write(f"basic_auth_users: {{alice: {hashed('')}}}")
    http = client(folder)
    without_colon = f"Basic {b64encode(b'alice').decode()}"

    assert (await http.get("/metrics", headers={"Authorization": basic("alice:")})).status_code == 200
    assert (await http.get("/metrics", headers={"Authorization": without_colon})).status_code == 401


async def test_not_even_a_check_that_always_agrees_lets_in_whom_the_file_does_not_name() -> None:
    passwords = Passwords(lambda _password, _hash: True)
    users = {"alice": ALICE.encode()}

    assert await passwords.match(users, "alice", "anything")
    assert not await passwords.match(users, "bob", "anything")
    assert not await passwords.match(users, "alice", "anything\0else")


async def test_a_password_of_72_bytes_is_the_longest(folder: Folder) -> None:
    folder.write(f"basic_auth_users: {{alice: {hashed('x' * 72)}}}")
    http = client(folder)

    assert (await http.get("/metrics", auth=("alice", "x" * 72))).status_code == 200
    assert (await http.get("/metrics", auth=("alice", "x" * 73))).status_code == 401


async def test_an_unknown_user_costs_as_much_as_a_known_one(folder: Folder) -> None:
    folder.write(f"basic_auth_users: {{alice: {hashed('secret', cost=5)}}}")
    check = CountingCheck()
    http = client(folder, check)

    await http.get("/metrics", auth=("alice", "wrong"))
    await http.get("/metrics", auth=("bob", "wrong"))

    assert [hash_[:7] for hash_ in check.hashes] == [b"$2b$05$", b"$2b$05$"]


async def test_where_costs_differ_an_unknown_user_has_one_of_them_and_keeps_it(folder: Folder) -> None:
    folder.write(f"basic_auth_users: {{alice: {hashed('secret', cost=4)}, bob: {hashed('secret', cost=5)}}}")
    check = CountingCheck()
    http = client(folder, check)

    for number in range(32):
        for _ in range(2):
            await http.get("/metrics", auth=(f"user{number}", "secret"))

    costs = [hash_[:7] for hash_ in check.hashes]
    assert costs[::2] == costs[1::2]
    assert set(costs) == {b"$2b$04$", b"$2b$05$"}


async def test_an_unknown_user_with_somebody_s_password_stays_out(folder: Folder) -> None:
    folder.write(f"basic_auth_users: {{alice: {ALICE}}}")
    http = client(folder)

    for _ in range(2):
        assert (await http.get("/metrics", auth=("bob", "secret"))).status_code == 401


async def test_a_password_that_matched_is_checked_once(folder: Folder) -> None:
    folder.write(f"basic_auth_users: {{alice: {ALICE}}}")
    check = CountingCheck()
    http = client(folder, check)

    for _ in range(3):
        assert (await http.get("/metrics", auth=("alice", "secret"))).status_code == 200
    assert len(check.hashes) == 1


async def test_the_same_password_many_times_at_once_is_checked_once(folder: Folder) -> None:
    folder.write(f"basic_auth_users: {{alice: {ALICE}}}")
    check = CountingCheck()
    http = client(folder, check)
    statuses: list[int] = []

    async def scrape() -> None:
        statuses.append((await http.get("/metrics", auth=("alice", "secret"))).status_code)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(scrape)

    assert statuses == [200] * 20
    assert len(check.hashes) == 1


async def test_a_password_that_did_not_match_is_checked_each_time(folder: Folder) -> None:
    folder.write(f"basic_auth_users: {{alice: {ALICE}}}")
    check = CountingCheck()
    http = client(folder, check)

    for _ in range(3):
        await http.get("/metrics", auth=("alice", "wrong"))
    assert len(check.hashes) == 3


async def test_a_changed_hash_is_asked_for_at_the_next_request(folder: Folder) -> None:
    folder.write(f"basic_auth_users: {{alice: {ALICE}}}")
    http = client(folder)
    assert (await http.get("/metrics", auth=("alice", "secret"))).status_code == 200
    folder.write(f"basic_auth_users: {{alice: {hashed('changed')}}}")

    assert (await http.get("/metrics", auth=("alice", "secret"))).status_code == 401
    assert (await http.get("/metrics", auth=("alice", "changed"))).status_code == 200


async def test_a_removed_user_is_refused_at_the_next_request(folder: Folder) -> None:
    folder.write(f"basic_auth_users: {{alice: {ALICE}, bob: {hashed('other')}}}")
    http = client(folder)
    assert (await http.get("/metrics", auth=("alice", "secret"))).status_code == 200
    folder.write(f"basic_auth_users: {{bob: {hashed('other')}}}")

    assert (await http.get("/metrics", auth=("alice", "secret"))).status_code == 401


async def test_what_is_remembered_is_bounded_and_holds_no_password() -> None:
    passwords = Passwords(lambda _password, _hash: True)
    users = {f"user{number}": ALICE.encode() for number in range(REMEMBERED + 10)}

    for user in users:
        assert await passwords.match(users, user, "hunter2")

    assert len(passwords._remembered) == REMEMBERED
    assert all(len(proof) == 32 for proof in passwords._remembered)
    assert "hunter2" not in repr(vars(passwords))


async def test_names_and_passwords_that_join_to_the_same_text_are_told_apart() -> None:
    check = CountingCheck()
    passwords = Passwords(check)
    shared = hashed("c").encode()
    users = {"ab": shared, "a": shared}

    assert await passwords.match(users, "ab", "c")
    assert not await passwords.match(users, "a", "bc")
    assert len(check.hashes) == 2


async def test_a_client_that_leaves_takes_nobody_else_s_check_with_it() -> None:
    check = HeldCheck(b"never")
    passwords = Passwords(check)
    users = {"alice": ALICE.encode()}
    outcomes: list[bool] = []

    async def ask(leaving: anyio.CancelScope) -> None:
        with leaving:
            outcomes.append(await passwords.match(users, "alice", "wrong"))

    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            leaving = anyio.CancelScope()
            tasks.start_soon(ask, leaving)
            tasks.start_soon(ask, anyio.CancelScope())
            await anyio.to_thread.run_sync(check.entered.wait, 30)
            leaving.cancel()
            check.release.set()

    assert outcomes == [False]


def test_a_flood_of_wrong_passwords_holds_up_neither_remembered_ones_nor_health(
    folder: Folder, serve: Serve
) -> None:
    folder.write(f"basic_auth_users: {{alice: {ALICE}}}")
    check = HeldCheck(b"secret")
    server = serve(folder.config(), check)
    assert server.get(login="alice:secret").status == 200

    with ThreadPoolExecutor(WAITING + 8) as attackers:
        flood = [attackers.submit(server.get, login=f"alice:{number}") for number in range(WAITING + 8)]
        try:
            assert check.entered.wait(timeout=30)
            for _ in range(3):
                assert server.get(login="alice:secret").status == 200
                assert server.get("/-/healthy").status == 200
            refused, waiting = wait(flood, timeout=30, return_when="FIRST_COMPLETED")
            assert waiting
            assert {attempt.result().status for attempt in refused} == {503}
        finally:
            check.release.set()
        answers = [attempt.result() for attempt in flood]

    statuses = [answer.status for answer in answers]
    assert statuses.count(401) == WAITING
    assert statuses.count(503) == 8
    assert {answer.headers["Retry-After"] for answer in answers if answer.status == 503} == {"1"}


def test_users_changed_on_disk_count_at_the_next_request_of_an_open_connection(
    folder: Folder, serve: Serve
) -> None:
    folder.write(f"basic_auth_users: {{alice: {ALICE}}}")
    connection = serve(folder.config()).connect()
    statuses = []
    try:
        for users in (f"alice: {ALICE}", f"bob: {ALICE}", "alice: broken", f"alice: {ALICE}"):
            folder.write(f"basic_auth_users: {{{users}}}")
            connection.request("GET", "/metrics", headers={"Authorization": basic("alice:secret")})
            response = connection.getresponse()
            response.read()
            statuses.append(response.status)
    finally:
        connection.close()

    assert statuses == [200, 401, 401, 200]
