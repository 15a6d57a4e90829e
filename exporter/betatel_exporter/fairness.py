"""A semaphore whose slots are shared fairly, so that calls that hang keep nobody else from a slot."""

import asyncio
from collections import deque


class FairSemaphore:
    """Bounds what runs at once; each lane has one of the slots to itself, the spare ones are shared.

    A lane whose last call succeeded may also borrow a free slot of another lane. So lanes that hang hold their own slots
    and at worst all spare ones; every other lane still has its own. With fewer slots than lanes, lanes take turns. Belongs
    to one event loop.
    """

    def __init__(self, slots: int, lanes: int) -> None:
        self._free = slots
        self._spare = slots - lanes  # negative while slots are borrowed
        self._without: deque[Lane] = deque()
        self._further: deque[Lane] = deque()

    def lane(self) -> "Lane":
        """A new lane; `lanes` of the constructor is how many there will be."""
        return Lane(self)

    def take(self, lane: "Lane") -> bool:
        """Give a slot to a lane if it may have one now."""
        further = lane.held > 0
        if self._free == 0 or (further and self._spare <= 0 and not lane.succeeded):
            return False
        self._free -= 1
        self._spare -= further
        lane.held += 1
        return True

    def give_back(self, lane: "Lane", *, succeeded: bool) -> None:
        """Take a slot back and hand it on: first to lanes that have none, in turn."""
        lane.held -= 1
        self._free += 1
        self._spare += lane.held > 0
        lane.succeeded = succeeded and (lane.held > 0 or bool(lane.waiters))
        if lane.held == 0 and lane in self._further:
            self._further.remove(lane)
            self._without.append(lane)
        for queue in (self._without, self._further):
            for _ in range(len(queue)):
                if self._free == 0:
                    return
                following = queue.popleft()
                following.wake()
                self.enqueue(following)

    def enqueue(self, lane: "Lane") -> None:
        """Put a lane with calls that wait at the end of its queue."""
        if lane.waiters and lane not in self._without and lane not in self._further:
            (self._further if lane.held else self._without).append(lane)


class Lane:
    """Calls that compete as one; `async with` holds a slot."""

    def __init__(self, semaphore: FairSemaphore) -> None:
        self._semaphore = semaphore
        self.held = 0
        self.succeeded = False
        """The last call did, and the lane has been busy since."""
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
                self._semaphore.give_back(self, succeeded=False)
            raise

    async def __aexit__(self, error: type[BaseException] | None, *_: object) -> None:
        self._semaphore.give_back(self, succeeded=error is None)

    def wake(self) -> None:
        """Start the first call that still waits, if the lane may have a slot."""
        while self.waiters and self.waiters[0].done():
            self.waiters.popleft()
        if self.waiters and self._semaphore.take(self):
            self.waiters.popleft().set_result(None)
