"""How many long answers there may be at one time, in all and for one name."""

from collections import Counter
from threading import Lock

MOST, MOST_BY_NAME = 4, 2


class Turns:
    """Counts the exports under way, by who asked for them."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()
        self._lock = Lock()

    @property
    def under_way(self) -> int:
        return self._taken.total()

    def take(self, name: str) -> bool:
        """Take a turn if there is one left; whoever did gives it back."""
        with self._lock:
            free = self.under_way < MOST and self._taken[name] < MOST_BY_NAME
            self._taken[name] += free
            return free

    def give_back(self, name: str) -> None:
        with self._lock:
            self._taken[name] -= 1
