"""The ledger's file and the connections to it: the one place that knows SQLite."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from sqlalchemy import Connection, NullPool, QueuePool, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from connector.domain.names import folded
from connector.errors import LedgerError
from connector.ledger.files import create_private
from connector.ledger.osuser import os_user
from connector.ledger.wording import Wording, in_codes, options

_BUSY_SECONDS = 5.0
RESTORE = "Put the latest backup there: `connector ledger restore BACKUP`"
_HURT = f"The file is hurt; `connector ledger verify` tells more. {RESTORE}"
_RIGHTS = (
    "This user must be able to read the file, and to change it, to write to it and its folder: "
    "look at their rights, and at which user should run this"
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


def writable(path: Path) -> bool:
    """Return whether a ledger can be changed, or stands on read-only media."""
    sides = (path.with_name(f"{path.name}{suffix}") for suffix in ("-wal", "-shm"))
    beside = os.access(path.parent, os.W_OK) or all(os.access(side, os.W_OK) for side in sides)
    return beside and os.access(path, os.W_OK)


def _folded(text: str | None) -> str | None:
    return None if text is None else folded(text)


class Store:
    """Connections to one file. Readers never wait for the writer; writers queue for 5 seconds.

    `ro` reads, also where nothing can be written, and `rwc` makes the file. Tables can be rebuilt
    only without `foreign_keys`. `mark` is where its mark stands, if not beside it; `runtime` a
    folder that the machine's next start clears, for a second one.
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
        # On read-only media each transaction checks anew whether a worker has its log open.
        self._engine = create_engine(
            "sqlite://",
            creator=self._connect,
            poolclass=NullPool if mode == "ro" else QueuePool,
            execution_options=options(wording, os_user()),
        )
        self._moment = threading.local()
        self._watcher: sqlite3.Connection | None = None
        self._watching = threading.Lock()
        self._never_twice = count()

    @property
    def read_only(self) -> bool:
        return self._mode == "ro"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give one consistent view of the ledger."""
        if (tx := getattr(self._moment, "tx", None)) is not None:
            yield tx
            return
        with self.errors_told(), self._engine.connect() as tx:
            tx.exec_driver_sql("BEGIN")
            yield tx

    @contextmanager
    def one_moment(self) -> Iterator[None]:
        """Let all that this thread reads meanwhile be one view; it must not write meanwhile."""
        with self.reading() as tx:
            self._moment.tx = tx
            try:
                yield
            finally:
                del self._moment.tx

    def version(self) -> tuple[int, int]:
        """Return two numbers: one changes with every change of the file, one with its schema.

        They take microseconds to read, whoever made the change. Where the file is only read,
        nothing is sure to be unchanged, so the first is another each time.
        """
        if self.read_only:
            return next(self._never_twice), self.schema_version()
        try:
            with self._watching:
                if self._watcher is None:
                    self._watcher = self._connect()
                changes, schema = (
                    int(self._watcher.execute(f"PRAGMA {name}").fetchone()[0])
                    for name in ("data_version", "schema_version")
                )
        except sqlite3.Error as error:
            raise self._failure(error) from error
        return changes, schema

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give one write transaction; it is durable when the block has ended."""
        with self.errors_told(), self._engine.begin() as tx:
            # One that reads first and writes later would fail at once beside another writer,
            # without waiting: a writer takes its turn at the start.
            tx.exec_driver_sql("BEGIN IMMEDIATE")
            yield tx

    def schema_version(self) -> int:
        with self.reading() as tx:
            return int(tx.exec_driver_sql("PRAGMA schema_version").scalar_one())

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
            os.close(create_private(target))
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
        with self._watching:
            if self._watcher is not None:
                self._watcher.close()
                self._watcher = None

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
            f"file:{quote(os.fspath(self.path))}?mode={self._mode}{self._unchanging()}",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,  # BEGIN is ours to say
            check_same_thread=False,  # the pool hands a connection to one thread at a time
        )
        try:
            if self._mode != "rwc":
                self.check_alive()  # else it is to another file than the connections before it
            connection.create_function("folded", 1, _folded, deterministic=True)
            for pragma in self._pragmas:
                connection.execute(f"PRAGMA {pragma}").close()
        except (sqlite3.Error, LedgerError):
            connection.close()
            raise
        return connection

    def _unchanging(self) -> str:
        """Return the option by which SQLite reads a folder where it cannot create its log.

        With it SQLite ignores an existing log, and with it the last changes: LedgerError then.
        """
        if not self.read_only or os.access(self.path.parent, os.W_OK):
            return ""
        log, index = (self.path.with_name(f"{self.path.name}{end}") for end in ("-wal", "-shm"))
        if not log.exists() or log.stat().st_size == 0:
            return "&immutable=1"
        if not index.exists():
            raise LedgerError(
                f"ledger {self.path}: its last changes are in {log.name}, which cannot be read on "
                "read-only media. Copy both files to a folder that you can write to"
            )
        return ""

    @contextmanager
    def errors_told(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise self._failure(error.orig) from error

    def _failure(self, cause: BaseException | None) -> LedgerError:
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        message = str(cause).splitlines()[0]
        return LedgerError(f"ledger {self.path}: {message}. {_STEPS.get(code, _ELSE)}")
