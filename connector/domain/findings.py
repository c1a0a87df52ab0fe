"""What a check of the mapping files finds: a place, a sentence, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """An error is what the worker refuses, or what would block an offer for sure.

    With a warning the worker works, though hardly as it is meant; a note is worth a look.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Code(StrEnum):
    """What kind of thing was found: the word under which the guide explains it."""

    FILE = "file"
    YAML = "yaml"
    KEY = "key"
    VALUE = "value"
    RULE = "rule"
    TIMES = "times"
    TAKEN = "taken"
    SOURCE = "source"
    SHADOWED = "shadowed"
    TWICE = "twice"
    LOOK_ALIKE = "look-alike"
    BLANKS = "blanks"
    COMMENT = "comment"
    NO_EFFECT = "no-effect"
    CHOOSE = "choose"
    NO_SEGMENT = "no-segment"
    NO_REDEEMABLE = "no-redeemable"
    SEVERAL = "several"
    UNREAD = "unread"
    AUDIENCE = "audience"
    REFUSED = "refused"
    IDLE = "idle"
    SEND = "send"


class Place(NamedTuple):
    """Line and column, counted from 1 as editors do."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found in a file; without a place it is about the file as a whole.

    `fix` is what a person may do about it ("" where the message says so itself). `quote` is the
    line as it was typed, and `width` how many characters of it are meant, from the place on.
    """

    file: str
    place: Place | None
    code: Code
    message: str
    fix: str = ""
    severity: Severity = Severity.ERROR
    quote: str = ""
    width: int = 1

    @property
    def where(self) -> str:
        return f"{self.file}:{self.place.line}:{self.place.column}" if self.place else self.file

    def __str__(self) -> str:
        """Tell it in one line."""
        return f"{self.where}: {self.message}" + (f"; {self.fix}" if self.fix else "")


def in_reading_order(finding: Finding) -> tuple[str, Place]:
    """Sort findings as a person reads the files; what is about a whole file comes first."""
    return finding.file, finding.place or Place(0, 0)
