"""Writing a plan down: only what changed, and nothing that somebody else moved meanwhile."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from connector.domain.distribution import Distribution, Mover, Occurrence, State, may_move
from connector.domain.plan import Entry, Plan, Planned
from connector.ledger import reads
from connector.ledger.history import EventRow, Verb, add_events
from connector.ledger.instants import spelled
from connector.ledger.moves import COMPARE_AND_SET
from connector.ledger.rows import distribution_values, occurrence_values
from connector.ledger.tables import distribution, occurrence

_WHO = Mover.PLAN.value
_KEYS = select(occurrence.c.key).where(reads.one_of(occurrence.c.key))
_REPLACE = update(occurrence).where(occurrence.c.key == bindparam("at_key"))
_STANDING = (
    select(distribution.c.id, distribution.c.version, distribution.c.state)
    .where(reads.one_of(distribution.c.id))
    .with_for_update()
)


def changes(plan: Plan) -> bool:
    """Say whether a plan has anything to write."""
    return any(
        entry.changed or any(planned.changed for planned in entry.planned) for entry in plan.entries
    )


def record(tx: Connection, plan: Plan, *, at: datetime) -> int:
    """Write a plan's changes and their events; return how many rows were written."""
    events: list[EventRow] = []
    written = _occurrences(tx, [each for each in plan.entries if each.changed], at, events)
    changed = [planned for _, planned in plan.planned() if planned.changed]
    written += _distributions(tx, changed, at, events)
    add_events(tx, events)
    return written


def _occurrences(tx: Connection, entries: list[Entry], at: datetime, events: list[EventRow]) -> int:
    keys = [entry.occurrence.key for entry in entries]
    there = {row.key for row in reads.among(tx, _KEYS, keys)}
    new = [each for each in entries if each.was is None and each.occurrence.key not in there]
    old = [each for each in entries if each.was is not None and each.occurrence.key in there]
    if new:
        tx.execute(
            insert(occurrence), [occurrence_values(tx, each.occurrence, at=at) for each in new]
        )
    if old:
        values = [occurrence_values(tx, each.occurrence, at=at) for each in old]
        tx.execute(_REPLACE, [{"at_key": each.pop("key"), **each} for each in values])
    for entry in (*new, *old):
        events.extend(_occurrence_events(entry.occurrence, entry.was, at))
    return len(new) + len(old)


def _distributions(
    tx: Connection, changed: list[Planned], at: datetime, events: list[EventRow]
) -> int:
    """Write the rows that still are as the plan saw them; the next plan sees the others."""
    stands = _standing(tx, [planned.distribution.id for planned in changed])
    new, old = [], []
    for planned in changed:
        offer, was = planned.distribution, planned.was
        found = stands.get(offer.id)
        if was is None and found is None and not offer.state.sealed:
            new.append(replace(offer, version=1, updated_at=at))
        elif (
            was is not None
            and found == (was.version, was.state)
            and may_move(Mover.PLAN, was.state, offer.state)
        ):
            old.append((replace(offer, version=was.version + 1, updated_at=at), was))
    if new:
        tx.execute(insert(distribution), [distribution_values(tx, offer) for offer in new])
        events.extend(_opened(offer, at) for offer in new)
    if old:
        tx.execute(COMPARE_AND_SET, [_old_values(tx, offer, was) for offer, was in old])
        events.extend(_moved(offer, was, at) for offer, was in old if _tells(offer, was))
    return len(new) + len(old)


def _old_values(tx: Connection, offer: Distribution, was: Distribution) -> dict[str, object]:
    values = distribution_values(tx, offer)
    del values["id"]
    return {"at_id": was.id, "at_version": was.version, "at_state": was.state.value, **values}


def _standing(tx: Connection, ids: list[str]) -> dict[str, tuple[int, State]]:
    return {row.id: (row.version, State(row.state)) for row in reads.among(tx, _STANDING, ids)}


def _tells(offer: Distribution, was: Distribution) -> bool:
    return (offer.state, offer.reason.code) != (was.state, was.reason.code)


def _opened(offer: Distribution, at: datetime) -> EventRow:
    return EventRow(
        at,
        _WHO,
        Verb.DISTRIBUTION_OPENED,
        offer.reason,
        occurrence=offer.occurrence,
        distribution=offer.id,
        after=offer.state.value,
        details={"code": offer.reason.code},
    )


def _moved(offer: Distribution, was: Distribution, at: datetime) -> EventRow:
    return EventRow(
        at,
        _WHO,
        Verb.DISTRIBUTION_PLANNED,
        offer.reason,
        occurrence=offer.occurrence,
        distribution=offer.id,
        before=was.state.value,
        after=offer.state.value,
        details={"code": offer.reason.code, "code_before": was.reason.code},
    )


def _occurrence_events(now: Occurrence, was: Occurrence | None, at: datetime) -> Iterator[EventRow]:
    def told(verb: Verb, before: str | None, after: str | None) -> EventRow:
        return EventRow(
            at, _WHO, verb, now.reason or "", occurrence=now.key, before=before, after=after
        )

    if was is None:
        yield told(Verb.OCCURRENCE_OPENED, None, now.decision)
        return
    if _scheduled(was) != _scheduled(now):
        yield told(Verb.OCCURRENCE_MOVED, _scheduled(was), _scheduled(now))
    if (was.decision, was.rule) != (now.decision, now.rule):
        yield told(Verb.OCCURRENCE_DECIDED, was.decision, now.decision)
    if was.closed_at is None and now.closed_at is not None:
        yield told(Verb.OCCURRENCE_CLOSED, None, spelled(now.closed_at))
    if was.closed_at is not None and now.closed_at is None:
        yield told(Verb.OCCURRENCE_REOPENED, spelled(was.closed_at), None)


def _scheduled(occurrence: Occurrence) -> str | None:
    return spelled(occurrence.when.scheduled_for) if occurrence.when else None
