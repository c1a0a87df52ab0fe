"""The planner's view: what the ledger knows when a cycle starts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from sqlalchemy import Connection, bindparam, exists, func, or_, select

from connector.domain.distribution import OPEN, SEALED, Distribution, Occurrence, State
from connector.domain.lifecycle import UNSETTLED
from connector.domain.offer import Verdict
from connector.domain.plan import Approval, Approvals, Given, Known
from connector.domain.verdicts import ABANDONED
from connector.ledger import evidence, reads, remotes
from connector.ledger.pauses import pauses
from connector.ledger.rows import distribution_of, occurrence_of
from connector.ledger.tables import approval, attempt, distribution, occurrence

Series = tuple[str, str, str]
# All are built once: building one takes longer than running it.
_OF_SERIES = select(
    occurrence.c.key,
    occurrence.c.kind,
    occurrence.c.account,
    occurrence.c.send_id,
    occurrence.c.first_seen_at,
).where(reads.one_of(occurrence.c.send_id))
_STILL_OPEN = select(occurrence).where(occurrence.c.closed_at.is_(None))
_OFFERS_OF_OPEN = (
    select(distribution)
    .join(occurrence, occurrence.c.key == distribution.c.occurrence)
    .where(occurrence.c.closed_at.is_(None))
)
_APPROVALS_OF_OPEN = (
    select(approval)
    .join(distribution, distribution.c.id == approval.c.distribution)
    .where(distribution.c.state.in_(sorted(OPEN)))
    .order_by(approval.c.id)
)
# A person's word can open an offer again whose send is already over: a plan must end it.
_LEFT_BEHIND = (
    select(distribution.c.occurrence)
    .join(occurrence, occurrence.c.key == distribution.c.occurrence)
    .where(distribution.c.state.in_(sorted(UNSETTLED)), occurrence.c.closed_at.is_not(None))
)
_ELSE = distribution.alias()
# What is shown again after it was given up is no late reading.
_GIVEN_UP = (
    select(distribution.c.occurrence)
    .join(occurrence, occurrence.c.key == distribution.c.occurrence)
    .where(
        distribution.c.state == State.WITHDRAWN.value,
        distribution.c.first_delivery >= bindparam("since"),
        occurrence.c.closed_at.is_not(None),
        ~exists().where(
            _ELSE.c.occurrence == distribution.c.occurrence,
            _ELSE.c.state != State.WITHDRAWN.value,
        ),
    )
)
_MADE = (Verdict.COMMITTED.value, Verdict.UNKNOWN.value)
_GIVEN = (
    select(
        distribution.c.id,
        occurrence.c.send_name,
        distribution.c.segment_id,
        distribution.c.redeemable_uuid,
        distribution.c.first_delivery,
        occurrence.c.kind,
        occurrence.c.account,
        occurrence.c.send_id,
        occurrence.c.zone,
    )
    .join(occurrence, occurrence.c.key == distribution.c.occurrence)
    .where(
        or_(
            distribution.c.state.in_(sorted(SEALED)),
            distribution.c.reason_code == ABANDONED,  # it may exist all the same
        ),
        distribution.c.recommitted_as.is_(None),
        distribution.c.first_delivery >= bindparam("since"),
    )
    .order_by(distribution.c.first_delivery, distribution.c.id)
)
_GIVEN_SINCE = select(func.count()).where(
    attempt.c.begun_at >= bindparam("since"),
    or_(attempt.c.verdict.is_(None), attempt.c.verdict.in_(_MADE)),
)
_SLACK = timedelta(days=2)
# From the first guest of a send that travels the zones to the last (facts: braze §6).
_LONGEST = timedelta(days=4)


def known(tx: Connection, series: Iterable[Series], *, now: datetime, gap: timedelta) -> Known:
    taken, latest = _of_series(tx, frozenset(series))
    left_behind = frozenset(tx.execute(_LEFT_BEHIND).scalars())
    occurrences = _occurrences(tx, latest | left_behind)
    offers = _offers(tx, occurrences)
    return Known(
        mode=reads.mode(tx),
        occurrences=occurrences,
        taken=taken,
        given_up=frozenset(tx.execute(_GIVEN_UP, {"since": now - _LONGEST}).scalars()),
        distributions=offers,
        approvals=_approvals(tx, offers.values()),
        given_after_all=_given_after_all(tx, offers.values()),
        given=_given(tx, since=now - gap - _SLACK),
        given_today=_given_since(tx, now - timedelta(hours=24)),
        pauses=pauses(tx, at=now),
        losses={note.name: note.loss_confirmed for note in remotes.shrunken(tx)},
    )


def _of_series(tx: Connection, wanted: frozenset[Series]) -> tuple[frozenset[str], frozenset[str]]:
    """Return all keys of these series, and of each series the key opened last."""
    send_ids = {send_id for _, _, send_id in wanted}
    taken: set[str] = set()
    latest: dict[Series, tuple[datetime, str]] = {}
    for row in reads.among(tx, _OF_SERIES, send_ids):
        key, kind, account, send_id, first_seen_at = tuple(row)
        series = (kind, account, send_id)
        if series not in wanted:
            continue
        taken.add(key)
        rank = (first_seen_at, key)
        latest[series] = max(latest.get(series, rank), rank)
    return frozenset(taken), frozenset(key for _, key in latest.values())


def _occurrences(tx: Connection, latest: frozenset[str]) -> tuple[Occurrence, ...]:
    found = {row.key: occurrence_of(row) for row in tx.execute(_STILL_OPEN).all()}
    for row in reads.among(tx, reads.OCCURRENCES_OF_KEYS, latest - found.keys()):
        found[row.key] = occurrence_of(row)
    return tuple(found[key] for key in sorted(found))


def _offers(
    tx: Connection, occurrences: Sequence[Occurrence]
) -> dict[str, tuple[Distribution, ...]]:
    closed = [each.key for each in occurrences if each.closed_at is not None]
    rows = [
        *tx.execute(_OFFERS_OF_OPEN).all(),
        *reads.among(tx, reads.OFFERS_OF_KEYS, closed),
    ]
    found: dict[str, tuple[Distribution, ...]] = {}
    for offer in sorted(map(distribution_of, rows), key=attrgetter("id")):
        found[offer.occurrence] = (*found.get(offer.occurrence, ()), offer)
    return found


def _approvals(tx: Connection, offers: Iterable[Sequence[Distribution]]) -> Approvals:
    """Return every yes to each offer that a plan may still change."""
    ids = {offer.id for each in offers for offer in each}
    found: dict[str, tuple[Approval, ...]] = {}
    for row in tx.execute(_APPROVALS_OF_OPEN):
        if row.distribution in ids:
            yes = Approval(row.segment_id, row.redeemable_uuid, row.scheduled_for, row.code)
            found[row.distribution] = (*found.get(row.distribution, ()), yes)
    return found


def _given_after_all(
    tx: Connection, offers: Iterable[Sequence[Distribution]]
) -> Mapping[str, tuple[int, ...]]:
    """Return of the open offers what gave them all the same.

    They were tried, or follow one that was, or the ledger has forgotten that they were.
    """
    heard = frozenset(tx.execute(reads.HEARD_UNTRIED).scalars())
    tried = {
        offer.id
        for each in offers
        for offer in each
        if not offer.state.sealed and (offer.attempts or offer.n > 1 or offer.id in heard)
    }
    return evidence.given_after_all(tx, tried) if tried else {}


def _given(tx: Connection, *, since: datetime) -> tuple[Given, ...]:
    return tuple(
        Given(*row[:5], series=(row.kind, row.account, row.send_id), zone=row.zone or "")
        for row in tx.execute(_GIVEN, {"since": since})
    )


def _given_since(tx: Connection, since: datetime) -> int:
    return tx.execute(_GIVEN_SINCE, {"since": since}).scalar_one()
