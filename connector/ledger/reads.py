"""What people read of the ledger, and the reading of many rows by their ids."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    null,
    or_,
    select,
)
from sqlalchemy import Row as DbRow

from connector.domain.distribution import Attempt, Decision, Distribution, Occurrence, State
from connector.domain.evidence import NO_EVIDENCE, Evidence, Heard, Sighting
from connector.domain.faults import PLANNER_FAULT
from connector.domain.names import normalise
from connector.domain.plan import Mode
from connector.domain.standing import Acknowledgement, Row, Standing
from connector.errors import RefusedError
from connector.ledger import canaries, cycles, remotes
from connector.ledger.rows import attempt_of, distribution_of, occurrence_of
from connector.ledger.tables import acknowledgement, attempt, distribution, ledger, occurrence
from connector.ledger.tables import evidence as told
from connector.ledger.tables import sighting as seen
from connector.ledger.told import channels

# A send that a fault of ours kept from being decided, while it is coming and ever after.
UNDECIDED = occurrence.c.reason_code == PLANNER_FAULT
_CHUNK = 5000  # well under SQLite's limit of variables in one statement
_AMONG = "among"
_LAST = datetime.max.replace(tzinfo=UTC)
_MODE = select(
    ledger.c.rehearsal, ledger.c.live_at, ledger.c.nothing_given_yet, ledger.c.doubt_data
)
_ONE_OFFER = select(distribution).where(distribution.c.id == bindparam("wanted"))


def one_of(column: Column[Any]) -> ColumnElement[bool]:
    """Ask in a statement that a column be one of the values that `among` hands in."""
    return column.in_(bindparam(_AMONG, expanding=True))


def among(tx: Connection, statement: Select[Any], values: Iterable[str]) -> Iterator[DbRow[Any]]:
    """Run a statement, which asks `one_of`, for all rows of the values, however many."""
    wanted = sorted(set(values))
    for start in range(0, len(wanted), _CHUNK):
        yield from tx.execute(statement, {_AMONG: wanted[start : start + _CHUNK]}).all()


OCCURRENCES_OF_KEYS = select(occurrence).where(one_of(occurrence.c.key))
OFFERS_OF_KEYS = select(distribution).where(one_of(distribution.c.occurrence))
OFFERS_OF_IDS = select(distribution).where(one_of(distribution.c.id))


@dataclass(frozen=True, slots=True)
class Found:
    """The latest of what was asked for, and how much more there is: rows, or occurrences."""

    rows: tuple[Row, ...] = ()
    more: int = 0


def mode(tx: Connection) -> Mode:
    return Mode(*tx.execute(_MODE).one())


def one_distribution(tx: Connection, wanted: str) -> Distribution:
    """Return a distribution by its id; RefusedError if there is none."""
    row = tx.execute(_ONE_OFFER, {"wanted": wanted}).one_or_none()
    if row is None:
        raise RefusedError(f"{wanted}: no such distribution. `connector ledger list` shows all")
    return distribution_of(row)


def rows(tx: Connection, state: str | None) -> Iterator[Row]:
    """Give all lines, or those of one state or of one decision (`unmapped`, `ignored`).

    They come by first delivery, some thousands at a time: a ledger may hold many years.
    """
    wanted = _lines(state).order_by(_FIRST.is_(None), *_ORDER)
    for found in tx.execute(wanted).partitions(_CHUNK):
        yield from _rows_of_lines(tx, found)


def latest_rows(tx: Connection, state: str | None, most: int) -> Found:
    """Return the last of these lines, those without a time before all others."""
    wanted = _lines(state)
    latest = wanted.order_by(_FIRST.is_(None).desc(), *(one.desc() for one in _ORDER)).limit(most)
    found = _rows_of_lines(tx, tx.execute(latest).all())
    number = tx.execute(select(func.count()).select_from(wanted.subquery())).scalar_one()
    return Found(found, number - len(found))


_FIRST = func.coalesce(distribution.c.first_delivery, occurrence.c.first_delivery)
_ORDER = (_FIRST, occurrence.c.key, distribution.c.id)


def _lines(state: str | None) -> Select[Any]:
    joined = distribution.c.occurrence == occurrence.c.key
    lines = select(occurrence.c.key, distribution.c.id)
    return lines.outerjoin_from(occurrence, distribution, joined).where(*_of_state(state))


def _rows_of_lines(tx: Connection, lines: Sequence[Any]) -> tuple[Row, ...]:
    offers = among(tx, OFFERS_OF_IDS, (offer for _, offer in lines if offer))
    bare = among(tx, OCCURRENCES_OF_KEYS, (key for key, offer in lines if not offer))
    return _ordered(tx, map(distribution_of, offers), map(occurrence_of, bare))


def _of_state(state: str | None) -> list[ColumnElement[bool]]:
    if state is None:
        return []
    if state == State.BLOCKED:
        return [or_(distribution.c.state == state, and_(distribution.c.id.is_(None), UNDECIDED))]
    if state in set(State):
        return [distribution.c.state == state]
    if state in set(Decision):
        return [distribution.c.id.is_(None), occurrence.c.decision == state]
    raise RefusedError(f"no such state: {state}. There are {', '.join([*State, *Decision])}")


def standing(tx: Connection, since: datetime) -> Standing:
    """Return the rows and remotes that may want a person, and who took note of which.

    A row does while its occurrence is open, and for as long after that as `since` says; an
    unknown always.
    """
    recent = or_(occurrence.c.closed_at.is_(None), occurrence.c.closed_at > since)
    keys = select(occurrence.c.key).where(recent)
    unknown = distribution.c.state == State.UNKNOWN
    coming = select(distribution).where(distribution.c.occurrence.in_(keys), ~unknown)
    offers = [*tx.execute(select(distribution).where(unknown)), *tx.execute(coming)]
    bare = _without_offers(tx, recent)
    return standing_of(tx, _ordered(tx, map(distribution_of, offers), bare), since)


def standing_of(tx: Connection, rows: tuple[Row, ...], since: datetime) -> Standing:
    """Return these rows, and all else that may want a person."""
    return Standing(
        rows,
        remotes.remotes(tx),
        acknowledgements(tx),
        channels(tx),
        tuple(canaries.canaries(tx).values()),
        strays(tx, since),
        cycles.failed_cycles(tx),
        mode(tx).doubt,
    )


def find(tx: Connection, text: str, most: int) -> Found:
    """Return what a person may mean by an id, a key, or else the name of a send.

    Of the occurrences that bear it, at most so many are looked at, those with the latest messages.
    """
    offer = tx.execute(select(distribution).where(distribution.c.id == text)).one_or_none()
    if offer is not None:
        return Found(_ordered(tx, [distribution_of(offer)], ()))
    o = occurrence.c
    by_id = _latest_of(tx, or_(o.id == text, o.key == text, o.send_id == text), most)
    return by_id if by_id.rows else _latest_of(tx, o.send_name.in_(_names_like(tx, text)), most)


def _latest_of(tx: Connection, fits: ColumnElement[bool], most: int) -> Found:
    # By an expression: else the order's index is walked, from one end to the other for a rare name.
    latest = func.coalesce(occurrence.c.first_delivery, null()).desc()
    wanted = select(occurrence.c.key).where(fits).order_by(latest, occurrence.c.key).limit(most)
    keys = tx.execute(wanted).scalars().all()
    number = tx.execute(select(func.count()).select_from(occurrence).where(fits)).scalar_one()
    offers = list(map(distribution_of, among(tx, OFFERS_OF_KEYS, keys)))
    bare = among(tx, OCCURRENCES_OF_KEYS, {*keys} - {offer.occurrence for offer in offers})
    return Found(_ordered(tx, offers, map(occurrence_of, bare)), number - len(keys))


def latest_names(tx: Connection, most: int) -> frozenset[str]:
    """Return the names of the sends with the latest messages: of so many occurrences."""
    latest = select(occurrence.c.send_name).order_by(occurrence.c.first_delivery.desc())
    return frozenset(tx.execute(latest.limit(most)).scalars())


def attempts(tx: Connection, of: str) -> tuple[Attempt, ...]:
    found = select(attempt).where(attempt.c.distribution == of).order_by(attempt.c.number)
    return tuple(map(attempt_of, tx.execute(found)))


def acknowledgements(tx: Connection) -> Mapping[str, Acknowledgement]:
    """Return the last note of each offer, and of each send without one, by its id."""
    found = tx.execute(select(acknowledgement))
    return {row.subject: Acknowledgement(row.code, row.digest, row.who) for row in found}


def evidence(tx: Connection, ids: Collection[str]) -> dict[str, Evidence]:
    """Return of each offer what webhooks told and canaries showed; nothing of most."""
    heard: dict[str, list[Heard]] = defaultdict(list)
    for row in among(tx, _TOLD, ids):
        heard[row.distribution].append(_heard_of(row))
    sightings: dict[str, list[Sighting]] = defaultdict(list)
    for row in among(tx, _SEEN, ids):
        sightings[row.distribution].append(_sighting_of(row))
    return {id_: Evidence(tuple(heard[id_]), tuple(sightings[id_])) for id_ in {*heard, *sightings}}


# Offers by whose marks webhooks told, and of which this ledger knows no attempt: see `rollback`.
HEARD_UNTRIED = select(distribution.c.id).where(
    distribution.c.state.in_([state.value for state in State if not state.sealed]),
    distribution.c.attempts == 0,
    exists().where(told.c.distribution == distribution.c.id),
)
_OTHER = distribution.alias()
_STANDS_ON = select(func.min(_OTHER.c.id)).where(
    _OTHER.c.campaign_id == told.c.campaign_id, _OTHER.c.id != told.c.distribution
)
_TOLD = (
    select(told, _STANDS_ON.scalar_subquery().label("stands_on"))
    .where(one_of(told.c.distribution))
    .order_by(told.c.first_at, told.c.mark, told.c.campaign_id)
)
_SEEN = select(seen).where(one_of(seen.c.distribution)).order_by(seen.c.canary)


def strays(tx: Connection, since: datetime) -> tuple[Heard, ...]:
    """Return the campaigns heard of since an instant by marks that no attempt here bears."""
    found = select(told).where(told.c.distribution.is_(None), told.c.last_at > since)
    return tuple(_heard_of(row) for row in tx.execute(found.order_by(told.c.campaign_id)))


def _heard_of(row: DbRow[Any]) -> Heard:
    return Heard(
        mark=row.mark,
        campaign_id=row.campaign_id,
        gifts=row.gifts,
        first_at=row.first_at,
        last_at=row.last_at,
        distribution=row.distribution,
        stands_on=getattr(row, "stands_on", None),
    )


def _sighting_of(row: DbRow[Any]) -> Sighting:
    return Sighting(
        distribution=row.distribution,
        canary=row.canary,
        looked_at=row.looked_at,
        due_at=row.due_at,
        seen_at=row.seen_at,
        campaigns=tuple(json.loads(row.campaigns)),
    )


def counts(tx: Connection) -> Mapping[str, int]:
    """Return how many offers stand in each state, and how many sends have none, by decision."""
    by_state = select(distribution.c.state, func.count()).group_by(distribution.c.state)
    bare = case((UNDECIDED, State.BLOCKED.value), else_=occurrence.c.decision)
    without = select(bare, func.count()).where(bare.is_not(None), ~has_offers()).group_by(bare)
    found = Counter[str]()
    for name, count in (*tx.execute(by_state), *tx.execute(without)):
        found[name] += count
    return found


def has_offers() -> Any:
    """Return the condition of a send for which there is an offer."""
    return exists().where(distribution.c.occurrence == occurrence.c.key)


def _without_offers(tx: Connection, *conditions: Any) -> tuple[Occurrence, ...]:
    found = select(occurrence).where(~has_offers(), *conditions)
    return tuple(map(occurrence_of, tx.execute(found)))


def _names_like(tx: Connection, text: str) -> list[str]:
    """Return the names that are equal to a text, in whatever spelling, as many as can be asked."""
    wanted = normalise(text)
    names = tx.execute(select(occurrence.c.send_name).distinct()).scalars()
    return list(islice((name for name in names if normalise(name) == wanted), _CHUNK))


def _ordered(
    tx: Connection, offers: Iterable[Distribution], bare: Iterable[Occurrence]
) -> tuple[Row, ...]:
    found = [*rows_of(tx, tuple(offers)), *(Row(each, None) for each in bare)]
    return tuple(sorted(found, key=_line))


def rows_of(tx: Connection, offers: Sequence[Distribution]) -> tuple[Row, ...]:
    """Return each offer with its occurrence, in the order given."""
    keys = {offer.occurrence for offer in offers}
    known = {row.key: occurrence_of(row) for row in among(tx, OCCURRENCES_OF_KEYS, keys)}
    heard = frozenset(tx.execute(HEARD_UNTRIED).scalars())
    tried = evidence(tx, [offer.id for offer in offers if offer.attempts or offer.id in heard])
    return tuple(
        Row(known[offer.occurrence], offer, tried.get(offer.id, NO_EVIDENCE)) for offer in offers
    )


def _line(row: Row) -> tuple[datetime, str, str]:
    when, offer = row.occurrence.when, row.distribution
    first = offer.first_delivery if offer else None
    return (
        first or (when.first_delivery if when else _LAST),
        row.occurrence.key,
        offer.id if offer else "",
    )
