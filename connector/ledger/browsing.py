"""The part of the ledger that pages read; no reading costs more for the length of the history."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from connector.domain.browsing import Approved, Claims, Count, Order, Part, Place, Wanted
from connector.domain.distribution import Distribution, State
from connector.domain.standing import Row, Standing
from connector.errors import LedgerError
from connector.ledger import glances, upkeep
from connector.ledger.browse import browse
from connector.ledger.handle import Handle
from connector.ledger.store import Store


class Browsing(Handle):
    """The ledger a part at a time."""

    def __init__(self, store: Store, ledger_id: str) -> None:
        super().__init__(store, ledger_id)
        self._schema = store.schema_version()

    def version(self) -> int | None:
        """Return a number that changes with every change of the ledger, whoever makes it.

        None where the file is not the one that was opened, or not of the schema it had then.
        """
        try:
            self._store.check_alive()
            changes, schema = self._store.version()
        except LedgerError:
            return None
        return changes if schema == self._schema else None

    def one_moment(self) -> AbstractContextManager[None]:
        """Let all that this thread reads meanwhile be of one moment; it must write nothing."""
        return self._store.one_moment()

    def browse(
        self,
        wanted: Wanted,
        *,
        order: Order = Order.MESSAGE,
        down: bool = True,
        after: Place | None = None,
        limit: int = 50,
    ) -> Part:
        """Return so many lines at most, from a place on, in an order."""
        with self._store.reading() as tx:
            return browse(tx, wanted, order=order, down=down, after=after, limit=limit)

    def tally(self) -> Mapping[State, int]:
        """Return how many offers stand in each state; beyond `glances.MOST` it is not counted."""
        with self._store.reading() as tx:
            return glances.tally(tx)

    def per_day(self, days: Sequence[tuple[datetime, datetime]]) -> list[list[Count]]:
        """Return what each span of time brings, by state and redeemable."""
        with self._store.reading() as tx:
            return glances.per_day(tx, days)

    def given_lately(self, limit: int) -> tuple[tuple[Row, datetime], ...]:
        """Return the offers committed last, with when that was."""
        with self._store.reading() as tx:
            return glances.given_lately(tx, limit)

    def upcoming(self, since: datetime, until: datetime, limit: int) -> tuple[tuple[Row, ...], int]:
        """Return the offers of a span of time by their message, and how many there are."""
        with self._store.reading() as tx:
            return glances.upcoming(tx, since, until, limit)

    def held(self, apart: Sequence[str], limit: int) -> tuple[Row, ...]:
        """Return what is held, but for these codes; the most urgent first."""
        with self._store.reading() as tx:
            return glances.held(tx, apart, limit)

    def approved(self, offers: Iterable[Distribution]) -> Mapping[str, Approved]:
        """Return which of these held offers were approved as they stand, and by whom."""
        with self._store.reading() as tx:
            return glances.approved(tx, offers)

    def wanting(self, *, since: datetime, now: datetime) -> Standing:
        """Return what `standing` does, without the rows of which nothing can want a person."""
        with self._store.reading() as tx:
            return glances.wanting(tx, since, now)

    def claims(self, first: int) -> Mapping[str, Claims]:
        """Return by rule how many coming sends it claims or skips, and the first of them."""
        with self._store.reading() as tx:
            return glances.claims(tx, first)

    def login_ended(self, id: str) -> bool:
        """Say whether somebody ended this login to the pages."""
        with self._store.reading() as tx:
            return upkeep.login_ended(tx, id)

    def end_login(self, id: str, *, at: datetime) -> None:
        """Let nobody come back with this login's cookie."""
        with self._store.writing() as tx:
            upkeep.end_login(tx, id, at=at)

    def note_backup(self, *, at: datetime) -> None:
        """Keep when a backup was made."""
        with self._store.writing() as tx:
            upkeep.note_backup(tx, at=at)

    @property
    def backed_up_at(self) -> datetime | None:
        """When a backup was last made, None if never."""
        with self._store.reading() as tx:
            return upkeep.backed_up_at(tx)

    def send(self, id: str) -> tuple[Row, ...]:
        """Return all lines of a send, by its id or that of one of its offers; () if none."""
        with self._store.reading() as tx:
            return glances.send(tx, id)
