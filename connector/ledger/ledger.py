"""The ledger as the rest of the program knows it: each method is one transaction."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from connector.domain.breaker import Breaker
from connector.domain.distribution import Attempt, Distribution
from connector.domain.plan import Known, Plan
from connector.domain.reasons import Reason
from connector.domain.standing import FailedCycles, RemoteNote
from connector.domain.telling import Memory
from connector.errors import LedgerError, UnmarkedError
from connector.ledger import commits, cycles, mappings, opening, remotes, rollback, told, world
from connector.ledger.backup import back_up
from connector.ledger.browsing import Browsing
from connector.ledger.history import EventRow
from connector.ledger.known import Series, known
from connector.ledger.mappings import MappingSet
from connector.ledger.mark import Mark, write_mark
from connector.ledger.record import changes, record
from connector.ledger.refusals import Word, said
from connector.ledger.store import path_of
from connector.ledger.views import Views
from connector.ledger.witness import Witness
from connector.ledger.wording import Wording, in_codes
from connector.ledger.words import Words
from connector.points import Point, point


class Ledger(Words, Views, Browsing, Witness):
    """What has happened. Instants are aware; they are kept and returned in UTC.

    Every method may raise LedgerError when the database cannot be read or written.
    """

    @classmethod
    def create(
        cls,
        url: str,
        *,
        ledger_id: str,
        at: datetime,
        wording: Wording = in_codes,
        mark: Path | None = None,
    ) -> Self:
        """Make a ledger in rehearsal, with its mark, and open it; LedgerError if it cannot be."""
        opening.create(path_of(url), ledger_id=ledger_id, at=at, mark=mark)
        return cls.open(url, wording=wording, mark=mark)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        whole: bool = True,
        wording: Wording = in_codes,
        mark: Path | None = None,
        runtime: Path | None = None,
    ) -> Self:
        """Open a ledger; LedgerError unless it is there, ours, whole and not older than its mark.

        Whoever commits nothing may do without `whole`: it reads every page, and a page that is
        hurt is then told of by whoever reads it. An older schema is brought forward. Nothing is
        ever created. `wording` puts the reasons that are written into words; `mark` is where the
        mark stands, if not beside the file, and `runtime` a folder for the one of `remember`.
        """
        return cls(
            *opening.open_store(
                path_of(url), whole=whole, wording=wording, mark=mark, runtime=runtime
            )
        )

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

    # --- the committer's memory of what it wrote

    def recall(self, *, at: datetime) -> Reason | None:
        """Put a ledger that forgot something back into rehearsal; return what shows it, if so.

        Only the committer may ask: at its start, and before each plan.
        """
        known = self._known or rollback.read_runtime(self._store.runtime, self.ledger_id)
        with self._store.reading() as tx:
            found, stands = rollback.lapse(tx, known, at=at), opening.standing(tx)
        if found is not None:
            with self._store.writing() as tx:
                rollback.rehearse(tx, found, at=at)
                stands = opening.standing(tx)
            write_mark(self._store.path, stands, self._store.mark)
        self._keep(stands)
        return found.why if found else None

    def suspect(self, why: Reason, *, at: datetime) -> bool:
        """Put a live ledger back into rehearsal where it may not be the latest any more."""
        if self.mode().rehearsal:
            return False
        with self._store.writing() as tx:
            latest = opening.standing(tx).generation
            rollback.rehearse(tx, rollback.Lapse(why, latest), at=at)
        return True

    def remember(self) -> None:
        """Keep outside of the ledger how far it has come: in its mark, and in memory."""
        with self._store.reading() as tx:
            stands = opening.standing(tx)
        if stands.head != self._marked:
            opening.bring_mark_forward(self._store)
            self._marked = stands.head
        self._keep(stands)

    def _keep(self, stands: Mark) -> None:
        known, self._known = self._known, stands
        if known is None or (known, known.head) != (stands, stands.head):
            rollback.write_runtime(self._store.runtime, stands)

    # --- the committer's writers

    def begin(self, distribution: Distribution, attempt: Attempt) -> Distribution:
        """Seal a waiting distribution, durably, before the first byte of its commit leaves.

        Return it as it now stands. RefusedError if it was changed meanwhile, if another row was
        ever sealed for the same segment and redeemable of this send, or in rehearsal.
        UnmarkedError where it is sealed and the mark cannot be written.
        """
        point(Point.BEGIN_BEGINS)
        with self._store.writing() as tx:
            opening.refuse_forgetful(tx, self._store.path, self._known)
            intent = commits.begin(tx, distribution, attempt)
            mark = opening.standing(tx)
            point(Point.BEGIN_WRITTEN)
        point(Point.BEGIN_COMMITTED)
        try:
            self._store.check_alive()
            write_mark(self._store.path, mark, self._store.mark)
        except LedgerError as error:
            raise UnmarkedError(str(error), intent) from error
        point(Point.BEGIN_MARKED)
        self._keep(mark)
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

    # --- mapping sets

    def accept_mappings(self, digest: str, files: Mapping[str, str], *, at: datetime) -> None:
        """Keep a mapping set, by its files' names and texts, as the one in force."""
        with self._store.writing() as tx:
            mappings.accept(tx, digest, files, at=at)

    def last_mappings(self) -> MappingSet | None:
        """Return the mapping set that was accepted last, None where none ever was."""
        with self._store.reading() as tx:
            return mappings.last_accepted(tx)

    def mapping_files(self, digest: str) -> Mapping[str, str]:
        """Return the texts of a mapping set that was accepted, by their files' names."""
        with self._store.reading() as tx:
            return mappings.files_of(tx, digest)

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
        with said(self._store, Word("adopt", at, who, reason)) as tx:
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

    def refused(self, name: str, change: Callable[[Breaker], Breaker], *, at: datetime) -> Breaker:
        """Replace the breaker of a remote that refused a person, met before or not."""
        with self._store.writing() as tx:
            remotes.meet(tx, name, at=at)
            return remotes.change_breaker(tx, name, change)

    # --- the worker's cycles

    def failed_cycles(self) -> FailedCycles | None:
        """Return the cycles that failed in a row, None where the last one was good."""
        with self._store.reading() as tx:
            return cycles.failed_cycles(tx)

    def note_cycles(self, note: FailedCycles | None) -> None:
        """Keep which cycles failed in a row (None: the last one was good)."""
        with self._store.writing() as tx:
            cycles.note_cycles(tx, note)

    # --- who was told what

    def told(self) -> Memory:
        """Return what every channel was told of and not yet told the end of."""
        with self._store.reading() as tx:
            return told.memory(tx)

    def keep_told(self, memory: Memory) -> None:
        """Make the channels' memory this and no other."""
        with self._store.writing() as tx:
            told.keep(tx, memory)
