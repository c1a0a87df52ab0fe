"""The mark beside the ledger: it tells a lost or older ledger from the one that was used last."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from connector.errors import LedgerError
from connector.ledger.files import open_read_only, replace_durably
from connector.points import Point, point


@dataclass(frozen=True, slots=True)
class Mark:
    """Which ledger stands here, and how many intents it held when the mark was last written."""

    ledger_id: str
    generation: int


def mark_path(ledger: Path) -> Path:
    return ledger.with_name(f"{ledger.name}.mark")


def read_mark(ledger: Path) -> Mark | None:
    """Return the mark of a ledger's path, None where there is none."""
    path = mark_path(ledger)
    try:
        with os.fdopen(open_read_only(path), encoding="utf-8") as file:
            found = json.load(file)
        return Mark(str(found["ledger_id"]), int(found["generation"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise LedgerError(
            f"ledger {ledger}: its mark {path} cannot be read. Put the mark back, or, if it is "
            f"lost: move it away, and `connector ledger restore {ledger}` goes on in rehearsal"
        ) from error


def write_mark(ledger: Path, mark: Mark) -> None:
    path = mark_path(ledger)
    point(Point.MARK_BEGINS)
    try:
        replace_durably(path, json.dumps(asdict(mark)) + "\n")
    except OSError as error:
        raise LedgerError(
            f"ledger {ledger}: its mark {path} cannot be written ({error.strerror}). "
            "Look at the disk and the folder's rights"
        ) from error
