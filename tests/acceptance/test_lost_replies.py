"""Punchh made the campaign and nobody heard of it: no machine ever makes it again."""

import signal
from datetime import timedelta

import pytest

from tests.support.console import WHY, Running, Shop, until

SEND = "Friday Fries - Email"


def _resolve(id_: str) -> tuple[str, str]:
    return (
        f"connector ledger resolve {id_} --committed CAMPAIGN_ID --reason",
        f"connector ledger resolve {id_} --not-committed --reason",
    )


def _told(shop: Shop, id_: str) -> None:
    """Status and show print what to look for, and the exact commands for what may be found."""
    mark = shop.campaigns()[0].external_campaign_id
    assert mark
    (attention,) = [
        one for one in shop.inside("status", "--json").json()["attentions"] if one["id"] == id_
    ]
    assert attention["severity"] == "critical"
    shown = " ".join(shop.inside("ledger", "show", id_).out.split())
    for text in (attention["told"], shown):
        assert mark in text
        for command in _resolve(id_):
            assert command in text


def _killed_in_flight(shop: Shop, *words: str) -> Running:
    """Kill a worker when Punchh holds the campaign and the reply is not there yet."""
    shop.fault("delay", method="POST", after=True, seconds=60)
    worker = shop.start(*words)
    until(shop.campaigns)
    worker.process.kill()
    assert worker.ended()[0] == -signal.SIGKILL
    return worker


@pytest.mark.parametrize("words", [("run", "--once"), ("run",)], ids=" ".join)
def test_a_worker_killed_in_flight_never_posts_again(
    live_shop: Shop, words: tuple[str, ...]
) -> None:
    shop = live_shop
    _killed_in_flight(shop, *words)
    (campaign,) = shop.campaigns()
    send = campaign.name.rpartition(" - ")[0]
    id_ = shop.id_of(send)
    assert shop.state_of(send) == "intent"

    done = shop.once()
    assert done.code == 1
    assert done.named("commit.orphaned")[0]["distribution"] == id_
    assert shop.state_of(send) == "unknown"
    assert len(shop.campaigns()) == 8  # the others are not delayed by our own crash
    assert [one.name for one in shop.campaigns_of(send)] == [campaign.name]
    _told(shop, id_)

    early = shop.inside("ledger", "resolve", id_, "--not-committed", *WHY)
    assert early.code == 1
    assert early.err.startswith(
        f"connector: {id_}: Punchh may still show the campaign; look again after "
    )
    assert early.err.count("\n") == 1
    made = str(campaign.campaign_id)
    found = shop.inside("ledger", "resolve", id_, "--committed", made, *WHY)
    assert found.out.startswith(f"{id_} is now committed: Punchh campaign {made} starts ")
    again = shop.once()
    assert again.code == 0
    assert len(shop.campaigns_of(send)) == 1


def test_a_lost_reply_is_unknown_and_the_others_go_on_in_the_next_cycle(live_shop: Shop) -> None:
    shop = live_shop
    shop.fault("reset", method="POST", after=True)
    first = shop.once()
    (campaign,) = shop.campaigns()
    send = campaign.name.rpartition(" - ")[0]
    id_ = shop.id_of(send)
    assert first.code == 1
    assert first.out.splitlines()[0].startswith("unknown   ")
    assert shop.posts() == 1
    shop.age(commit_after=-timedelta(seconds=1))
    second = shop.once()
    assert second.code == 1  # the expired redeemable
    assert len(shop.campaigns()) == 8
    assert len(shop.campaigns_of(send)) == 1
    assert shop.once().code == 0
    assert len(shop.campaigns_of(send)) == 1
    assert shop.state_of(send) == "unknown"
    _told(shop, id_)
