"""An offer made again, after a person cancelled its campaign since the send had moved."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.domain.attention import of_distribution
from connector.domain.distribution import Distribution, Occurrence, State
from connector.domain.keys import distribution_id, external_campaign_id
from connector.domain.lifecycle import Followed
from connector.domain.offer import Verdict
from connector.domain.plan import Action, Approval, Entry, Plan
from connector.domain.planner import Planner, Seen
from connector.errors import RefusedError
from connector.ledger import Ledger
from connector.ledger.people import _name_follower
from tests.support.ledger import (
    NOW,
    a_distribution,
    a_plan,
    an_attempt,
    an_entry,
    an_occurrence,
    ended,
    new_ledger,
    recorded,
    settled,
)
from tests.support.planning import LIVE, book, catalog, known, policy, row, rule, when

FIRST = NOW + timedelta(days=2)
MOVED = FIRST + timedelta(hours=3)
WORD: dict[str, Any] = {"who": "ann", "reason": "cancelled it in the dashboard"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path) as opened:
        yield opened


def committed(ledger: Ledger) -> Distribution:
    return settled(ledger, recorded(ledger), Verdict.COMMITTED, State.COMMITTED, 4711)


def moved(ledger: Ledger, to: datetime = MOVED, **changes: Any) -> Occurrence:
    """Let the send move to another time, as a cycle writes it down."""
    was = an_occurrence()
    now = replace(was, send=replace(was.send, when=when(to)), **changes)
    ledger.record(Plan(NOW, (Entry(now, was, ()),)), at=NOW)
    return now


def given(ledger: Ledger) -> list[str]:
    found = ledger.known([], now=NOW, gap=timedelta(days=1)).given
    return [one.distribution for one in found]


def test_a_second_row_follows_and_the_first_stays(ledger: Ledger) -> None:
    first = committed(ledger)
    send = moved(ledger)
    assert of_distribution(send, first, NOW) is not None
    again = ledger.recommit(first.id, at=NOW, **WORD)
    assert again == ledger.distribution(again.id)
    assert again.id == distribution_id(first.occurrence, "vip", "fries", 2) != first.id
    assert (again.state, again.n, again.attempts) == (State.WAITING, 2, 1)
    assert (again.first_delivery, again.campaign_id, again.latecomer) == (MOVED, None, False)
    stays = ledger.distribution(first.id)
    assert stays == replace(first, recommitted_as=again.id)
    assert of_distribution(send, stays, NOW) is None
    told = ledger.events()[-3:]
    assert [each.verb for each in told] == ["recommitted", "distribution.opened", "approved"]
    assert {each.reason for each in told} == {WORD["reason"]}


def test_its_word_is_the_approval_for_a_closed_set_as_it_stands(ledger: Ledger) -> None:
    first = committed(ledger)
    moved(ledger)
    again = ledger.recommit(first.id, at=NOW, **WORD)
    approvals = ledger.known([], now=NOW, gap=timedelta(days=1)).approvals
    assert approvals == {again.id: (Approval(7, "u-1", MOVED, "set-closed"),)}


def test_the_mark_of_a_campaign_never_repeats(ledger: Ledger) -> None:
    first = committed(ledger)
    marks = [first.external_campaign_id]
    for hours, n in ((3, 2), (6, 3)):
        moved(ledger, FIRST + timedelta(hours=hours))
        again = ledger.recommit(first.id, at=NOW, **WORD)
        again = replace(again, start_time=FIRST)
        first = settled(ledger, again, Verdict.COMMITTED, State.COMMITTED, 4711 + n)
        assert first.attempts == n
        marks.append(first.external_campaign_id)
    assert marks == [external_campaign_id(first.occurrence, 7, "u-1", n) for n in (1, 2, 3)]
    assert given(ledger) == [first.id]


def test_it_is_refused_where_nothing_moved_or_nothing_comes(ledger: Ledger) -> None:
    first = committed(ledger)
    with pytest.raises(RefusedError, match="has not moved since the commit"):
        ledger.recommit(first.id, at=NOW, **WORD)
    moved(ledger, closed_at=NOW)
    with pytest.raises(RefusedError, match="its send is over or gone"):
        ledger.recommit(first.id, at=NOW, **WORD)


def test_it_is_refused_while_nobody_knows_whether_the_first_exists(ledger: Ledger) -> None:
    unknown = settled(ledger, recorded(ledger), Verdict.UNKNOWN, State.UNKNOWN)
    moved(ledger)
    with pytest.raises(RefusedError, match="it is unknown, not committed"):
        ledger.recommit(unknown.id, at=NOW, **WORD)


def test_of_two_recommits_one_is_refused(ledger: Ledger) -> None:
    first = committed(ledger)
    moved(ledger)
    again = ledger.recommit(first.id, at=NOW, **WORD)
    with pytest.raises(RefusedError, match=f"made again already, as {again.id}"):
        ledger.recommit(first.id, at=NOW, **WORD)
    with pytest.raises(RefusedError, match="it is waiting, not committed"):
        ledger.recommit(again.id, at=NOW, **WORD)


def test_a_follower_is_named_only_where_nobody_was_faster(ledger: Ledger) -> None:
    """Where writers do not wait for each other (PostgreSQL), the naming itself compares."""

    def name_follower(of: Distribution) -> None:
        with pytest.raises(RefusedError) as told, ledger._store.writing() as tx:
            _name_follower(tx, of, second)
        assert str(told.value) == f"{of.id}: it was changed meanwhile. Look at it again"

    first = committed(ledger)
    second = recorded(ledger, wanted="other", segment_id=8)
    name_follower(replace(first, version=first.version - 1))
    moved(ledger)
    ledger.recommit(first.id, at=NOW, **WORD)
    name_follower(first)


def test_a_campaign_that_had_started_needs_a_second_word(ledger: Ledger) -> None:
    first = committed(ledger)
    assert first.start_time is not None
    moved(ledger)
    again = ledger.recommit(first.id, at=first.start_time, **WORD)
    assert (again.state, again.reason.code) == (State.HELD, "set-closed")
    assert not ledger.known([], now=NOW, gap=timedelta(days=1)).approvals
    ledger.approve([again.id], at=NOW, who="bob", reason="no guest has it")


def test_the_cancelled_one_counts_no_more_as_given(ledger: Ledger) -> None:
    first = committed(ledger)
    assert given(ledger) == [first.id]
    moved(ledger)
    ledger.recommit(first.id, at=NOW, **WORD)
    assert given(ledger) == []


def test_another_offer_of_the_send_is_never_sealed_for_the_same(ledger: Ledger) -> None:
    """Neither by its first row nor by a second: only the offer that was cancelled is free."""
    of = an_occurrence()
    offers = (a_distribution(of), a_distribution(of, wanted="other", segment_id=8))
    ledger.record(a_plan(an_entry(of, *offers)), at=NOW)
    vip, other = (ledger.distribution(each.id) for each in offers)
    vip = settled(ledger, vip, Verdict.COMMITTED, State.COMMITTED, 4711)
    stolen = replace(other, segment_id=7)
    with pytest.raises(RefusedError, match=f"{vip.id} was already committed"):
        ledger.begin(stolen, an_attempt(stolen))
    done = settled(ledger, other, Verdict.COMMITTED, State.COMMITTED, 4712)
    moved(ledger)
    again = ledger.recommit(done.id, at=NOW, **WORD)
    stolen = replace(again, segment_id=7)
    with pytest.raises(RefusedError, match=f"{vip.id} was already committed"):
        ledger.begin(stolen, an_attempt(stolen))
    follower = ledger.recommit(vip.id, at=NOW, **WORD)
    with pytest.raises(RefusedError, match=f"{vip.id} was already committed"):
        ledger.begin(stolen, an_attempt(stolen))
    attempt = an_attempt(follower)
    intent = ledger.begin(follower, attempt)
    ledger.settle(*ended(intent, attempt, Verdict.COMMITTED, State.COMMITTED, 4713))


# --- what a plan does with it: pure

X = an_occurrence(at=NOW + timedelta(hours=2))
DONE = row(X, State.COMMITTED, campaign_id=4711, recommitted_as="again")
AGAIN = replace(row(X), id="again", n=2, attempts=1)


def planned(*rows: Distribution, lists: Any = None, yes: bool = True, **rules: Any) -> Plan:
    word = Approval(AGAIN.segment_id, AGAIN.redeemable_uuid, AGAIN.scheduled_for, "set-closed")
    told = known((X, rows), mode=LIVE, approvals={"again": (word,)} if yes else {})
    seen = Seen(told, (), {"braze_us": NOW}, lists or catalog(), NOW)
    return Planner(book(rule(**rules)), policy()).plan(seen, [Followed(X, X)])


def told(plan: Plan) -> dict[str, tuple[str, str, Action]]:
    return {
        each.distribution.id: (each.distribution.state, each.distribution.reason.code, each.action)
        for _, each in plan.planned()
    }


def test_the_second_row_is_planned_and_the_first_left_alone() -> None:
    plan = planned(DONE, AGAIN)
    assert told(plan)["again"] == (State.WAITING, "due", Action.COMMIT)
    assert told(plan)[DONE.id][0] is State.COMMITTED
    assert [each.changed for _, each in plan.planned()] == [False, True]


def test_other_ids_or_another_time_ask_again() -> None:
    assert told(planned(DONE, AGAIN, yes=False))["again"][:2] == (State.HELD, "set-closed")
    other = catalog([(9, "VIP Guests")])
    assert told(planned(DONE, AGAIN, lists=other))["again"][:2] == (State.HELD, "set-closed")
    late = replace(AGAIN, scheduled_for=None)
    assert told(planned(DONE, late))["again"][:2] == (State.WAITING, "due")


def test_another_wanted_name_for_the_same_offer_is_a_duplicate_of_the_second_row() -> None:
    both = catalog([(7, "VIP Guests")])
    plan = planned(DONE, AGAIN, lists=both, segment=["VIP Guests", {"id": 7}], several="each")
    assert set(told(plan)) == {DONE.id, "again"}
    assert told(plan)["again"][2] is Action.COMMIT


def test_a_rule_that_is_gone_withdraws_the_second_row_and_no_other() -> None:
    plan = planned(DONE, AGAIN, redeemable="Burger")
    assert told(plan)["again"][:2] == (State.WITHDRAWN, "rule-gone")
    assert told(plan)[DONE.id][0] is State.COMMITTED
