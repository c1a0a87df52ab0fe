"""Copies of a ledger: made beside a running worker, and put back so that nothing is given twice."""

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from urllib.parse import quote

from connector.domain.reasons import reason
from connector.errors import LedgerError, RefusedError
from connector.ledger import modes, schema
from connector.ledger.committer import alone
from connector.ledger.files import PRIVATE, create_folder, private_folder, sync_folder
from connector.ledger.history import Verb
from connector.ledger.mark import Mark, read_mark, write_mark
from connector.ledger.opening import (
    beside,
    identity,
    refuse_file,
    refuse_link,
    refuse_newer,
    remove,
    standing,
)
from connector.ledger.store import Store
from connector.ledger.verify import in_file, in_itself, pages


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restoring did.

    The backup was of generation `before`, `latest` was the last one known (None: nothing told),
    `after` is the one it goes on with. `replaced` is where the former file is now.
    """

    before: int
    latest: int | None
    after: int
    replaced: Path | None


def back_up(store: Store, target: Path) -> None:
    """Write a whole, checked copy under a new name. RefusedError where the name is taken.

    It is written in a private folder first: in a shared one such as /tmp, others could place
    links at names that they can guess.
    """
    if os.path.lexists(target):
        raise RefusedError(f"{target}: already exists; nothing was changed. Name a new file")
    if not os.path.isdir(target.parent):  # noqa: PTH112  Path's own raises for a name too long
        raise RefusedError(f"{target}: there is no folder {target.parent}")
    try:
        with private_folder(target) as folder:
            _copy_checked(store, folder / "ledger.db", target)
        sync_folder(target.parent)
    except FileExistsError as error:
        raise RefusedError(f"{target}: somebody else just made it; nothing was changed") from error
    except OSError as error:
        raise LedgerError(f"{target}: it cannot be written ({error.strerror})") from error


def _copy_checked(store: Store, draft: Path, target: Path) -> None:
    store.copy_to(draft)
    if problems := in_itself(draft):
        raise LedgerError("\n".join(f"{target}: not written, {problem}" for problem in problems))
    # Unlike a rename it never replaces what somebody else just made.
    os.link(draft, target, follow_symlinks=False)


def restore(
    path: Path, backup: Path, *, at: datetime, who: str, mark: Path | None = None
) -> Restored:
    """Put a backup in a ledger's place, in rehearsal; what stood there stays beside it.

    Its generation becomes higher than any known, so that every other copy stays refused.
    LedgerBusyError where a worker runs; LedgerError where the backup is hurt, of another ledger,
    or of a newer program. `path` itself may be the backup, where only its mark is wrong.
    """
    if not os.path.isfile(backup):  # noqa: PTH113  Path's own raises where it may not look
        raise RefusedError(f"{backup}: there is no such backup")
    refuse_file(backup)
    refuse_link(path)
    draft = beside(path, ".restoring")
    try:
        create_folder(path.parent)
        with alone(path):
            remove(draft)
            _take(backup, draft)
            restored, stands = _make_ready(draft, _known(path, mark), at=at, who=who)
            replaced = _set_aside(path)
            draft.replace(path)
            sync_folder(path.parent)
            write_mark(path, stands, mark)
    except OSError as error:
        raise LedgerError(
            f"ledger {path}: the backup cannot be put there ({error.strerror}). Look at the folder"
        ) from error
    finally:
        with suppress(OSError):
            remove(draft)
    return Restored(restored.before, restored.latest, restored.after, replaced)


def _take(backup: Path, draft: Path) -> None:
    """Copy a backup, then check the copy: the file itself could change between check and use."""
    store = Store(backup, "ro")
    try:
        store.copy_to(draft)
        problems = in_file(draft, pages)
    except LedgerError:
        problems = in_file(backup, pages)
        if not problems:
            raise
    finally:
        store.close()
    if problems:
        raise LedgerError(f"{backup}: {problems[0]}. Take another backup")


def _known(path: Path, elsewhere: Path | None) -> tuple[Mark, ...]:
    """Return what mark and ledger say they are, as far as they can still be read."""
    mark = read_mark(path, elsewhere)
    found = [] if mark is None else [mark]
    with suppress(LedgerError):
        refuse_file(path)
        store = Store(path, "ro")
        try:
            with store.reading() as tx:
                found.append(identity(tx))
        finally:
            store.close()
    return tuple(found)


def _make_ready(
    draft: Path, known: tuple[Mark, ...], *, at: datetime, who: str
) -> tuple[Restored, Mark]:
    store = Store(draft, foreign_keys=False)
    try:
        with store.writing() as tx:
            refuse_newer(draft, schema.revision_of(tx))
            schema.migrate(tx)
            backup = standing(tx)
            _refuse_foreign(backup, known)
            latest = max((each.generation for each in known), default=None)
            after = max(backup.generation, latest or 0) + 1
            restored = Restored(backup.generation, latest, after, None)
            why = reason("restored", before=backup.generation, latest=latest, after=after)
            modes.distrust(
                tx,
                Verb.RESTORED,
                why,
                before=backup.generation,
                latest=latest,
                after=after,
                at=at,
                who=who,
            )
            stands = standing(tx)
        return restored, stands
    finally:
        store.close()


def _refuse_foreign(backup: Mark, known: tuple[Mark, ...]) -> None:
    for each in known:
        if each.ledger_id != backup.ledger_id:
            raise LedgerError(
                f"the backup is of ledger {backup.ledger_id}, but ledger {each.ledger_id} stands "
                "here: nothing was changed. Take a backup of that one"
            )


def _set_aside(path: Path) -> Path | None:
    """Keep what stands at a ledger's path under a name of its own, its log included."""
    if not path.exists() and not beside(path, "-wal").exists():
        return None
    there = f"file:{quote(os.fspath(path))}?mode=rw"
    with suppress(sqlite3.Error), closing(sqlite3.connect(there, uri=True)) as old:
        old.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()  # then it is whole without its log
    names = (beside(path, f".replaced-{number}") for number in count(1))
    kept = next(name for name in names if not os.path.lexists(name))
    if path.exists():
        os.link(path, kept, follow_symlinks=False)
        with suppress(OSError):  # an older program made it with whatever rights the umask left
            kept.chmod(PRIVATE)
    # The log must not stay: SQLite would read it into the file that comes into this place.
    for suffix in ("-wal", "-journal"):
        if beside(path, suffix).exists():
            beside(path, suffix).replace(beside(kept, suffix))
    beside(path, "-shm").unlink(missing_ok=True)
    return kept
