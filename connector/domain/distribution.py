"""Occurrences, the offers they want, their states, and who may move a state to which."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connector.domain.faults import PLANNER_FAULT
from connector.domain.offer import Verdict
from connector.domain.reasons import UNMAPPED_WITH_PROBLEM, Reason
from connector.domain.send import Send, When


class State(StrEnum):
    """What the ledger says of a distribution."""

    BLOCKED = "blocked"
    HELD = "held"
    WAITING = "waiting"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    INTENT = "intent"
    UNKNOWN = "unknown"
    COMMITTED = "committed"

    @property
    def sealed(self) -> bool:
        """True where a campaign exists or may exist: no plan touches such a row."""
        return self in SEALED


SEALED = frozenset({State.INTENT, State.UNKNOWN, State.COMMITTED})
OPEN = frozenset(State) - SEALED


class Mover(StrEnum):
    """Who moves a state: each has rights of its own, and the ledger refuses the rest."""

    PLAN = "plan"
    ATTEMPT = "attempt"
    RECOVERY = "recovery"
    EVIDENCE = "evidence"
    PERSON = "person"


_ATTEMPT = frozenset(
    {(State.WAITING, State.INTENT)}
    | {(State.INTENT, to) for to in (State.COMMITTED, State.REJECTED, State.WAITING, State.UNKNOWN)}
)
_PERSON = frozenset(
    {
        (State.UNKNOWN, State.COMMITTED),
        (State.UNKNOWN, State.WAITING),
        (State.UNKNOWN, State.REJECTED),
        (State.REJECTED, State.WAITING),
    }
)


def may_move(mover: Mover, before: State, after: State) -> bool:
    """Say whether a mover may take a distribution from one state to another."""
    match mover:
        case Mover.PLAN:
            return before in OPEN and after in OPEN
        case Mover.ATTEMPT:
            return (before, after) in _ATTEMPT
        case Mover.RECOVERY:
            return (before, after) == (State.INTENT, State.UNKNOWN)
        case Mover.EVIDENCE:
            return (before, after) == (State.UNKNOWN, State.COMMITTED)
        case Mover.PERSON:
            return (before, after) in _PERSON


def after(verdict: Verdict) -> State:
    """Return the state that follows an attempt's verdict."""
    match verdict:
        case Verdict.COMMITTED:
            return State.COMMITTED
        case Verdict.REJECTED:
            return State.REJECTED
        case Verdict.TOO_SOON | Verdict.ACCOUNT | Verdict.THROTTLED | Verdict.NOT_SENT:
            return State.WAITING
        case Verdict.UNKNOWN:
            return State.UNKNOWN


class Decision(StrEnum):
    """What the rules say of an occurrence."""

    CLAIMED = "claimed"
    IGNORED = "ignored"
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One firing of a send, as far as the ledger knows it. Instants are aware, in UTC.

    `opened_for` is the nominal time at first sight and part of the key. `send` is the latest
    good reading; its `when` survives a later row that cannot be read. `absent_polls` counts good
    polls in a row that did not show it; where the last did not show it at its time, `seen_until`
    is the last that did. `doubt` holds
    every offer of it for a person. `decision`, `rule` and `reason` are what the rules last said.
    `closed_at` ends its planning. Where it moved after its messages had begun to queue,
    `queued_from` and `queued_until` bound those that still go at the old time. `draft` is whether
    its source said that a draft of changes waits to be launched (None: not asked yet).
    """

    key: str
    send: Send
    opened_for: datetime | None
    first_seen_at: datetime
    absent_polls: int = 0
    seen_until: datetime | None = None
    doubt: Reason | None = None
    decision: Decision | None = None
    rule: str | None = None
    reason: Reason | None = None
    closed_at: datetime | None = None
    queued_from: datetime | None = None
    queued_until: datetime | None = None
    draft: bool | None = None

    @property
    def when(self) -> When | None:
        return self.send.when

    @property
    def state(self) -> str | None:
        """What is shown as its state where it has no offer; None before it was decided."""
        if self.reason is not None and self.reason.code == PLANNER_FAULT:
            return State.BLOCKED.value
        return self.decision.value if self.decision else None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What the rules last said, and what is wrong with its row unless that says so."""
        problem, said = self.send.problem, self.reason
        if said is None:
            return (problem,) if problem else ()
        return (said, problem) if problem and said.code != UNMAPPED_WITH_PROBLEM else (said,)


@dataclass(frozen=True, slots=True)
class Distribution:
    """An offer that an occurrence wants: the ledger's row. Instants are aware, in UTC.

    `wanted_segment` and `wanted_redeemable` are its identity within the occurrence (normalised
    names, or `id:…`, `uuid:…`; an empty segment where no audience is known). `scheduled_for` and
    `first_delivery` are those it was last planned for, so that a sealed row tells what it was
    committed for. `n` is 2 or more for a row that a person opened anew (`recommit`), of the same
    wanted pair; the row before it then names it as `recommitted_as`. `not_before` delays
    the next attempt, `too_soon` counts answers that the start was too soon. A
    `latecomer` appeared when an offer for this send had already gone out.
    """

    id: str
    occurrence: str
    wanted_segment: str
    wanted_redeemable: str
    rule: str
    state: State
    reason: Reason
    audience: str | None = None
    segment: str | None = None
    segment_id: int | None = None
    redeemable: str | None = None
    redeemable_uuid: str | None = None
    scheduled_for: datetime | None = None
    first_delivery: datetime | None = None
    start_time: datetime | None = None
    commit_by: datetime | None = None
    attempts: int = 0
    too_soon: int = 0
    latecomer: bool = False
    not_before: datetime | None = None
    campaign_id: int | None = None
    external_campaign_id: str | None = None
    drift: tuple[str, ...] | None = None
    n: int = 1
    recommitted_as: str | None = None
    version: int = 0
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One commit tried, with its evidence. Instants are aware, in UTC."""

    distribution: str
    number: int
    begun_at: datetime
    external_campaign_id: str
    request_hash: str
    start_time: datetime
    ended_at: datetime | None = None
    verdict: Verdict | None = None
    reach: str | None = None
    status: int | None = None
    request_id: str | None = None
    reason: Reason | None = None
