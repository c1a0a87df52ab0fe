"""A plan: every decision and action of one cycle, as a value with many renderers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from connector.domain.distribution import Distribution, Occurrence
from connector.domain.pause import Pause
from connector.domain.reasons import Reason
from connector.domain.timing import Timing


class Action(StrEnum):
    """What this cycle would do with a distribution."""

    COMMIT = "commit"
    WAIT = "wait"
    HOLD = "hold"
    BLOCK = "block"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Planned:
    """A distribution as the plan would have it, as it was (None: new), and what to do with it.

    `asks` is the segment whose size must be known before more can be said. `timing` are the
    instants it was decided by, where it was.
    """

    distribution: Distribution
    was: Distribution | None
    action: Action
    asks: int | None = None
    timing: Timing | None = None

    @property
    def changed(self) -> bool:
        return self.distribution != self.was


@dataclass(frozen=True, slots=True)
class Entry:
    """One occurrence of the plan, as it was before (None: new), and the offers it wants."""

    occurrence: Occurrence
    was: Occurrence | None
    planned: tuple[Planned, ...]

    @property
    def changed(self) -> bool:
        return self.occurrence != self.was


@dataclass(frozen=True, slots=True)
class Plan:
    """All entries of one cycle after safety, in the order of their first delivery.

    `crashed` names the occurrences whose decision failed by a fault of ours, and the fault; they
    and their open offers are blocked. `shrunken` are the sources whose lists lost too much to be
    believed before a person confirms it.
    """

    generated_at: datetime
    entries: tuple[Entry, ...]
    crashed: Mapping[str, Exception] = field(default_factory=dict)
    shrunken: frozenset[str] = frozenset()

    def planned(self) -> Iterator[tuple[Entry, Planned]]:
        for entry in self.entries:
            for planned in entry.planned:
                yield entry, planned


@dataclass(frozen=True, slots=True)
class Mode:
    """Rehearsal or live; `live_at` is when the rehearsal ended (aware, UTC).

    `doubt` says why a ledger that was live is in rehearsal, where the program put it there.
    """

    rehearsal: bool
    live_at: datetime | None = None
    nothing_given_yet: bool = False
    doubt: Reason | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """A sealed distribution elsewhere in the ledger that the same-offer guard must see.

    `series` names its send, and `zone` the one whose clocks that follows.
    """

    distribution: str
    send_name: str
    segment_id: int
    redeemable_uuid: str
    first_delivery: datetime
    series: tuple[str, str, str]
    zone: str


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's yes, bound to what was approved: any change of it asks again.

    `code` is that of the reason for which it was held: no other hold is lifted by this yes.
    """

    segment_id: int | None
    redeemable_uuid: str | None
    scheduled_for: datetime | None
    code: str


Approvals = Mapping[str, tuple[Approval, ...]]


def approved(approvals: Approvals, distribution: Distribution, code: str) -> bool:
    """Say whether a person lifted this very hold of a distribution as it stands now."""
    wanted = Approval(
        distribution.segment_id, distribution.redeemable_uuid, distribution.scheduled_for, code
    )
    return wanted in approvals.get(distribution.id, ())


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows when a cycle starts.

    `occurrences` are the open ones and the latest of every series asked for; `taken` holds all
    occurrence keys of these series, `given_up` those of lately closed ones of which every offer
    was withdrawn; `distributions` go by occurrence key, `approvals` by distribution id; `given` are
    the sealed ones elsewhere that the same-offer guard must see; `given_today` counts the last 24
    hours' attempts that made, or may have made, a campaign; `pauses` are those in force; `losses`
    name the sources whose lists had shrunk, and whether a person has confirmed that since.
    `given_after_all` names, by distribution id, the campaigns that evidence says gave what is open.
    """

    mode: Mode
    occurrences: tuple[Occurrence, ...] = ()
    taken: frozenset[str] = frozenset()
    given_up: frozenset[str] = frozenset()
    distributions: Mapping[str, tuple[Distribution, ...]] = field(default_factory=dict)
    approvals: Approvals = field(default_factory=dict)
    given: tuple[Given, ...] = ()
    given_today: int = 0
    pauses: tuple[Pause, ...] = ()
    losses: Mapping[str, bool] = field(default_factory=dict)
    given_after_all: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
