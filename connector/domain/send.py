"""What a source says: sends, when they fire, and the snapshot of one poll."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from connector.domain.reasons import Reason

KINDS = ("campaign", "canvas", "list_email", "flow")  # what a source may call a send
ODD_TEXT, UNREADABLE_TAGS, MISSPELLED_TAG = "odd-text", "unreadable-tags", "misspelled-tag"
# The codes of problems that leave the rest of a row as good as it is.
BEARABLE = frozenset({ODD_TEXT, UNREADABLE_TAGS, MISSPELLED_TAG})
PAUSED = "paused"  # the code of the problem of a send that does not fire while it is paused


class Spread(StrEnum):
    """How one firing reaches guests (facts: braze §6)."""

    INSTANT = "instant"
    LOCAL = "local"
    INTELLIGENT = "intelligent"


@dataclass(frozen=True, slots=True)
class When:
    """When an occurrence fires. All instants are aware, in UTC.

    `scheduled_for` is the nominal time; `first_delivery` and `last_delivery` bound the instants at
    which a guest can receive the message (facts: braze §6.4). `wall` is the source's own text and
    `zone` the one whose clocks the schedule follows, kept because the meaning is local. `reading`
    says how the text became these instants. What an older ledger kept has no
    `last_delivery` and no `reading` before it is read again.
    """

    scheduled_for: datetime
    first_delivery: datetime
    wall: str
    zone: str
    spread: Spread = Spread.INSTANT
    last_delivery: datetime | None = None
    reading: Reason | None = None

    @property
    def ends(self) -> datetime:
        """Return when the last guest can still receive it, as far as that is known."""
        return max(self.scheduled_for, self.last_delivery or self.scheduled_for)


@dataclass(frozen=True, slots=True)
class Send:
    """One scheduled send as a source showed it; `problem` is the gravest of its row."""

    source: str
    kind: str
    account: str
    send_id: str
    name: str
    tags: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    when: When | None = None
    problem: Reason | None = None

    @property
    def bearable(self) -> Reason | None:
        """The problem, where it is one with which an offer can be made all the same."""
        return self.problem if self.problem and self.problem.code in BEARABLE else None

    @property
    def paused(self) -> bool:
        """True where its source said that it does not fire at its time."""
        return self.problem is not None and self.problem.code == PAUSED

    @property
    def series(self) -> tuple[str, str, str]:
        """What stays the same over all firings, moves and renames."""
        return (self.kind, self.account, self.send_id)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One source's full answer to one poll.

    `kinds` are those that were read to their end: only they say that a send is gone. `left_out`
    are those that the account does not show, and why; `notes` tell of rows that are no sends.
    """

    source: str
    read_at: datetime
    sends: tuple[Send, ...]
    kinds: frozenset[str]
    notes: tuple[Reason, ...] = ()
    left_out: Mapping[str, Reason] = field(default_factory=dict)
