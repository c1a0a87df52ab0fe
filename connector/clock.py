"""The one place that reads time, waits, or rolls dice."""

import time
from datetime import UTC, datetime, timedelta
from random import Random, SystemRandom
from typing import Protocol

__all__ = ["Clock", "Random", "ShiftedClock", "SystemClock", "randomness"]

LOOK_SECONDS = 0.1
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # Linux alone has the former


class Clock(Protocol):
    """What the rest of the code may know of time."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds that never step, and pass while the machine sleeps.

        Only differences mean anything.
        """

    def wait(self, seconds: float) -> bool:
        """Wait, at most so many seconds; true if `interrupt` cut it short."""

    def interrupt(self) -> None:
        """End the present wait and every later one: the process is to stop."""


class SystemClock:
    """The machine's clock; every wait ends within `LOOK_SECONDS` of `interrupt`.

    A signal handler interrupts, at times in the midst of a wait of its own thread, where the lock
    of an Event would hang the process for good. So it sets a mark, and a wait looks up often.
    """

    def __init__(self) -> None:
        self._stopped = False

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.clock_gettime(_STEADY)

    def wait(self, seconds: float) -> bool:
        end = self.monotonic() + seconds
        while not self._stopped and (left := end - self.monotonic()) > 0:
            time.sleep(min(left, LOOK_SECONDS))
        return self._stopped

    def interrupt(self) -> None:
        self._stopped = True


class ShiftedClock(SystemClock):
    """A running clock that can be set: the sandbox's, and the demo's time machine."""

    def __init__(self) -> None:
        super().__init__()
        self._shift = timedelta()

    def now(self) -> datetime:
        return super().now() + self._shift

    def set(self, instant: datetime) -> None:
        self._shift = instant - super().now()

    def advance(self, by: timedelta) -> None:
        self._shift += by


def randomness() -> Random:
    """Return the source of jitter and attempt ids."""
    return SystemRandom()
