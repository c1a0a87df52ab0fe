"""Pauses as they are kept: begun by a person, ended by their end or by a person."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, or_, select, update

from connector.domain.pause import Pause, Scope
from connector.domain.standing import RemoteNote
from connector.errors import RefusedError
from connector.ledger import remotes
from connector.ledger.history import EventRow, Verb, add_events, refuse_blank
from connector.ledger.instants import spelled
from connector.ledger.tables import occurrence, pause
from connector.ledger.wording import worded

_IN_FORCE = (
    select(pause)
    .where(
        pause.c.resumed_at.is_(None), or_(pause.c.until.is_(None), pause.c.until > bindparam("at"))
    )
    .order_by(pause.c.id)
)


def pauses(tx: Connection, *, at: datetime) -> tuple[Pause, ...]:
    """Return the pauses in force at an instant, the oldest first."""
    return tuple(_pause_of(row) for row in tx.execute(_IN_FORCE, {"at": at}))


def begin_pause(tx: Connection, wanted: Pause) -> None:
    refuse_blank(wanted.why)
    values = {
        "scope": wanted.scope.value,
        "name": wanted.name,
        "at": wanted.at,
        "who": wanted.who,
        "why": wanted.why,
        "until": wanted.until,
    }
    tx.execute(insert(pause).values(values))
    until = spelled(wanted.until) if wanted.until else None
    details = {"scope": wanted.scope.value, "name": wanted.name, "until": until}
    add_events(tx, [EventRow(wanted.at, wanted.who, Verb.PAUSED, wanted.why, details=details)])


def resume(
    tx: Connection, scope: Scope, name: str, *, at: datetime, who: str, why: str
) -> tuple[tuple[Pause, ...], RemoteNote | None]:
    """End the pauses of exactly this scope and name, and ask its remote, if it has one, anew."""
    refuse_blank(why)
    wanted = (pause.c.scope == scope.value, pause.c.name == name)
    found = tx.execute(_IN_FORCE.where(*wanted), {"at": at}).all()
    ended = {"resumed_at": at, "resumed_by": who, "resumed_why": why}
    tx.execute(update(pause).where(pause.c.id.in_([row.id for row in found])).values(ended))
    met = name if scope is Scope.SOURCE else scope.value
    before = remotes.resume(tx, met, at=at) if scope in (Scope.SOURCE, Scope.PUNCHH) else None
    details = {"scope": scope.value, "name": name, "pauses": len(found)}
    if before and before.breaker.why:
        details["breaker"] = worded(tx, before.breaker.why).sentence
    add_events(tx, [EventRow(at, who, Verb.RESUMED, why, details=details)])
    return tuple(map(_pause_of, found)), before


def refuse_paused(tx: Connection, of: str, rule: str, id: str, *, at: datetime) -> None:
    """RefusedError if the offer of this occurrence and rule was paused meanwhile."""
    in_force = pauses(tx, at=at)
    if not in_force:
        return
    source = tx.execute(select(occurrence.c.source).where(occurrence.c.key == of)).scalar_one()
    for one in in_force:
        if one.covers(source, rule):
            raise RefusedError(f"{id}: {one.who} paused {one.of}: {one.why}")


def _pause_of(row: Row[Any]) -> Pause:
    return Pause(Scope(row.scope), row.name, row.at, row.who, row.why, row.until)
