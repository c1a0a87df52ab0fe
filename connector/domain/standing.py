"""How things stand: the view of the ledger from which all that wants a person is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.domain.breaker import Breaker
from connector.domain.distribution import Distribution, Occurrence, State
from connector.domain.evidence import NO_EVIDENCE, Evidence, Heard
from connector.domain.keys import occurrence_id
from connector.domain.landing import CanaryNote
from connector.domain.reasons import Reason

_TO_COME = frozenset({State.BLOCKED, State.HELD, State.WAITING})


@dataclass(frozen=True, slots=True)
class Row:
    """What a person sees as one line: an offer, or a send that has none (no distribution)."""

    occurrence: Occurrence
    distribution: Distribution | None
    evidence: Evidence = NO_EVIDENCE

    @property
    def id(self) -> str:
        """The short id by which people name it."""
        offer = self.distribution
        return offer.id if offer else occurrence_id(self.occurrence.key)


@dataclass(frozen=True, slots=True)
class RemoteNote:
    """One remote as last met. Instants are aware, in UTC.

    `trouble` says what was wrong at the last attempt (None: nothing); `kinds` are all kinds of
    send that were ever read from it. `segments` and `redeemables` count the last catalog that was
    used. `shrunk_at` is since when its lists have lost so much that a person must confirm it;
    `resumed_at` when a person last did, or closed its breaker. `skew_seconds` is how far its clock
    was ahead of ours (behind: negative) when it last answered well.
    """

    name: str
    last_attempt_at: datetime
    last_good_at: datetime | None = None
    trouble: Reason | None = None
    kinds: frozenset[str] = frozenset()
    breaker: Breaker = Breaker()  # noqa: RUF009  a frozen value
    segments: int | None = None
    redeemables: int | None = None
    shrunk_at: datetime | None = None
    resumed_at: datetime | None = None
    skew_seconds: int = 0

    @property
    def skew(self) -> timedelta:
        return timedelta(seconds=self.skew_seconds)

    @property
    def loss_confirmed(self) -> bool:
        """True where a person said that the loss is real, and no reading has taken it in yet."""
        at, said = self.shrunk_at, self.resumed_at
        return at is not None and said is not None and said >= at


@dataclass(frozen=True, slots=True)
class FailedCycles:
    """The worker's cycles that failed in a row, the first at `since`, the last at `failed_at`.

    `trouble` says why the last one did. Instants are aware, in UTC.
    """

    failures: int
    since: datetime
    failed_at: datetime
    trouble: str


def one_more(before: FailedCycles | None, trouble: str, now: datetime) -> FailedCycles:
    """Count a cycle that failed."""
    if before is None:
        return FailedCycles(1, now, now, trouble)
    return FailedCycles(before.failures + 1, before.since, now, trouble)


@dataclass(frozen=True, slots=True)
class ChannelNote:
    """One channel on which people are told, as last met. Instants are aware, in UTC.

    `failures` count in a row, the first of them at `since`; it is tried again at `retry_at`.
    """

    name: str
    sent_at: datetime | None = None
    failures: int = 0
    since: datetime | None = None
    trouble: Reason | None = None
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A person's note of an attention: its code, the digest of its facts, and who."""

    code: str
    digest: str
    who: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What may want a person. `acknowledgements` go by a row's id.

    `strays` are campaigns heard of lately by marks that no attempt here bears. `cycles` are those
    that failed in a row, None where the last one was good. `doubt` says why the ledger is not taken
    for the latest state, if it is not.
    """

    rows: tuple[Row, ...] = ()
    remotes: Mapping[str, RemoteNote] = field(default_factory=dict)
    acknowledgements: Mapping[str, Acknowledgement] = field(default_factory=dict)
    channels: Mapping[str, ChannelNote] = field(default_factory=dict)
    canaries: tuple[CanaryNote, ...] = ()
    strays: tuple[Heard, ...] = ()
    cycles: FailedCycles | None = None
    doubt: Reason | None = None

    def to_come(self) -> Iterator[tuple[Occurrence, Distribution]]:
        """Give the offers that may still be committed."""
        for row in self.rows:
            if row.distribution and row.distribution.state in _TO_COME:
                yield row.occurrence, row.distribution

    def next_commit_by(self, now: datetime) -> datetime | None:
        """Return the first deadline ahead of an offer that may still be committed."""
        found = (offer.commit_by for _, offer in self.to_come())
        return min((by for by in found if by and by > now), default=None)

    @property
    def oldest_to_come(self) -> datetime | None:
        """Since when the longest known send is known of which an offer may still be committed."""
        return min((occurrence.first_seen_at for occurrence, _ in self.to_come()), default=None)
