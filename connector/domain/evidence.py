"""What was seen of gifts, and the one rule for what follows from it.

Only a webhook whose campaign's name ends in a mark of ours names our campaign; absence proves
nothing, and a canary sees that a gift is there without knowing whose it is. First line that holds:

| the offer is            | what webhooks told                         | it follows              |
| ----------------------- | ------------------------------------------ | ----------------------- |
| in any state            | nothing                                    | nothing                 |
| in any state            | of two campaigns of this one offer         | doubt: two campaigns    |
| in any state            | of a campaign that stands on another offer | doubt: another's        |
| open                    | of a campaign of this offer                | doubt: given after all  |
| sealed                  | of a campaign of an earlier attempt        | doubt: an earlier one   |
| in flight               | of its campaign                            | nothing yet             |
| unknown                 | of its campaign                            | it is committed         |
| committed               | of another campaign id                     | doubt: another id       |
| committed and cancelled | of its campaign                            | doubt: given after all  |
| committed               | of its campaign                            | the gift landed         |

A doubt wants a person, and settles nothing. What is open and was given after all is held.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from connector.domain.distribution import Distribution, State

# So long an event is remembered, and so old or early it may be: nothing older is counted twice.
REMEMBERED = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class GiftEvent:
    """One webhook event that counts: a guest got a gift of a campaign that bears our mark.

    `told_at` is Punchh's instant (aware, UTC); nothing in it names the guest.
    """

    content_id: str
    told_at: datetime
    mark: str
    campaign_id: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What webhooks told of one campaign: how many gifts, since when. Instants aware, in UTC.

    `distribution` is the offer that the mark belongs to, None where no attempt here bears it;
    `stands_on` another offer that holds this campaign for its own.
    """

    mark: str
    campaign_id: int
    gifts: int
    first_at: datetime
    last_at: datetime
    distribution: str | None = None
    stands_on: str | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a canary's account showed of one offer. Instants are aware, in UTC.

    `seen_at` is when its gift was first there, by the campaign's id; `due_at` by when it had to
    be. `campaigns` are those of other mass gifts there that may be this one's.
    """

    distribution: str
    canary: str
    looked_at: datetime
    due_at: datetime
    seen_at: datetime | None = None
    campaigns: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was seen of one offer's gifts."""

    heard: tuple[Heard, ...] = ()
    sightings: tuple[Sighting, ...] = ()

    def landed_at(self, row: Distribution) -> datetime | None:
        """Return when the gift was first known to be in an account; None where it never was."""
        instants = [one.seen_at for one in self.sightings if one.seen_at]
        if judge(row, self.heard).kind is Kind.LANDED:
            instants += [one.first_at for one in self.heard]
        return min(instants, default=None)


NO_EVIDENCE = Evidence()


class Kind(StrEnum):
    """What follows from what webhooks told of an offer."""

    NOTHING = "nothing"
    TWO_CAMPAIGNS = "two-campaigns"
    ANOTHERS = "anothers-campaign"
    GIVEN_AFTER_ALL = "given-after-all"
    EARLIER_ATTEMPT = "earlier-attempt"
    COMMITTED = "committed"
    OTHER_CAMPAIGN = "other-campaign"
    LANDED = "landed"


@dataclass(frozen=True, slots=True)
class Finding:
    kind: Kind
    campaigns: tuple[int, ...] = ()


def judge(row: Distribution, heard: Sequence[Heard]) -> Finding:
    """Apply the table above to an offer and all that webhooks told of its attempts."""
    campaigns = tuple(sorted({one.campaign_id for one in heard}))
    if not heard:
        return Finding(Kind.NOTHING)
    if len(campaigns) > 1:
        return Finding(Kind.TWO_CAMPAIGNS, campaigns)
    if any(one.stands_on is not None for one in heard):
        return Finding(Kind.ANOTHERS, campaigns)
    if not row.state.sealed:
        return Finding(Kind.GIVEN_AFTER_ALL, campaigns)
    if any(one.mark != row.external_campaign_id for one in heard):
        return Finding(Kind.EARLIER_ATTEMPT, campaigns)
    return Finding(_of_sealed(row, campaigns[0]), campaigns)


def _of_sealed(row: Distribution, campaign_id: int) -> Kind:
    if row.state is State.INTENT:
        return Kind.NOTHING
    if row.state is State.UNKNOWN:
        return Kind.COMMITTED
    if row.campaign_id != campaign_id:
        return Kind.OTHER_CAMPAIGN
    return Kind.GIVEN_AFTER_ALL if row.recommitted_as is not None else Kind.LANDED
