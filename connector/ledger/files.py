"""The ledger's file and those beside it: private, and whole or absent after a crash.

Whatever the umask, only their owner can read them, and no link planted in their place is followed.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from connector.points import Point, point

PRIVATE = 0o600


def create_private(path: Path) -> int:
    """Make a new, empty file, open for reading and writing.

    FileExistsError where anything has that name, a link included.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE)
    with suppress(OSError):  # a file system without rights
        os.fchmod(descriptor, PRIVATE)  # a umask may have taken even the owner's
    return descriptor


def open_private(path: Path) -> int:
    """Open a file for reading and writing, made where it is missing; OSError for a link."""
    with suppress(FileExistsError):
        return create_private(path)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, PRIVATE)


def create_folder(folder: Path) -> None:
    """Create a folder and the missing ones above it, for their owner only."""
    if not folder.is_dir():
        create_folder(folder.parent)
        folder.mkdir(0o700, exist_ok=True)
        folder.chmod(0o700)  # a umask may have taken even the owner's


@contextmanager
def private_folder(beside: Path) -> Iterator[Path]:
    """Provide a folder next to a file where nobody else can write; it is removed at the end."""
    with tempfile.TemporaryDirectory(prefix=".connector-", dir=beside.parent) as name:
        Path(name).chmod(0o700)
        yield Path(name)


def open_read_only(path: Path) -> int:
    """Open a file for reading; OSError where it is missing, or a link."""
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_durably(path: Path, text: str) -> None:
    """Give a file a new content, at once and durably."""
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            with suppress(OSError):
                os.fchmod(descriptor, PRIVATE)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        point(Point.MARK_WRITTEN)
        Path(name).replace(path)
        point(Point.MARK_RENAMED)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    point(Point.MARK_DURABLE)
