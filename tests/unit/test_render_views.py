"""How instants, offers and ages read."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from connector.domain.distribution import State
from connector.render import views
from connector.render.table import markdown
from connector.render.words import Words, local
from tests.support.ledger import NOW, a_distribution, an_occurrence

ZONE = ZoneInfo("America/New_York")


def test_instants_are_the_business_s() -> None:
    assert local(NOW, ZONE) == "Sun 22 Nov 01:00 EST"
    assert local(NOW - timedelta(days=60), ZONE) == "Wed 23 Sep 02:00 EDT"
    assert local(None, ZONE) == "-"


@pytest.mark.parametrize(
    ("passed", "told"),
    [
        (None, "never"),
        (timedelta(milliseconds=3), "just now"),
        (timedelta(seconds=90), "1m30s ago"),
        (timedelta(days=2, hours=3), "2d3h ago"),
    ],
)
def test_how_long_ago(passed: timedelta | None, told: str) -> None:
    assert views.ago(NOW - passed if passed else None, NOW) == told


def test_an_offer_names_what_is_not_known_yet_by_a_question_mark() -> None:
    offer = a_distribution(an_occurrence())
    assert views.offer(offer) == "Fries to VIP"


def test_fields_without_a_value_are_left_out() -> None:
    table = views.fields("T", [("a", 0), ("b", None), ("c", ""), ("d", ()), ("e", "x")])
    assert table.rows == (("a", "0"), ("e", "x"))


def test_a_ledger_shows_id_send_offer_state_and_why() -> None:
    occurrence = an_occurrence()
    offer = a_distribution(occurrence, state=State.HELD)
    shown = markdown(views.ledger([(occurrence, offer), (occurrence, None)], Words(ZONE), NOW))
    for text in (offer.id, "Send s1", "Fries to VIP", "held", "so it is.", "claimed by rule fries"):
        assert text in shown
    assert views.ledger([], Words(ZONE), NOW).rows == ()
