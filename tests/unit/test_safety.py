"""What only shows when all are seen together: the same offer twice, caps, rehearsal."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.domain.distribution import Distribution, State
from connector.domain.plan import Action, Entry, Given, Known, Plan, Planned
from connector.domain.safety import safe
from tests.support.planning import (
    LIVE,
    REHEARSAL,
    approval,
    book,
    catalog,
    hours,
    known,
    occurrence,
    plan,
    policy,
    poll,
    recorded,
    row,
    rule,
    send,
    when,
)
from tests.support.words import in_words

DAY = timedelta(hours=24)
NAMES = [chr(ord("a") + n) for n in range(6)]
LISTS = catalog([(n, name) for n, name in enumerate(NAMES, 1)])
EACH = book(
    *(rule(name, match={"send": f"Send {name}"}, segment=name.upper()) for name in NAMES)
)  # every send has a segment of its own


def _sends(*names: str) -> list[Any]:
    return [send(name, hours(2)) for name in names]


def _held(made: Plan) -> dict[str, str]:
    return {
        entry.occurrence.send.send_id: planned.distribution.reason.code
        for entry, planned in made.planned()
        if planned.distribution.state is State.HELD
    }


def _offer(of: Any, **changes: Any) -> Distribution:
    return row(occurrence(of), **changes)


# --- the same offer twice


def _given(first: datetime, **changes: Any) -> Known:
    given = Given("elsewhere", "Other send", 7, "u-1", first, ("campaign", "", "other"), "UTC")
    return known(given=(replace(given, **changes),))


SECOND = timedelta(seconds=1)
NEARBY: list[tuple[Known, bool]] = [
    (_given(hours(2)), True),
    (_given(hours(2) - DAY), False),
    (_given(hours(2) - DAY + SECOND), True),
    (_given(hours(2) + DAY), False),
    (_given(hours(2) + DAY - SECOND), True),
    (_given(hours(2), segment_id=8), False),
    (_given(hours(2), redeemable_uuid="u-2"), False),
    (_given(hours(2), distribution=_offer(send("a", hours(2))).id), False),  # itself
]


@pytest.mark.parametrize(("told", "held"), NEARBY)
def test_an_offer_given_elsewhere_nearby_is_not_given_again(told: Known, held: bool) -> None:
    made = plan(told, poll(*_sends("a")))
    assert _held(made) == ({"a": "same-offer"} if held else {})
    if held:
        (reason,) = (each.distribution.reason for _, each in made.planned())
        assert "“Other send” (elsewhere)" in in_words(reason)


def _elsewhere(**hours_away: float) -> Known:
    """Return what was given by several sends, so many hours before or after that of `a`."""
    each = (_given(hours(2 + away), distribution=name) for name, away in hours_away.items())
    return known(given=tuple(one for told in each for one in told.given))


@pytest.mark.parametrize(("before", "after", "named"), [(-1, 3, "before"), (-3, 1, "after")])
def test_of_several_nearby_the_nearest_is_named(before: float, after: float, named: str) -> None:
    made = plan(_elsewhere(before=before, after=after), poll(*_sends("a")))
    (reason,) = (each.distribution.reason for _, each in made.planned())
    assert f"({named})" in in_words(reason)


@pytest.mark.parametrize("nearby", [-1, 1])
def test_what_lies_far_away_hides_nothing_nearby(nearby: float) -> None:
    told = _elsewhere(long_ago=-99, nearby=nearby, far_ahead=99)
    assert _held(plan(told, poll(*_sends("a")))) == {"a": "same-offer"}


def test_an_offer_is_guarded_though_its_send_tells_no_time() -> None:
    of = occurrence(send("a", None))
    offer = row(of, first_delivery=hours(2))
    entry = Entry(of, of, (Planned(offer, offer, Action.WAIT),))
    (made,) = safe((entry,), _given(hours(2)), book(), policy())
    assert [each.distribution.reason.code for each in made.planned] == ["same-offer"]


@pytest.mark.parametrize("missing", ["segment_id", "redeemable_uuid", "first_delivery"])
def test_rows_that_are_not_resolved_are_not_the_same_offer(missing: str) -> None:
    unknown: dict[str, Any] = {missing: None}
    ofs = [occurrence(one) for one in _sends("a", "b")]
    rows = [row(of, **unknown) for of in ofs]
    entries = [
        Entry(of, of, (Planned(one, one, Action.WAIT),)) for of, one in zip(ofs, rows, strict=True)
    ]
    assert safe(entries, known(), book(), policy()) == tuple(entries)


# Sunday 8 March 2026: 23 hours lie between two noons in New York; on 1 November 25.
SATURDAY, SUNDAY = datetime(2026, 3, 7, 17, tzinfo=UTC), datetime(2026, 3, 8, 16, tzinfo=UTC)
AUTUMN = (datetime(2026, 10, 31, 16, tzinfo=UTC), datetime(2026, 11, 1, 17, tzinfo=UTC))
NO_GAP = replace(LIVE, nothing_given_yet=True)
NEW_YORK = "America/New_York"


def _noon(yesterday: datetime, at: datetime, zone: str, *given: Known) -> Plan:
    """Plan send `a` at an instant, by a zone's clocks, where something was given before."""
    told = known(mode=NO_GAP, given=tuple(one for each in given for one in each.given))
    shown = poll(send("a", when=replace(when(at), zone=zone)), now=yesterday)
    return plan(told, shown, now=yesterday)


@pytest.mark.parametrize(
    ("series", "zone", "minutes", "held"),
    [
        ("a", NEW_YORK, 0, False),
        ("a", "Eastern Time (US & Canada)", 0, False),
        ("a", NEW_YORK, -1, True),  # a minute earlier by the clock is too close
        ("a", "UTC", 0, True),
        ("a", "-05:00", 0, True),
        ("other", NEW_YORK, 0, True),  # another send: hours count, not days
    ],
)
def test_a_daily_send_is_a_day_apart_from_itself_when_the_clocks_go_forward(
    series: str, zone: str, minutes: int, held: bool
) -> None:
    given = _given(SATURDAY, series=("campaign", "", series))
    made = _noon(SATURDAY, SUNDAY + timedelta(minutes=minutes), zone, given)
    assert _held(made) == ({"a": "same-offer"} if held else {})


def test_an_hour_that_the_clocks_give_back_counts_as_one() -> None:
    given = _given(AUTUMN[0], series=("campaign", "", "a"))
    assert _held(_noon(AUTUMN[0], AUTUMN[1] - timedelta(minutes=59), NEW_YORK, given)) == {}
    made = _noon(AUTUMN[0], AUTUMN[1] - timedelta(minutes=61), NEW_YORK, given)
    assert _held(made) == {"a": "same-offer"}


def test_what_is_a_day_apart_hides_no_other_send_behind_it() -> None:
    own = _given(SATURDAY, series=("campaign", "", "a"))
    behind = _given(SATURDAY - timedelta(minutes=30), distribution="behind")
    made = _noon(SATURDAY, SUNDAY, NEW_YORK, own, behind)
    assert _held(made) == {"a": "same-offer"}
    (reason,) = (each.distribution.reason for _, each in made.planned())
    assert "(behind)" in in_words(reason)


def test_of_two_sends_to_come_the_later_is_held_whatever_their_order() -> None:
    early, late = send("z", hours(4)), send("a", hours(5))
    for sends in ([early, late], [late, early]):
        assert _held(plan(known(), poll(*sends))) == {"a": "same-offer"}


def test_a_held_one_does_not_hold_the_next() -> None:
    sends = [send("a", hours(2)), send("b", hours(12)), send("c", hours(26))]
    assert _held(plan(known(), poll(*sends))) == {"b": "same-offer"}


def test_what_is_blocked_or_missed_holds_nobody() -> None:
    sends = [send("a", hours(0.1)), send("b", hours(3), problem=row(occurrence(send())).reason)]
    assert _held(plan(known(), poll(*sends, send("c", hours(4))))) == {}


def test_the_gap_can_be_switched_off_and_a_rule_may_allow_it() -> None:
    both = poll(*_sends("a", "b"))
    assert len(_held(plan(known(), both))) == 1
    assert _held(plan(known(), both, by=policy(safety={"same_offer_gap": "0h"}))) == {}
    assert _held(plan(known(), both, rules=book(rule(repeat="allow")))) == {}


def test_the_rule_of_the_later_send_must_allow_it() -> None:
    first = rule("first", match={"send": "Send a"}, repeat="allow")
    sends = poll(send("a", hours(2)), send("b", hours(3)))
    assert _held(plan(known(), sends, rules=book(first, rule()))) == {"b": "same-offer"}
    second = rule("second", match={"send": "Send b"}, repeat="allow")
    assert _held(plan(known(), sends, rules=book(second, rule()))) == {}


def test_an_approval_lifts_it_and_an_approved_one_counts_for_others() -> None:
    b, c = send("b", hours(3)), send("c", hours(4))
    offers = {one.send_id: _offer(one) for one in (b, c)}
    yes = {offers["b"].id: (approval(offers["b"], "same-offer"),)}
    told = known(approvals=yes)
    assert _held(plan(told, poll(send("a", hours(2)), b, c))) == {"c": "same-offer"}
    for change in ({"segment_id": 70}, {"code": "approval"}, {"code": "cap-per-cycle"}):
        other = {key: (replace(one, **change),) for key, (one,) in yes.items()}
        made = plan(known(approvals=other), poll(send("a", hours(2)), b))
        assert _held(made) == {"b": "same-offer"}


# --- caps


def _capped(cycle: int = 20, day: int = 100, **facts: Any) -> Plan:
    told = facts.pop("told", known())
    sends = [send(name, hours(2)) for name in NAMES]
    by = policy(safety={"max_commits_per_cycle": cycle, "max_commits_per_day": day})
    return plan(told, poll(*sends), rules=EACH, by=by, lists=LISTS, **facts)


def test_more_than_the_cap_of_a_cycle_and_none_is_made() -> None:
    assert _held(_capped(cycle=6)) == {}
    assert _held(_capped(cycle=5)) == dict.fromkeys(NAMES, "cap-per-cycle")
    assert _held(_capped(cycle=0)) == dict.fromkeys(NAMES, "cap-per-cycle")


def test_of_what_is_over_the_cap_of_a_day_the_latest_are_held() -> None:
    sends = [send(name, hours(2) - timedelta(minutes=n)) for n, name in enumerate(NAMES)]
    by = policy(safety={"max_commits_per_day": 10})
    for given, left in [(4, 6), (7, 3), (10, 0), (99, 0)]:
        told = known(given_today=given)
        made = plan(told, poll(*sends), rules=EACH, by=by, lists=LISTS)
        assert _held(made) == dict.fromkeys(NAMES[: 6 - left], "cap-per-day")


def test_what_a_cap_held_stays_held_until_a_person_says_yes() -> None:
    before = recorded(known(), _capped(cycle=5))
    fewer = poll(*(send(name, hours(2)) for name in NAMES[:3]))
    by = policy(safety={"max_commits_per_cycle": 5})
    again = plan(before, fewer, rules=EACH, by=by, lists=LISTS)
    assert _held(again) == dict.fromkeys(NAMES, "cap-per-cycle")
    offers = {planned.distribution.id: planned.distribution for _, planned in again.planned()}
    yes = {one: (approval(offer, "cap-per-cycle"),) for one, offer in offers.items()}
    approved = replace(before, approvals=yes)
    assert _held(plan(approved, fewer, rules=EACH, by=by, lists=LISTS)) == {}


def test_what_only_waits_does_not_count() -> None:
    sends = [send(name, hours(9)) for name in NAMES]
    by = policy(safety={"max_commits_per_cycle": 0, "max_commits_per_day": 0})
    assert _held(plan(known(), poll(*sends), rules=EACH, by=by, lists=LISTS)) == {}


def test_approved_ones_do_not_count() -> None:
    offers = {
        name: _offer(send(name, hours(2)), wanted_segment=name, segment_id=n)
        for n, name in enumerate(NAMES, 1)
    }

    def told(code: str) -> Known:
        return known(approvals={offers[name].id: (approval(offers[name], code),) for name in "ab"})

    assert _held(_capped(cycle=4, told=told("cap-per-cycle"))) == {}
    assert _held(_capped(cycle=3, told=told("cap-per-cycle"))) == dict.fromkeys(
        "cdef", "cap-per-cycle"
    )
    assert _held(_capped(day=0, told=told("cap-per-day"))) == dict.fromkeys("cdef", "cap-per-day")
    # A yes to one cap, or to something else, lifts no other.
    for code in ("cap-per-day", "approval"):
        assert _held(_capped(cycle=5, told=told(code))) == dict.fromkeys(NAMES, "cap-per-cycle")
    assert _held(_capped(day=0, told=told("cap-per-cycle"))) == dict.fromkeys(NAMES, "cap-per-day")


# --- rehearsal


def test_a_rehearsal_shows_what_would_be_done_and_what_would_be_held() -> None:
    told = known(mode=REHEARSAL)
    sends = [send("a", hours(2)), send("b", hours(2.1)), send("c", hours(90))]
    assert _held(plan(told, poll(*sends))) == {"a": "rehearsal", "b": "same-offer"}
    offer = _offer(sends[0])
    approved = known(mode=REHEARSAL, approvals={offer.id: (approval(offer, "rehearsal"),)})
    assert _held(plan(approved, poll(sends[0]))) == {"a": "rehearsal"}
    assert _held(_capped(cycle=5, told=told)) == dict.fromkeys(NAMES, "cap-per-cycle")


# --- stability


def test_what_was_held_stays_held_and_is_free_when_the_other_goes() -> None:
    sends = [send("a", hours(2)), send("b", hours(3))]
    told = recorded(known(), plan(known(), poll(*sends)))
    again = plan(told, poll(*sends))
    assert not any(entry.changed for entry in again.entries)
    assert not any(each.changed for _, each in again.planned())
    moved = [send("a", hours(80)), sends[1]]
    assert _held(plan(told, poll(*moved))) == {}


# --- given after all


def _given_after_all(*offers: Distribution, **more: Any) -> Known:
    return known(given_after_all={one.id: (900, 901) for one in offers}, **more)


def test_what_evidence_says_was_given_is_held_until_a_person_says_again() -> None:
    offers = [_offer(send(name, hours(at))) for name, at in (("a", 2), ("b", 90))]
    sends = poll(send("a", hours(2)), send("b", hours(90)))
    made = plan(_given_after_all(*offers), sends, rules=book(rule(repeat="allow")))
    assert _held(made) == {"a": "given-after-all", "b": "given-after-all"}
    (reason, _) = (each.distribution.reason for _, each in made.planned())
    assert "gifts of campaign 900 and 901 landed" in in_words(reason)
    yes = {offers[0].id: (approval(offers[0], "given-after-all"),)}
    told = _given_after_all(*offers, approvals=yes)
    assert _held(plan(told, sends, rules=book(rule(repeat="allow")))) == {"b": "given-after-all"}


def test_it_is_told_before_a_cap_a_pause_or_a_rehearsal() -> None:
    offer = _offer(send("a", hours(2)))
    by = policy(safety={"max_commits_per_cycle": 0})
    told = _given_after_all(offer, mode=REHEARSAL)
    assert _held(plan(told, poll(*_sends("a")), by=by)) == {"a": "given-after-all"}
