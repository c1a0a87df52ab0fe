"""What only shows when all occurrences are seen together. It may hold, and nothing else."""

import math
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from connector.domain import landing, reasons, zones
from connector.domain.distribution import State
from connector.domain.plan import Action, Approvals, Entry, Given, Known, Planned, approved
from connector.domain.policy import Policy
from connector.domain.reasons import Reason
from connector.domain.rules import RuleBook

Pair = tuple[int, str]


def safe(
    entries: Sequence[Entry], known: Known, book: RuleBook, policy: Policy
) -> tuple[Entry, ...]:
    """Return the entries with all that goes too far together held.

    What a person approved for a guard's own code does not count for that guard.

    A pause holds what it covers, and a rehearsal what is left, so that it shows what going live
    would do.
    """
    held = _same_offer(entries, known, book, policy) | _still_capped(entries, known.approvals)
    due = [planned for _, planned in _in_order(entries) if planned.action is Action.COMMIT]
    paused = _paused(entries, known)
    capped = held.keys() | paused.keys()  # what is paused leaves room to the others
    open_to_caps = [planned for planned in due if planned.distribution.id not in capped]
    held |= _caps(open_to_caps, known, policy)
    held = paused | held | _given_after_all(entries, known)
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


def _same_offer(
    entries: Sequence[Entry],
    known: Known,
    book: RuleBook,
    policy: Policy,
) -> dict[str, Reason]:
    """Hold an offer whose segment gets the same one with another message close by."""
    gap = policy.safety.same_offer_gap
    allowed = {rule.name for rule in book.rules if rule.repeat == "allow"}
    placed = _Placed(known.given, gap)
    held: dict[str, Reason] = {}
    for entry, planned in _in_order(entries):
        row = planned.distribution
        candidate = _given(entry, planned)
        if row.state is not State.WAITING or candidate is None:
            continue
        close = placed.close_to(candidate)
        lifted = row.rule in allowed or approved(known.approvals, row, reasons.SAME_OFFER)
        if close and not lifted:
            held[row.id] = reasons.same_offer_twice(close.send_name, close.distribution, gap)
        else:
            placed.add(candidate)
    return held


class _Placed:
    """The offers that are given or to be given, by what they give, in the order of delivery."""

    def __init__(self, given: Iterable[Given], gap: timedelta) -> None:
        self._gap = gap
        self._offers: dict[Pair, list[Given]] = defaultdict(list)
        for one in given:
            self.add(one)

    def add(self, one: Given) -> None:
        insort(self._offers[_pair(one)], one, key=_delivery)

    def close_to(self, one: Given) -> Given | None:
        """Return the nearest other offer of the same pair that lies within the gap."""
        others = self._offers[_pair(one)]
        place = bisect_left(others, one.first_delivery, key=_delivery)
        sides = (range(place - 1, -1, -1), range(place, len(others)))
        near = [found for side in sides if (found := self._first(one, others, side))]
        return min(near, key=lambda other: _apart(one, other), default=None)

    def _first(self, one: Given, others: Sequence[Given], places: Iterable[int]) -> Given | None:
        """Return the first of these places, in the order away from one, that is within the gap."""
        for place in places:
            other = others[place]
            if abs(other.first_delivery - one.first_delivery) >= self._gap:
                return None
            if other.distribution != one.distribution and _apart(one, other) < self._gap:
                return other
        return None


def _apart(one: Given, other: Given) -> timedelta:
    """Return how far apart two messages are; of one send, by the clocks that it follows.

    So a daily send is a day apart from itself also on the day on which the clocks go forward.
    """
    passed = abs(one.first_delivery - other.first_delivery)
    zone = zones.find(one.zone) if one.series == other.series else None
    if zone is None:
        return passed
    walls = [each.first_delivery.astimezone(zone).replace(tzinfo=None) for each in (one, other)]
    return max(passed, abs(walls[0] - walls[1]))


def _pair(one: Given) -> Pair:
    return (one.segment_id, one.redeemable_uuid)


def _delivery(one: Given) -> datetime:
    return one.first_delivery


def _paused(entries: Sequence[Entry], known: Known) -> dict[str, Reason]:
    """Hold what is due and paused; no approval lifts that."""
    if not known.pauses:
        return {}
    return {
        planned.distribution.id: reasons.paused(one.of, one.who, one.why, one.until, one.arguments)
        for entry in entries
        for planned in entry.planned
        if planned.action is Action.COMMIT
        for one in known.pauses
        if one.covers(entry.occurrence.send.source, planned.distribution.rule)
    }


def _given_after_all(entries: Sequence[Entry], known: Known) -> dict[str, Reason]:
    """Hold what waits to be given, though gifts of it landed, until a person says again."""
    if not known.given_after_all:
        return {}
    return {
        row.id: landing.given_after_all(campaigns)
        for entry in entries
        for planned in entry.planned
        if (row := planned.distribution).state is State.WAITING
        and (campaigns := known.given_after_all.get(row.id))
        and not approved(known.approvals, row, landing.GIVEN_AFTER_ALL)
    }


def _still_capped(entries: Sequence[Entry], approvals: Approvals) -> dict[str, Reason]:
    """Keep what a cap once held until a person says yes: fewer by chance is no reason to go."""
    return {
        row.id: was.reason
        for entry in entries
        for planned in entry.planned
        if (row := planned.distribution).state is State.WAITING
        and (was := planned.was) is not None
        and was.state is State.HELD
        and was.reason.code in reasons.CAPS
        and not approved(approvals, row, was.reason.code)
    }


def _given(entry: Entry, planned: Planned) -> Given | None:
    row = planned.distribution
    if row.segment_id is None or row.redeemable_uuid is None or row.first_delivery is None:
        return None
    send = entry.occurrence.send
    return Given(
        row.id,
        send.name,
        row.segment_id,
        row.redeemable_uuid,
        row.first_delivery,
        send.series,
        send.when.zone if send.when else "",
    )


def _caps(due: Sequence[Planned], known: Known, policy: Policy) -> Mapping[str, Reason]:
    per_cycle, per_day = policy.safety.max_commits_per_cycle, policy.safety.max_commits_per_day
    counted = _not_approved(due, known, reasons.CAP_PER_CYCLE)
    held: dict[str, Reason] = {}
    if len(counted) > per_cycle:
        held = dict.fromkeys(counted, reasons.cap_per_cycle(len(counted), per_cycle))
    left = max(0, per_day - known.given_today)
    open_today = [one for one in _not_approved(due, known, reasons.CAP_PER_DAY) if one not in held]
    return dict.fromkeys(open_today[left:], reasons.cap_per_day(per_day)) | held


def _not_approved(due: Sequence[Planned], known: Known, code: str) -> list[str]:
    rows = [planned.distribution for planned in due]
    return [row.id for row in rows if not approved(known.approvals, row, code)]


def _with_holds(entry: Entry, held: Mapping[str, Reason]) -> Entry:
    if not any(planned.distribution.id in held for planned in entry.planned):
        return entry
    return replace(entry, planned=tuple(_hold(planned, held) for planned in entry.planned))


def _hold(planned: Planned, held: Mapping[str, Reason]) -> Planned:
    reason = held.get(planned.distribution.id)
    if reason is None:
        return planned
    row = replace(planned.distribution, state=State.HELD, reason=reason)
    return replace(planned, distribution=row, action=Action.HOLD)
