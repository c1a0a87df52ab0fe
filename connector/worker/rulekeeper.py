"""The mapping set in force: taken when the folder has settled, the last good one if it is bad."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from connector.clock import Clock
from connector.domain.rules import RuleBook
from connector.errors import ConfigError
from connector.telemetry import Event, log

SETTLING = timedelta(seconds=30)


class Sets(Protocol):
    """The mapping files as they are, and the set of them that was accepted last."""

    @property
    def path(self) -> Path: ...

    def fingerprint(self) -> str:
        """Return the digest of the files as they are, which is that of the rules in them.

        ConfigError where there are none.
        """

    def load(self) -> tuple[RuleBook, Mapping[str, str]]:
        """Return the rules and the files that say so; ConfigError with every problem."""

    def accept(self, book: RuleBook, files: Mapping[str, str], at: datetime) -> None:
        """Keep a set, durably, as the one in force."""

    def accepted(self) -> RuleBook | None:
        """Return the set kept last, None where there is none to go by."""


class RuleKeeper:
    """Holds the mapping set in force.

    `problems` are those of the set that was not taken, `stale_since` since when none could be.

    A start takes the folder at once where nothing was ever accepted, or when told to; else the
    set accepted last stays in force until the folder has settled. ConfigError where the folder is
    bad and there is nothing to fall back on.
    """

    def __init__(self, sets: Sets, clock: Clock, *, at_once: bool) -> None:
        self._sets, self._clock = sets, clock
        self.problems: tuple[str, ...] = ()
        self.stale_since: datetime | None = None
        self._changing = self._seen()
        self._changed_at = clock.monotonic()
        kept = sets.accepted()
        if kept is None:
            self.book = self._accepted()
            self._tried = self._changing
        else:
            self.book = kept
            self._tried = kept.digest
            if at_once or not self._readable():
                self._take(self._changing)

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
            return self._sets.fingerprint()
        except ConfigError as error:  # a vanished folder is a change like any other
            return str(error)

    def _readable(self) -> bool:
        try:
            self._sets.load()
        except ConfigError:
            return False
        return True

    def _accepted(self) -> RuleBook:
        book, files = self._sets.load()
        self._sets.accept(book, files, self._clock.now())
        return book

    def _take(self, seen: str) -> None:
        try:
            book, files = self._sets.load()
            if book.digest != seen:
                return  # changed while it was read: no set that anybody wrote
            self._sets.accept(book, files, self._clock.now())
            self.book = book
        except ConfigError as error:
            self.problems = error.problems
            self.stale_since = self.stale_since or self._clock.now()
            log.error(
                Event.MAPPINGS_INVALID,
                path=str(self._sets.path),
                problems=list(error.problems),
                in_force=self.book.digest[:12],
            )
        else:
            self.problems, self.stale_since = (), None
            log.info(
                Event.MAPPINGS_LOADED, rules=len(self.book.rules), digest=self.book.digest[:12]
            )
        self._tried = seen
