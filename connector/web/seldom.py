"""Lines about what a stranger can repeat at will: so many of them that no log is filled."""

from collections import Counter
from datetime import datetime, timedelta


class Seldom:
    """Counts what recurs, by a key of ours, and says when it is time for a line about it."""

    def __init__(self) -> None:
        self._left_out: Counter[str] = Counter()
        self._logged_at: dict[str, datetime] = {}

    def due(self, key: str, now: datetime, every: timedelta = timedelta(minutes=1)) -> int:
        """Count once more; return how often since the last line, 0 where the next is not due."""
        self._left_out[key] += 1
        last = self._logged_at.get(key)
        if last is not None and now - last < every:
            return 0
        self._logged_at[key] = now
        return self._left_out.pop(key)
