"""The mark outside of the ledger: it tells a lost or older one from the one that was used last.

It stands beside the ledger, or where `ledger.mark` says: on a volume of its own it outlives a
snapshot that is put back.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from connector.errors import LedgerError
from connector.ledger.chain import Head
from connector.ledger.files import open_read_only, replace_durably
from connector.points import Point, point


@dataclass(frozen=True, slots=True)
class Mark:
    """Which ledger stands here, and how many intents it held when the mark was last written.

    `head` is how far its history had come by then; without one the mark is of an older program.
    """

    ledger_id: str
    generation: int
    head: Head | None = field(default=None, compare=False)

    @classmethod
    def parse(cls, text: str) -> "Mark":
        """Read a mark as it is written; ValueError, TypeError or KeyError if it is none."""
        found = json.loads(text)
        head = Head.parse(found["head"]) if "head" in found else None
        if head is None and "head" in found:
            raise ValueError("its head is none")
        return cls(str(found["ledger_id"]), int(found["generation"]), head)

    def spelled(self) -> str:
        told = {"ledger_id": self.ledger_id, "generation": self.generation}
        return json.dumps(told | ({"head": str(self.head)} if self.head else {})) + "\n"


def mark_path(ledger: Path, elsewhere: Path | None = None) -> Path:
    return elsewhere or ledger.with_name(f"{ledger.name}.mark")


def read_mark(ledger: Path, elsewhere: Path | None = None) -> Mark | None:
    """Return the mark of a ledger's path, None where there is none."""
    path = mark_path(ledger, elsewhere)
    try:
        with os.fdopen(open_read_only(path), encoding="utf-8") as file:
            return Mark.parse(file.read())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise LedgerError(
            f"ledger {ledger}: its mark {path} cannot be read. Put the mark back, or, if it is "
            f"lost: move it away, and `connector ledger restore {ledger}` goes on in rehearsal"
        ) from error


def write_mark(ledger: Path, mark: Mark, elsewhere: Path | None = None) -> None:
    path = mark_path(ledger, elsewhere)
    point(Point.MARK_BEGINS)
    try:
        replace_durably(path, mark.spelled())
    except OSError as error:
        raise LedgerError(
            f"ledger {ledger}: its mark {path} cannot be written ({error.strerror}). "
            "Look at the disk and the folder's rights"
        ) from error
