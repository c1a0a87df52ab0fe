"""Live or in rehearsal: what people say of a whole ledger."""

import json
from datetime import datetime

from sqlalchemy import Connection, select, update

from connector.domain.reasons import Reason, reason
from connector.errors import RefusedError
from connector.ledger import reads
from connector.ledger.history import EventRow, Verb, add_events
from connector.ledger.tables import event, ledger
from connector.ledger.wording import worded

_PUT_BACK = select(event.c.details).where(
    event.c.verb.in_([Verb.RESTORED.value, Verb.ROLLED_BACK.value])
)


def go_live(tx: Connection, *, at: datetime, who: str, nothing_given_yet: bool) -> None:
    """End the rehearsal. Said again, it keeps the first instant and may add the statement.

    RefusedError where a backup was put back that was not, or may not be, the latest state.
    """
    if nothing_given_yet:
        _refuse_where_forgotten(tx)
    mode = reads.mode(tx)
    given = nothing_given_yet or (mode.nothing_given_yet and not mode.rehearsal)
    live_at = at if mode.rehearsal else mode.live_at
    if not mode.rehearsal and given == mode.nothing_given_yet:
        return
    trusted = {"doubt": None, "doubt_data": None}
    tx.execute(
        update(ledger).values(rehearsal=False, live_at=live_at, nothing_given_yet=given, **trusted)
    )
    stated = reason("live/nothing-given" if given else "live")
    before = "rehearsal" if mode.rehearsal else "live"
    add_events(tx, [EventRow(at, who, Verb.LIVE, stated, before=before, after="live")])


def _refuse_where_forgotten(tx: Connection) -> None:
    for details in map(json.loads, tx.execute(_PUT_BACK).scalars()):
        put_back, latest = details["from"], details["latest"]
        if latest is None or put_back < latest:
            known = "nobody knows the latest" if latest is None else f"{latest} was the latest"
            raise RefusedError(
                f"this ledger was put back from generation {put_back}, and {known}: offers may "
                "have been given that it does not know. Say `connector live` alone, and approve "
                "what you looked up in Punchh"
            )


def distrust(
    tx: Connection,
    verb: Verb,
    why: Reason,
    *,
    before: int,
    latest: int | None,
    after: int,
    at: datetime,
    who: str,
) -> None:
    """Go back to rehearsal with a ledger that is not, or may not be, the latest state.

    It is of generation `before`, `latest` is the last one known (None: nothing told), and `after`,
    above both, is the one that it goes on with.
    """
    mode = "rehearsal" if reads.mode(tx).rehearsal else "live"
    tx.execute(
        update(ledger).values(
            generation=after, rehearsal=True, live_at=None, nothing_given_yet=False
        )
    )
    details = {"from": before, "latest": latest, "to": after}
    add_events(tx, [EventRow(at, who, verb, why, before=mode, after="rehearsal", details=details)])


def doubt(tx: Connection, why: Reason) -> None:
    """Keep why the ledger is in rehearsal, until somebody goes live."""
    tx.execute(update(ledger).values(doubt=worded(tx, why).sentence, doubt_data=why))


def rehearse(tx: Connection, *, at: datetime, who: str) -> None:
    """Go back to rehearsal."""
    if reads.mode(tx).rehearsal:
        return
    tx.execute(update(ledger).values(rehearsal=True, live_at=None, nothing_given_yet=False))
    back = EventRow(
        at, who, Verb.REHEARSAL, reason("back-to-rehearsal"), before="live", after="rehearsal"
    )
    add_events(tx, [back])
