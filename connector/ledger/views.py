"""The part of the ledger that people read; each method is one consistent view."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from connector.domain.distribution import Attempt, Distribution
from connector.domain.pause import Pause
from connector.domain.plan import Mode
from connector.domain.standing import Acknowledgement, Row, Standing
from connector.ledger import chain, opening, pauses, reads
from connector.ledger.chain import Head
from connector.ledger.handle import Handle
from connector.ledger.history import EventRow, read_events
from connector.ledger.reads import Found

NAMES = 5_000


class Views(Handle):
    """What the ledger shows to a person, and to whoever watches over it."""

    @property
    def generation(self) -> int:
        """How many intents this ledger ever held."""
        with self._store.reading() as tx:
            return opening.standing(tx).generation

    def rows(self, state: str | None = None) -> tuple[Row, ...]:
        """Return all offers, and the sends that have none, by first delivery.

        `state` narrows it to a state, or to a decision of sends without an offer (`unmapped`).
        """
        with self._store.reading() as tx:
            return tuple(reads.rows(tx, state))

    def latest_rows(self, state: str | None = None, *, most: int) -> Found:
        """Return at most so many of them: those with the latest messages."""
        with self._store.reading() as tx:
            return reads.latest_rows(tx, state, most)

    @contextmanager
    def export(self, state: str | None = None) -> Iterator[tuple[Head, Iterator[Row]]]:
        """Give the same one after another, however many, and the history's head of that moment."""
        with self._store.reading() as tx:
            yield chain.head(tx), reads.rows(tx, state)

    def standing(self, *, since: datetime) -> Standing:
        """Return what may want a person, of sends that are coming or ended after an instant."""
        with self._store.reading() as tx:
            return reads.standing(tx, since)

    def find(self, text: str, *, most: int = 20) -> Found:
        """Return what a person means by an id, a key, or the name of a send: the latest of it."""
        with self._store.reading() as tx:
            return reads.find(tx, text, most)

    def latest_names(self) -> frozenset[str]:
        """Return the names of the sends with the latest messages, some thousands at most."""
        with self._store.reading() as tx:
            return reads.latest_names(tx, NAMES)

    def distribution(self, id: str) -> Distribution:
        """Return a distribution as it stands now; RefusedError if there is none."""
        with self._store.reading() as tx:
            return reads.one_distribution(tx, id)

    def attempts(self, distribution_id: str) -> tuple[Attempt, ...]:
        with self._store.reading() as tx:
            return reads.attempts(tx, distribution_id)

    def acknowledgements(self) -> Mapping[str, Acknowledgement]:
        """Return the last note that a person took of each row, by its id."""
        with self._store.reading() as tx:
            return reads.acknowledgements(tx)

    def events(
        self, *, limit: int = 100, distribution: str | None = None, occurrence: str | None = None
    ) -> tuple[EventRow, ...]:
        """Return the latest events, oldest first."""
        with self._store.reading() as tx:
            return read_events(tx, limit=limit, distribution=distribution, occurrence=occurrence)

    @property
    def head(self) -> Head:
        """The history's head: its number grows whenever a state changes."""
        with self._store.reading() as tx:
            return chain.head(tx)

    def counts(self) -> Mapping[str, int]:
        """Return how many offers stand in each state, and sends without one by decision."""
        with self._store.reading() as tx:
            return reads.counts(tx)

    def mode(self) -> Mode:
        with self._store.reading() as tx:
            return reads.mode(tx)

    def pauses(self, *, at: datetime) -> tuple[Pause, ...]:
        """Return the pauses in force at an instant, the oldest first."""
        with self._store.reading() as tx:
            return pauses.pauses(tx, at=at)
