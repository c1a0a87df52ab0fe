"""A clock that stands still until told otherwise: nothing waits in a unit test."""

from datetime import datetime, timedelta


class FixedClock:
    """Shows one instant; a wait is recorded, moves it, and returns at once."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._monotonic = 0.0
        self.waits: list[float] = []
        self.interrupted = False

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, by: timedelta) -> None:
        self._now += by
        self._monotonic += by.total_seconds()

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        if not self.interrupted:
            self.advance(timedelta(seconds=max(0.0, seconds)))
        return self.interrupted

    def interrupt(self) -> None:
        self.interrupted = True
