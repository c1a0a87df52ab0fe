"""The first day: a new ledger, live, a cycle, and more cycles that change nothing."""

from datetime import datetime, timedelta

from tests.support.console import Shop

LEADS = {"Sunrise Coffee": timedelta(minutes=45)}
LEAD = timedelta(minutes=30)
COMMITTED = {
    ("Friday Fries - Email", "VIP Guests"): "Free Medium Fries",
    ("Lunch Push", "Lunch Regulars"): "Lunch Combo Upgrade",
    ("Birthday Dessert", "Birthday Month"): "Birthday Brownie",
    ("Sunrise Coffee", "Coffee Club"): "Free Coffee",
    ("Catering Invitation", "Catering Leads"): "Catering Discount",
    ("Two Cities", "Downtown Diners"): "City Sampler",
    ("Two Cities", "Uptown Diners"): "City Sampler",
    ("Win-back Flow", "Lapsed Guests"): "Come Back Burger",
}
OTHERS = {
    ("Flash Sale", "VIP Guests"): ("missed", "too-late"),
    ("Friday Fries - Push", "VIP Guests"): ("held", "same-offer"),
    ("Last Call Wings", "Wing Fans"): ("rejected", "redeemable-expired"),
    ("Harvest Dinner", "Downtown Diners"): ("held", "several-segments"),
    ("Harvest Dinner", "Uptown Diners"): ("held", "several-segments"),
    ("Spring Teaser", ""): ("blocked", "no-audience"),
    ("Personal Thank-You", ""): ("blocked", "no-audience"),
    ("Family Night", "Families"): ("blocked", "several-segments"),
    ("Taco Tuesday", "Taco Loverz"): ("blocked", "no-segment"),
    ("Weekend Feast", "Weekend Diners"): ("waiting", "window"),
    ("Holiday Shake", "All Rewards Members"): ("waiting", "window"),
    ("Smart Treat", "Sweet Tooth"): ("waiting", "window"),
    ("Weekly Newsletter", ""): ("ignored", "ignored"),
    ("Double Points Tuesday", ""): ("unmapped", "unmapped-with-audience"),
}
SUMMARY = "2 sources, 20 sends, {} committed (live)"


def test_every_offer_is_given_once_and_later_cycles_change_nothing(shop: Shop) -> None:
    shop.ok("init")
    shop.ok("live", "--nothing-given-yet")
    first = shop.once()
    assert first.code == 1, first  # Punchh refused one of them
    assert first.out.splitlines()[-1] == SUMMARY.format(8)
    assert shop.states() == OTHERS | dict.fromkeys(COMMITTED, ("committed", "committed"))
    _punchh_holds_what_was_wanted(shop)

    posts, tables = shop.posts(), shop.tables()
    listed = shop.ok("ledger", "list", "--json").out
    assert posts == len(COMMITTED) + 1
    for _ in range(2):
        again = shop.once()
        assert again.code == 0, again
        assert again.out.splitlines() == [SUMMARY.format(0)]
    assert shop.posts() == posts
    assert shop.tables() == tables
    assert shop.ok("ledger", "list", "--json").out == listed


def _punchh_holds_what_was_wanted(shop: Shop) -> None:
    sends, punchh = shop.sends(), shop.box.world.punchh
    found = {}
    for campaign in shop.campaigns():
        name, _, rest = campaign.name.rpartition(" - ")
        redeemable, _, mark = rest.rpartition(" ")
        segment = punchh.segments[campaign.segment_id].name
        assert punchh.redeemables[campaign.redeemable_uuid].name == redeemable
        assert mark == campaign.external_campaign_id
        first = datetime.fromisoformat(sends[name]["first_delivery"])
        assert campaign.start_time == first - LEADS.get(name, LEAD)
        assert (name, segment) not in found
        found[name, segment] = redeemable
    assert found == COMMITTED
