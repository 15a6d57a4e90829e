"""A semaphore whose slots are shared fairly, so that calls that hang keep nobody else from a slot."""

import asyncio
from collections import deque


class FairSemaphore:
    """Bounds what runs at once; each lane has one of the slots to itself, the spare ones are shared.

    Lanes that hang hold their own slots and at worst all spare ones; every other lane still has its own. With fewer slots
    than lanes, lanes take turns. Belongs to one event loop.
    """

    def __init__(self, slots: int, lanes: int) -> None:
        self._free = slots
        self._spare = max(0, slots - lanes)
        self._waiting: deque[Lane] = deque()

    def lane(self) -> "Lane":
        """A new lane; `lanes` of the constructor is how many there will be."""
        return Lane(self)

    def take(self, lane: "Lane") -> bool:
        """Give a slot to a lane if it may have one now."""
        further = lane.held > 0
        if self._free == 0 or (further and self._spare == 0):
            return False
        self._free -= 1
        self._spare -= further
        lane.held += 1
        return True

    def give_back(self, lane: "Lane") -> None:
        """Take a slot back and hand it to whoever may have it next: the lane itself goes to the end of the queue."""
        lane.held -= 1
        self._free += 1
        self._spare += lane.held > 0
        for _ in range(len(self._waiting)):
            if self._free == 0:
                return
            following = self._waiting.popleft()
            following.wake()
            if following.waiters:
                self._waiting.append(following)

    def enqueue(self, lane: "Lane") -> None:
        if lane not in self._waiting:
            self._waiting.append(lane)


class Lane:
    """Calls that compete as one; `async with` holds a slot."""

    def __init__(self, semaphore: FairSemaphore) -> None:
        self._semaphore = semaphore
        self.held = 0
        self.waiters: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        if not self.waiters and self._semaphore.take(self):
            return
        waiter = asyncio.get_running_loop().create_future()
        self.waiters.append(waiter)
        self._semaphore.enqueue(self)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():  # the slot came in the same moment
                self._semaphore.give_back(self)
            raise

    async def __aexit__(self, *_: object) -> None:
        self._semaphore.give_back(self)

    def wake(self) -> None:
        """Start the first call that still waits, if the lane may have a slot."""
        while self.waiters and self.waiters[0].done():
            self.waiters.popleft()
        if self.waiters and self._semaphore.take(self):
            self.waiters.popleft().set_result(None)
