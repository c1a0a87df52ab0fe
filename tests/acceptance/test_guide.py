"""Each example of the marketers' guide does what the guide says of it, against the simulators."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.console import Shop, opened
from tests.support.guide import examples

HALF_HOUR, HOUR = timedelta(minutes=30), timedelta(hours=1)
EXAMPLES = examples()
DAY = (datetime.now(UTC) + timedelta(days=3)).replace(hour=17, minute=0, second=0, microsecond=0)


def _sends() -> Iterator[dict[str, Any]]:
    """Make those of which the guide tells and that the brand does not have, all in three days."""
    at = DAY.isoformat()
    tacos = ["offer", "punchh:segment=Taco Lovers"]
    yield {"name": "Taco Tuesday", "tags": tacos, "at": at, "recurring": "weekly"}
    for hour, name in ((17, "Happy Hour noon"), (22, "Happy Hour five")):
        yield {"name": name, "at": DAY.replace(hour=hour).isoformat(), "recurring": "daily"}
    leads = [{"type": "ListView", "name": "Catering Leads (list view)"}]
    yield {"source": "salesforce", "name": "Catering Spring", "audiences": leads, "at": at}


# By the title of an example: its sends with their segments, and what is planned for each of them.
PLANNED: dict[str, dict[tuple[str, str], tuple[str, str, timedelta]]] = {
    "Braze campaign at a fixed time": {
        ("Lunch Push", "Lunch Regulars"): ("Lunch Combo Upgrade", "commit", HALF_HOUR),
    },
    "Braze campaign in each guest's local time": {
        ("Weekend Feast", "Weekend Diners"): ("Family Platter", "wait", HOUR),
    },
    "Braze campaign with Intelligent Timing": {
        ("Smart Treat", "Sweet Tooth"): ("Ice Cream Cone", "hold", HALF_HOUR),
    },
    "Recurring Braze campaign": {
        ("Taco Tuesday", "Taco Lovers"): ("Free Taco", "wait", HALF_HOUR),
        ("Happy Hour noon", "Coffee Club"): ("Free Coffee", "wait", HALF_HOUR),
        ("Happy Hour five", "Coffee Club"): ("Free Coffee", "wait", HALF_HOUR),
    },
    "Braze Canvas": {
        ("Birthday Dessert", "Birthday Month"): ("Birthday Brownie", "commit", HALF_HOUR),
    },
    "Salesforce List Email": {
        ("Catering Invitation", "Catering Leads"): ("Catering Discount", "hold", HALF_HOUR),
        ("Catering Spring", "Catering Leads"): ("Catering Discount", "hold", HALF_HOUR),
        ("Two Cities", "Downtown Diners"): ("City Sampler", "commit", HALF_HOUR),
        ("Two Cities", "Uptown Diners"): ("City Sampler", "commit", HALF_HOUR),
    },
    "Marketing Cloud Next flow": {
        ("Win-back Flow", "Lapsed Guests"): ("Come Back Burger", "commit", HALF_HOUR),
    },
    "Sends that bring no offer": {},
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One brand for all examples: they only look."""
    with opened(tmp_path_factory.mktemp("guide") / "shop") as found:
        found.live()
        found.cancel_send("Taco Tuesday")
        for fields in _sends():
            found.make_send(**fields)
        yield found
        assert found.posts() == 0


@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example_plans_what_the_guide_says(shop: Shop, title: str) -> None:
    shop.mapping.write_text(EXAMPLES[title], encoding="utf-8")
    checked = shop.inside("mappings", "check", "--live")
    assert (checked.code, checked.err) == (0, "")
    told = shop.inside("plan", "--json").json()
    assert PLANNED[title] == {
        (row["send_name"], row["segment"]): (
            row["redeemable"],
            row["action"],
            _instant(row["first_delivery"]) - _instant(row["start_time"]),
        )
        for row in told["distributions"]
    }
    ignored = {one["send_name"] for one in told["sends"] if one["decision"] == "ignored"}
    assert ignored == ({"Weekly Newsletter"} if "no offer" in title else set())


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
