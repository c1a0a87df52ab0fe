"""What a person's word leaves in the history, and how it is refused: whole, and word for word."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.domain.distribution import Distribution, Occurrence, State
from connector.domain.offer import Verdict
from connector.domain.plan import Approval, Entry, Plan
from connector.domain.reasons import reason
from connector.errors import RefusedError
from connector.ledger import Ledger
from connector.ledger.history import EventRow, Verb, add_events
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
from tests.support.planning import when
from tests.support.words import in_words

LATER = NOW + timedelta(minutes=11)
DAY = timedelta(days=1)
WORD: dict[str, Any] = {"who": "ann", "reason": "so it is"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path) as opened:
        yield opened


@pytest.fixture
def unknown(ledger: Ledger) -> Distribution:
    return settled(ledger, recorded(ledger), Verdict.UNKNOWN, State.UNKNOWN)


def last(ledger: Ledger, count: int = 1) -> list[EventRow]:
    return [replace(each, id=0) for each in ledger.events()[-count:]]


def an_event(verb: str, of: Distribution, **more: Any) -> EventRow:
    return EventRow(
        LATER, "ann", verb, "so it is", occurrence=of.occurrence, distribution=of.id, **more
    )


def test_modes(tmp_path: Path) -> None:
    with new_ledger(tmp_path, live=False) as ledger:
        ledger.rehearse(at=NOW, who="ann")  # it is: nothing happens
        ledger.go_live(at=NOW, who="ann", nothing_given_yet=False)
        ledger.go_live(at=LATER, who="eve", nothing_given_yet=False)  # it is: nothing happens
        ledger.go_live(at=LATER, who="bob", nothing_given_yet=True)
        ledger.go_live(at=LATER + DAY, who="bob", nothing_given_yet=False)  # it stays said
        mode = ledger.mode()
        assert (mode.rehearsal, mode.live_at, mode.nothing_given_yet) == (False, NOW, True)
        ledger.rehearse(at=LATER, who="ann")
        mode = ledger.mode()
        assert (mode.rehearsal, mode.live_at, mode.nothing_given_yet) == (True, None, False)
        ledger.go_live(at=LATER, who="ann", nothing_given_yet=False)
        mode = ledger.mode()
        assert (mode.live_at, mode.nothing_given_yet) == (LATER, False)
        given, may_be = reason("live/nothing-given"), reason("live")
        assert last(ledger, 4) == [
            EventRow(NOW, "ann", "live", may_be, before="rehearsal", after="live"),
            EventRow(LATER, "bob", "live", given, before="live", after="live"),
            EventRow(
                LATER,
                "ann",
                "rehearsal",
                reason("back-to-rehearsal"),
                before="live",
                after="rehearsal",
            ),
            EventRow(LATER, "ann", "live", may_be, before="rehearsal", after="live"),
        ]
        assert len(ledger.events()) == 4


def put_back(ledger: Ledger, generation: int, latest: int | None) -> None:
    details = {"from": generation, "latest": latest}
    with ledger._store.writing() as tx:
        add_events(tx, [EventRow(NOW, "ann", Verb.RESTORED, "disk", details=details)])


@pytest.mark.parametrize(
    ("latest", "known"), [(4, "4 was the latest"), (None, "nobody knows the latest")]
)
def test_over_an_old_backup_nobody_says_that_nothing_was_given(
    ledger: Ledger, latest: int | None, known: str
) -> None:
    put_back(ledger, 3, latest)
    put_back(ledger, 5, 5)
    mode = ledger.mode()
    with pytest.raises(RefusedError) as told:
        ledger.go_live(at=LATER, who="ann", nothing_given_yet=True)
    assert str(told.value) == (
        f"this ledger was put back from generation 3, and {known}: offers may have been given "
        "that it does not know. Say `connector live` alone, and approve what you looked up in "
        "Punchh"
    )
    assert ledger.mode() == mode


def test_over_the_latest_backup_a_person_may_say_so(tmp_path: Path) -> None:
    with new_ledger(tmp_path, live=False) as ledger:
        put_back(ledger, 3, 3)
        ledger.go_live(at=NOW, who="ann", nothing_given_yet=True)
        assert ledger.mode().nothing_given_yet


def test_an_approval_is_bound_to_what_was_approved(ledger: Ledger) -> None:
    held = recorded(ledger, state=State.HELD)
    ledger.approve([held.id], at=LATER, **WORD)
    held_too = {"before": "held", "after": "held", "details": {"code": "is-held"}}
    assert last(ledger) == [an_event("approved", held, **held_too)]
    bound = Approval(held.segment_id, held.redeemable_uuid, held.scheduled_for, "is-held")
    assert ledger.known([], now=NOW, gap=DAY).approvals == {held.id: (bound,)}
    assert ledger.approve_held_by("is-", at=LATER, **WORD) == (held,)
    assert last(ledger, 2) == [an_event("approved", held, **held_too)] * 2


def test_what_is_held_by_one_reason_comes_in_the_order_of_delivery(ledger: Ledger) -> None:
    days = (3, 1, 2, 1, 1)
    for number, day in enumerate(days):
        of = an_occurrence(f"s{number}", at=NOW + timedelta(days=day))
        ledger.record(a_plan(an_entry(of, a_distribution(of, state=State.HELD))), at=NOW)
    found = ledger.approve_held_by("is-held", at=LATER, **WORD)
    assert [one.first_delivery for one in found] == [NOW + timedelta(days=n) for n in sorted(days)]
    first = [one.id for one in found[:3]]
    assert first == sorted(first)


@pytest.mark.parametrize(
    ("said", "state", "code", "more"),
    [
        ({"committed": 4711}, "committed", "committed", {"campaign_id": 4711}),
        ({"abandon": True}, "rejected", "abandoned", {}),
        ({}, "waiting", "not-committed", {}),
    ],
)
def test_a_resolution(
    ledger: Ledger,
    unknown: Distribution,
    said: dict[str, Any],
    state: str,
    code: str,
    more: dict[str, Any],
) -> None:
    stands = ledger.resolve(unknown.id, at=LATER, **WORD, **said)
    assert (stands.state.value, stands.reason.code) == (state, code)
    assert stands.attempts == unknown.attempts == 1
    details = {"code": code, "attempt": 1, **more}
    told = an_event("resolved", unknown, before="unknown", after=state, details=details)
    assert last(ledger) == [told]


def test_a_resolution_beside_other_offers_and_attempts(ledger: Ledger) -> None:
    one, other = (an_occurrence(f"s{number}") for number in (1, 2))
    ledger.record(a_plan(*(an_entry(of, a_distribution(of)) for of in (one, other))), at=NOW)
    first, second = (ledger.distribution(a_distribution(of).id) for of in (one, other))
    settled(ledger, second, Verdict.UNKNOWN, State.UNKNOWN)
    again = settled(ledger, first, Verdict.NOT_SENT, State.WAITING)
    attempt = an_attempt(again, at=LATER)
    ledger.settle(*ended(ledger.begin(again, attempt), attempt, Verdict.UNKNOWN, State.UNKNOWN))
    with pytest.raises(RefusedError, match="too-early"):
        ledger.resolve(first.id, at=LATER + timedelta(minutes=9), **WORD)
    later = LATER + timedelta(minutes=10)
    assert ledger.resolve(first.id, at=later, **WORD).state is State.WAITING
    assert ledger.resolve(second.id, at=later, **WORD, committed=7).state is State.COMMITTED


def test_each_unknown_has_time_of_its_own_to_show(ledger: Ledger) -> None:
    of = [an_occurrence(name) for name in ("s1", "s2")]
    ledger.record(a_plan(*(an_entry(each, a_distribution(each)) for each in of)), at=NOW)
    early, late = (ledger.distribution(a_distribution(each).id) for each in of)
    settled(ledger, early, Verdict.UNKNOWN, State.UNKNOWN)
    attempt = an_attempt(late, at=LATER)
    ledger.settle(*ended(ledger.begin(late, attempt), attempt, Verdict.UNKNOWN, State.UNKNOWN))
    with pytest.raises(RefusedError, match="too-early"):
        ledger.resolve(late.id, at=LATER, **WORD)
    assert ledger.resolve(early.id, at=LATER, **WORD).state is State.WAITING


def test_a_resolution_of_a_row_whose_start_is_not_known(
    ledger: Ledger, unknown: Distribution
) -> None:
    with ledger._store.writing() as tx:
        tx.exec_driver_sql("UPDATE distribution SET start_time = NULL")
    found = ledger.resolve(unknown.id, at=LATER, **WORD, committed=4711)
    assert in_words(found.reason) == "ann found it in Punchh as campaign 4711"


def test_a_resolution_in_words(ledger: Ledger, unknown: Distribution) -> None:
    sentence = in_words(ledger.resolve(unknown.id, at=LATER, **WORD).reason)
    assert sentence == "ann looked, and Punchh holds no such campaign: so it is"


def test_a_resignation_in_words(ledger: Ledger, unknown: Distribution) -> None:
    sentence = in_words(ledger.resolve(unknown.id, at=LATER, **WORD, abandon=True).reason)
    assert sentence == "given up by ann, though Punchh may hold the campaign: so it is"


def test_what_was_not_committed_waits_for_nothing(ledger: Ledger) -> None:
    waiting = recorded(ledger)
    attempt = an_attempt(waiting)
    becomes, finished = ended(
        ledger.begin(waiting, attempt), attempt, Verdict.UNKNOWN, State.UNKNOWN
    )
    ledger.settle(replace(becomes, not_before=LATER + DAY), finished)
    assert ledger.resolve(waiting.id, at=LATER, **WORD).not_before is None


def test_a_retry(ledger: Ledger) -> None:
    waiting = recorded(ledger)
    attempt = an_attempt(waiting)
    intent = ledger.begin(waiting, attempt)
    refused, finished = ended(intent, attempt, Verdict.REJECTED, State.REJECTED)
    refused = replace(refused, not_before=LATER, too_soon=3)
    rejected = ledger.settle(refused, finished)
    back = ledger.retry(rejected.id, at=LATER, **WORD)
    assert back == replace(
        rejected,
        state=State.WAITING,
        reason=back.reason,
        not_before=None,
        too_soon=0,
        version=rejected.version + 1,
        updated_at=LATER,
    )
    assert in_words(back.reason) == "ann wants it tried again: so it is"
    details = {"code": "retried", "attempt": 1}
    assert last(ledger) == [
        an_event("retried", rejected, before="rejected", after="waiting", details=details)
    ]


def test_an_acknowledgement(ledger: Ledger, unknown: Distribution) -> None:
    told = ledger.acknowledge(unknown.id, at=LATER, **WORD)
    details = {"code": told.reason.code, "told": "unknown/look"}
    assert last(ledger) == [an_event("acknowledged", unknown, details=details)]
    note = ledger.acknowledgements()[unknown.id]
    assert (note.who, note.code, note.digest) == ("ann", told.reason.code, told.digest)


def committed_and_moved(ledger: Ledger) -> tuple[Distribution, Occurrence]:
    was = an_occurrence()
    offer = replace(a_distribution(was), latecomer=True)
    ledger.record(a_plan(an_entry(was, offer)), at=NOW)
    waiting = ledger.distribution(offer.id)
    attempt = an_attempt(waiting)
    becomes, finished = ended(
        ledger.begin(waiting, attempt), attempt, Verdict.COMMITTED, State.COMMITTED, 4711
    )
    becomes = replace(becomes, too_soon=2, not_before=NOW, drift=("start_time",))
    first = ledger.settle(becomes, finished)
    now = replace(was, send=replace(was.send, when=when(NOW + 3 * DAY)))
    ledger.record(Plan(NOW, (Entry(now, was, ()),)), at=NOW)
    return first, now


def test_a_recommit(ledger: Ledger) -> None:
    first, _ = committed_and_moved(ledger)
    again = ledger.recommit(first.id, at=LATER, **WORD)
    assert again == replace(
        first,
        id=again.id,
        n=2,
        state=State.WAITING,
        reason=again.reason,
        scheduled_for=NOW + 3 * DAY,
        first_delivery=NOW + 3 * DAY,
        start_time=None,
        commit_by=None,
        too_soon=0,
        latecomer=False,
        not_before=None,
        campaign_id=None,
        external_campaign_id=None,
        drift=None,
        version=1,
        updated_at=LATER,
    )
    assert in_words(again.reason) == "ann cancelled campaign 4711 in Punchh: so it is"
    assert last(ledger, 3) == [
        an_event("recommitted", first, details={"again_as": again.id, "campaign_id": 4711}),
        an_event(
            "distribution.opened",
            again,
            after="waiting",
            details={"code": "recommitted", "instead_of": first.id},
        ),
        an_event(
            "approved", again, before="waiting", after="waiting", details={"code": "set-closed"}
        ),
    ]


Word = Callable[[Ledger, str], object]
REFUSED: list[tuple[State, Word, str]] = [
    (
        State.WAITING,
        lambda ledger, id_: ledger.approve([id_], at=LATER, **WORD),
        "{}: it is waiting, and only what is held can be approved",
    ),
    (
        State.WAITING,
        lambda ledger, id_: ledger.acknowledge(id_, at=LATER, **WORD),
        "{}: nothing of it wants a person",
    ),
    (
        State.WAITING,
        lambda ledger, id_: ledger.recommit(id_, at=LATER, **WORD),
        "{}: it is waiting, not committed",
    ),
    (
        State.WAITING,
        lambda ledger, id_: ledger.retry(id_, at=LATER, who="ann", reason=" "),
        "--reason must say why: it is kept with the event",
    ),
]


@pytest.mark.parametrize(("state", "word", "told"), REFUSED)
def test_refusals(ledger: Ledger, state: State, word: Word, told: str) -> None:
    offer = recorded(ledger, state=state)
    before = ledger.events()
    with pytest.raises(RefusedError) as error:
        word(ledger, offer.id)
    assert str(error.value) == told.format(offer.id)
    *kept, refused = ledger.events()
    assert tuple(kept) == before
    assert (refused.verb, refused.who, refused.reason) == ("refused", "ann", told.format(offer.id))
    assert ledger.distribution(offer.id) == offer


def test_refused_resolutions(ledger: Ledger, unknown: Distribution) -> None:
    for said, told in (
        ({"committed": 0}, "0 is no campaign's number"),
        ({"committed": -3}, "-3 is no campaign's number"),
        (
            {"committed": 1, "abandon": True},
            "either it was committed or it is abandoned, not both",
        ),
    ):
        words: dict[str, Any] = said
        with pytest.raises(RefusedError) as error:
            ledger.resolve(unknown.id, at=LATER, **WORD, **words)
        assert str(error.value) == f"{unknown.id}: {told}"
    with pytest.raises(RefusedError) as error:
        ledger.resolve(unknown.id, at=NOW, **WORD)
    after = NOW + timedelta(minutes=10)
    assert error.value.reason == reason("too-early", id=unknown.id, after=after)
    assert ledger.resolve(unknown.id, at=LATER, **WORD, committed=1).campaign_id == 1


def test_a_refused_retry_of_what_was_given_up(ledger: Ledger, unknown: Distribution) -> None:
    ledger.resolve(unknown.id, at=LATER, **WORD, abandon=True)
    with pytest.raises(RefusedError) as error:
        ledger.retry(unknown.id, at=LATER, **WORD)
    assert str(error.value) == (
        f"{unknown.id}: it was given up without knowing what became of it: Punchh may hold "
        f"{unknown.external_campaign_id}, and guests would get two. Look there; if it is surely "
        "not there, say --although-it-may-exist"
    )


def test_refused_recommits(ledger: Ledger) -> None:
    first, now = committed_and_moved(ledger)
    back = replace(now, send=an_occurrence().send)
    ledger.record(Plan(NOW, (Entry(back, now, ()),)), at=NOW)
    with pytest.raises(RefusedError) as error:
        ledger.recommit(first.id, at=LATER, **WORD)
    assert str(error.value) == (
        f"{first.id}: its send has not moved since the commit. If the next cycle sees it moved, "
        "say it again"
    )
    for gone in (
        replace(now, closed_at=NOW),
        replace(now, send=replace(now.send, when=None)),
    ):
        ledger.record(Plan(NOW, (Entry(gone, back, ()),)), at=NOW)
        with pytest.raises(RefusedError) as error:
            ledger.recommit(first.id, at=LATER, **WORD)
        assert str(error.value) == (
            f"{first.id}: its send is over or gone, so no offer can come with it"
        )
    ledger.record(Plan(NOW, (Entry(now, back, ()),)), at=NOW)
    again = ledger.recommit(first.id, at=LATER, **WORD)
    with pytest.raises(RefusedError) as error:
        ledger.recommit(first.id, at=LATER, **WORD)
    assert str(error.value) == f"{first.id}: it was made again already, as {again.id}"
