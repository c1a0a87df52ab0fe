"""What can be told without asking anybody: the programs, the disk, the ledger and who works."""

import platform
import shutil
import socket
import sqlite3
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

from connector import __version__
from connector.app import MappingSets, Work
from connector.domain.attentions import LATELY, attentions, failing
from connector.domain.checkup import Check, fails, fine, warning
from connector.domain.left_out import left_out
from connector.errors import LedgerError
from connector.ledger.committer import holder
from connector.ledger.mark import mark_path
from connector.ledger.store import path_of
from connector.ledger.verify import verify
from connector.settings import Settings

MEGABYTE = 1 << 20
LEAST_FREE, WORRYING_FREE = 100 * MEGABYTE, 1024 * MEGABYTE
OF_DISK, OF_LEDGER, OF_WORKER = "disk", "ledger", "worker"


def versions() -> Check:
    return fine(
        "program",
        "versions",
        connector=__version__,
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
    )


def disk(url: str) -> Iterator[Check]:
    """Look at what is left where the ledger is: one that cannot be written stops all commits."""
    try:
        folder = path_of(url).parent
        free = shutil.disk_usage(folder).free
    except LedgerError:
        return  # the next check says what is wrong with the url
    except OSError as error:
        yield fails(OF_DISK, "free/unknown", error=str(error.strerror))
        return
    room = {"free": _spelled(free), "folder": str(folder)}
    if free < LEAST_FREE:
        yield fails(OF_DISK, "free/too-little", **room)
    elif free < WORRYING_FREE:
        yield warning(OF_DISK, "free/little", **room)
    else:
        yield fine(OF_DISK, "free", **room)


def _spelled(free: int) -> str:
    megabytes = free // MEGABYTE
    return f"{megabytes} MB" if megabytes < 10_240 else f"{megabytes // 1024} GB"


def whole(settings: Settings) -> Generator[Check, None, bool]:
    """Verify the ledger, without changing it; return whether it may be opened."""
    try:
        path = path_of(settings.ledger.url)
        problems = verify(path, mark=settings.ledger.mark_path)
    except LedgerError as error:
        problems = (str(error),)
    for problem in problems:
        yield fails(OF_LEDGER, "whole/said", text=problem)
    if not problems:
        yield fine(OF_LEDGER, "whole", path=str(path))
    return not problems


def standing(work: Work, settings: Settings, world: Mapping[str, str]) -> Iterator[Check]:
    """Tell the ledger's mode, who holds the right to commit, and what wants a person."""
    ledger, now = work.ledger, work.clock.now()
    rehearsal = ledger.mode().rehearsal
    yield fine(OF_LEDGER, "mode/rehearsal" if rehearsal else "mode")
    if not rehearsal:
        yield from _mark(path_of(settings.ledger.url), settings.ledger.mark_path)
    for stranger in ledger.strangers(world):
        yield fails(OF_LEDGER, "world/said", text=stranger)
    for pause in ledger.pauses(at=now):
        facts = {"who": pause.who, "of": pause.of, "why": pause.why, "arguments": pause.arguments}
        yield warning(OF_LEDGER, "paused/short", **facts)
    stands, book = ledger.standing(since=now - LATELY), MappingSets(settings, ledger).accepted()
    if (trouble := failing(stands.cycles)) is not None:
        yield fails(OF_WORKER, "cycle", why=trouble)
    unread = left_out(stands.remotes, work.kinds, book)
    found = attentions(stands, work.schedule, now, left_out=unread)
    if wants := sum(one.acknowledged_by is None for one in found):
        yield warning(OF_LEDGER, "attentions" if wants == 1 else "attentions/several", count=wants)
    try:
        working = holder(path_of(settings.ledger.url))
    except LedgerError as error:
        yield warning(OF_WORKER, "lock/said", text=str(error))
        return
    yield fine(OF_WORKER, "lock" if working else "lock/nobody", holder=working)
    if working is None and settings.health.port:
        yield _port(settings.health.host, settings.health.port)


def _mark(ledger: Path, elsewhere: Path | None) -> Iterator[Check]:
    """Say whether the mark would outlive a snapshot of the ledger's volume that is put back."""
    mark = mark_path(ledger, elsewhere)
    try:
        apart = mark.stat().st_dev != ledger.stat().st_dev
    except OSError:
        return  # what is wrong with it was told above
    if apart:
        yield fine(OF_LEDGER, "mark", path=str(mark))
    else:
        yield warning(OF_LEDGER, "mark/same-volume")


def _port(host: str, port: int) -> Check:
    """Say whether the worker could serve its endpoints, were it started."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        return fails(OF_WORKER, "port/taken", port=port, error=str(error.strerror))
    return fine(OF_WORKER, "port", port=port)
