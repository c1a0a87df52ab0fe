"""Signals at bad moments: while it starts, and while a POST is under way, also several."""

import signal
import subprocess
from collections import Counter

import pytest

from connector.points import Point
from tests.support.console import TIMEOUT, Shop

DUE = 8  # the committable offers of the scenario; Punchh refuses a ninth
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGTERM)


def _go_on(process: subprocess.Popen[bytes], *numbers: signal.Signals) -> int:
    """Send signals to a halted process, wake it, and wait for its end."""
    for number in (*numbers, signal.SIGCONT):
        process.send_signal(number)
    return process.wait(TIMEOUT)


def _states(shop: Shop) -> Counter[str]:
    return Counter(state for state, _ in shop.states().values())


@pytest.mark.parametrize("point", [Point.CONFIG_READING, Point.COMMIT_POSTED], ids=str)
def test_a_hang_up_ends_no_single_cycle(live_shop: Shop, point: Point) -> None:
    shop = live_shop
    once = shop.halted(point, "run", "--once")
    assert _go_on(once, signal.SIGHUP, signal.SIGPIPE, signal.SIGHUP) == 1  # one is refused
    assert len(shop.campaigns()) == _states(shop)["committed"] == DUE


def test_told_to_stop_while_it_starts_it_commits_nothing_and_ends_well(live_shop: Shop) -> None:
    starting = live_shop.halted(Point.CONFIG_READING, "run")
    assert _go_on(starting, *STOPS) == 0
    assert live_shop.posts() == 0


def test_told_to_stop_in_an_attempt_it_finishes_that_and_says_so(live_shop: Shop) -> None:
    shop = live_shop
    once = shop.halted(Point.BEGIN_COMMITTED, "run", "--once", stdout=subprocess.PIPE)
    for number in (*STOPS, signal.SIGHUP, signal.SIGCONT):
        once.send_signal(number)
    out, _ = once.communicate(timeout=TIMEOUT)
    assert once.returncode == 0
    assert b"1 committed (live)" in out
    assert (shop.posts(), len(shop.campaigns())) == (1, 1)
    states = _states(shop)
    assert (states["committed"], states["intent"], states["unknown"]) == (1, 0, 0)
