"""When a canary's account is looked into, and what it shows of an offer."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from connector.domain import resolve
from connector.domain.distribution import Distribution, State
from connector.domain.evidence import Sighting
from connector.domain.guest import MASS_GIFTING, Canary, Reward
from connector.domain.landing import CanaryNote
from connector.domain.names import normalise
from connector.domain.offer import Catalog
from connector.domain.reasons import Reason, reason

EVERY = timedelta(minutes=5)  # one look at all that is due, at most
RARELY = timedelta(hours=1)  # once it is overdue
GIVEN_UP = timedelta(days=1)  # after its start
MEMBERSHIP = timedelta(days=1)
OUTSIDE = timedelta(hours=1)  # a guest who is not in the segment may be put there
SLACK = timedelta(minutes=5)  # between our clock and Punchh's


def met(before: CanaryNote | None, canary: Canary, key: str, catalog: Catalog) -> CanaryNote:
    """Return the note on a canary as far as it holds for the settings and names of now.

    What was said of another segment says nothing of this one; `key` is the fingerprint of what its
    account is asked with. Where nobody can ask, nothing is known of its membership.
    """
    note = before or CanaryNote(canary.name)
    if note.segment != canary.segment:
        note = CanaryNote(canary.name, canary.segment, note.looked_at)
    if note.refused_key not in (None, key):
        note = replace(note, refused_key=None, trouble=None)
    if not canary.checkable:
        note = replace(note, member=None, member_at=None)
    return replace(note, misnamed=_misnamed(canary, catalog))


def segment_of(canary: Canary, catalog: Catalog) -> int | None:
    """Return the id of a canary's segment; None unless exactly one is so named."""
    found, _ = resolve.segment(canary.segment, catalog)
    return found.segment_id if found else None


def unread(note: CanaryNote, why: Reason, refused_key: str | None, now: datetime) -> CanaryNote:
    """Return the note after its account could not be read; a token that was refused rests."""
    return replace(note, looked_at=now, trouble=why, refused_key=refused_key)


def _misnamed(canary: Canary, catalog: Catalog) -> Reason | None:
    if segment_of(canary, catalog) is not None:
        return None
    named = {"canary": canary.name, "segment": canary.segment}
    if len(found := resolve.segments(canary.segment, catalog)) > 1:
        return reason("canary-misnamed/several", count=len(found), **named)
    if unread := resolve.unread_segments(canary.segment, catalog):
        return reason("canary-misnamed/unread", count=len(unread), **named)
    near = [name for name, _ in catalog.segment_names.ranked(canary.segment)]
    if near:
        return reason("canary-misnamed/near", near=tuple(near), **named)
    return reason("canary-misnamed", **named)


def look_due(row: Distribution, last: Sighting | None, within: timedelta, now: datetime) -> bool:
    """Say whether an offer's gift is still to be looked for."""
    start = row.start_time
    if start is None or not start <= now < start + GIVEN_UP:
        return False
    if last is None:
        return True
    if last.seen_at is not None:
        return False
    overdue = last.looked_at >= start + within
    return now >= last.looked_at + (RARELY if overdue else EVERY)


def membership_due(note: CanaryNote, now: datetime) -> bool:
    if note.member_at is None:
        return True
    return now >= note.member_at + (MEMBERSHIP if note.member else OUTSIDE)


def seen(
    row: Distribution,
    canary: Canary,
    last: Sighting | None,
    rewards: Sequence[Reward],
    taken: Collection[int],
    redeemable_id: int | None,
    now: datetime,
) -> Sighting:
    """Return what a look into a canary's account shows of an offer.

    The gift of a committed offer is one for whose `gifted_for_id` its campaign stands: that these
    are one number is inferred (facts: punchh §5), so another or none is never taken for it. Other
    mass gifts of the redeemable since the start, of a campaign that stands on no offer (`taken`),
    are only told.
    """
    start = row.start_time or now
    gifts = [one for one in rewards if one.gifted_for_type == MASS_GIFTING]
    named = row.state is State.COMMITTED and any(
        one.gifted_for_id == row.campaign_id for one in gifts
    )
    others = {
        one.gifted_for_id
        for one in gifts
        if one.gifted_for_id is not None
        and one.gifted_for_id not in taken
        and _alike(one, row, redeemable_id)
        and (one.created_at is None or one.created_at >= start - SLACK)
    }
    return Sighting(
        distribution=row.id,
        canary=canary.name,
        looked_at=now,
        due_at=start + canary.within,
        seen_at=(last.seen_at if last else None) or (now if named else None),
        campaigns=() if named else tuple(sorted(others)),
    )


def _alike(reward: Reward, row: Distribution, redeemable_id: int | None) -> bool:
    """Say whether a reward is of the offer's redeemable: by id where both are known, else name."""
    if reward.redeemable_id is not None and redeemable_id is not None:
        return reward.redeemable_id == redeemable_id
    return row.redeemable is not None and normalise(reward.name) == normalise(row.redeemable)
