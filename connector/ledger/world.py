"""The remotes' accounts as this ledger met them: its history is of that world alone."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from connector.domain.reasons import Reason
from connector.domain.reasons import reason as made
from connector.errors import LedgerError
from connector.ledger.history import EventRow, Verb, add_events, refuse_blank
from connector.ledger.tables import world

LEDGER = "ledger"


def strangers(tx: Connection, found: Mapping[str, str]) -> tuple[str, ...]:
    """Return a sentence for each remote that is not the account the ledger knows by its name."""
    known = _known(tx)
    return tuple(
        f"{name}: the ledger knows it as {known[name]}, the configuration says {account}. "
        "Mend the configuration, or, if this is meant, `connector adopt --reason …`"
        for name, account in sorted(found.items())
        if known.get(name, account) != account
    )


def meet(tx: Connection, found: Mapping[str, str], *, at: datetime) -> None:
    """Remember the remotes met for the first time; LedgerError where one is a stranger."""
    told = strangers(tx, found)
    if told:
        raise LedgerError("\n".join(told))
    _keep(tx, found, at=at, verb=Verb.WORLD_MET, who=LEDGER, reason=made("world-met"))


def adopt(
    tx: Connection, found: Mapping[str, str], *, at: datetime, who: str, reason: str
) -> tuple[EventRow, ...]:
    """Take the remotes as they are now; return what is new, with what was known before."""
    refuse_blank(reason)
    return _keep(tx, found, at=at, verb=Verb.WORLD_ADOPTED, who=who, reason=reason)


def _keep(
    tx: Connection,
    found: Mapping[str, str],
    *,
    at: datetime,
    verb: Verb,
    who: str,
    reason: str | Reason,
) -> tuple[EventRow, ...]:
    known = _known(tx)
    new = {name: each for name, each in sorted(found.items()) if known.get(name) != each}
    if not new:
        return ()
    tx.execute(delete(world).where(world.c.name.in_(new)))
    tx.execute(
        insert(world), [{"name": name, "account": each, "since": at} for name, each in new.items()]
    )
    told = tuple(
        EventRow(
            at, who, verb, reason, before=known.get(name), after=each, details={"remote": name}
        )
        for name, each in new.items()
    )
    add_events(tx, told)
    return told


def _known(tx: Connection) -> dict[str, str]:
    return {row.name: row.account for row in tx.execute(select(world.c.name, world.c.account))}
