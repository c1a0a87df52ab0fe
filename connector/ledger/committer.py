"""The right to commit in Punchh: an operating system's lock, gone with the process that held it.

The lock is on a file beside the ledger, not on the ledger: SQLite keeps locks of its own there,
and the system drops all of those as soon as a process closes any descriptor of that file. A file
beside it can be removed or replaced, so the right is proven again before each POST.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from connector.clock import Clock
from connector.domain.reasons import Reason, reason
from connector.errors import LedgerBusyError, LedgerError
from connector.ledger.files import open_private, open_read_only
from connector.ledger.instants import spelled
from connector.ledger.store import path_of
from connector.points import Point, point

PATIENCE = 5  # tries: whoever looks who is at work holds the lock for an instant, no longer
PAUSE = 0.1  # seconds between them
EXCLUSIVE = fcntl.LOCK_EX | fcntl.LOCK_NB


class Committer:
    """Held by at most one process at a time; the lock file tells people by which."""

    def __init__(self, path: Path, descriptor: int, holder: str) -> None:
        self._path, self._holder = path, holder
        self._descriptor: int | None = descriptor
        self._sign()

    @classmethod
    def take(cls, url: str, *, clock: Clock, pid: int, host: str) -> Self:
        """Take the lock of the ledger at `url`, or raise LedgerBusyError saying who holds it."""
        path = lock_path(path_of(url))
        point(Point.LOCK_TAKING)
        descriptor = _in_place(path, lambda: _patiently(path, clock))
        point(Point.LOCK_TAKEN)
        holder = json.dumps({"pid": pid, "host": host, "since": spelled(clock.now())})
        taken = cls(path, descriptor, holder)
        point(Point.LOCK_SIGNED)
        return taken

    def renew(self) -> bool:
        """Hold the lock on the file that is there now; true where it had to be taken anew.

        LedgerBusyError where another worker was faster, LedgerError where there can be no lock.
        """
        if self._descriptor is None:
            raise LedgerError(f"{self._path}: the right to commit was given back")
        if self._holds(self._descriptor):
            return False
        lost, self._descriptor = (
            self._descriptor,
            _in_place(self._path, lambda: _locked(self._path)),
        )
        os.close(lost)
        self._sign()
        return True

    def prove(self) -> None:
        """LedgerError unless the lock was held all along: else another may have been at work."""
        if self.renew():
            raise LedgerError(
                f"{self._path}: the lock file was removed or replaced while the worker ran, so "
                "another worker may have committed meanwhile. Find out who did so; the next cycle "
                "plans anew"
            )

    def close(self) -> None:
        """Give the right back; doing so twice does no harm."""
        if self._descriptor is not None:
            point(Point.LOCK_RELEASING)
            with suppress(OSError):
                os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None
            point(Point.LOCK_RELEASED)

    def _holds(self, descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, EXCLUSIVE)
        except OSError:  # a network file system can lose a lock
            return False
        return _same_file(descriptor, self._path)

    def _sign(self) -> None:
        """Write down who holds the lock, for people: a full disk costs no more than that."""
        if self._descriptor is not None:
            with suppress(OSError):
                os.ftruncate(self._descriptor, 0)
                os.pwrite(self._descriptor, self._holder.encode(), 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def lock_path(ledger: Path) -> Path:
    """Return the lock file of a ledger: one for each file, by whatever links it is reached."""
    real = Path(os.path.realpath(ledger))
    return real.with_name(f"{real.name}.lock")


def holder(ledger: Path) -> Reason | None:
    """Name the process that holds the right to commit, None if nobody does."""
    path = lock_path(ledger)
    if not path.exists():
        return None
    try:
        with alone(ledger):
            return None
    except LedgerBusyError:
        return _signed(path.read_bytes())


def trace(ledger: Path) -> tuple[int, int] | None:
    """Return what changes when the right is taken or given back, without locking anything.

    It does not show that a holder crashed.
    """
    try:
        found = lock_path(ledger).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


@contextmanager
def alone(ledger: Path) -> Iterator[None]:
    """Keep every worker away from a ledger's file meanwhile; LedgerBusyError if one is there.

    A lock file that stands where nothing can be written is locked all the same.
    """
    path = lock_path(ledger)
    written = not path.exists() or os.access(path, os.W_OK)
    descriptor = _locked(path, open_private if written else open_read_only)
    try:
        yield
    finally:
        os.close(descriptor)


def _in_place(path: Path, lock: Callable[[], int]) -> int:
    """Return a locked descriptor of the file that is at the path when it is locked."""
    while True:
        descriptor = lock()
        if _same_file(descriptor, path):
            return descriptor
        os.close(descriptor)  # somebody removed the file before we locked it


def _patiently(path: Path, clock: Clock) -> int:
    for _ in range(PATIENCE - 1):
        try:
            return _locked(path)
        except LedgerBusyError:
            if clock.wait(PAUSE):
                raise
    return _locked(path)


def _locked(path: Path, opened: Callable[[Path], int] = open_private) -> int:
    try:
        descriptor = opened(path)
    except OSError as error:
        raise LedgerError(
            f"{path}: the lock file cannot be opened ({error.strerror}). Look at the folder"
        ) from error
    try:
        fcntl.flock(descriptor, EXCLUSIVE)
    except OSError as error:
        holder = _signed(os.pread(descriptor, 4096, 0))
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise LedgerBusyError(
                f"{path}: {_plainly(holder)} holds the right to commit",
                reason("right-held", path=str(path), by=holder),
            ) from error
        raise LedgerError(f"{path}: it cannot be locked ({error.strerror})") from error
    return descriptor


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _signed(content: bytes) -> Reason:
    """Name a process by what it wrote into the lock file."""
    try:
        told = json.loads(content)
        since = datetime.fromisoformat(told["since"]).astimezone(UTC)
        return reason("at-work", pid=int(told["pid"]), host=str(told["host"]), since=since)
    except (ValueError, TypeError, KeyError):
        return reason("at-work/unsigned")


def _plainly(holder: Reason) -> str:
    """Name a process for whoever reads an error by itself."""
    if not holder.facts:
        return "another worker"
    return "process {pid} on {host} (since {since:%Y-%m-%d %H:%M} UTC)".format_map(holder.facts)
