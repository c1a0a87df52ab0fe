"""The part of the ledger in which people have their say; each method is one transaction."""

from collections.abc import Sequence
from datetime import datetime

from connector.domain.attention import Attention
from connector.domain.distribution import Distribution
from connector.domain.pause import Pause, Scope
from connector.domain.standing import RemoteNote
from connector.ledger import modes, pauses, people
from connector.ledger.handle import Handle
from connector.ledger.history import EventRow, add_events
from connector.ledger.refusals import Word, said
from connector.points import Point, point


class Words(Handle):
    """A person's word, kept as an event with who said it and why; so is one that is refused."""

    def go_live(self, *, at: datetime, who: str, nothing_given_yet: bool) -> None:
        """End the rehearsal; said again, the first instant stays."""
        point(Point.LIVE_BEGINS)
        with said(self._store, Word("live", at, who)) as tx:
            modes.go_live(tx, at=at, who=who, nothing_given_yet=nothing_given_yet)
            point(Point.LIVE_WRITTEN)
        point(Point.LIVE_COMMITTED)

    def rehearse(self, *, at: datetime, who: str) -> None:
        """Go back to rehearsal."""
        with self._store.writing() as tx:
            modes.rehearse(tx, at=at, who=who)

    def approve(
        self, ids: Sequence[str], *, at: datetime, who: str, reason: str
    ) -> tuple[Distribution, ...]:
        """Approve what is held, as it stands now; RefusedError, a line each, if any is not."""
        with said(self._store, Word("approve", at, who, reason, tuple(ids))) as tx:
            return people.approve(tx, ids, at=at, who=who, reason=reason)

    def approve_held_by(
        self, code_prefix: str, *, at: datetime, who: str, reason: str
    ) -> tuple[Distribution, ...]:
        """Approve everything held whose reason's code starts with the prefix (`cap`)."""
        with said(self._store, Word("approve", at, who, reason)) as tx:
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
        with said(self._store, Word("resolve", at, who, reason, (id,))) as tx:
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
        with said(self._store, Word("retry", at, who, reason, (id,))) as tx:
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
        with said(self._store, Word("ack", at, who, reason, (id,))) as tx:
            return people.acknowledge(tx, id, at=at, who=who, reason=reason)

    def recommit(self, id: str, *, at: datetime, who: str, reason: str) -> Distribution:
        """Open a second row for a committed one whose campaign a person cancelled in Punchh.

        RefusedError unless it is committed, its send has moved since, and no row followed it yet.
        """
        with said(self._store, Word("recommit", at, who, reason, (id,))) as tx:
            return people.recommit(tx, id, at=at, who=who, reason=reason)

    def pause(self, wanted: Pause) -> None:
        with said(self._store, Word("pause", wanted.at, wanted.who, wanted.why)) as tx:
            pauses.begin_pause(tx, wanted)

    def resume(
        self, scope: Scope, name: str, *, at: datetime, who: str, reason: str
    ) -> tuple[tuple[Pause, ...], RemoteNote | None]:
        """End the pauses of exactly this scope, and ask its remote anew, if it has one.

        A remote's breaker is closed, and what its lists lost is taken to be real. Return the
        pauses that were ended, and the remote as it stood.
        """
        with said(self._store, Word("resume", at, who, reason)) as tx:
            return pauses.resume(tx, scope, name, at=at, who=who, why=reason)

    def note(self, events: Sequence[EventRow]) -> None:
        """Keep what people did elsewhere, such as on the pages."""
        with self._store.writing() as tx:
            add_events(tx, events)
