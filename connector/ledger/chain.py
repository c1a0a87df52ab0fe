"""The history's chain: each event's digest is over its own content and the digest before it.

Whoever changes, removes, inserts or reorders an event in the file breaks it there; whoever writes
all that follows anew, or cuts off the end, has another head than the one noted elsewhere. The
formula is public and does not change: README.md shows how to compute it without this program.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from json import JSONEncoder
from typing import Self

from sqlalchemy import Connection, select

from connector.ledger.tables import event

START = "0" * 64  # what the first event follows
MOST_BREAKS = 20  # are named; whoever wrote the whole history anew broke it everywhere
# The columns that a digest is over, in this order, as they rest.
CONTENT = (
    *("id", "at", "who", "os_user", "verb", "occurrence", "distribution", "before", "after"),
    *("reason", "reason_data", "details"),
)
_COLUMNS = ", ".join(f'"{name}"' for name in (*CONTENT, "digest"))
_HISTORY = f"SELECT {_COLUMNS} FROM event ORDER BY id"  # noqa: S608
_HEAD = select(event.c.id, event.c.digest).order_by(event.c.id.desc()).limit(1)
_SPELLED = re.compile(r"(\d{1,18}):([0-9a-f]{64})", re.ASCII)
_encoded = JSONEncoder(separators=(",", ":"), default=repr).encode


@dataclass(frozen=True, slots=True)
class Head:
    """The latest event's number, and the digest that vouches for all events up to it."""

    number: int = 0
    digest: str = START

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read a head as it is printed; None if it is none."""
        found = _SPELLED.fullmatch(text.strip().lower())
        return cls(int(found[1]), found[2]) if found else None


def link(before: str, content: Sequence[object]) -> str:
    """Return the digest of an event with this content that follows the digest `before`."""
    return hashlib.sha256((before + _encoded(content)).encode("ascii")).hexdigest()


def head(tx: Connection) -> Head:
    """Return the head of the history as it stands."""
    row = tx.execute(_HEAD).first()
    return Head(row.id, row.digest) if row else Head()


def holds(tx: Connection, noted: Head) -> bool:
    """Say whether the history still goes through a head that was noted earlier."""
    if noted.number == 0:
        return noted.digest == START
    found = tx.execute(select(event.c.digest).where(event.c.id == noted.number)).scalar()
    return found == noted.digest


def rows(tx: Connection) -> Iterator[tuple[object, ...]]:
    """Give each event's content and, last, its digest, all as they rest, the oldest first."""
    for part in tx.exec_driver_sql(_HISTORY).partitions(5000):
        yield from map(tuple, part)


def breaks(found: Iterable[tuple[object, ...]]) -> Iterator[str]:
    """Name the first places at which the history is not as it was written."""
    number, before, told = 0, START, 0
    for *content, digest in found:
        followed, number = number, content[0] if isinstance(content[0], int) else number + 1
        missing = number != followed + 1
        right = link(before, content)
        before = str(digest)
        if not missing and right == digest:
            continue
        if told == MOST_BREAKS:
            yield "history: it is broken in more places than these"
            return
        told += 1
        if missing:
            yield f"history: {_span(followed + 1, number - 1)} missing"
        else:
            yield (
                f"history: event {number} does not follow from the one before it: one of the two "
                "was changed, or an event was removed, inserted or moved there"
            )


def _span(first: int, last: int) -> str:
    return f"event {first} is" if first == last else f"events {first} to {last} are"
