"""The oracle: who got a message before the offer, and was it told beforehand?

A message is *in order* where its guest has a gift of that firing's own occurrence by then. It is
*told of* where, at the last poll before it, the ledger held that occurrence as missed, blocked,
held, unknown or rejected, or an attention stood at it. It was *knowable* where a poll, after the
schedule by which it went out came into force (and after its last resume), was really answered
with that firing, and where any poll took place between the opening of its commit window and the
message. Nobody can know what no poll was answered, and no worker commits or tells anything while
it is down: such a message accuses nobody.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from connector.sandbox.business import Campaign
from connector.sandbox.delivery import Delivery
from connector.sandbox.guests import PANEL
from connector.sandbox.workspace import COMPANY_ZONE, FIRST_ZONE
from tests.oracle.evidence import Carried, Evidence, day, fired
from tests.oracle.walk import OPENS

HOME = ZoneInfo(COMPANY_ZONE)
_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong, one line each, and how much was looked at."""

    wrong: tuple[str, ...]
    messages: int
    in_order: int
    told_of: int
    unknowable: int


def judge(evidence: Evidence) -> Verdict:
    """Look at every message of a history, and at every two offers of one send."""
    wrong, sums = [], defaultdict[str, int](int)
    for delivery in evidence.deliveries:
        for guest in PANEL:
            at = delivery.reaches(guest)
            if at is None or at > evidence.end:
                continue
            found = _of_message(evidence, delivery, guest.name, at)
            sums[found] += 1
            if found not in ("in order", "told of", "unknowable"):
                wrong.append(f"{found}: {guest.name} at {at}, {delivery.send_id} {delivery.wall}")
    wrong += _offers(evidence)
    return Verdict(
        tuple(wrong), sum(sums.values()), sums["in order"], sums["told of"], sums["unknowable"]
    )


def _of_message(evidence: Evidence, delivery: Delivery, guest: str, at: datetime) -> str:
    firing = fired(delivery)
    before = [poll for poll in evidence.polls if poll.at < at]
    keys = {one.key for poll in before for one in poll.carried if one.firing == firing}
    given = (gift for key in keys for gift in evidence.gifts.get(key, ()))
    if any(gift.guest == guest and gift.at <= at for gift in given):
        return "in order"
    since = max((end for _, end in delivery.gaps if end and end <= at), default=_EVER)
    since = max(since, delivery.since or _EVER)
    shown = any(firing in poll.firings for poll in before if poll.at >= since)
    opens = max(since, _earliest(delivery) - OPENS)
    if not shown or evidence.beats.first_from(opens) >= at:
        return "unknowable"
    if not keys:
        return "shown and not written down"
    return "told of" if keys & before[-1].flagged else "a message before the offer"


def _earliest(delivery: Delivery) -> datetime:
    """Return the earliest instant at which any guest could have got it."""
    if delivery.timing == "local":
        return delivery.wall - FIRST_ZONE
    if delivery.timing == "intelligent":
        return day(delivery.wall) - FIRST_ZONE
    return delivery.nominal


def _offers(evidence: Evidence) -> Iterator[str]:
    """Name the offers of which there is one too many."""
    of_send: dict[tuple[str, int], list[tuple[Campaign, str]]] = defaultdict(list)
    for key, campaigns in evidence.campaigns.items():
        segments = [one.segment_id for one in campaigns]
        if len(set(segments)) < len(segments):
            yield f"two offers for one occurrence: {key}"
        for one in campaigns:
            of_send[key.split(":")[3], one.segment_id].append((one, key))
    for (send_id, _), made in of_send.items():
        made.sort(key=lambda one: one[0].created_at)
        for (one, key), (other, next_key) in pairwise(made):
            between = (one.created_at, other.created_at)
            if not (
                _fired(evidence, send_id, *between)
                or _seemed_fired(evidence, key)
                or _next_turn(evidence, key, next_key)
            ):
                yield f"two offers and no message between them: {send_id} {between}"


def _fired(evidence: Evidence, send_id: str, start: datetime, end: datetime) -> bool:
    own = (one for one in evidence.deliveries if one.send_id == send_id)
    return any(start <= one.first <= end or start <= one.nominal <= end for one in own)


def _last_reading(evidence: Evidence, key: str) -> Carried:
    return [one for poll in evidence.polls for one in poll.carried if one.key == key][-1]


def _seemed_fired(evidence: Evidence, key: str) -> bool:
    """Say whether the last poll before its time still showed it: what then happens nobody sees."""
    reading = _last_reading(evidence, key)
    before = [poll for poll in evidence.polls if poll.at < reading.nominal]
    return bool(before) and reading.firing in before[-1].firings


def _next_turn(evidence: Evidence, key: str, next_key: str) -> bool:
    """Say whether the second is a later day's turn of the series: the first was skipped."""
    one, other = (
        _last_reading(evidence, each).nominal.astimezone(HOME) for each in (key, next_key)
    )
    return one.date() < other.date() and one.time() == other.time()
