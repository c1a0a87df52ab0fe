"""The send log: when each guest really got each message, and when each gift.

It is worked out when somebody asks, from the firings that have begun and the campaigns that run.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from connector.sandbox.delivery import Delivery
from connector.sandbox.guests import PANEL
from connector.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Message:
    """A message in a guest's hand; `scheduled_for` tells the firing, by the company's clock."""

    guest: str
    source: str
    send_id: str
    name: str
    scheduled_for: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Gift:
    """An offer in a guest's account, by the campaign that put it there."""

    guest: str
    campaign_id: int
    external_campaign_id: str | None
    segment_id: int
    redeemable_uuid: str
    at: datetime


def messages(world: World) -> list[Message]:
    """Return every message that has reached a guest by now, in order of time."""
    now = world.now()
    found = [*_of("braze", world.braze.deliveries), *_of("salesforce", world.salesforce.deliveries)]
    return sorted((one for one in found if one.at <= now), key=_in_order)


def _of(source: str, deliveries: list[Delivery]) -> Iterator[Message]:
    """Walk what one source's firings send, also what is still to come if nobody stops it."""
    for one in deliveries:
        for guest in PANEL:
            if (at := one.reaches(guest)) is not None:
                yield Message(guest.name, source, one.send_id, one.name, one.nominal, at)


def gifts(world: World) -> list[Gift]:
    """Return every gift that is in an account by now; each guest is in every segment."""
    now, business = world.now(), world.punchh
    found = [
        Gift(
            guest.name,
            one.campaign_id,
            one.external_campaign_id,
            one.segment_id,
            one.redeemable_uuid,
            at,
        )
        for one in business.campaigns.values()
        for guest, at in business.given(one)
        if at <= now
    ]
    return sorted(found, key=_in_order)


def _in_order(one: Message | Gift) -> tuple[datetime, str]:
    return (one.at, one.guest)
