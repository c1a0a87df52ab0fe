"""How often somebody may guess a password. Each try counts before it is looked at.

Under one name from one address five tries in five minutes may fail, from one address twenty. One
name over all addresses is slowed and never locked, or strangers could keep its owner out. Whoever
logged in before from the same browser is counted by that browser instead, and never waits for them.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from math import ceil
from threading import Lock

from connector.web.addresses import counted_as

WHILE = 300.0  # seconds in which failures count
MOST_BY_NAME, MOST_BY_ADDRESS = 5, 20
FREE_BY_NAME = 10  # so many failures over all addresses, then each further try waits a little
LONGEST_GAP = 30.0  # seconds between two tries under one name
_REMEMBERED = 64  # more than it takes to come to the longest gap
_MOST_KEYS = 10_000  # a stranger must not fill our memory

_Key = tuple[str, ...]


class Throttle:
    """Counts failed logins. Time is monotonic, in seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._failures: OrderedDict[_Key, deque[float]] = OrderedDict()
        self._lock = Lock()

    def begin(self, name: str, address: str, device: str | None = None) -> int:
        """Count a try as failed and return 0; return for how many seconds it must wait instead.

        `device` is the browser by which this name logged in before, if it is one.
        """
        now, keys = self._monotonic(), _keys(name, address, device)
        with self._lock:
            wait = max(self._until(key, most, now) for key, most in keys.items()) - now
            if wait > 0:
                return ceil(wait)
            for key in keys:
                self._failures.setdefault(key, deque(maxlen=_REMEMBERED)).append(now)
                self._failures.move_to_end(key)
            while len(self._failures) > _MOST_KEYS:
                self._failures.popitem(last=False)
        return 0

    def passed(self, name: str, address: str, device: str | None = None) -> None:
        """Take back what `begin` counted, and the slips before it in the same place."""
        narrow, *wide = _keys(name, address, device)
        with self._lock:
            self._failures.pop(narrow, None)
            for key in wide:
                if self._failures.get(key):
                    self._failures[key].pop()

    def _until(self, key: _Key, most: int, now: float) -> float:
        failures = self._failures.get(key, ())
        recent = [at for at in failures if now - at < WHILE]
        if len(recent) < most:
            return 0.0
        if key[0] == _OVER_ALL:
            return recent[-1] + min(LONGEST_GAP, 2.0 ** (len(recent) - most))
        return recent[-most] + WHILE


_OVER_ALL = "name"


def _keys(name: str, address: str, device: str | None) -> Mapping[_Key, int]:
    """Return by what a try is counted, the narrowest first, and how many may fail."""
    if device is not None:
        return {("device", device): MOST_BY_NAME}
    network, short = counted_as(address), name[:200]
    return {
        ("both", network, short): MOST_BY_NAME,
        ("address", network): MOST_BY_ADDRESS,
        (_OVER_ALL, short): FREE_BY_NAME,
    }
