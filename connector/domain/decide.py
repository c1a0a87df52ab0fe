"""What one occurrence should get, and why not: one decision table for each offer it wants.

The rows of the table stand in `_Case.state_of`, first that holds wins. Sealed rows are never
touched here; `safety` sees all occurrences together and may only hold.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.domain import deadlines, reasons, resolve, verdicts
from connector.domain.becoming import becoming
from connector.domain.distribution import Decision, Distribution, Occurrence, State
from connector.domain.keys import distribution_id
from connector.domain.lifecycle import UNSETTLED, Followed
from connector.domain.match import Match, Wanted, match
from connector.domain.offer import Catalog
from connector.domain.plan import Action, Approvals, Entry, Mode, Planned, approved
from connector.domain.policy import Policy
from connector.domain.reasons import Reason
from connector.domain.rules import Rule, RuleBook
from connector.domain.send import ODD_TEXT
from connector.domain.timing import Timing, timing


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision may know besides the occurrence and its rows.

    `stale` says that its source's last good snapshot is too old; `gone` that its source confirmed
    the send is no longer live. A missing `catalog` is one that could not be read whole. `guests`
    are the segments' sizes asked for so far, or why there is none; None where nobody can be asked.
    `left_alone` says why Punchh takes no commit for now.
    """

    mode: Mode
    catalog: Catalog | None
    approvals: Approvals
    stale: Reason | None = None
    gone: bool = False
    guests: Mapping[int, int | Reason] | None = None
    left_alone: Reason | None = None


def decide(
    followed: Followed,
    rows: Sequence[Distribution],
    book: RuleBook,
    policy: Policy,
    facts: Facts,
    now: datetime,
) -> Entry:
    """Return the occurrence with what the rules say of it, and a plan for each of its offers."""
    occurrence = followed.occurrence
    if occurrence.closed_at is not None:
        return Entry(occurrence, followed.was, tuple(_over(row) for row in rows))
    found = match(occurrence.send, book)
    reason = found.reason
    planned: tuple[Planned, ...] = ()
    if found.rule is None or found.decision is not Decision.CLAIMED:
        planned = tuple(_unwanted(row) for row in rows)
    elif not rows and (later := _beyond_horizon(occurrence, found.rule, policy, now)):
        reason = later
    else:
        case = _Case(followed, tuple(rows), found, found.rule, book, policy, facts, now)
        planned = tuple(case.planned())
    name = found.rule.name if found.rule else None
    decided = becoming(occurrence, decision=found.decision, rule=name, reason=reason)
    return Entry(decided, followed.was, planned)


def _beyond_horizon(
    occurrence: Occurrence, rule: Rule, policy: Policy, now: datetime
) -> Reason | None:
    if occurrence.when is None:
        return None
    planned_from = occurrence.when.first_delivery - policy.schedule.horizon
    return deadlines.beyond_horizon(rule.name, planned_from) if now < planned_from else None


def _over(row: Distribution) -> Planned:
    """End the planning of a row whose send has fired or gone."""
    if row.state not in UNSETTLED:
        return Planned(row, row, Action.SKIP)
    if row.commit_by is None:
        ended = replace(row, state=State.WITHDRAWN, reason=deadlines.ended())
    else:
        ended = replace(row, state=State.MISSED, reason=deadlines.missed(row.commit_by, row.reason))
    return Planned(ended, row, Action.SKIP)


def _unwanted(row: Distribution) -> Planned:
    """Withdraw a row that no rule asks for any more."""
    if row.state not in UNSETTLED:
        return Planned(row, row, Action.SKIP)
    return Planned(
        replace(row, state=State.WITHDRAWN, reason=reasons.rule_gone()), row, Action.SKIP
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """One claimed occurrence on the table."""

    followed: Followed
    rows: tuple[Distribution, ...]
    match: Match
    rule: Rule
    book: RuleBook
    policy: Policy
    facts: Facts
    now: datetime

    def planned(self) -> Iterator[Planned]:
        known = {
            (row.wanted_segment, row.wanted_redeemable): row
            for row in self.rows
            if row.recommitted_as is None
        }
        pairs: dict[tuple[int, str], str] = {
            (row.segment_id, row.redeemable_uuid): row.recommitted_as or row.id
            for row in sorted(self.rows, key=_number)
            if row.state.sealed and row.segment_id and row.redeemable_uuid
        }
        for row in self.rows:
            if row.recommitted_as is not None:
                yield Planned(row, row, Action.SKIP)
        several = self._several()
        for wanted in self.match.wanted:
            was = known.pop((wanted.wanted_segment, wanted.wanted_redeemable), None)
            if was is not None and was.state.sealed:
                yield Planned(was, was, Action.SKIP)
                continue
            if self.facts.catalog is None:
                if was is not None:
                    yield self._unresolved(was)
                continue
            row, blocked = self._resolved(wanted, was, self.facts.catalog)
            pair = (row.segment_id or 0, row.redeemable_uuid or "")
            double = all(pair) and pairs.setdefault(pair, row.id) != row.id
            if double and not _stays_rejected(row, was):
                if was is not None:
                    yield self._duplicate(row, was, pairs[pair])
                continue
            yield self._judged(row, was, blocked, several.get(wanted.wanted_redeemable))
        for unwanted in known.values():
            yield _unwanted(unwanted)

    def _several(self) -> dict[str, Reason]:
        """Name the redeemables that several segments of this one send would get."""
        if self.rule.several == "each":
            return {}
        takers: dict[str, list[Wanted]] = defaultdict(list)
        for wanted in self.match.wanted:
            takers[wanted.wanted_redeemable].append(wanted)
        return {
            redeemable: reasons.several_segments(
                resolve.shown(wants[0].redeemable) or "",
                sorted(resolve.shown(one.segment) or "?" for one in wants),
            )
            for redeemable, wants in takers.items()
            if len(wants) > 1
        }

    def _unresolved(self, was: Distribution) -> Planned:
        """Leave a row as it is while Punchh's lists cannot be read; time goes on all the same."""
        past = was.commit_by is not None and self.now > was.commit_by
        if was.state in UNSETTLED and was.commit_by and past and not self._late_allowed():
            reason = deadlines.missed(was.commit_by, was.reason)
            return Planned(replace(was, state=State.MISSED, reason=reason), was, Action.SKIP)
        timed = self._timing()
        due = was.state is State.WAITING and timed is not None and self.now >= timed.opens_at
        told = replace(was, reason=self.facts.left_alone) if due and self.facts.left_alone else was
        return Planned(told, was, _ACTIONS[was.state], timing=timed)

    def _duplicate(self, row: Distribution, was: Distribution, other: str) -> Planned:
        ended = replace(row, state=State.WITHDRAWN, reason=reasons.duplicate_of(other))
        return Planned(ended, was, Action.SKIP)

    def _resolved(
        self, wanted: Wanted, was: Distribution | None, catalog: Catalog
    ) -> tuple[Distribution, Reason | None]:
        """Return the row with the ids found by name, and what stands in the way of that."""
        segment, no_segment = resolve.segment(wanted.segment, catalog)
        redeemable, no_redeemable = resolve.redeemable(wanted.redeemable, catalog)
        occurrence = self.followed.occurrence
        when = occurrence.when
        timed = self._timing()
        row = becoming(
            was or self._new(wanted),
            latecomer=self._latecomer(was),
            audience=wanted.audience,
            rule=self.rule.name,
            segment=segment.name if segment else resolve.shown(wanted.segment),
            segment_id=segment.segment_id if segment else None,
            redeemable=redeemable.name if redeemable else resolve.shown(wanted.redeemable),
            redeemable_uuid=redeemable.redeemable_uuid if redeemable else None,
            scheduled_for=when.scheduled_for if when else None,
            first_delivery=when.first_delivery if when else None,
            start_time=timed.wanted_start if timed else None,
            commit_by=timed.commit_by if timed else None,
        )
        no_time = None if timed else reasons.no_time()
        return row, self._problem(wanted) or no_segment or no_redeemable or no_time

    def _problem(self, wanted: Wanted) -> Reason | None:
        """Return what is wrong with the send's row, where this offer cannot be made for it.

        A rule with segments of its own does not need the send's audience.
        """
        send = self.followed.occurrence.send
        if send.bearable is not None:
            needs_tags = wanted.segment is None and send.bearable.code != ODD_TEXT
            return send.bearable if needs_tags else None
        unseen = send.problem is not None and send.problem.code == reasons.AUDIENCE_UNSEEN
        return None if unseen and self.rule.segments else send.problem

    def _new(self, wanted: Wanted) -> Distribution:
        key = self.followed.occurrence.key
        return Distribution(
            id=distribution_id(key, wanted.wanted_segment, wanted.wanted_redeemable),
            occurrence=key,
            wanted_segment=wanted.wanted_segment,
            wanted_redeemable=wanted.wanted_redeemable,
            rule=self.rule.name,
            state=State.BLOCKED,
            reason=reasons.no_time(),
        )

    def _latecomer(self, was: Distribution | None) -> bool:
        """Say whether the set was closed when this row came to it, or came back to it."""
        if was is not None and was.state is not State.WITHDRAWN:
            return was.latecomer
        closed = any(row.state.sealed or row.attempts for row in self.rows if row is not was)
        return closed or (was is not None and was.latecomer)

    def _timing(self) -> Timing | None:
        when = self.followed.occurrence.when
        if when is None:
            return None
        return timing(when.first_delivery, self.rule, self.policy, self.now)

    def _judged(
        self,
        row: Distribution,
        was: Distribution | None,
        blocked: Reason | None,
        several: Reason | None,
    ) -> Planned:
        timed = self._timing()
        state, reason, due = self._state_of(row, was, blocked, several, timed)
        asks = None
        if due and (too_many := self._too_many(row)):
            state, reason, due = State.HELD, too_many, False
            asks = row.segment_id if too_many.code == reasons.GUESTS_UNASKED else None
        start = timed.start if due and timed else row.start_time
        judged = becoming(row, state=state, reason=reason, start_time=start)
        return Planned(judged, was, Action.COMMIT if due else _ACTIONS[state], asks, timed)

    def _state_of(
        self,
        row: Distribution,
        was: Distribution | None,
        blocked: Reason | None,
        several: Reason | None,
        timed: Timing | None,
    ) -> tuple[State, Reason, bool]:
        """Return state, reason, and whether it is to be committed now."""
        if was is not None and _stays_rejected(row, was):
            return State.REJECTED, was.reason, False
        if self._gone(was):
            return State.WITHDRAWN, reasons.cancelled(), False
        if timed is not None and timed.late and not self._late_allowed():
            return State.MISSED, self._missed(row, was, blocked), False
        if blocked is not None or timed is None:
            return State.BLOCKED, blocked or reasons.no_time(), False
        for held in self._holds(row, several, timed):
            if not approved(self.facts.approvals, row, held.code):
                return State.HELD, held, False
        return self._waiting(row, timed)

    def _gone(self, was: Distribution | None) -> bool:
        absent = self.followed.missing is not None
        withdrawn = was is not None and was.state is State.WITHDRAWN
        return self.facts.gone or (absent and withdrawn)

    def _late_allowed(self) -> bool:
        when = self.followed.occurrence.when
        if self.rule.late != "earliest" or when is None:
            return False
        return self.now < when.ends

    def _missed(
        self, row: Distribution, was: Distribution | None, blocked: Reason | None
    ) -> Reason:
        by = row.commit_by or self.now
        if was is None:
            return deadlines.missed(by, blocked) if blocked else deadlines.too_late(by)
        if was.state is not State.MISSED:
            return deadlines.missed(by, blocked or was.reason)
        return was.reason if was.first_delivery == row.first_delivery else deadlines.too_late(by)

    def _holds(self, row: Distribution, several: Reason | None, timed: Timing) -> Iterator[Reason]:
        """Name all for which a person must look first; an approval lifts one code of these."""
        if self.followed.occurrence.doubt is not None:
            yield self.followed.occurrence.doubt
        if row.n > 1:
            yield reasons.recommit_changed()
        elif row.latecomer:
            yield reasons.set_closed()
        if self.rule.approval == "required":
            yield reasons.approval_required(self.rule.name)
        if self.rule.max_guests is not None and self.facts.guests is None:
            yield reasons.max_guests_unknown(self.rule.max_guests)
        if several is not None:
            yield several
        if self._may_have_been_given(timed):
            yield reasons.before_live()

    def _may_have_been_given(self, timed: Timing) -> bool:
        """Say whether its window had opened before this ledger went live.

        A send that moved later counts by the time it was first seen for: an offer that an older
        copy of the ledger committed then is not known to this one.
        """
        mode, occurrence = self.facts.mode, self.followed.occurrence
        if mode.live_at is None or mode.nothing_given_yet:
            return False
        moved = timedelta()
        if occurrence.opened_for and occurrence.when:
            moved = max(moved, occurrence.when.scheduled_for - occurrence.opened_for)
        return timed.opens_at - moved < mode.live_at

    def _too_many(self, row: Distribution) -> Reason | None:
        """Return why the size of a due row's segment holds it; that it must be asked is one."""
        limit, guests = self.rule.max_guests, self.facts.guests
        if limit is None or guests is None or row.segment_id is None:
            return None
        reason = reasons.guests_hold(guests.get(row.segment_id), limit)
        if reason is None or approved(self.facts.approvals, row, reason.code):
            return None
        return reason

    def _waiting(self, row: Distribution, timed: Timing) -> tuple[State, Reason, bool]:
        if self.now < timed.opens_at:
            return State.WAITING, deadlines.window_opens(timed.opens_at), False
        if self.facts.left_alone is not None:
            return State.WAITING, self.facts.left_alone, False
        if row.not_before is not None and self.now < row.not_before:
            return State.WAITING, row.reason, False
        if self.followed.missing is not None:
            return State.WAITING, self.followed.missing, False
        if self.facts.stale is not None:
            return State.WAITING, self.facts.stale, False
        if timed.late:
            return State.WAITING, deadlines.late_allowed(timed.start), True
        if timed.start > timed.wanted_start:
            lead = timed.first_delivery - timed.start
            wanted = timed.first_delivery - timed.wanted_start
            return State.WAITING, deadlines.shortened(lead, wanted), True
        return State.WAITING, deadlines.due(), True


_ACTIONS = {
    State.BLOCKED: Action.BLOCK,
    State.HELD: Action.HOLD,
    State.WAITING: Action.WAIT,
    State.MISSED: Action.SKIP,
    State.WITHDRAWN: Action.SKIP,
    State.REJECTED: Action.SKIP,
    State.INTENT: Action.SKIP,
    State.UNKNOWN: Action.SKIP,
    State.COMMITTED: Action.SKIP,
}


def _number(row: Distribution) -> int:
    return row.n


def _stays_rejected(row: Distribution, was: Distribution | None) -> bool:
    """Say whether a rejection still stands: new inputs lift Punchh's, only a person a person's."""
    if was is None or was.state is not State.REJECTED:
        return False
    return was.reason.code == verdicts.ABANDONED or (
        (row.segment_id, row.redeemable_uuid, row.scheduled_for)
        == (was.segment_id, was.redeemable_uuid, was.scheduled_for)
    )
