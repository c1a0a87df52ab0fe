"""Making a ledger and opening one: every way in which the file can be wrong stops here."""

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, insert, select

from connector.errors import LedgerError
from connector.ledger import schema
from connector.ledger.chain import Head, head, holds
from connector.ledger.committer import alone
from connector.ledger.files import create_folder, create_private, sync_folder
from connector.ledger.mark import Mark, mark_path, read_mark, write_mark
from connector.ledger.store import RESTORE, Store, writable
from connector.ledger.tables import ledger
from connector.ledger.wording import Wording, in_codes
from connector.points import Point, point

_OURS = 0x434E4354  # "CNCT", in the header's application id


def create(path: Path, *, ledger_id: str, at: datetime, mark: Path | None = None) -> None:
    """Make a ledger in rehearsal, and its mark. LedgerError where anything stands in the way."""
    point(Point.CREATE_BEGINS)
    _refuse_to_create(path, mark)
    draft = beside(path, ".new")
    try:
        create_folder(path.parent)
        remove(draft)
        os.close(create_private(draft))
        _draw_up(draft, ledger_id, at)
        point(Point.CREATE_DRAFTED)
        _put_in_place(draft, path)
        sync_folder(path.parent)
    except OSError as error:
        raise LedgerError(
            f"ledger {path}: it cannot be made ({error.strerror}). Look at ledger.url and at the "
            "folder's rights"
        ) from error
    point(Point.CREATE_IN_PLACE)
    write_mark(path, Mark(ledger_id, 0, Head()), mark)


def _draw_up(draft: Path, ledger_id: str, at: datetime) -> None:
    store = Store(draft, "rwc")
    try:
        with store.writing() as tx:
            tx.exec_driver_sql(f"PRAGMA application_id = {_OURS}")
            schema.migrate(tx)
            tx.execute(
                insert(ledger).values(
                    ledger_id=ledger_id,
                    generation=0,
                    created_at=at,
                    rehearsal=True,
                    nothing_given_yet=False,
                )
            )
    finally:
        store.close()


def _put_in_place(draft: Path, path: Path) -> None:
    try:
        os.link(
            draft, path, follow_symlinks=False
        )  # unlike a rename it never replaces what somebody else just made
    except FileExistsError as error:
        raise LedgerError(_exists(path)) from error
    else:
        point(Point.CREATE_LINKED)
    finally:
        remove(draft)


def open_store(
    path: Path,
    *,
    whole: bool,
    wording: Wording = in_codes,
    mark: Path | None = None,
    runtime: Path | None = None,
) -> tuple[Store, str]:
    """Open a ledger and return it with its id; LedgerError unless it is ours and the latest.

    Where it cannot be written it is opened to be read. `whole` also reads every page of it, which
    takes seconds for each gigabyte.
    """
    point(Point.LEDGER_OPENING)
    refuse_file(path, mark)
    mode: Literal["rw", "ro"] = "rw" if writable(path) else "ro"
    store = Store(path, mode, wording=wording, mark=mark, runtime=runtime)
    try:
        _check_content(store, whole=whole)
        ledger_id = _check_mark(store, whole=whole)
    except BaseException:
        store.close()
        raise
    point(Point.LEDGER_OPENED)
    return store, ledger_id


def _refuse_to_create(path: Path, mark: Path | None) -> None:
    refuse_link(path)
    if _is_there(path):
        refuse_file(path, mark)
        raise LedgerError(_exists(path))
    if mark_path(path, mark).exists():
        raise LedgerError(_gone(path, mark))
    for left_over in (beside(path, "-wal"), beside(path, "-journal")):
        if left_over.exists():
            raise LedgerError(
                f"ledger {path}: {left_over} is left over from another database and would be "
                "read into the new one. Move it away"
            )


def refuse_file(path: Path, mark: Path | None = None) -> None:
    """Look at the file without touching it: opening a foreign database could already change it.

    LedgerError unless it may be a ledger.
    """
    refuse_link(path)
    if not _is_there(path):
        if mark_path(path, mark).exists():
            raise LedgerError(_gone(path, mark))
        raise LedgerError(f"ledger {path}: there is none. `connector init` makes one")
    if not path.is_file():
        raise LedgerError(f"ledger {path}: it is not a file. Look at ledger.url")
    if path.stat().st_size == 0:
        raise LedgerError(f"ledger {path}: the file is empty. {RESTORE}")
    try:
        owner = _owner(path)
    except sqlite3.OperationalError as error:
        raise LedgerError(
            f"ledger {path}: it cannot be read ({error}). Look at ledger.url and at the "
            "file's rights"
        ) from error
    except sqlite3.DatabaseError as error:
        raise LedgerError(
            f"ledger {path}: the file is not an SQLite database. Look at ledger.url, or: {RESTORE}"
        ) from error
    if owner != _OURS:
        raise LedgerError(
            f"ledger {path}: the database belongs to another program. Look at ledger.url"
        )


def refuse_link(path: Path) -> None:
    """LedgerError for a link: the lock beside it is not the lock beside the file itself."""
    if path.is_symlink():
        raise LedgerError(
            f"ledger {path}: it is a link to {os.path.realpath(path)}. Use that path instead"
        )


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise LedgerError(
            f"ledger {path}: it cannot be reached ({error.strerror}). Check ledger.url and the "
            "permissions of the folders above it"
        ) from error


def _owner(path: Path) -> int:
    """Return the application id in a database's header.

    SQLite looks at it, as at a file that never changes: were it opened and closed like any other
    file, every lock that this process holds on it would be lost.
    """
    there = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(there, uri=True)) as database:
        found: int = database.execute("PRAGMA application_id").fetchone()[0]
    return found


def _check_content(store: Store, *, whole: bool) -> None:
    with store.reading() as tx:
        if whole:
            _check_pages(tx, store.path)
        revision = schema.revision_of(tx)
        older = revision != schema.newest_revision()
        if older and not whole:  # a migration writes all of it anew: never of a hurt one
            _check_pages(tx, store.path)
    point(Point.LEDGER_CHECKED)
    refuse_newer(store.path, revision)
    if older and store.read_only:
        raise LedgerError(
            f"ledger {store.path}: its schema {revision} is older than this program's, and it "
            "cannot be migrated on read-only media. Copy it to a folder that you can write to"
        )
    if older:
        _bring_forward(store.path)


def _check_pages(tx: Connection, path: Path) -> None:
    problem = tx.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if problem != "ok":
        raise LedgerError(f"ledger {path}: it is hurt ({_first(problem)}). {RESTORE}")


def refuse_newer(path: Path, revision: str | None) -> None:
    if revision not in schema.known_revisions():
        raise LedgerError(
            f"ledger {path}: its schema {revision} is newer than this program's "
            f"{schema.newest_revision()}. Run the newer program"
        )


def _bring_forward(path: Path) -> None:
    """Migrate, with a copy kept beside; a worker of the older program would meet strange tables."""
    newest = schema.newest_revision()
    store = Store(path, foreign_keys=False)
    try:
        with alone(path):
            with store.reading() as tx:
                if schema.revision_of(tx) == newest:  # another process was faster
                    return
            point(Point.MIGRATION_BEGINS)
            before = beside(path, f".before-{newest}")
            remove(before)
            store.copy_to(before)
            with store.writing() as tx:
                schema.migrate(tx)
                if tx.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise LedgerError(f"ledger {path}: its rows do not fit together. {RESTORE}")
                point(Point.MIGRATION_WRITTEN)
            point(Point.MIGRATION_COMMITTED)
    except OSError as error:
        raise LedgerError(
            f"ledger {path}: no copy of it can be kept beside it ({error.strerror}), so it was "
            "left as it is. Look at the folder"
        ) from error
    finally:
        store.close()


def _check_mark(store: Store, *, whole: bool) -> str:
    """Return the ledger's id; LedgerError unless it is what its mark knows.

    Whoever commits nothing looks no further than at the generation.
    """
    path, mark = store.path, read_mark(store.path, store.mark)
    there = mark_path(path, store.mark)
    with store.reading() as tx:
        stands = identity(tx)
        forgot = mark is not None and mark.generation > stands.generation
        if mark is not None and whole and not forgot:
            forgot = forgets(tx, stands, mark)
    if mark is None and stands.generation > 0:
        raise LedgerError(
            f"ledger {path}: its mark {there} is missing, so nobody can tell whether "
            f"this is the latest copy. {_where_else(path, there)}Put the mark back, or, if it is: "
            f"`connector ledger restore {path}` goes on with it, in rehearsal"
        )
    if mark is not None and mark.ledger_id != stands.ledger_id:
        raise LedgerError(
            f"ledger {path}: it is ledger {stands.ledger_id}, but its mark {there} is of "
            f"ledger {mark.ledger_id}. Put the two that belong together side by side"
        )
    if mark is not None and forgot:
        raise LedgerError(
            f"ledger {path}: it was restored from an older backup or snapshot (generation "
            f"{stands.generation}, its mark says {mark.generation}{_beyond(mark, stands)}), so "
            "offers already given may be missing in it. Put the latest copy there, or, if there is "
            f"none: `connector ledger restore {path}` goes on with it, in rehearsal"
        )
    if mark != stands and not store.read_only:
        bring_mark_forward(store)
    return stands.ledger_id


def bring_mark_forward(store: Store) -> None:
    """Write the mark that a ledger deserves.

    Under the write lock, so that it never falls behind one that a worker just wrote.
    """
    with store.writing() as tx:
        write_mark(store.path, standing(tx), store.mark)


def refuse_forgetful(tx: Connection, path: Path, known: Mark | None) -> None:
    """LedgerError where a ledger is not any more what this process knows that it was."""
    if known is not None and forgets(tx, standing(tx), known):
        raise LedgerError(
            f"ledger {path}: it is an older copy than the one that this worker wrote. "
            "The next cycle puts it into rehearsal"
        )


def forgets(tx: Connection, stands: Mark, known: Mark) -> bool:
    """Say whether a ledger lacks what a mark of its own knows that it held.

    One that was restored since counts above every mark of before, and says so itself.
    """
    if known.generation != stands.generation:
        return known.generation > stands.generation
    return known.head is not None and not holds(tx, known.head)


def _beyond(mark: Mark, stands: Mark) -> str:
    if mark.generation > stands.generation or mark.head is None:
        return ""
    return f", and its history went on to event {mark.head.number}"


def _where_else(path: Path, wanted: Path) -> str:
    beside_it = mark_path(path)
    return (
        f"One stands beside it, {beside_it.name}: if it is of this ledger, move it there. "
        if (beside_it != wanted and beside_it.exists())
        else ""
    )


def identity(tx: Connection) -> Mark:
    """Return which ledger this is, and of which generation: also of one with an older schema."""
    rows = tx.execute(select(ledger.c.ledger_id, ledger.c.generation)).all()
    if len(rows) != 1:
        raise LedgerError(f"the ledger has {len(rows)} identities, not one. {RESTORE}")
    return Mark(rows[0].ledger_id, rows[0].generation)


def standing(tx: Connection) -> Mark:
    """Return the mark that the ledger deserves as it stands."""
    return replace(identity(tx), head=head(tx))


def _exists(path: Path) -> str:
    return f"ledger {path}: already exists; nothing was changed. Use it, or change ledger.url"


def _gone(path: Path, mark: Path | None) -> str:
    return (
        f"the ledger {path} is gone but its mark {mark_path(path, mark)} stands: restore a backup "
        "first (`connector ledger restore BACKUP`), or, if this is really a new start, move the "
        "mark away"
    )


def _first(problem: str) -> str:
    """Return one line of what SQLite says of a hurt file: its first may only name the table."""
    return " ".join(problem.split())[:120]


def beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def remove(draft: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        beside(draft, suffix).unlink(missing_ok=True)
