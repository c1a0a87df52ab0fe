"""Pages that many ask for are read and made once for all of them.

A page is made for nobody in particular: where its reader's name and form token belong, it carries
marks of this process, which are replaced for each reader. Whoever asks while the same page is being
made waits for one that was begun after that, and all who wait get the same. So a crowd costs no
more than one reader after another, and nobody is shown what was no longer so when they asked.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from anyio import CapacityLimiter, to_thread
from markupsafe import escape

from connector.clock import Clock, Random
from connector.domain.text import printable

FRESH = timedelta(seconds=1)  # what a page says of the time, or of the worker's lock, is no older
MOST_PAGES, MOST_BYTES = 64, 32_000_000
AT_ONCE = 4  # pages in the making: with more, none is sooner done, and what is ready comes later


@dataclass(frozen=True, slots=True)
class Made:
    """A page as it was at `as_of`, an instant of the monotonic clock, and made at `at`.

    `version` stands for all that it shows, but for the time.
    """

    status: int
    body: bytes
    version: Hashable
    as_of: float
    at: datetime


@dataclass
class _Place:
    """Where one page is kept. Whoever makes it holds the lock."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    made: Made | None = None


class SharedPages:
    """The pages made lately, those asked for last at the end."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self.name, self.token = (f"x{random.getrandbits(128):032x}" for _ in range(2))
        self._places: OrderedDict[Hashable, _Place] = OrderedDict()
        self._turns = CapacityLimiter(AT_ONCE)

    def kept(self, key: Hashable, version: Hashable) -> Made | None:
        """Return a page that is as it would be made now; None where it must be made."""
        place = self._places.get(key)
        made = place.made if place else None
        if made is None or made.status != 200 or made.version != version:
            return None
        return made if abs(self._clock.now() - made.at) < FRESH else None

    async def get(self, key: Hashable, asked: float, make: Callable[[], Made]) -> Made:
        """Return a page as it was at an instant of the monotonic clock, or later."""
        place = self._places.setdefault(key, _Place())
        self._places.move_to_end(key)
        async with place.lock:
            made = place.made
            if made is None or made.as_of < asked:
                made = place.made = await to_thread.run_sync(make, limiter=self._turns)
        self._drop()
        return made

    def filled(self, body: bytes, name: str, token: str) -> bytes:
        """Return a page for a reader."""
        shown = str(escape(printable(name)))
        marked = body.replace(self.name.encode(), shown.encode())
        return marked.replace(self.token.encode(), token.encode())

    def _drop(self) -> None:
        """Forget what was not asked for of late, where it is too much."""
        size = sum(len(place.made.body) for place in self._places.values() if place.made)
        while len(self._places) > 1 and (len(self._places) > MOST_PAGES or size > MOST_BYTES):
            _, place = self._places.popitem(last=False)
            size -= len(place.made.body) if place.made else 0
