"""Passwords against bcrypt hashes, without stalling the event loop and without telling who exists."""

import asyncio
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

REMEMBERED = 256
WAITING = 32
_LONGEST = 72
_SALT_END = 29


class BusyError(Exception):
    """Too many passwords are waiting to be checked."""


class Passwords:
    """bcrypt takes about 50 ms of a core at cost 10: it runs in one thread, and what matched is remembered.

    Remembered is an HMAC under a key of this process, so that no password stays in memory. It covers the
    hash, so that a changed hash is checked anew. What did not match is never remembered.
    """

    def __init__(self, checkpw: Callable[[bytes, bytes], bool]) -> None:
        self._checkpw = checkpw
        self._key = secrets.token_bytes(32)
        self._remembered: OrderedDict[bytes, None] = OrderedDict()
        # A thread of its own: the loop's are all taken when names are slow to resolve.
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="bcrypt")
        self._turn = asyncio.Lock()
        self._pending = 0

    async def match(self, users: Mapping[str, bytes], user: str, password: str) -> bool:
        """Raises BusyError."""
        secret = password.encode()
        if len(secret) > _LONGEST or b"\0" in secret:
            # Beyond either, implementations of bcrypt disagree and some look no further.
            return False
        known = user in users
        hashed = users[user] if known else self._decoy(users, user)
        proof = self._proof(user.encode(), secret, hashed)
        if self._recall(proof):
            return True
        if not await self._check(proof, secret, hashed) or not known:
            return False
        self._remember(proof)
        return True

    async def _check(self, proof: bytes, secret: bytes, hashed: bytes) -> bool:
        if self._pending >= WAITING:
            raise BusyError
        self._pending += 1
        try:
            async with self._turn:
                if self._recall(proof):  # somebody before us in the queue had the same
                    return True
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._executor, self._checkpw, secret, hashed)
        finally:
            self._pending -= 1

    def _decoy(self, users: Mapping[str, bytes], user: str) -> bytes:
        """A hash that nothing matches, as costly as one of the file's, and always the same for a name."""
        hashes = list(users.values())
        choice = int.from_bytes(self._digest(user.encode())) % len(hashes)
        return hashes[choice][:_SALT_END] + b"." * 31

    def _proof(self, *parts: bytes) -> bytes:
        return self._digest(b"".join(len(part).to_bytes(4) + part for part in parts))

    def _digest(self, message: bytes) -> bytes:
        return hmac.digest(self._key, message, hashlib.sha256)

    def _recall(self, proof: bytes) -> bool:
        if proof not in self._remembered:
            return False
        self._remembered.move_to_end(proof)
        return True

    def _remember(self, proof: bytes) -> None:
        self._remembered[proof] = None
        if len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)
