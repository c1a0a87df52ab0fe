"""One distribution from one state to another, compared and set, with its event."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, update

from connector.domain.distribution import Distribution, Mover, State, may_move
from connector.domain.reasons import Reason
from connector.errors import RefusedError
from connector.ledger.history import EventRow, Verb, add_events
from connector.ledger.rows import distribution_values
from connector.ledger.tables import distribution

COMPARE_AND_SET = update(distribution).where(
    distribution.c.id == bindparam("at_id"),
    distribution.c.version == bindparam("at_version"),
    distribution.c.state == bindparam("at_state"),
)


def move(
    tx: Connection,
    mover: Mover,
    before: State,
    becomes: Distribution,
    *,
    at: datetime,
    verb: Verb,
    who: str | None = None,
    why: str | None = None,
) -> Distribution:
    """Move a distribution on, if it still stands at `becomes.version` and in the state `before`.

    Return it as it now stands. RefusedError if the mover may not do so, or somebody was faster.
    """
    if not may_move(mover, before, becomes.state):
        raise RefusedError(f"{becomes.id}: {before} cannot become {becomes.state} by {mover.value}")
    moved = replace(becomes, version=becomes.version + 1, updated_at=at)
    values = distribution_values(tx, moved)
    if moved.state is State.INTENT:
        values |= {
            "ever_sealed": True,
            "sealed_segment_id": moved.segment_id,
            "sealed_redeemable_uuid": moved.redeemable_uuid,
        }
    values |= {"at_id": becomes.id, "at_version": becomes.version, "at_state": before.value}
    if tx.execute(COMPARE_AND_SET, values).rowcount != 1:
        raise RefusedError(f"{becomes.id}: it was changed meanwhile. Look at it again")
    add_events(tx, [_told(moved, before, at, verb, who or mover.value, why or moved.reason)])
    return moved


def _told(
    moved: Distribution, before: State, at: datetime, verb: Verb, who: str, why: str | Reason
) -> EventRow:
    details: dict[str, object] = {"code": moved.reason.code, "attempt": moved.attempts}
    if moved.campaign_id is not None:
        details["campaign_id"] = moved.campaign_id
    return EventRow(
        at,
        who,
        verb,
        why,
        occurrence=moved.occurrence,
        distribution=moved.id,
        before=before.value,
        after=moved.state.value,
        details=details,
    )
