"""The right to commit in Punchh: an operating system's lock, gone with the process that held it."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from connector.clock import Clock
from connector.errors import LedgerBusyError, LedgerError
from connector.ledger.files import open_private, open_read_only
from connector.ledger.instants import spelled
from connector.ledger.store import path_of
from connector.points import Point, point

PATIENCE = 5  # tries: whoever looks who is at work holds the lock for an instant, no longer
PAUSE = 0.1  # seconds between them


class Committer:
    """Held by at most one process at a time; the lock file tells people by which."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    @classmethod
    def take(cls, url: str, *, clock: Clock, pid: int, host: str) -> Self:
        """Take the lock of the ledger at `url`, or raise LedgerBusyError saying who holds it."""
        ledger = path_of(url)
        point(Point.LOCK_TAKING)
        path = ledger.with_name(f"{ledger.name}.lock")
        descriptor = _patiently(path, clock)
        while not _same_file(descriptor, path):  # somebody removed the file before we locked it
            os.close(descriptor)
            descriptor = _patiently(path, clock)
        point(Point.LOCK_TAKEN)
        holder = json.dumps({"pid": pid, "host": host, "since": spelled(clock.now())})
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, holder.encode(), 0)
        point(Point.LOCK_SIGNED)
        return cls(descriptor)

    def close(self) -> None:
        """Give the right back; doing so twice does no harm."""
        if self._descriptor is not None:
            point(Point.LOCK_RELEASING)
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None
            point(Point.LOCK_RELEASED)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def holder(ledger: Path) -> str | None:
    """Name the process that holds the right to commit, None if nobody does."""
    if not ledger.with_name(f"{ledger.name}.lock").exists():
        return None
    try:
        with alone(ledger):
            return None
    except LedgerBusyError:
        return _signed(ledger.with_name(f"{ledger.name}.lock").read_bytes())


@contextmanager
def alone(ledger: Path) -> Iterator[None]:
    """Keep every worker away from a ledger's file meanwhile; LedgerBusyError if one is there.

    A lock file that stands where nothing can be written is locked all the same.
    """
    path = ledger.with_name(f"{ledger.name}.lock")
    written = not path.exists() or os.access(path, os.W_OK)
    descriptor = _locked(path, open_private if written else open_read_only)
    try:
        yield
    finally:
        os.close(descriptor)


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
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = _signed(os.pread(descriptor, 4096, 0))
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise LedgerBusyError(
                f"{path}: {holder} holds the right to commit, and one may at a time. "
                "Stop it first, if it is not to go on"
            ) from error
        raise LedgerError(f"{path}: it cannot be locked ({error.strerror})") from error
    return descriptor


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _signed(content: bytes) -> str:
    try:
        told = json.loads(content)
        since = f"{told['since'][:16].replace('T', ' ')} UTC"
        return f"process {told['pid']} on {told['host']} (since {since})"
    except (ValueError, TypeError, KeyError):
        return "another worker"
