"""Two plans of one moment subtracted: what other rules would make of the coming sends."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from connector.domain.distribution import Distribution, Occurrence, State
from connector.domain.plan import Entry, Plan, Planned


class Kind(StrEnum):
    """What a change comes to, for the guests and for those who wait."""

    GAINED = "offer added"
    LOST = "offer dropped"
    OTHER = "other offer"
    TIME = "other time"
    ACTION = "other action"
    RULE = "other rule"
    DECISION = "other decision"


@dataclass(frozen=True, slots=True)
class Side:
    """What a plan has for a send: an offer, or none but those `given` already, which stay."""

    occurrence: Occurrence
    planned: Planned | None
    given: tuple[Distribution, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What one plan has for a send, and what the other has in its place."""

    kind: Kind
    before: Side
    after: Side


def subtract(before: Plan, after: Plan) -> tuple[Change, ...]:
    """Return what differs between two plans that were made of the same observation.

    Only what was decided counts: an offer that is committed is the same in both, whatever the
    rules say of it now. Changes stand in the order of the later plan.
    """
    earlier = {entry.occurrence.key: entry for entry in before.entries}
    return tuple(
        change
        for entry in after.entries
        if (was := earlier.get(entry.occurrence.key)) is not None
        for change in _of_send(was, entry)
    )


def _of_send(was: Entry, now: Entry) -> Iterator[Change]:
    lost, gained, kept = _paired(_offers(was), _offers(now))
    changes = [
        Change(kind, Side(was.occurrence, one), Side(now.occurrence, other))
        for one, other in kept
        if (kind := _kind(one, other)) is not None
    ]
    changes += [Change(Kind.LOST, Side(was.occurrence, one), _bare(now)) for one in lost]
    changes += [Change(Kind.GAINED, _bare(was), Side(now.occurrence, one)) for one in gained]
    yield from changes
    decided = (was.occurrence.decision, was.occurrence.rule)
    if not changes and decided != (now.occurrence.decision, now.occurrence.rule):
        same = decided[0] == now.occurrence.decision
        yield Change(Kind.RULE if same else Kind.DECISION, _bare(was), _bare(now))


def _offers(entry: Entry) -> list[Planned]:
    return [one for one in entry.planned if one.distribution.state is not State.WITHDRAWN]


def _bare(entry: Entry) -> Side:
    offers = (one.distribution for one in entry.planned)
    return Side(entry.occurrence, None, tuple(one for one in offers if one.state.sealed))


def _paired(
    before: list[Planned], after: list[Planned]
) -> tuple[list[Planned], list[Planned], list[tuple[Planned, Planned]]]:
    """Part offers into those lost, those gained, and those that stand for one another.

    An offer stands for itself, or for one with the same segment, or with the same redeemable.
    """
    lost, gained = list(before), list(after)
    kept: list[tuple[Planned, Planned]] = []
    for alike in (_same, _same_segment, _same_redeemable):
        for one in tuple(lost):
            for other in gained:
                if alike(one.distribution, other.distribution):
                    lost.remove(one)
                    gained.remove(other)
                    kept.append((one, other))
                    break
    return lost, gained, kept


def _same(one: Distribution, other: Distribution) -> bool:
    return one.id == other.id


def _same_segment(one: Distribution, other: Distribution) -> bool:
    return one.wanted_segment == other.wanted_segment


def _same_redeemable(one: Distribution, other: Distribution) -> bool:
    return one.wanted_redeemable == other.wanted_redeemable


def _kind(one: Planned, other: Planned) -> Kind | None:
    """Return how an offer differs, by what matters most; None where it does not."""
    was, now = one.distribution, other.distribution
    if was.state.sealed and was.id == now.id:
        return None
    if _given(was) != _given(now):
        return Kind.OTHER
    if (was.start_time, was.commit_by) != (now.start_time, now.commit_by):
        return Kind.TIME
    if (one.action, was.state, was.reason.code) != (other.action, now.state, now.reason.code):
        return Kind.ACTION
    return Kind.RULE if was.rule != now.rule else None


def _given(offer: Distribution) -> tuple[object, ...]:
    return (offer.segment, offer.segment_id, offer.redeemable, offer.redeemable_uuid)
