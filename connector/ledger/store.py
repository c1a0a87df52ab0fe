"""The ledger's file and the connections to it: the one place that knows SQLite."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from sqlalchemy import Connection, QueuePool, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from connector.errors import LedgerError
from connector.ledger.osuser import os_user
from connector.ledger.wording import Wording, in_codes, options

_BUSY_SECONDS = 5.0
RESTORE = "Put the latest backup there: `connector ledger restore BACKUP`"
_HURT = f"The file is hurt; `connector ledger verify` tells more. {RESTORE}"
_RIGHTS = (
    "The file and its folder must be this user's to write, also to read in it: look at their "
    "rights, and at whose command this is to be"
)
_BUSY = "Another process has been writing in it for long: look at which one, and try again"
_ELSE = "Look at the disk and at who else has the file open"
_STEPS = {
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_CANTOPEN: _RIGHTS,
    sqlite3.SQLITE_CORRUPT: _HURT,
    sqlite3.SQLITE_NOTADB: _HURT,
    sqlite3.SQLITE_PERM: _RIGHTS,
    sqlite3.SQLITE_READONLY: _RIGHTS,
}
_DURABLE = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")


def path_of(url: str) -> Path:
    """Return the file that a ledger's URL names; LedgerError for every other kind of URL."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise LedgerError("ledger.url: not a database URL; use sqlite:///…") from error
    if parsed.get_backend_name() == "postgresql":
        raise LedgerError("ledger.url: PostgreSQL is not supported yet; use sqlite:///…")
    names_a_file = parsed.database not in {None, "", ":memory:"} and not parsed.query
    if parsed.get_backend_name() != "sqlite" or not names_a_file:
        raise LedgerError("ledger.url: it must name a file; use sqlite:///…")
    return Path(str(parsed.database)).absolute()


class Store:
    """Connections to one file. Readers never wait for the writer; writers queue for 5 seconds.

    `ro` reads and `rwc` makes the file. Tables can be rebuilt only without `foreign_keys`. `mark`
    is where its mark stands, if not beside it; `runtime` a folder that the machine's next start
    clears, for a second one.
    """

    def __init__(
        self,
        path: Path,
        mode: Literal["ro", "rw", "rwc"] = "rw",
        *,
        foreign_keys: bool = True,
        wording: Wording = in_codes,
        mark: Path | None = None,
        runtime: Path | None = None,
    ) -> None:
        self.path, self.mark, self.runtime = path, mark, runtime
        self._mode = mode
        self._pragmas = () if mode == "ro" else _DURABLE if foreign_keys else _DURABLE[:-1]
        self._identity = None if mode == "rwc" else self._look()
        self._engine = create_engine(
            "sqlite://",
            creator=self._connect,
            poolclass=QueuePool,
            execution_options=options(wording, os_user()),
        )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give one consistent view of the ledger."""
        with self.errors_told(), self._engine.connect() as tx:
            tx.exec_driver_sql("BEGIN")
            yield tx

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give one write transaction; it is durable when the block has ended."""
        with self.errors_told(), self._engine.begin() as tx:
            # One that reads first and writes later would fail at once beside another writer,
            # without waiting: a writer takes its turn at the start.
            tx.exec_driver_sql("BEGIN IMMEDIATE")
            yield tx

    def check_alive(self) -> None:
        """LedgerError unless the file at the path is still the one that was opened."""
        if self._look() != self._identity:
            raise LedgerError(
                f"ledger {self.path}: the file was replaced while it was open. "
                "Stop the worker, then look at who did so before starting it again"
            )

    def copy_to(self, target: Path) -> None:
        """Write the ledger as it stands into one new file, durably.

        Nobody waits for it, and it waits for nobody.
        """
        try:
            with self.reading() as tx, closing(sqlite3.connect(target)) as copy:
                source: Any = tx.connection.driver_connection
                source.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE").close()  # nothing beside the file
            descriptor = os.open(target, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except (sqlite3.Error, OSError) as error:
            raise LedgerError(
                f"ledger {self.path}: the copy {target} cannot be written ({error}). "
                "Look at the disk and the folder's rights"
            ) from error

    def close(self) -> None:
        self._engine.dispose()

    def _look(self) -> tuple[int, int]:
        try:
            found = self.path.stat()
        except OSError as error:
            raise LedgerError(
                f"ledger {self.path}: the file is gone or out of reach ({error.strerror}). "
                "Stop the worker and put it back, or: `connector ledger restore BACKUP`"
            ) from error
        return (found.st_dev, found.st_ino)

    def _connect(self) -> sqlite3.Connection:
        """Open the file, never making one by accident."""
        connection = sqlite3.connect(
            f"file:{quote(os.fspath(self.path))}?mode={self._mode}",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,  # BEGIN is ours to say
            check_same_thread=False,  # the pool hands a connection to one thread at a time
        )
        try:
            for pragma in self._pragmas:
                connection.execute(f"PRAGMA {pragma}").close()
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    @contextmanager
    def errors_told(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            told = str(error.orig).splitlines()[0]
            code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
            raise LedgerError(f"ledger {self.path}: {told}. {_STEPS.get(code, _ELSE)}") from error
