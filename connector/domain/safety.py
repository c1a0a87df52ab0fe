"""What only shows when all occurrences are seen together. It may hold, and nothing else."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from connector.domain import reasons
from connector.domain.distribution import State
from connector.domain.plan import Action, Entry, Given, Known, Planned
from connector.domain.policy import Policy
from connector.domain.reasons import Reason
from connector.domain.rules import RuleBook

Pair = tuple[int, str]


def safe(
    entries: Sequence[Entry], known: Known, book: RuleBook, policy: Policy
) -> tuple[Entry, ...]:
    """Return the entries with all that goes too far together held; approved ones do not count.

    A rehearsal holds what is left, so that it shows what going live would do.
    """
    approved = _approved(entries, known)
    held = _same_offer(entries, known, book, policy, approved)
    due = [planned for _, planned in _in_order(entries) if planned.action is Action.COMMIT]
    open_to_caps = [
        planned for planned in due if planned.distribution.id not in approved | held.keys()
    ]
    held |= _caps(open_to_caps, known, policy)
    if known.mode.rehearsal:
        held = {planned.distribution.id: reasons.rehearsal() for planned in due} | held
    return tuple(_with_holds(entry, held) for entry in entries)


def _in_order(entries: Iterable[Entry]) -> list[tuple[Entry, Planned]]:
    """Return every planned row, earliest message first, so that the later of two is held."""
    rows = [(entry, planned) for entry in entries for planned in entry.planned]

    def order(pair: tuple[Entry, Planned]) -> tuple[float, str]:
        row = pair[1].distribution
        return (row.commit_by.timestamp() if row.commit_by else math.inf, row.id)

    return sorted(rows, key=order)


def _approved(entries: Iterable[Entry], known: Known) -> frozenset[str]:
    return frozenset(
        planned.distribution.id
        for entry in entries
        for planned in entry.planned
        if (yes := known.approvals.get(planned.distribution.id))
        and yes.covers(planned.distribution)
    )


def _same_offer(
    entries: Sequence[Entry],
    known: Known,
    book: RuleBook,
    policy: Policy,
    approved: frozenset[str],
) -> dict[str, Reason]:
    """Hold an offer whose segment gets the same one with another message close by."""
    gap = policy.safety.same_offer_gap
    allowed = {rule.name for rule in book.rules if rule.repeat == "allow"}
    placed: dict[Pair, list[Given]] = defaultdict(list)
    for given in known.given:
        placed[(given.segment_id, given.redeemable_uuid)].append(given)
    held: dict[str, Reason] = {}
    for entry, planned in _in_order(entries):
        row = planned.distribution
        candidate = _given(entry, planned)
        if row.state is not State.WAITING or candidate is None:
            continue
        others = placed[(candidate.segment_id, candidate.redeemable_uuid)]
        close = next((one for one in others if _close(one, candidate, gap)), None)
        if close and row.id not in approved and row.rule not in allowed:
            held[row.id] = reasons.same_offer_twice(close.send_name, close.distribution, gap)
        else:
            others.append(candidate)
    return held


def _close(one: Given, other: Given, gap: timedelta) -> bool:
    apart = abs(one.first_delivery - other.first_delivery)
    return one.distribution != other.distribution and apart < gap


def _given(entry: Entry, planned: Planned) -> Given | None:
    row = planned.distribution
    if row.segment_id is None or row.redeemable_uuid is None or row.first_delivery is None:
        return None
    name = entry.occurrence.send.name
    return Given(row.id, name, row.segment_id, row.redeemable_uuid, row.first_delivery)


def _caps(due: Sequence[Planned], known: Known, policy: Policy) -> Mapping[str, Reason]:
    per_cycle, per_day = policy.safety.max_commits_per_cycle, policy.safety.max_commits_per_day
    if len(due) > per_cycle:
        reason = reasons.cap_per_cycle(len(due), per_cycle)
        return {planned.distribution.id: reason for planned in due}
    left = max(0, per_day - known.given_today)
    reason = reasons.cap_per_day(per_day, per_day)
    return {planned.distribution.id: reason for planned in due[left:]}


def _with_holds(entry: Entry, held: Mapping[str, Reason]) -> Entry:
    if not any(planned.distribution.id in held for planned in entry.planned):
        return entry
    return replace(entry, planned=tuple(_hold(planned, held) for planned in entry.planned))


def _hold(planned: Planned, held: Mapping[str, Reason]) -> Planned:
    reason = held.get(planned.distribution.id)
    if reason is None:
        return planned
    row = replace(planned.distribution, state=State.HELD, reason=reason)
    return Planned(row, planned.was, Action.HOLD)
