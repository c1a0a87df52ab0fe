"""The right time, through the console script: what is shown, sent, and told."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.support.console import Shop

MINUTE = timedelta(minutes=1)
LUNCH = "Lunch Push"


def _whole(ahead: timedelta) -> datetime:
    return (datetime.now(UTC) + ahead).replace(second=0, microsecond=0)


def _offer(shop: Shop, name: str) -> dict[str, Any]:
    rows = shop.run("plan", "--json").json()["distributions"]
    (found,) = (row for row in rows if row["send_name"] == name)
    return dict(found)


def test_a_business_clock_is_sent_and_kept(live_shop: Shop) -> None:
    """West of UTC it is committed earlier, and the offer is there before the message."""
    shop = live_shop
    shop.switch("punchh.campaign_clock", "business")
    shop.configure('campaign_clock = "utc"', 'campaign_clock = "business"')
    fires = _whole(timedelta(hours=7))
    shop.edit_send(LUNCH, at=f"{fires:%Y-%m-%dT%H:%M:%SZ}")
    told = _offer(shop, LUNCH)
    assert told["action"] == "commit"  # 6.5 hours before its start, which UTC west of it needs
    assert told["sent_start_time"] < told["start_time"]
    shown = shop.inside("plan").out
    assert f"sent as   {datetime.fromisoformat(told['sent_start_time']):%d %b %H:%M}Z" in shown
    assert 'punchh.campaign_clock = "business"' in shown
    shop.once()
    (campaign,) = shop.campaigns_of(LUNCH)
    assert campaign.fires_at == fires - 30 * MINUTE
    assert f"{campaign.start_time:%Y-%m-%dT%H:%M:%SZ}" == told["sent_start_time"]


def test_a_plan_and_an_explanation_name_every_instant(live_shop: Shop) -> None:
    shop = live_shop
    feast = _offer(shop, "Weekend Feast")
    first, last = (
        datetime.fromisoformat(feast[key]) for key in ("first_delivery", "last_delivery")
    )
    assert last - first == timedelta(hours=26)
    start, opens = (datetime.fromisoformat(feast[key]) for key in ("start_time", "opens_at"))
    assert (first - start, start - opens) == (30 * MINUTE, timedelta(hours=2))
    told = re.sub(r"\s+", " ", shop.inside("explain", "Weekend Feast").out)
    for text in (
        "that wall clock in every guest's own zone, the first at +14:00 (earliest_offset)",
        f"{first:%Y-%m-%d %H:%M:%S} UTC",
        f"{last:%Y-%m-%d %H:%M:%S} UTC",
        "the redeemable must outlive it",
        "lead_time 30m schedule",
        "15m that Punchh asks for, 2m of margin",
        f"{opens:%Y-%m-%d %H:%M:%S} UTC",
    ):
        assert text in told
    shop.once()
    shown = re.sub(r"\s+", " ", shop.inside("ledger", "show", "Weekend Feast").out)
    assert "its redeemable must outlive" in shown
    local = last.astimezone(ZoneInfo("America/New_York"))
    assert f"last_delivery {local:%a %d %b %H:%M %Z}" in shown


def test_a_clock_that_is_off_is_told_logged_and_allowed_for(live_shop: Shop) -> None:
    shop = live_shop
    before = datetime.fromisoformat(_offer(shop, LUNCH)["commit_by"])
    shop.switch("punchh.skew_seconds", 185)
    done = shop.once()
    (logged,) = done.named("clock.off")
    assert logged["remote"] == "punchh"
    assert 180 <= logged["ahead_seconds"] <= 185
    (row,) = shop.query(
        "SELECT d.commit_by FROM distribution d JOIN occurrence o ON o.key = d.occurrence "
        "WHERE o.send_name = ?",
        LUNCH,
    )
    assert before - datetime.fromisoformat(row[0]) == timedelta(seconds=190)
    status = shop.inside("status", "--json").json()
    assert status["remotes"]["punchh"]["skew_seconds"] == logged["ahead_seconds"]
    assert [one["code"] for one in status["attentions"] if one["id"] == "remote:punchh"] == [
        "clock-off"
    ]
    assert not shop.once().named("clock.off")


def test_a_draft_that_waits_is_told_once_the_commit_is_near(live_shop: Shop) -> None:
    shop = live_shop
    shop.press(LUNCH, "draft", name="Lunch anew")
    shop.once()
    found = [
        one["code"]
        for one in shop.inside("status", "--json").json()["attentions"]
        if one["about"] == LUNCH
    ]
    assert found == ["draft-pending"]
    assert shop.state_of(LUNCH) == "committed"


def test_a_local_send_that_moves_while_it_queues_keeps_its_start(live_shop: Shop) -> None:
    shop, name = live_shop, "Weekend Feast again"
    wall = _whole(timedelta(hours=14 + 20))  # its first guest has it in 20 hours
    tags = ["punchh:segment=Weekend Diners"]
    shop.make_send(name=name, schedule="local", at=f"{wall:%Y-%m-%dT%H:%M:%S}", tags=tags)
    shop.once()
    before = _offer(shop, name)
    moved = wall + timedelta(hours=5)
    shop.edit_send(name, at=f"{moved:%Y-%m-%dT%H:%M:%S}")
    shop.once()
    after = _offer(shop, name)
    assert after["scheduled_for"] > before["scheduled_for"]
    assert after["first_delivery"] == before["first_delivery"]
    assert after["start_time"] == before["start_time"]
    assert after["last_delivery"] > before["last_delivery"]
    told = re.sub(r"\s+", " ", shop.inside("explain", name).out)
    assert "messages queued for its time of before still go, from" in told


def test_a_doctor_tells_how_to_find_out_which_clock_punchh_goes_by(live_shop: Shop) -> None:
    live_shop.configure('campaign_clock = "utc"\n', "")
    told = live_shop.inside("doctor").out
    assert "nobody has found out yet how Punchh reads a campaign's start" in told
    for step in ("1. In Punchh, make a segment", 'campaign_clock = "utc"; if it comes'):
        assert step in told
