"""Where a story is played: a folder in memory, and nobody who listens."""

import atexit
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import StringIO
from pathlib import Path
from tempfile import mkdtemp

import structlog

from connector import telemetry


@cache
def _place() -> Path:
    """Return a folder in memory where there is one: durability is proven elsewhere."""
    shared = Path("/dev/shm")  # noqa: S108  nothing of it outlives the process
    place = Path(mkdtemp(prefix="connector-sim-", dir=shared if shared.is_dir() else None))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return place


@contextmanager
def quietly() -> Iterator[None]:
    """Let no event of the worker's log out."""
    before = structlog.get_config()
    telemetry.configure(StringIO(), least=logging.CRITICAL)
    try:
        yield
    finally:
        structlog.configure(**before)


@contextmanager
def a_place(name: str) -> Iterator[Path]:
    """Give a folder for one ledger, and take it away again."""
    folder = _place() / name
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
