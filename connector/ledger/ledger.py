"""The ledger as the rest of the program knows it: each method is one transaction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from connector.domain.attention import Acknowledgement, Attention
from connector.domain.breaker import Breaker
from connector.domain.distribution import Attempt, Distribution
from connector.domain.pause import Pause, Scope
from connector.domain.plan import Known, Mode, Plan
from connector.domain.reasons import Reason
from connector.ledger import commits, mappings, opening, pauses, people, reads, remotes, world
from connector.ledger.backup import back_up
from connector.ledger.history import EventRow, read_events
from connector.ledger.known import Series, known
from connector.ledger.mappings import MappingSet
from connector.ledger.mark import write_mark
from connector.ledger.reads import Row
from connector.ledger.record import changes, record
from connector.ledger.remotes import RemoteNote
from connector.ledger.store import Store, path_of
from connector.points import Point, point


class Ledger:
    """What has happened. Instants are aware; they are kept and returned in UTC.

    Every method may raise LedgerError when the database cannot be read or written.
    """

    def __init__(self, store: Store, ledger_id: str) -> None:
        self._store = store
        self.ledger_id = ledger_id

    @classmethod
    def create(cls, url: str, *, ledger_id: str, at: datetime) -> Self:
        """Make a ledger in rehearsal, with its mark, and open it; LedgerError if it cannot be."""
        opening.create(path_of(url), ledger_id=ledger_id, at=at)
        return cls.open(url)

    @classmethod
    def open(cls, url: str) -> Self:
        """Open a ledger; LedgerError unless it is there, ours, whole and not older than its mark.

        An older schema is brought forward. Nothing is ever created.
        """
        return cls(*opening.open_store(path_of(url)))

    def close(self) -> None:
        point(Point.LEDGER_CLOSING)
        self._store.close()
        point(Point.LEDGER_CLOSED)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def check_alive(self) -> None:
        """LedgerError unless the file at the path is still the one that was opened."""
        self._store.check_alive()

    def back_up(self, target: Path) -> None:
        """Write a whole, checked copy as one new file; RefusedError where the name is taken."""
        back_up(self._store, target)

    @property
    def generation(self) -> int:
        """How many intents this ledger ever held."""
        with self._store.reading() as tx:
            return opening.standing(tx).generation

    # --- the planner's view

    def known(self, series: Iterable[Series], *, now: datetime, gap: timedelta) -> Known:
        """Return what a plan needs: open occurrences, and of each series asked for the latest."""
        with self._store.reading() as tx:
            return known(tx, series, now=now, gap=gap)

    def record(self, plan: Plan, *, at: datetime) -> int:
        """Write what the plan changed and return the number of rows written.

        A row that somebody else moved since the plan was made is left to the next plan.
        """
        if not changes(plan):
            return 0
        point(Point.RECORD_BEGINS)
        with self._store.writing() as tx:
            written = record(tx, plan, at=at)
            point(Point.RECORD_WRITTEN)
        point(Point.RECORD_COMMITTED)
        return written

    # --- the committer's writers

    def begin(self, distribution: Distribution, attempt: Attempt) -> Distribution:
        """Seal a waiting distribution, durably, before the first byte of its commit leaves.

        Return it as it now stands. RefusedError if it was changed meanwhile, if another row was
        ever sealed for the same segment and redeemable of this send, or in rehearsal.
        """
        point(Point.BEGIN_BEGINS)
        with self._store.writing() as tx:
            intent = commits.begin(tx, distribution, attempt)
            mark = opening.standing(tx)
            point(Point.BEGIN_WRITTEN)
        point(Point.BEGIN_COMMITTED)
        self._store.check_alive()
        write_mark(self._store.path, mark)
        point(Point.BEGIN_MARKED)
        return intent

    def settle(self, distribution: Distribution, attempt: Attempt) -> Distribution:
        """Write what an attempt came to, with its evidence; return the row as it now stands.

        RefusedError unless the intent still stands as `begin` returned it.
        """
        point(Point.SETTLE_BEGINS)
        with self._store.writing() as tx:
            settled = commits.settle(tx, distribution, attempt)
            point(Point.SETTLE_WRITTEN)
        point(Point.SETTLE_COMMITTED)
        return settled

    def orphans(self, *, at: datetime, reason: Reason) -> tuple[Distribution, ...]:
        """Turn every intent into an unknown and return them. Only the committer may say so."""
        point(Point.ORPHANS_BEGINS)
        with self._store.writing() as tx:
            found = commits.orphans(tx, at=at, reason=reason)
            point(Point.ORPHANS_WRITTEN)
        point(Point.ORPHANS_COMMITTED)
        return found

    # --- people

    def go_live(self, *, at: datetime, who: str, nothing_given_yet: bool) -> None:
        """End the rehearsal; said again, the first instant stays."""
        point(Point.LIVE_BEGINS)
        with self._store.writing() as tx:
            people.go_live(tx, at=at, who=who, nothing_given_yet=nothing_given_yet)
            point(Point.LIVE_WRITTEN)
        point(Point.LIVE_COMMITTED)

    def rehearse(self, *, at: datetime, who: str) -> None:
        """Go back to rehearsal."""
        with self._store.writing() as tx:
            people.rehearse(tx, at=at, who=who)

    def approve(
        self, ids: Sequence[str], *, at: datetime, who: str, reason: str
    ) -> tuple[Distribution, ...]:
        """Approve what is held, as it stands now; RefusedError, a line each, if any is not."""
        with self._store.writing() as tx:
            return people.approve(tx, ids, at=at, who=who, reason=reason)

    def approve_held_by(
        self, code_prefix: str, *, at: datetime, who: str, reason: str
    ) -> tuple[Distribution, ...]:
        """Approve everything held whose reason's code starts with the prefix (`cap`)."""
        with self._store.writing() as tx:
            return people.approve_held_by(tx, code_prefix, at=at, who=who, reason=reason)

    def resolve(
        self,
        id: str,
        *,
        at: datetime,
        who: str,
        reason: str,
        committed: int | None = None,
        abandon: bool = False,
    ) -> Distribution:
        """Say what became of an unknown: the campaign's id, abandoned, or else not committed.

        RefusedError if it is not unknown, if the campaign stands on another row, or if "not
        committed" is said within 10 minutes of the attempt.
        """
        with self._store.writing() as tx:
            return people.resolve(
                tx, id, at=at, who=who, reason=reason, committed=committed, abandon=abandon
            )

    def retry(
        self,
        id: str,
        *,
        at: datetime,
        who: str,
        reason: str,
        although_it_may_exist: bool = False,
    ) -> Distribution:
        """Let a rejected distribution be tried again; RefusedError if it is not rejected.

        An abandoned one needs the express word `although_it_may_exist`.
        """
        with self._store.writing() as tx:
            return people.retry(
                tx,
                id,
                at=at,
                who=who,
                reason=reason,
                although_it_may_exist=although_it_may_exist,
            )

    def acknowledge(self, id: str, *, at: datetime, who: str, reason: str) -> Attention:
        """Take note of what wants a person of a row, as it stands; RefusedError if nothing."""
        with self._store.writing() as tx:
            return people.acknowledge(tx, id, at=at, who=who, reason=reason)

    def recommit(self, id: str, *, at: datetime, who: str, reason: str) -> Distribution:
        """Open a second row for a committed one whose campaign a person cancelled in Punchh.

        RefusedError unless it is committed, its send has moved since, and no row followed it yet.
        """
        with self._store.writing() as tx:
            return people.recommit(tx, id, at=at, who=who, reason=reason)

    # --- mapping sets

    def accept_mappings(self, digest: str, files: Mapping[str, str], *, at: datetime) -> None:
        """Keep a mapping set, by its files' names and texts, as the one in force."""
        with self._store.writing() as tx:
            mappings.accept(tx, digest, files, at=at)

    def last_mappings(self) -> MappingSet | None:
        """Return the mapping set that was accepted last, None where none ever was."""
        with self._store.reading() as tx:
            return mappings.last_accepted(tx)

    # --- the world

    def meet_world(self, found: Mapping[str, str], *, at: datetime) -> None:
        """Remember where remotes are; LedgerError, a line each, where one is somewhere else."""
        with self._store.writing() as tx:
            world.meet(tx, found, at=at)

    def strangers(self, found: Mapping[str, str]) -> tuple[str, ...]:
        """Return a sentence for each remote that is somewhere else than remembered."""
        with self._store.reading() as tx:
            return world.strangers(tx, found)

    def adopt_world(
        self, found: Mapping[str, str], *, at: datetime, who: str, reason: str
    ) -> tuple[EventRow, ...]:
        """Take the remotes as they are now, and return what is new."""
        with self._store.writing() as tx:
            return world.adopt(tx, found, at=at, who=who, reason=reason)

    # --- remotes

    def remotes(self) -> Mapping[str, RemoteNote]:
        """Return each remote as last met, by name."""
        with self._store.reading() as tx:
            return remotes.remotes(tx)

    def note_remotes(self, notes: Iterable[RemoteNote]) -> None:
        """Keep how remotes were met; a last good answer and kinds once read are never lost."""
        point(Point.REMOTES_BEGINS)
        with self._store.writing() as tx:
            remotes.note_remotes(tx, notes)
            point(Point.REMOTES_WRITTEN)
        point(Point.REMOTES_COMMITTED)

    def change_breaker(self, name: str, change: Callable[[Breaker], Breaker]) -> Breaker:
        """Replace the breaker of a remote that was met by what becomes of it; return that."""
        with self._store.writing() as tx:
            return remotes.change_breaker(tx, name, change)

    # --- pauses

    def pauses(self, *, at: datetime) -> tuple[Pause, ...]:
        """Return the pauses in force at an instant, the oldest first."""
        with self._store.reading() as tx:
            return pauses.pauses(tx, at=at)

    def pause(self, wanted: Pause) -> None:
        with self._store.writing() as tx:
            pauses.begin_pause(tx, wanted)

    def resume(
        self, scope: Scope, name: str, *, at: datetime, who: str, reason: str
    ) -> tuple[tuple[Pause, ...], RemoteNote | None]:
        """End the pauses of exactly this scope, and ask its remote anew, if it has one.

        A remote's breaker is closed, and what its lists lost is taken to be real. Return the
        pauses that were ended, and the remote as it stood.
        """
        with self._store.writing() as tx:
            return pauses.resume(tx, scope, name, at=at, who=who, why=reason)

    # --- reads for people

    def rows(self, state: str | None = None) -> tuple[Row, ...]:
        """Return all offers, and the sends that have none, by first delivery.

        `state` narrows it to a state, or to a decision of sends without an offer (`unmapped`).
        """
        with self._store.reading() as tx:
            return reads.rows(tx, state)

    def find(self, text: str) -> tuple[Row, ...]:
        """Return what a person means by an id, a key, or the name of a send."""
        with self._store.reading() as tx:
            return reads.find(tx, text)

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

    def counts(self) -> Mapping[str, int]:
        """Return how many offers stand in each state, and sends without one by decision."""
        with self._store.reading() as tx:
            return reads.counts(tx)

    def mode(self) -> Mode:
        with self._store.reading() as tx:
            return reads.mode(tx)
