"""Signs of life: given by a finished turn of the loop, and by nothing else."""

from connector.clock import Clock
from connector.telemetry import aside
from connector.worker.notify import Notify

FEED_SECONDS = 5.0


class Pulse:
    """Knows when the loop last finished a turn, and feeds systemd's watchdog with it."""

    def __init__(self, clock: Clock, notify: Notify) -> None:
        self._clock, self._notify = clock, notify
        self._turned_at = clock.monotonic()
        self._fed_at = -FEED_SECONDS

    def started(self) -> None:
        self._turned_at = self._clock.monotonic()
        self._say("READY=1")

    def turned(self) -> None:
        """Take note of a finished turn."""
        self._turned_at = self._clock.monotonic()
        if self._turned_at - self._fed_at >= FEED_SECONDS:
            self._fed_at = self._turned_at
            self._say("WATCHDOG=1")

    def told(self, status: str) -> None:
        self._say(f"STATUS={status}")

    def stopping(self) -> None:
        self._say("STOPPING=1")

    def _say(self, line: str) -> None:
        with aside("systemd"):
            self._notify(line)

    @property
    def still_for(self) -> float:
        """Seconds since a turn was last finished."""
        return self._clock.monotonic() - self._turned_at
