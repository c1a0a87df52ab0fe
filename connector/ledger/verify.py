"""Is a ledger whole? Every problem of its file, schema, rows, history and mark, in words."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Index, exists, func, or_, select

from connector.domain.distribution import SEALED, State
from connector.errors import LedgerBusyError, LedgerError
from connector.ledger import chain, schema
from connector.ledger.chain import Head
from connector.ledger.committer import alone
from connector.ledger.mark import mark_path, read_mark
from connector.ledger.opening import beside, identity, refuse_file
from connector.ledger.store import Store, writable
from connector.ledger.tables import attempt, distribution

_ATTEMPTED = exists().where(attempt.c.distribution == distribution.c.id)

Check = Callable[[Connection], Iterable[str]]


def verify(path: Path, *, mark: Path | None = None, noted: Head | None = None) -> tuple[str, ...]:
    """Return every problem of the ledger at a path, beside a running worker if there is one.

    It is only read. A mark that lags behind is none: the next opening brings it forward. `noted`
    is a head that its history once had.
    """
    of_rows = [lambda tx: _marked(tx, path, mark)]
    if noted is not None:
        of_rows.append(lambda tx: _noted(tx, noted))
    problems = in_itself(path, lambda tx: _mark(tx, path, mark), of_rows=of_rows)
    if set(in_file(path, _intents)) <= set(problems):
        return problems
    return tuple(dict.fromkeys(problems + _abandoned(path)))


def head_of(path: Path) -> Head | None:
    """Return the head of a ledger's history, None where it cannot be read."""
    found: list[Head] = []

    def look(tx: Connection) -> Iterator[str]:
        found.append(chain.head(tx))
        yield from ()

    in_file(path, look)
    return found[0] if found else None


def in_itself(path: Path, *more: Check, of_rows: Sequence[Check] = ()) -> tuple[str, ...]:
    """Return what is wrong within a file; its rows are read only where the schema is ours."""
    readable = not in_file(path, _revision)
    rows = (*_ROWS, *of_rows) if readable else ()
    return in_file(path, pages, _links, _revision, _things, *rows, *more)


def in_file(path: Path, *checks: Check) -> tuple[str, ...]:
    """Run checks on one reading of a file; one that cannot be made does not end the others."""
    try:
        refuse_file(path)
        store = Store(path, "ro")
    except LedgerError as error:
        return (str(error),)
    try:
        with store.reading() as tx:
            found = (told for check in checks for told in _made(store, tx, check))
            return tuple(dict.fromkeys(found))  # what stops one check may stop them all
    except LedgerError as error:
        return (str(error),)
    finally:
        store.close()


def _made(store: Store, tx: Connection, check: Check) -> Iterator[str]:
    try:
        with store.errors_told():
            yield from check(tx)
    except LedgerError as error:
        yield str(error)


def pages(tx: Connection) -> Iterator[str]:
    """Tell where the file itself is hurt."""
    for told in tx.exec_driver_sql("PRAGMA integrity_check").scalars():
        if told != "ok":
            yield f"the file is hurt: {' '.join(told.split())}"


def _links(tx: Connection) -> Iterator[str]:
    for table, row, parent, _ in tx.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"row {row} of table {table}: its {parent} is missing"


def _revision(tx: Connection) -> Iterator[str]:
    revision, newest = schema.revision_of(tx), schema.newest_revision()
    if revision != newest:
        yield f"the schema is {revision}, this program's is {newest}"


def _things(tx: Connection) -> Iterator[str]:
    """Compare what the database consists of with a new ledger; people may add tables and views."""
    revision = schema.revision_of(tx)
    known = revision if revision in schema.known_revisions() else None
    there, wanted = schema.made(tx), schema.as_made(known or "head")
    for kind, name in sorted(wanted.keys() - there.keys()):
        yield f"the {kind} {name} is missing"
    if revision == schema.newest_revision():
        for kind, name in sorted(wanted.keys() & there.keys()):
            if there[kind, name] != wanted[kind, name]:
                yield f"the {kind} {name} was changed: it is not as the connector made it"
    for kind, name in sorted(there.keys() - wanted.keys()):
        if kind == "trigger":
            yield f"the trigger {name} is not the connector's: it may change what is written"


def _sealed_once(tx: Connection) -> Iterator[str]:
    """Count anew what the unique index promises."""
    index = next(one for one in distribution.indexes if one.name == "distribution_sealed_once")
    ids = func.group_concat(distribution.c.id, " and ")
    twice = select(ids).where(_where(index)).group_by(*index.columns).having(func.count() > 1)
    for found in tx.execute(twice).scalars():
        yield f"{found}: sealed twice for one segment and redeemable of one send"


def _where(index: Index) -> Any:
    return index.dialect_options["sqlite"]["where"]


def _rows(tx: Connection) -> Iterator[str]:
    """Tell each offer whose state, seal and attempts do not fit together."""
    state, d = distribution.c.state, distribution.c
    impossible = {
        "no state of that name": state.not_in([each.value for each in State]),
        "committed without a campaign": (state == State.COMMITTED.value) & d.campaign_id.is_(None),
        "in a sealed state without a seal": state.in_(sorted(SEALED)) & ~d.ever_sealed,
        "sealed without an attempt": or_(state.in_(sorted(SEALED)), d.ever_sealed) & ~_ATTEMPTED,
    }
    for told, condition in impossible.items():
        for found in tx.execute(select(d.id, state).where(condition).order_by(d.id)):
            yield f"{found.id}: {told} ({found.state})"


def _numbers(tx: Connection) -> Iterator[str]:
    """Tell each offer whose attempts have a gap; a row opened anew counts on from the other."""
    first, last = func.min(attempt.c.number), func.max(attempt.c.number)
    counted = (
        select(distribution.c.id)
        .join(attempt, attempt.c.distribution == distribution.c.id)
        .group_by(distribution.c.id)
        .having(
            or_(
                last - first + 1 != func.count(),
                last != distribution.c.attempts,
                (distribution.c.n == 1) & (first != 1),
            )
        )
    )
    for found in tx.execute(counted.order_by(distribution.c.id)).scalars():
        yield f"{found}: an attempt is missing among its attempts"


def _history(tx: Connection) -> Iterator[str]:
    return chain.breaks(chain.rows(tx))


def _mark(tx: Connection, path: Path, elsewhere: Path | None) -> Iterator[str]:
    mark, stands = read_mark(path, elsewhere), identity(tx)
    if mark is None:
        yield f"its mark {mark_path(path, elsewhere)} is missing"
    elif mark.ledger_id != stands.ledger_id:
        yield f"it is ledger {stands.ledger_id}, but its mark is of ledger {mark.ledger_id}"
    elif mark.generation > stands.generation:
        yield (
            f"it is an older copy: generation {stands.generation}, its mark says {mark.generation}"
        )


def _marked(tx: Connection, path: Path, elsewhere: Path | None) -> Iterator[str]:
    mark = read_mark(path, elsewhere)
    if mark is None or mark.head is None or mark != identity(tx):
        return
    if not chain.holds(tx, mark.head):
        yield f"the history is not the one that its mark knows: {_lost(tx, mark.head)}"


def _noted(tx: Connection, noted: Head) -> Iterator[str]:
    if not chain.holds(tx, noted):
        yield f"the history is not the one whose head was noted: {_lost(tx, noted)}"


def _lost(tx: Connection, noted: Head) -> str:
    last = chain.head(tx).number
    if noted.number > last:
        return f"it went on to event {noted.number}, and now ends at {last}"
    return f"event {noted.number} has another digest, so what led to it was changed"


def _intents(tx: Connection) -> Iterator[str]:
    begun = select(distribution.c.id).where(distribution.c.state == State.INTENT.value)
    for found in tx.execute(begun.order_by(distribution.c.id)).scalars():
        yield f"{found}: an attempt was begun and no worker runs; `connector run` takes it up"


def _abandoned(path: Path) -> tuple[str, ...]:
    """Tell the intents that nobody owns; where a worker runs they are its own."""
    if not writable(path) and not beside(path, ".lock").exists():
        return in_file(path, _intents)  # no worker can be there
    try:
        with alone(path):  # only now: a worker that starts meanwhile would be turned away
            return in_file(path, _intents)
    except LedgerBusyError:
        return ()
    except LedgerError as error:
        return (str(error),)


_ROWS: tuple[Check, ...] = (_sealed_once, _rows, _numbers, _history)
