"""Files beside the ledger that must be whole or absent after a crash."""

import os
import tempfile
from pathlib import Path

from connector.points import Point, point


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
