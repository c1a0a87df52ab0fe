"""The oracle accuses a product that is broken, and only that."""

import pytest

from tests.oracle import sabotage
from tests.oracle.history import STARTS, Act, History, Sent
from tests.oracle.judge import judge
from tests.oracle.sabotage import Sabotage
from tests.oracle.walk import walk

JANUARY = STARTS[3]


def _by(minutes: int) -> tuple[tuple[str, int], ...]:
    return (("by", minutes),)


def _history(schedule: str, *acts: Act, fires: int = 1700) -> History:
    return History(JANUARY, 300, (Sent(schedule, fires),), acts)


LOCAL, SMART = _history("local"), _history("intelligent")
EARLIER = _history("company", Act("reschedule", 0, "first", -60, _by(-45)))
LATER = _history("company", Act("reschedule", 0, "first", -60, _by(600)))
SOONER = _history("company", Act("reschedule", 0, "first", -400, _by(-120)))
QUEUED = _history("local", Act("reschedule", 0, "first", -400, _by(600)))
FIRST, TWICE = "a message before the offer", "two offers"
BITES: dict[str, tuple[Sabotage, History, str]] = {
    "the first zone is London's": (sabotage.first_zone_forgotten, LOCAL, FIRST),
    "local sends by company time": (sabotage.company_time_for_all, LOCAL, FIRST),
    "intelligent sends by company time": (sabotage.company_time_for_all, SMART, FIRST),
    "a move is not taken over": (sabotage.first_reading_kept, SOONER, "shown and not"),
    "queued messages are forgotten": (sabotage.queue_forgotten, QUEUED, FIRST),
    "a drift is not told": (sabotage.drift_untold, EARLIER, FIRST),
    "a move is taken for a new send": (sabotage.every_move_a_new_send, LATER, TWICE),
}


@pytest.mark.parametrize("name", BITES)
def test_a_broken_product_is_accused(name: str) -> None:
    broken, history, told = BITES[name]
    assert judge(walk(history)).wrong == ()
    wrong = judge(walk(history, broken)).wrong
    assert wrong
    assert wrong[0].startswith(told)
