"""Who holds which reward by now: worked out from the campaigns that gifted, when somebody looks."""

from collections.abc import Iterator

from connector.sandbox.accounts import Account, Reward
from connector.sandbox.business import Campaign
from connector.sandbox.world import World

_ACCOUNTS_AT_MOST = 1000


def rewards_of(world: World, account: Account) -> list[Reward]:
    """Return an account's rewards, the newest first."""
    found = [
        _reward(campaign, account.number)
        for campaign in world.punchh.campaigns.values()
        if _reached(campaign, account)
    ]
    return sorted(found, key=lambda reward: -reward.id)


def rewards_by(world: World, campaign: Campaign, others: int) -> Iterator[tuple[str, Reward]]:
    """Walk what a campaign gave: to the accounts in its segment, and to so many other guests."""
    for account in world.punchh.accounts.values():
        if _reached(campaign, account):
            yield account.email, _reward(campaign, account.number)
    first = _ACCOUNTS_AT_MOST // 2
    for number in range(first, first + min(others, campaign.gifts)):
        yield f"guest.{number}@example.com", _reward(campaign, number)


def _reached(campaign: Campaign, account: Account) -> bool:
    """Say whether a campaign has gifted this guest: who was in its segment when it began."""
    since = account.segments.get(campaign.segment_id)
    return campaign.gifts > 0 and since is not None and since <= campaign.fires_at


def _reward(campaign: Campaign, number: int) -> Reward:
    return Reward(
        campaign.campaign_id * _ACCOUNTS_AT_MOST + number,
        campaign.campaign_id,
        campaign.name,
        campaign.redeemable_uuid,
        campaign.gifted_at or campaign.fires_at,
    )
