"""Passwords against bcrypt hashes, without blocking the event loop and without revealing which users exist."""

import asyncio
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

REMEMBERED = 256

_LONGEST = 72
_SALT_END = 29


class BusyError(Exception):
    """Too many passwords of this client, or of all clients, are waiting to be checked."""


class Limiter(Protocol):
    """Limits the passwords that wait to be checked, by client address."""

    def take(self, client: str) -> bool: ...

    def give_back(self, client: str) -> None: ...


class Passwords:
    """bcrypt takes about 50 ms of a core at cost 10: it runs in one thread, and what matched is remembered.

    It is remembered as an HMAC under a key of this process, so that no password stays in memory. The HMAC
    covers the hash, so a changed hash is checked again. What did not match is not remembered.
    """

    def __init__(self, checkpw: Callable[[bytes, bytes], bool], waiting: Limiter) -> None:
        self._checkpw = checkpw
        self._waiting = waiting
        self._key = secrets.token_bytes(32)
        self._remembered: OrderedDict[bytes, None] = OrderedDict()
        self._checks: dict[bytes, asyncio.Task[bool]] = {}
        # Not the event loop's threads: slow name resolution can occupy all of them.
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="bcrypt")

    async def match(self, users: Mapping[str, bytes], user: str, password: str, client: str) -> bool:
        """Whether a user has this password; `client` is the address that asks. Raises BusyError."""
        secret = password.encode()
        if len(secret) > _LONGEST or b"\0" in secret:
            # Implementations of bcrypt disagree about these, and some ignore the rest.
            return False
        known = user in users
        hashed = users[user] if known else self._decoy(users, user)
        proof = self._proof(user.encode(), secret, hashed)
        matched = proof in self._remembered or await asyncio.shield(
            self._check(proof, secret, hashed, client)
        )
        if matched and known:
            self._remember(proof)
        return matched and known

    def close(self) -> None:
        """Drop the passwords that wait to be checked, so that they do not delay the end of the process."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _check(self, proof: bytes, secret: bytes, hashed: bytes, client: str) -> asyncio.Task[bool]:
        """One check for all concurrent requests with the same password; it continues if one of them disconnects."""
        check = self._checks.get(proof)
        if check is None:
            if not self._waiting.take(client):
                raise BusyError
            check = self._checks[proof] = asyncio.create_task(self._bcrypt(secret, hashed))
            check.add_done_callback(lambda _: self._end(proof, client))
        return check

    def _end(self, proof: bytes, client: str) -> None:
        del self._checks[proof]
        self._waiting.give_back(client)

    async def _bcrypt(self, secret: bytes, hashed: bytes) -> bool:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._checkpw, secret, hashed)

    def _decoy(self, users: Mapping[str, bytes], user: str) -> bytes:
        """A hash that no password matches, as costly as the file's, and constant for a name."""
        hashes = list(users.values())
        choice = int.from_bytes(self._digest(user.encode())) % len(hashes)
        return hashes[choice][:_SALT_END] + b"." * 31

    def _proof(self, *parts: bytes) -> bytes:
        return self._digest(b"".join(len(part).to_bytes(4) + part for part in parts))

    def _digest(self, message: bytes) -> bytes:
        return hmac.digest(self._key, message, hashlib.sha256)

    def _remember(self, proof: bytes) -> None:
        self._remembered[proof] = None
        self._remembered.move_to_end(proof)
        if len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)
