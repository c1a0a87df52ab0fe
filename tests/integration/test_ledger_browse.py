"""Parts of the ledger, put together, are the whole: whatever is asked, and however it is found."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.domain.attentions import LATELY, attentions
from connector.domain.browsing import Order, Place, Wanted
from connector.domain.distribution import Decision, Distribution, Occurrence, State
from connector.domain.faults import planner_fault
from connector.domain.offer import Verdict
from connector.domain.plan import Entry
from connector.domain.policy import Schedule
from connector.domain.send import MISSPELLED_TAG, ODD_TEXT
from connector.domain.standing import Row
from connector.ledger import Ledger, browse, conditions
from tests.support.ledger import (
    NOW,
    a_distribution,
    a_plan,
    an_entry,
    an_occurrence,
    new_ledger,
    settled,
)
from tests.support.words import saying

NAMES = ("Taco Tuesday", "Friday_Fries", "100% Lunch", "Family Night")
SOURCES, RULES = ("braze_us", "sf_core"), ("tacos", "fries", "lunch")
PROBLEMS = (ODD_TEXT, "bad-time", MISSPELLED_TAG)
OPEN = (State.BLOCKED, State.HELD, State.WAITING, State.MISSED, State.REJECTED, State.WITHDRAWN)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with new_ledger(tmp_path_factory.mktemp("browse")) as found:
        entries = [an_entry(send, *offers) for send, offers in _sends()]
        found.record(a_plan(*entries), at=NOW)
        for number in range(4):
            send = an_occurrence(f"c{number}", at=NOW + (number + 1) * HOUR)
            offer = a_distribution(send)
            found.record(a_plan(an_entry(send, offer)), at=NOW)
            waiting = found.distribution(offer.id)
            if number % 2:
                settled(found, waiting, Verdict.UNKNOWN, State.UNKNOWN)
            else:
                settled(found, waiting, Verdict.COMMITTED, State.COMMITTED, 700 + number)
                found.record(a_plan(Entry(_moved(send, number), send, ())), at=NOW)
        yield found


def _moved(send: Occurrence, number: int) -> Occurrence:
    """Return a send whose offer is committed, an hour later or no longer shown."""
    assert send.send.when
    if number:
        return replace(send, absent_polls=2)
    when = replace(send.send.when, first_delivery=send.send.when.first_delivery + HOUR)
    return replace(send, send=replace(send.send, when=when))


def _sends() -> Iterator[tuple[Occurrence, tuple[Distribution, ...]]]:
    for number in range(40):
        at = NOW + timedelta(hours=6 * (number // 2) - 60)
        send = an_occurrence(f"s{number}", at=at)
        source, name = SOURCES[number % 2], NAMES[number % 4]
        timed = replace(send.send, source=source, name=name)
        if number % 10 == 9:
            timed = replace(timed, when=None)
        bare = number % 5 == 4
        if number % 9 == 3 or (bare and number % 2):
            timed = replace(timed, problem=saying(PROBLEMS[number % 3], f"odd {number}", "look"))
        send = replace(
            send,
            send=replace(timed, audiences=("VIP",) if number % 3 else ()),
            decision=Decision.UNMAPPED if bare else Decision.CLAIMED,
            rule=None if bare else RULES[number % 3],
            closed_at=at + HOUR if at < NOW else None,
            reason=planner_fault("KeyError") if number % 17 == 14 else send.reason,
        )
        if send.state == State.BLOCKED:
            send = replace(send, decision=None, rule=None)
        offer = a_distribution(send, state=OPEN[number % 6])
        offer = replace(
            offer,
            rule=RULES[number % 3],
            redeemable=("Free Taco", "Fries")[number % 2],
            first_delivery=None if number % 7 == 6 else offer.first_delivery,
            commit_by=at - HOUR,
        )
        yield send, () if bare else (offer,)


wanted = st.builds(
    Wanted,
    text=st.sampled_from(("", "", "taco", "F?iday", "100%", "_", "a*y", "nothing", "702", "s3")),
    state=st.none() | st.sampled_from([*State, Decision.UNMAPPED]),
    source=st.none() | st.sampled_from(SOURCES),
    rule=st.none() | st.sampled_from(RULES),
    since=st.none() | st.integers(-60, 60).map(lambda hours: NOW + hours * HOUR),
    until=st.none() | st.integers(-60, 60).map(lambda hours: NOW + hours * HOUR),
    bare=st.booleans(),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted, st.sampled_from(Order), st.booleans(), st.integers(1, 9), st.integers(1, 60),
       st.sampled_from((0, 4, 5000)))  # fmt: skip
def test_the_parts_are_the_whole(
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    asked: Wanted,
    order: Order,
    down: bool,
    limit: int,
    window: int,
    narrow: int,
) -> None:
    monkeypatch.setattr(browse, "WINDOW", window)
    monkeypatch.setattr(conditions, "NARROW", narrow)
    monkeypatch.setattr(conditions, "NAMES", narrow)
    found: list[Row] = []
    after: Place | None = None
    for _ in range(200):
        part = ledger.browse(asked, order=order, down=down, after=after, limit=limit)
        assert len(part.rows) <= limit
        found += part.rows
        after = part.next
        if after is None:
            break
    assert after is None
    fitting = [row for row in ledger.rows() if _fits(row, asked)]
    assert [row.id for row in found] == [row.id for row in _ordered(fitting, asked, order, down)]


def _fits(row: Row, asked: Wanted) -> bool:
    offer, send = row.distribution, row.occurrence
    if (offer is None) != asked.of_sends:
        return False
    state: object = offer.state if offer else send.decision
    rule = offer.rule if offer else send.rule
    first = _message(row)
    return (
        (asked.state is None or state == asked.state)
        and asked.source in (None, send.send.source)
        and asked.rule in (None, rule)
        and (asked.since is None or (first is not None and first >= asked.since))
        and (asked.until is None or (first is not None and first < asked.until))
        and (not asked.text or _named(row, asked.text))
    )


def _named(row: Row, text: str) -> bool:
    offer, send = row.distribution, row.occurrence.send
    if text == "s3":  # an id: it names one send, and no other is looked for by its name
        return send.send_id == "s3"
    if text == "702" and offer is not None:
        return offer.campaign_id == 702
    names = [send.name, *((offer.segment or "", offer.redeemable or "") if offer else ())]
    return any(fnmatchcase(name.lower(), f"*{text.lower()}*") for name in names)


def _message(row: Row) -> datetime | None:
    if row.distribution is not None:
        return row.distribution.first_delivery
    return row.occurrence.when.first_delivery if row.occurrence.when else None


def _ordered(rows: list[Row], asked: Wanted, order: Order, down: bool) -> list[Row]:
    def line(row: Row) -> tuple[datetime | None, str]:
        offer = row.distribution
        if offer is None or asked.of_sends:
            return _message(row), row.occurrence.key
        by = {Order.MESSAGE: offer.first_delivery, Order.OFFER: offer.start_time}
        return by.get(order, offer.updated_at), offer.id

    timed = [row for row in rows if line(row)[0] is not None]
    rest = [row for row in rows if line(row)[0] is None]
    return [
        *sorted(timed, key=lambda row: (line(row)[0] or NOW, line(row)[1]), reverse=down),
        *sorted(rest, key=lambda row: line(row)[1]),
    ]


def test_a_search_that_is_cut_short_says_how_far_it_looked(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browse, "WINDOW", 3)
    monkeypatch.setattr(conditions, "NARROW", 0)
    part = ledger.browse(Wanted(source="nobody"))
    assert part.rows == ()
    assert part.next is not None
    assert part.looked_to == part.next.at


@pytest.mark.parametrize("hours", [-70, -30, -6, 0, 3, 20, 55])
def test_nothing_that_wants_a_person_is_left_out_for_speed(ledger: Ledger, hours: int) -> None:
    now = NOW + hours * HOUR
    whole = ledger.standing(since=now - LATELY)
    brief = ledger.wanting(since=now - LATELY, now=now)
    told = attentions(whole, Schedule(), now)
    assert len(brief.rows) < len(whole.rows)
    assert sorted(map(repr, attentions(brief, Schedule(), now))) == sorted(map(repr, told))


def test_what_could_not_be_decided_is_listed_and_counted_as_blocked(ledger: Ledger) -> None:
    blocked = ledger.rows(State.BLOCKED)
    bare = [row for row in blocked if row.distribution is None]
    assert bare
    assert {row.occurrence.state for row in bare} == {State.BLOCKED}
    assert len(bare) < len(blocked) == ledger.counts()[State.BLOCKED]
    assert sum(ledger.counts().values()) == len(ledger.rows())


def test_what_is_counted_at_a_glance_is_what_there_is(ledger: Ledger) -> None:
    rows = [row for row in ledger.rows() if row.distribution]
    tally = ledger.tally()
    for state in State:
        states = [row.distribution.state for row in rows if row.distribution]
        assert tally[state] == states.count(state)
    begins = NOW - 3 * timedelta(days=1)
    days = [(begins + n * 24 * HOUR, begins + (n + 1) * 24 * HOUR) for n in range(9)]
    counted = sum(one.number for day in ledger.per_day(days) for one in day)
    assert counted == sum(row.distribution.first_delivery is not None for row in rows
                          if row.distribution)  # fmt: skip


def test_what_was_given_lately_comes_latest_first(ledger: Ledger) -> None:
    given_rows = [row.distribution for row, _ in ledger.given_lately(9) if row.distribution]
    assert {offer.campaign_id for offer in given_rows} == {700, 702}


def test_the_next_offers_come_by_their_message(ledger: Ledger) -> None:
    rows, number = ledger.upcoming(NOW, NOW + 20 * HOUR, 3)
    messages = [row.distribution.first_delivery for row in rows if row.distribution]
    assert len(messages) == 3
    assert messages == sorted(messages, key=lambda at: at or NOW)
    assert number > 3


def test_held_offers_come_but_for_the_reasons_left_out(ledger: Ledger) -> None:
    assert {row.distribution.state for row in ledger.held((), 9) if row.distribution} == {
        State.HELD
    }
    assert ledger.held(("is-held",), 9) == ()


def test_each_rule_tells_what_it_claims(ledger: Ledger) -> None:
    claims = ledger.claims(1)
    coming = [
        row.occurrence
        for row in ledger.rows()
        if row.occurrence.closed_at is None and row.occurrence.rule == "tacos"
    ]
    assert claims["tacos"].number == len({one.key for one in coming})
    assert len(claims["tacos"].first) == 1


def test_a_send_is_found_by_its_id_and_by_its_offers(ledger: Ledger) -> None:
    offer = next(row for row in ledger.rows() if row.distribution)
    assert ledger.send(offer.id) == ledger.send(Row(offer.occurrence, None).id)
    assert ledger.send("nothing") == ()
