"""How often somebody may guess: failures by address and by name, forgotten after a while."""

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from math import ceil
from threading import Lock

WHILE = 300.0  # seconds in which failures count
MOST_BY_NAME, MOST_BY_ADDRESS = 5, 20
_MOST_KEYS = 10_000  # a stranger must not fill our memory


class Throttle:
    """Counts failed logins. Time is monotonic, in seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._failures: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()
        self._lock = Lock()

    def wait(self, name: str, address: str) -> int:
        """Return for how many seconds this name or address may not try, 0 where it may."""
        now = self._monotonic()
        with self._lock:
            waits = [self._until(key, most) - now for key, most in _keys(name, address)]
        return max(0, ceil(max(waits)))

    def failed(self, name: str, address: str) -> None:
        now = self._monotonic()
        with self._lock:
            for key, most in _keys(name, address):
                found = self._failures.setdefault(key, deque(maxlen=most))
                found.append(now)
                self._failures.move_to_end(key)
            while len(self._failures) > _MOST_KEYS:
                self._failures.popitem(last=False)

    def passed(self, name: str, address: str) -> None:
        """Forget what failed under this name from this address: it was a slip."""
        with self._lock:
            by_name, _ = _keys(name, address)
            self._failures.pop(by_name[0], None)

    def _until(self, key: tuple[str, str], most: int) -> float:
        failures = self._failures.get(key)
        return failures[0] + WHILE if failures and len(failures) >= most else 0.0


def _keys(name: str, address: str) -> Sequence[tuple[tuple[str, str], int]]:
    # A name is counted by address too: else a stranger could keep its owner out.
    return (((address, name[:200]), MOST_BY_NAME), ((address, ""), MOST_BY_ADDRESS))
