"""Histories told one by one: who gets the offer in time, and of whom it was told beforehand."""

from collections.abc import Mapping
from typing import Any

import pytest

from connector.sandbox.guests import PANEL
from tests.oracle.history import STARTS, Act, Gap, History, Sent
from tests.oracle.judge import Verdict, judge
from tests.oracle.walk import walk

ALL = len(PANEL)
JANUARY, SPRING, AUTUMN = STARTS[3], STARTS[2], STARTS[1]


def _history(
    *sends: Sent,
    acts: tuple[Act, ...] = (),
    gaps: tuple[Gap, ...] = (),
    start: Any = JANUARY,
    poll: int = 300,
    **switches: Any,
) -> History:
    named = {name.replace("__", "."): value for name, value in switches.items()}
    return History(start, poll, sends, acts, gaps, tuple(named.items()))


def _move(by: int, anchor: str = "first", offset: int = -60) -> Act:
    return Act("reschedule", 0, anchor, offset, (("by", by),))


COMPANY, LOCAL, SMART = Sent("company", 1700), Sent("local", 1700), Sent("intelligent", 1700)
DAILY, MAIL, FLOW = Sent("local", 1700, "daily"), Sent("list_email", 1700), Sent("flow", 1700)
IN_ORDER: Mapping[str, tuple[History, int]] = {
    "by the company's time": (_history(COMPANY), 1),
    "by local time over a spring night": (_history(LOCAL, start=SPRING), 1),
    "by local time over an autumn night": (_history(LOCAL, start=AUTUMN), 1),
    "intelligently timed": (_history(SMART, start=AUTUMN), 1),
    "an A/B test's winner": (_history(Sent("local", 1700, None, 4)), 1),
    "a list email": (_history(MAIL), 1),
    "a flow whose data takes its time": (_history(FLOW, salesforce__preparing_minutes=120), 1),
    "daily by the company's time": (_history(Sent("company", 1700, "daily"), start=SPRING), 5),
    "with a slow job in Punchh": (_history(COMPANY, punchh__processing_seconds=240), 1),
    "moved later": (_history(COMPANY, acts=(_move(600),)), 1),
    "moved earlier in good time": (_history(COMPANY, acts=(_move(-120, offset=-400),)), 1),
    "moved while it is queued": (_history(LOCAL, acts=(_move(600, offset=-400),)), 1),
    "moved while it is queued, and goes again": (
        _history(LOCAL, acts=(_move(600, offset=-400),), braze__moved_goes_again=True),
        2,
    ),
    "moved a day before its first zone": (_history(SMART, acts=(_move(2880, offset=-1435),)), 1),
    "renamed and retagged before its window": (
        _history(COMPANY, acts=(Act("rename", 0, "first", -400), Act("retag", 0))),
        1,
    ),
    "stopped and resumed in time": (
        _history(LOCAL, acts=(Act("stop", 0, "first", -400), Act("resume", 0, "now", 40))),
        1,
    ),
    "a draft of changes, launched": (
        _history(COMPANY, acts=(Act("change", 0, "first", -400, (("by", 45),)), Act("launch", 0))),
        1,
    ),
    "left out of two polls": (
        _history(COMPANY, acts=(Act("drop-out", 0, "first", -155, (("polls", 2),)),)),
        1,
    ),
    "read with a lag": (
        _history(COMPANY, acts=(_move(600, offset=-400),), braze__lag_seconds=400),
        1,
    ),
    "a worker that was down before its window": (_history(LOCAL, gaps=(Gap(0, 1400, 1200),)), 1),
}


@pytest.mark.parametrize("name", IN_ORDER)
def test_every_guest_has_the_offer_before_the_message(name: str) -> None:
    history, firings = IN_ORDER[name]
    verdict = judge(walk(history))
    assert verdict == Verdict((), firings * ALL, firings * ALL, 0, 0)


LATE = Sent("local", 1700, draft=True)
TOLD_OF: Mapping[str, History] = {
    "launched when the first zones are past": _history(
        LATE, acts=(Act("launch", 0, "nominal", -400),)
    ),
    "launched too late for its offer": _history(Sent("company", 18)),
    "moved to an earlier time after its offer was committed": _history(
        COMPANY, acts=(_move(-45),), poll=60
    ),
    "a daily send whose next row shows too late": _history(DAILY, braze__roll="last_zone"),
    "a clone launched shortly before": _history(
        COMPANY, acts=(Act("stop", 0, "first", -21), Act("clone", 0))
    ),
}


@pytest.mark.parametrize("name", TOLD_OF)
def test_who_reads_it_before_the_offer_does_so_with_a_warning(name: str) -> None:
    verdict = judge(walk(TOLD_OF[name]))
    assert verdict.wrong == ()
    assert verdict.told_of > 0


UNKNOWABLE: Mapping[str, History] = {
    "moved to the next minutes between two polls": _history(
        COMPANY, acts=(_move(-65, offset=-68),), poll=600
    ),
    "a worker that was down over its whole window": _history(COMPANY, gaps=(Gap(0, 200, 1500),)),
}


@pytest.mark.parametrize("name", UNKNOWABLE)
def test_nobody_is_blamed_for_what_no_poll_could_see(name: str) -> None:
    verdict = judge(walk(UNKNOWABLE[name]))
    assert verdict.wrong == ()
    assert verdict.unknowable == verdict.messages == ALL
