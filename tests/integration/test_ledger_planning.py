"""The planner's side: what it reads is what was written, and what it may not touch."""

import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.distribution import Decision, Distribution, Occurrence, State
from connector.domain.offer import Verdict
from connector.domain.plan import Approval, Entry, approved
from connector.domain.reasons import rehearsal
from connector.ledger import Ledger
from connector.ledger.history import EventRow
from connector.ledger.rows import attempt_of, attempt_values
from connector.ledger.tables import attempt as attempt_table
from tests.support import ledger as values
from tests.support.ledger import (
    GAP,
    NOW,
    a_distribution,
    a_plan,
    an_attempt,
    an_entry,
    an_occurrence,
    new_ledger,
    recorded,
    replanned,
    settled,
)
from tests.support.words import saying

LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@settings(max_examples=60, deadline=None)
@given(values.occurrences, values.distributions, st.data())
def test_every_field_comes_back(
    folder: Path, occurrence: Occurrence, offer: Distribution, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as name, new_ledger(Path(name)) as ledger:
        offer = replace(offer, occurrence=occurrence.key)
        assert ledger.record(a_plan(an_entry(occurrence, offer)), at=NOW) == 2
        known = ledger.known([occurrence.send.series], now=NOW, gap=GAP)
        kept = replace(offer, version=1, updated_at=NOW)
        assert known.occurrences == (occurrence,)
        assert known.distributions == {occurrence.key: (kept,)}
        assert known.taken == {occurrence.key}
        attempt = replace(data.draw(values.attempts), distribution=offer.id)
        with ledger._store.writing() as tx:
            tx.execute(attempt_table.insert(), attempt_values(tx, attempt))
            assert attempt_of(tx.execute(attempt_table.select()).one()) == attempt
        # The same reading again changes nothing; another one changes every column.
        again = data.draw(values.occurrences.map(lambda new: replace(new, key=occurrence.key)))
        ledger.record(a_plan(Entry(again, occurrence, ())), at=LATER)
        assert ledger.known([again.send.series], now=NOW, gap=GAP).occurrences == (again,)


@pytest.mark.parametrize(
    ("states", "closed", "days_ago", "given_up"),
    [
        ([State.WITHDRAWN], True, 0, True),
        ([State.WITHDRAWN, State.WITHDRAWN], True, 3, True),
        ([State.WITHDRAWN], True, 5, False),
        ([State.WITHDRAWN], False, 0, False),
        ([State.WITHDRAWN, State.MISSED], True, 0, False),
        ([State.MISSED], True, 0, False),
    ],
)
def test_a_closed_send_whose_offers_were_all_withdrawn_lately_was_given_up(
    ledger: Ledger, states: list[State], closed: bool, days_ago: int, given_up: bool
) -> None:
    occurrence = an_occurrence(at=NOW - timedelta(days=days_ago))
    occurrence = replace(occurrence, closed_at=NOW if closed else None)
    offers = [
        a_distribution(occurrence, wanted=f"w{n}", segment_id=n, state=state)
        for n, state in enumerate(states)
    ]
    ledger.record(a_plan(an_entry(occurrence, *offers)), at=NOW)
    known = ledger.known([occurrence.send.series], now=NOW, gap=GAP)
    assert known.given_up == ({occurrence.key} if given_up else set())


def test_an_unchanged_plan_writes_nothing(ledger: Ledger) -> None:
    occurrence = an_occurrence()
    plan = a_plan(an_entry(occurrence, a_distribution(occurrence)))
    assert ledger.record(plan, at=NOW) == 2
    events = ledger.events()
    [offer] = ledger.known([], now=NOW, gap=GAP).distributions[occurrence.key]
    with ledger._store.writing():  # a writer stands in the way: only no transaction passes it
        assert ledger.record(replanned(occurrence, offer, offer), at=LATER) == 0
    assert ledger.record(plan, at=LATER) == 0  # as new, though it is known by now
    assert ledger.distribution(offer.id) == offer
    assert offer.updated_at == NOW
    assert ledger.events() == events
    with ledger._store.reading() as tx:
        touched = tx.exec_driver_sql("SELECT DISTINCT updated_at FROM occurrence").all()
    assert touched == [("2026-11-22T06:00:00.000000Z",)]


def test_only_what_changed_is_written(ledger: Ledger) -> None:
    one, other = an_occurrence("s1"), an_occurrence("s2")
    ledger.record(
        a_plan(an_entry(one, a_distribution(one)), an_entry(other, a_distribution(other))), at=NOW
    )
    [was] = ledger.known([], now=NOW, gap=GAP).distributions[one.key]
    held = replace(was, state=State.HELD, reason=rehearsal())
    assert ledger.record(replanned(one, was, held), at=LATER) == 1
    assert ledger.distribution(was.id) == replace(held, version=2, updated_at=LATER)
    assert ledger.distribution(a_distribution(other).id).updated_at == NOW


def test_a_row_that_moved_on_meanwhile_is_left_alone(ledger: Ledger) -> None:
    was = recorded(ledger)
    occurrence = an_occurrence()
    held = replace(was, state=State.HELD, reason=rehearsal())
    assert ledger.record(replanned(occurrence, was, held), at=LATER) == 1
    blocked = replace(was, state=State.BLOCKED, reason=saying("no-segment", "none"))
    assert ledger.record(replanned(occurrence, was, blocked), at=LATER) == 0
    assert ledger.distribution(was.id).state is State.HELD


def test_a_sealed_row_is_never_touched(ledger: Ledger) -> None:
    waiting = recorded(ledger)
    sealed = ledger.begin(waiting, an_attempt(waiting))
    withdrawn = replace(sealed, state=State.WITHDRAWN, reason=saying("cancelled", "gone"))
    for was in (waiting, sealed):
        assert ledger.record(replanned(an_occurrence(), was, withdrawn), at=LATER) == 0
    assert ledger.distribution(sealed.id) == sealed


@pytest.mark.parametrize("state", [State.INTENT, State.UNKNOWN, State.COMMITTED])
def test_a_plan_seals_nothing(ledger: Ledger, state: State) -> None:
    was = recorded(ledger)
    occurrence = an_occurrence()
    assert ledger.record(replanned(occurrence, was, replace(was, state=state)), at=LATER) == 0
    new = a_distribution(occurrence, wanted="new", state=state)
    assert (
        ledger.record(
            a_plan(Entry(occurrence, occurrence, an_entry(occurrence, new).planned)), at=LATER
        )
        == 0
    )


def test_events_tell_what_became_of_an_occurrence(ledger: Ledger) -> None:
    occurrence = an_occurrence()
    when = occurrence.when
    assert when is not None
    moved = replace(
        occurrence,
        send=replace(
            occurrence.send,
            when=replace(when, scheduled_for=when.scheduled_for + timedelta(hours=1)),
        ),
    )
    ignored = replace(moved, decision=Decision.IGNORED)
    closed = replace(ignored, closed_at=LATER)
    steps = [occurrence, moved, replace(moved, absent_polls=1), ignored, closed, ignored]
    was: Occurrence | None = None
    for step in steps:
        if step.absent_polls == 0 or was is not None:
            ledger.record(a_plan(Entry(step, was, ())), at=NOW)
        was = step
    found = ledger.events(occurrence=occurrence.key)
    assert {each.reason for each in found} == {occurrence.reason}
    told = [(each.verb, each.before, each.after) for each in found]
    assert told == [
        ("occurrence.opened", None, "claimed"),
        ("occurrence.moved", "2026-11-24T06:00:00.000000Z", "2026-11-24T07:00:00.000000Z"),
        ("occurrence.decided", "claimed", "ignored"),
        ("occurrence.closed", None, "2026-11-22T06:01:00.000000Z"),
        ("occurrence.reopened", "2026-11-22T06:01:00.000000Z", None),
    ]


def test_events_tell_of_states_and_codes_but_not_of_wording(ledger: Ledger) -> None:
    steps = [
        (State.WAITING, saying("window", "opens at noon")),
        (State.WAITING, saying("due", "open")),
        (State.HELD, saying("due", "open")),
    ]
    offer = recorded(ledger)
    assert offer.reason.code == "due"
    for state, reason in [(State.WAITING, saying("due", "other words")), *steps]:
        was = ledger.distribution(offer.id)
        becomes = replace(was, state=state, reason=reason)
        assert ledger.record(replanned(an_occurrence(), was, becomes), at=NOW) == 1
    told = [
        (each.verb, each.before, each.after, each.details["code"])
        for each in ledger.events(distribution=offer.id)
    ]
    assert told == [
        ("distribution.opened", None, "waiting", "due"),
        ("distribution.planned", "waiting", "waiting", "window"),
        ("distribution.planned", "waiting", "waiting", "due"),
        ("distribution.planned", "waiting", "held", "due"),
    ]


def test_known_holds_open_ones_and_the_latest_of_each_series_asked_for(ledger: Ledger) -> None:
    def at(days: int, send_id: str, *, closed: bool) -> Occurrence:
        opened = an_occurrence(send_id, at=NOW + timedelta(days=days))
        first_seen_at = opened.first_seen_at + timedelta(days=days)
        return replace(opened, first_seen_at=first_seen_at, closed_at=NOW if closed else None)

    old, last = at(-9, "daily", closed=True), at(-8, "daily", closed=True)
    open_one, other = at(3, "open", closed=False), at(-7, "other", closed=True)
    reopened = at(-6, "reopened", closed=True)  # by a person's word: a plan must end it
    ended = [
        an_entry(each, a_distribution(each, state=State.MISSED)) for each in (old, last, other)
    ]
    waiting = [an_entry(each, a_distribution(each)) for each in (open_one, reopened)]
    ledger.record(a_plan(*ended, *waiting), at=NOW)
    series = ("campaign", "", "daily")
    known = ledger.known(
        [series, ("canvas", "", "other"), ("campaign", "x", "new")], now=NOW, gap=GAP
    )
    assert set(known.occurrences) == {last, open_one, reopened}
    assert known.taken == {old.key, last.key}
    assert set(known.distributions) == {last.key, open_one.key, reopened.key}


def test_known_tells_what_was_given_nearby_and_today(ledger: Ledger) -> None:
    offers = {}
    for days in (-4, -2, 5):
        occurrence = an_occurrence(f"s{days}", at=NOW + timedelta(days=days))
        offer = a_distribution(occurrence)
        ledger.record(a_plan(an_entry(occurrence, offer)), at=NOW)
        offers[days] = ledger.distribution(offer.id)
    settled(ledger, offers[-4], Verdict.COMMITTED, State.COMMITTED, 1)
    settled(ledger, offers[-2], Verdict.UNKNOWN, State.UNKNOWN)
    settled(ledger, offers[5], Verdict.THROTTLED, State.WAITING)
    known = ledger.known([], now=NOW, gap=GAP)
    assert [(each.distribution, each.send_name) for each in known.given] == [
        (offers[-2].id, "Send s-2")
    ]
    assert (known.given[0].segment_id, known.given[0].redeemable_uuid) == (7, "u-1")
    assert known.given_today == 2
    again = ledger.distribution(offers[5].id)
    ledger.begin(again, an_attempt(again, at=NOW + timedelta(hours=1)))
    assert ledger.known([], now=NOW + timedelta(hours=1), gap=GAP).given_today == 3
    assert ledger.known([], now=NOW + timedelta(hours=24, seconds=1), gap=GAP).given_today == 1


def test_known_tells_every_approval(ledger: Ledger) -> None:
    held = recorded(ledger, state=State.HELD)
    ledger.approve([held.id], at=NOW, who="ann", reason="fine")
    moved = replace(held, segment_id=8)
    ledger.record(replanned(an_occurrence(), held, moved), at=NOW)
    assert not approved(ledger.known([], now=NOW, gap=GAP).approvals, moved, "is-held")
    ledger.approve([held.id], at=NOW, who="ann", reason="still fine")
    approvals = ledger.known([], now=NOW, gap=GAP).approvals
    assert approvals[held.id] == tuple(
        Approval(segment, "u-1", held.scheduled_for, "is-held") for segment in (7, 8)
    )
    assert approved(approvals, held, "is-held")
    assert approved(approvals, moved, "is-held")
    assert not approved(approvals, moved, "set-closed")


def test_a_reader_does_not_wait_for_a_writer(ledger: Ledger, tmp_path: Path) -> None:
    offer = recorded(ledger)
    with ledger._store.writing() as tx:
        tx.exec_driver_sql("UPDATE distribution SET rule = 'half written'")
        seen: list[Distribution] = []
        reader = threading.Thread(target=lambda: seen.append(ledger.distribution(offer.id)))
        reader.start()
        reader.join(timeout=4)  # less than the time that a writer would be waited for
        assert seen == [offer]


def test_a_writer_beside_a_long_reader_is_not_turned_away(ledger: Ledger) -> None:
    offer = recorded(ledger)
    with ledger._store.reading() as tx:
        tx.exec_driver_sql("SELECT * FROM distribution").all()
        sealed = ledger.begin(offer, an_attempt(offer))
    assert ledger.distribution(offer.id) == sealed


def test_events_tell_what_became_of_an_offer(ledger: Ledger) -> None:
    was = recorded(ledger)
    held = replace(was, state=State.HELD, reason=rehearsal())
    ledger.record(replanned(an_occurrence(), was, held), at=LATER)
    assert replace(ledger.events()[-1], id=0) == EventRow(
        LATER,
        "plan",
        "distribution.planned",
        rehearsal(),
        occurrence=was.occurrence,
        distribution=was.id,
        before="waiting",
        after="held",
        details={"code": "rehearsal", "code_before": "due"},
    )


def test_what_is_opened_is_told_with_its_reason(ledger: Ledger) -> None:
    bare = replace(an_occurrence(), reason=None)
    offer = a_distribution(bare)
    ledger.record(a_plan(an_entry(bare, offer)), at=LATER)
    opened, offered = (replace(each, id=0) for each in ledger.events()[-2:])
    assert opened == EventRow(
        LATER, "plan", "occurrence.opened", "", occurrence=bare.key, after="claimed"
    )
    assert offered == EventRow(
        LATER,
        "plan",
        "distribution.opened",
        offer.reason,
        occurrence=bare.key,
        distribution=offer.id,
        after="waiting",
        details={"code": "due"},
    )


def test_new_and_changed_rows_are_counted_together(ledger: Ledger) -> None:
    old, *new = (an_occurrence(f"s{number}") for number in range(3))
    ledger.record(a_plan(an_entry(old)), at=NOW)
    changed = Entry(replace(old, absent_polls=1), old, ())
    assert ledger.record(a_plan(changed, *map(an_entry, new)), at=LATER) == 3
