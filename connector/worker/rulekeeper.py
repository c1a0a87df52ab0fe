"""The mapping set in force: reloaded when the folder changes, the last good one if it is bad."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from connector.clock import Clock
from connector.domain.rules import RuleBook
from connector.errors import ConfigError
from connector.telemetry import Event, log

SETTLING = timedelta(seconds=30)


class RuleKeeper:
    """Holds the last valid mapping set. `problems` are those of the set that was not taken."""

    def __init__(
        self,
        load: Callable[[], RuleBook],
        fingerprint: Callable[[], str],
        clock: Clock,
        path: Path,
    ) -> None:
        self._load, self._fingerprint, self._clock, self._path = load, fingerprint, clock, path
        self.problems: tuple[str, ...] = ()
        self._tried = fingerprint()
        self._changed_at = clock.monotonic()
        self._changing = self._tried
        self.book = load()

    def refresh(self, *, at_once: bool = False) -> RuleBook:
        """Return the set in force, taking a changed folder once it has settled."""
        seen = self._seen()
        if seen != self._changing:
            self._changing, self._changed_at = seen, self._clock.monotonic()
        settled = self._clock.monotonic() - self._changed_at >= SETTLING.total_seconds()
        if at_once or (seen != self._tried and settled):
            self._take(seen)
        return self.book

    def _seen(self) -> str:
        try:
            return self._fingerprint()
        except ConfigError as error:  # a vanished folder is a change like any other
            return str(error)

    def _take(self, seen: str) -> None:
        self._tried = seen
        try:
            self.book = self._load()
        except ConfigError as error:
            self.problems = error.problems
            log.error(
                Event.MAPPINGS_INVALID,
                path=str(self._path),
                problems=list(error.problems),
                in_force=self.book.digest[:12],
            )
        else:
            self.problems = ()
            log.info(
                Event.MAPPINGS_LOADED, rules=len(self.book.rules), digest=self.book.digest[:12]
            )
