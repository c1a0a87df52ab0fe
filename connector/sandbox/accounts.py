"""The test guests whose accounts can be looked into, by the e-mail they signed up with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Account:
    """A guest's account: how it signs in, and since when it is in which segments."""

    email: str
    token: str
    number: int = 1
    segments: Mapping[int, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reward:
    """What a campaign put into an account."""

    id: int
    campaign_id: int
    campaign_name: str
    redeemable_uuid: str
    given_at: datetime
