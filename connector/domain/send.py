"""What a source says: sends, when they fire, and the snapshot of one poll."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connector.domain.reasons import Reason

KINDS = ("campaign", "canvas", "list_email", "flow")  # what a source may call a send


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
    """One scheduled send as a source showed it; `problem` says what is wrong with its row."""

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
    def series(self) -> tuple[str, str, str]:
        """What stays the same over all firings, moves and renames."""
        return (self.kind, self.account, self.send_id)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One source's full answer to one poll.

    `kinds` are those that were read to their end: only they say that a send is gone.
    `notes` tell what was left out and why (a reader that the account does not have).
    """

    source: str
    read_at: datetime
    sends: tuple[Send, ...]
    kinds: frozenset[str]
    notes: tuple[Reason, ...] = ()
