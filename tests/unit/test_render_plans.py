"""A plan as a marketer reads it, and where each instant comes from."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connector.domain.campaign_clock import CampaignClock
from connector.domain.distribution import State
from connector.domain.offer import Terms
from connector.domain.plan import Plan
from connector.domain.rules import Rule
from connector.domain.send import Spread, When
from connector.render import instants, plans
from connector.render.table import Table, markdown, text
from connector.render.words import Words
from tests.support.planning import (
    NOW,
    book,
    hours,
    known,
    occurrence,
    plan,
    policy,
    poll,
    row,
    rule,
    send,
    when,
)
from tests.support.words import saying

ZONE = ZoneInfo("America/New_York")
UTC_CLOCK, BUSINESS = CampaignClock(), CampaignClock(ZONE)
AT = hours(4)  # 10:00 UTC, 05:00 EST


def _planned(at: When | None, clock: CampaignClock = UTC_CLOCK, **changes: Any) -> Plan:
    terms = Terms(timedelta(minutes=15), timedelta(minutes=2), clock)
    sends = poll(send("a", when=at, name="Fries"))
    return plan(known(), sends, by=replace(policy(), terms=terms), **changes)


def _cells(made: Plan, clock: CampaignClock = UTC_CLOCK) -> tuple[str, ...]:
    (cells,) = plans.offers(made, Words(ZONE), clock).rows
    return cells


def test_a_plain_send_tells_when_it_fires_starts_and_can_be_committed() -> None:
    name, message, offer, action, why = _cells(_planned(replace(when(AT), last_delivery=AT)))
    assert name == "Fries\nFries to VIP Guests"
    assert message.splitlines() == ["fires Sun 05:00 EST", "    = 10:00 UTC", "all guests then"]
    assert offer.splitlines() == [
        "starts      Sun 04:30",
        "commit from Sun 02:30",
        "commit by   Sun 04:38",
        "            3h38m left",
    ]
    assert (action, why) == (
        "wait",
        "waits for its commit window, which opens Sun 22 Nov 02:30 EST.",
    )


LOCAL = When(AT, hours(-10), "w", "UTC", Spread.LOCAL, hours(16))
SMART = When(hours(23), hours(4), "w", "UTC", Spread.INTELLIGENT, hours(54))


@pytest.mark.parametrize(
    ("at", "lines"),
    [
        (LOCAL, ["fires Sun 05:00 EST", "    = 10:00 UTC", "by each guest's clock",
                 "first Sat 15:00", "last  Sun 17:00"]),
        (SMART, ["fires Mon 00:00 EST", "    = 05:00 UTC", "at each guest's best time that day",
                 "first Sun 05:00", "last  Tue 07:00"]),
        (replace(when(hours(20)), last_delivery=hours(22)),
         ["fires Sun 21:00 EST", "    = Mon 02:00 UTC", "first Sun 21:00", "last  Sun 23:00"]),
        (replace(when(hours(240)), last_delivery=hours(240)),
         ["fires 02 Dec 01:00 EST", "    = 06:00 UTC", "all guests then"]),
        (None, ["no time"]),
    ],
)  # fmt: skip
def test_a_message_tells_how_it_reaches_guests(at: When | None, lines: list[str]) -> None:
    assert plans.message(occurrence(send(when=at)), ZONE, NOW).splitlines() == lines


def test_what_is_too_late_or_sealed_or_without_a_time_is_told_so() -> None:
    assert "            too late" in _cells(_planned(when(hours(0.2))))[2].splitlines()
    x = occurrence(send(at=AT))
    told = known((x, [row(x, State.COMMITTED)]))
    assert _cells(plan(told, poll(x.send)))[2] == "starts      Sun 04:30"
    assert _cells(_planned(None))[2] == "-"


def test_the_business_s_wall_clock_is_shown_as_it_is_sent() -> None:
    made = _planned(replace(when(AT), last_delivery=AT), BUSINESS)
    assert _cells(made, BUSINESS)[2].splitlines() == [
        "starts      Sun 04:30",
        "  sent as   22 Nov 04:30Z",
        "commit from Sat 21:30",
        "commit by   Sat 23:38",
        "            too late",
    ]
    assert list(plans.notes(made, BUSINESS)) == [plans.OUTLIVES, plans.BY_WALL_CLOCK]
    assert list(plans.notes(made, UTC_CLOCK)) == [plans.OUTLIVES]
    assert list(plans.notes(plan(known()), BUSINESS)) == []


def test_a_send_without_an_offer_tells_its_times_too() -> None:
    made = plan(known(), poll(send("a", AT)), rules=book(rule(match={"send": "x"})))
    ((name, source, message, decision, why),) = plans.without_offer(made, Words(ZONE)).rows
    assert (name, source, decision) == ("Send a", "braze_us", "unmapped")
    assert message.startswith("fires Sun 05:00 EST")
    assert why.startswith("no rule claims it")


@pytest.mark.parametrize("width", [120, 160, 200])
def test_a_plan_fits_a_terminal_and_markdown(width: int) -> None:
    table = plans.offers(_planned(LOCAL), Words(ZONE), UTC_CLOCK)
    shown = text(table, width=width)
    assert max(map(len, shown.splitlines())) <= width
    for line in ("fires Sun 05:00 EST", "by each guest's clock", "commit by   Sat 14:38"):
        assert line in shown
        assert line in markdown(table)


def _because(table: Table) -> dict[str, tuple[str, str]]:
    return {what: (is_, why) for what, is_, why in table.rows}


READ = replace(
    LOCAL,
    first_delivery=hours(10),
    scheduled_for=hours(24),
    reading=saying("reading", "so it was read"),
)


def _explained(of: Rule | None, **terms: Any) -> dict[str, tuple[str, str]]:
    skew = terms.pop("skew", timedelta())
    given = {"notice": timedelta(minutes=15), "margin": timedelta(minutes=2)} | terms
    by = replace(policy(skew=skew), terms=Terms(**given))
    return _because(instants.table(READ, of, by, Words(ZONE), NOW))


def test_every_instant_is_explained_by_what_it_was_made_from() -> None:
    told = _explained(rule(lead_time="1h"), skew=timedelta(seconds=30))
    assert told["its source says"] == ("w", "so it was read")
    assert told["first message"][0] == "Sun 22 Nov 11:00 EST\n2026-11-22 16:00:00 UTC"
    assert told["last message"][1].startswith("the redeemable must outlive it")
    assert told["lead_time"] == ("1h", "rule fries")
    assert told["min_lead"] == ("5m", "schedule")
    assert told["commit_ahead"] == ("2h", "schedule")
    assert told["notice"] == (
        "17m30s",
        "15m that Punchh asks for, 2m of margin, 30s because its clock is ahead of ours",
    )
    assert told["offer starts"] == (
        "Sun 22 Nov 10:00 EST\n2026-11-22 15:00:00 UTC",
        "first message - lead_time, to the minute",
    )
    assert told["window opens"][0].endswith("2026-11-22 13:00:00 UTC")
    assert told["commit by"] == (
        "Sun 22 Nov 10:37 EST\n2026-11-22 15:37:30 UTC",
        "first message - min_lead - notice",
    )
    assert told["time left"] == ("9h37m", "until commit by")


def test_the_business_s_clock_is_explained() -> None:
    told = _explained(rule(), clock=BUSINESS)
    assert told["campaign_clock"] == (
        "business",
        "starts are sent by the clocks of America/New_York",
    )
    assert told["offer starts"][1].endswith("; sent as 2026-11-22T10:30Z")
    assert told["window opens"][1].endswith(" - 5h, because Punchh checks its notice by UTC")


@pytest.mark.parametrize(
    ("now", "is_", "why"),
    [
        (datetime(2026, 11, 22, 15, 20, tzinfo=UTC), "2026-11-22 15:37:00 UTC",
         "it would start 23m before the message"),
        (datetime(2026, 11, 22, 15, 48, tzinfo=UTC), "2026-11-22 16:05:00 UTC", "too late by 10m"),
    ],
)  # fmt: skip
def test_what_a_commit_made_now_would_come_to(now: datetime, is_: str, why: str) -> None:
    told = _because(instants.table(READ, rule(), policy(), Words(ZONE), now))
    assert told["committed now"][0].endswith(is_)
    assert told["committed now"][1] == why


def test_without_a_rule_or_a_time_there_is_less_to_explain() -> None:
    ignore = rule(ignore="so", redeemable=None, segment=None)
    assert set(_explained(None)) == set(_explained(ignore))
    assert "lead_time" not in _explained(None)
    assert instants.table(None, rule(), policy(), Words(ZONE), NOW).rows == ()
