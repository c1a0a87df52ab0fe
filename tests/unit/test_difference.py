"""Two plans of one observation subtracted: every difference is told once, and nothing else."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.difference import Change, Kind, subtract
from connector.domain.distribution import State
from connector.domain.rules import RuleBook
from connector.render import differences
from connector.render.table import markdown
from connector.render.words import Words
from tests.support.planning import (
    NOW,
    REHEARSAL,
    book,
    catalog,
    hours,
    known,
    occurrence,
    plan,
    poll,
    row,
    rule,
    send,
)
from tests.support.words import IN_UTC

LISTS = catalog(redeemables=[("u-1", "Fries"), ("u-2", "Burger"), ("u-3", "Soup")])
SEND = send("a", hours(5), audiences=("VIP Guests",))
IGNORED = rule(segment=None, redeemable=None, ignore="no offer")
NOBODY = rule(match={"send": "nothing"})


def changes(before: RuleBook, after: RuleBook, *sends: Any, told: Any = None) -> tuple[Change, ...]:
    made = [
        plan(told or known(), poll(*(sends or (SEND,))), rules=rules, lists=LISTS)
        for rules in (before, after)
    ]
    return subtract(*made)


def kinds(*args: Any, **more: Any) -> list[Kind]:
    return [one.kind for one in changes(*args, **more)]


def test_the_same_rules_change_nothing() -> None:
    assert changes(book(), book()) == ()
    assert changes(book(IGNORED), book(IGNORED)) == ()


def test_an_offer_added_and_dropped() -> None:
    (added,) = changes(book(NOBODY), book())
    assert (added.kind, added.before.planned) == (Kind.GAINED, None)
    assert added.after.planned
    assert added.after.planned.distribution.redeemable == "Fries"
    assert kinds(book(), book(NOBODY)) == [Kind.LOST]
    assert kinds(book(), book(IGNORED)) == [Kind.LOST]


def test_another_decision_without_any_offer() -> None:
    assert kinds(book(NOBODY), book(IGNORED)) == [Kind.DECISION]
    assert kinds(book(IGNORED), book(IGNORED.model_copy(update={"name": "x"}))) == [Kind.RULE]


def test_another_offer_stands_in_the_place_of_the_former() -> None:
    (other,) = changes(book(), book(rule(redeemable="Burger")))
    assert other.kind is Kind.OTHER
    assert [side.planned and side.planned.distribution.redeemable
            for side in (other.before, other.after)] == ["Fries", "Burger"]  # fmt: skip
    assert kinds(book(), book(rule(segment="Lunch Crowd"))) == [Kind.OTHER]
    assert kinds(book(), book(rule(segment="Lunch Crowd", redeemable="Soup"))) == [
        Kind.LOST,
        Kind.GAINED,
    ]


def test_one_of_several_offers() -> None:
    two = book(rule(redeemable=["Fries", "Burger"]))
    assert kinds(book(), two) == [Kind.GAINED]
    assert kinds(two, book(rule(redeemable=["Burger", "Soup"]))) == [Kind.OTHER]


def test_another_time_action_or_rule() -> None:
    assert kinds(book(), book(rule(lead_time="1h"))) == [Kind.TIME]
    assert kinds(book(), book(rule(min_lead="1m"))) == [Kind.TIME]
    assert kinds(book(), book(rule(approval="required"))) == [Kind.ACTION]
    assert kinds(book(), book(rule("other"))) == [Kind.RULE]
    # what matters more is told
    assert kinds(book(), book(rule("other", redeemable="Soup", lead_time="1h"))) == [Kind.OTHER]


def test_a_withdrawn_offer_is_no_offer() -> None:
    stood = occurrence(SEND)
    told = known((stood, (row(stood),)))
    assert kinds(book(), book(NOBODY), told=told) == [Kind.LOST]
    gone = known((stood, (row(stood, State.WITHDRAWN),)))
    assert kinds(book(NOBODY), book(NOBODY), told=gone) == []
    assert kinds(book(NOBODY), book(), told=gone) == [Kind.GAINED]


def test_a_committed_offer_stays_whatever_the_rules_say() -> None:
    stood = occurrence(SEND)
    told = known((stood, (row(stood, State.COMMITTED),)))
    assert kinds(book(), book(rule(lead_time="1h")), told=told) == []
    (stays,) = changes(book(), book(NOBODY), told=told)
    assert stays.kind is Kind.DECISION
    table = differences.table([stays], "main", plan(told, poll(SEND)), IN_UTC)
    assert table.rows[0][2:4] == (
        "Fries to VIP Guests\ncommitted, and stays\nby rule fries",
        "Fries to VIP Guests\ncommitted, and stays\nno rule",
    )
    told_as_json = differences.as_json([stays], "main", plan(told, poll(SEND)), IN_UTC)
    assert told_as_json["changes"][0]["after"]["given"] == [row(stood).id]
    (second,) = changes(book(), book(rule(redeemable="Soup")), told=told)
    assert second.kind is Kind.GAINED
    assert second.after.planned
    assert second.after.planned.distribution.state is State.HELD


def test_a_send_beyond_the_horizon_has_no_offer_yet() -> None:
    far = send("far", NOW + timedelta(days=30), audiences=("VIP Guests",))
    (claimed,) = changes(book(NOBODY), book(), far)
    assert (claimed.kind, claimed.after.planned) == (Kind.DECISION, None)
    table = differences.table([claimed], "main", plan(known(), poll(far)), IN_UTC)
    assert table.rows[0][2:4] == ("no offer: no rule", "no offer yet\nby rule fries")


_rules = st.lists(
    st.builds(
        lambda name, keys, offer: rule(name, match=keys, **offer),
        st.sampled_from("abc"),
        st.sampled_from([{"send": "*"}, {"send": "Send a"}, {"id": "b"}, {"tags": ["t"]}]),
        st.sampled_from(
            [{}, {"redeemable": "Soup"}, {"segment": None}, {"approval": "required"},
             {"segment": None, "redeemable": None, "ignore": "why"}, {"lead_time": "1h"}]
        ),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda one: one.name,
)  # fmt: skip
SENDS = (
    SEND,
    send("b", hours(3), audiences=("VIP Guests", "Lunch Crowd")),
    send("c", hours(200), tags=("t",)),
    send("d", None),
)


@given(_rules, _rules)
def test_subtracting_is_the_same_both_ways(before: list[Any], after: list[Any]) -> None:
    there = changes(book(*before), book(*after), *SENDS)
    back = changes(book(*after), book(*before), *SENDS)
    mirror = {Kind.GAINED: Kind.LOST, Kind.LOST: Kind.GAINED}
    key = lambda one: (one.after.occurrence.key, one.kind)  # noqa: E731
    assert sorted(map(key, there)) == sorted(
        (one.after.occurrence.key, mirror.get(one.kind, one.kind)) for one in back
    )
    assert changes(book(*before), book(*before), *SENDS) == ()


def test_as_people_and_scripts_read_it() -> None:
    zone = Words(ZoneInfo("America/New_York"))
    found = changes(book(NOBODY), book(rule(redeemable="Soup")))
    made = plan(known(), poll(SEND), lists=LISTS)
    table = differences.table(found, "main", made, zone)
    assert table.rows == (
        (
            "Send a\nmessage Sun 06:00",
            "offer added",
            "no offer: no rule",
            "Soup to VIP Guests\noffer Sun 05:30\nwait, by rule fries",
            "waits for its commit window, which opens Sun 22 Nov 03:30 EST.",
        ),
    )
    assert differences.summary(found, made) == "1 of 1 scheduled sends change (offer added: 1)"
    assert differences.summary((), made) == "0 of 1 scheduled sends change"
    shown = markdown(differences.table((), "main", made, zone))
    assert shown == (
        "### What changes against main, as of Sun 22 Nov 01:00 EST (all times in that zone)\n\n"
        "no scheduled send would get another offer, or at another time\n"
    )
    told = json.loads(json.dumps(differences.as_json(found, "main", made, zone)))
    assert (told["generated_at"], told["against"]) == ("2026-11-22T06:00:00Z", "main")
    (change,) = told["changes"]
    assert change["send_name"] == "Send a"
    assert change["change"] == "offer added"
    assert change["before"]["decision"] == "unmapped"
    assert change["after"]["start_time"] == "2026-11-22T10:30:00Z"
    assert change["after"]["action"] == "wait"


def test_the_mode_of_the_ledger_changes_nothing() -> None:
    rehearsing = replace(known(), mode=REHEARSAL)
    due = send("due", hours(1), audiences=("VIP Guests",))
    assert kinds(book(), book(), due, told=rehearsing) == []
