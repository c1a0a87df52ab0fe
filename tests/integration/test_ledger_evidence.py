"""Evidence in a real ledger: counted once, settled by its own mark alone, held where it forbids."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.domain.attentions import attentions
from connector.domain.distribution import Distribution, Mover, State
from connector.domain.evidence import REMEMBERED, GiftEvent, Sighting
from connector.domain.landing import CanaryNote, given_after_all
from connector.domain.offer import Verdict
from connector.domain.plan import Plan
from connector.domain.policy import Schedule
from connector.errors import RefusedError
from connector.ledger import Ledger
from connector.ledger.verify import verify
from tests.support.ledger import (
    GAP,
    NOW,
    a_distribution,
    a_plan,
    an_attempt,
    an_entry,
    an_occurrence,
    ended,
    new_ledger,
    recorded,
    replanned,
    settled,
)
from tests.support.words import in_words, saying

MINUTE = timedelta(minutes=1)
STRANGE = "c1-zzzzzzzzzzzzzzzz"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path) as found:
        yield found
    assert verify(tmp_path / "ledger.db") == ()


@pytest.fixture
def unknown(ledger: Ledger) -> Distribution:
    return settled(ledger, recorded(ledger), Verdict.UNKNOWN, State.UNKNOWN)


def told(mark: str | None, campaign_id: int = 900, n: int = 1, at: datetime = NOW) -> GiftEvent:
    return GiftEvent(f"event-{n}", at, mark or STRANGE, campaign_id)


def verbs(ledger: Ledger, **of: str) -> list[str]:
    return [each.verb for each in ledger.events(limit=200, **of)]


def test_an_event_is_counted_once_however_often_and_late_it_comes(
    ledger: Ledger, unknown: Distribution
) -> None:
    mark = unknown.external_campaign_id
    assert ledger.hear(told(mark, n=1), at=NOW)
    assert ledger.hear(told(mark, n=2), at=NOW + MINUTE)
    assert not ledger.hear(told(mark, n=1), at=NOW + 2 * MINUTE)
    (heard,) = ledger.evidence([unknown.id])[unknown.id].heard
    assert (heard.gifts, heard.campaign_id, heard.distribution) == (2, 900, unknown.id)
    assert (heard.first_at, heard.last_at) == (NOW, NOW + MINUTE)
    assert verbs(ledger, distribution=unknown.id).count("gift.heard") == 1


def test_nothing_is_kept_that_could_tell_of_a_guest(
    ledger: Ledger, unknown: Distribution, tmp_path: Path
) -> None:
    ledger.hear(told(unknown.external_campaign_id), at=NOW)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as raw:
        rows = (
            raw.execute("SELECT * FROM heard").fetchall()
            + raw.execute("SELECT * FROM evidence").fetchall()
        )
    assert "event-1" not in repr(rows)
    assert len(rows[0]) == 2


def test_what_was_counted_is_forgotten_when_it_could_not_come_again(
    ledger: Ledger, tmp_path: Path
) -> None:
    ledger.hear(told(STRANGE, n=1), at=NOW)
    later = NOW + REMEMBERED + MINUTE
    ledger.hear(told(STRANGE, n=2, at=later), at=later)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as raw:
        assert raw.execute("SELECT count(*) FROM heard").fetchone() == (1,)


def test_its_own_campaign_settles_an_unknown_with_the_evidence_attached(
    ledger: Ledger, unknown: Distribution
) -> None:
    ledger.hear(told(unknown.external_campaign_id), at=NOW)
    (row,) = ledger.settle_heard(at=NOW + MINUTE)
    assert row == ledger.distribution(unknown.id)
    assert (row.state, row.campaign_id, row.reason.code) == (State.COMMITTED, 900, "committed")
    assert str(unknown.external_campaign_id) in in_words(row.reason)
    event = ledger.events(distribution=row.id)[-1]
    assert (event.verb, event.who) == ("evidenced", Mover.EVIDENCE.value)
    assert (event.before, event.after, event.details["campaign_id"]) == (
        "unknown",
        "committed",
        900,
    )
    assert ledger.settle_heard(at=NOW + 2 * MINUTE) == ()


def test_evidence_that_came_before_the_unknown_settles_it_too(ledger: Ledger) -> None:
    waiting = recorded(ledger)
    attempt = an_attempt(waiting)
    ledger.begin(waiting, attempt)
    ledger.hear(told(attempt.external_campaign_id), at=NOW)
    assert ledger.settle_heard(at=NOW) == ()  # in flight: its attempt may still say so itself
    ledger.orphans(at=NOW, reason=waiting.reason)
    assert [row.state for row in ledger.settle_heard(at=NOW)] == [State.COMMITTED]


NOT_ENOUGH: list[list[tuple[str, int]]] = [
    [],
    [("strange", 900)],
    [("own", 900), ("own", 901)],
    [("own", 5)],  # stands on another offer
]


@pytest.mark.parametrize("evidence", NOT_ENOUGH, ids=["none", "strange", "two", "anothers"])
def test_anything_else_settles_nothing(ledger: Ledger, evidence: list[tuple[str, int]]) -> None:
    send = an_occurrence()
    both = (a_distribution(send), a_distribution(send, wanted="gold", segment_id=8))
    ledger.record(a_plan(an_entry(send, *both)), at=NOW)
    first, second = (ledger.distribution(one.id) for one in both)
    unknown = settled(ledger, first, Verdict.UNKNOWN, State.UNKNOWN)
    taken = replace(an_attempt(second), external_campaign_id="c1-bbbbbbbbbbbbbbbb")
    begun = ledger.begin(second, taken)
    committed = replace(begun, state=State.COMMITTED, campaign_id=5)
    ended = replace(taken, ended_at=NOW, verdict=Verdict.COMMITTED)
    ledger.settle(committed, ended)
    marks = {"own": unknown.external_campaign_id, "strange": STRANGE}
    for n, (mark, campaign) in enumerate(evidence):
        ledger.hear(told(marks[mark], campaign, n), at=NOW)
    before = ledger.events(limit=200)
    assert ledger.settle_heard(at=NOW) == ()
    assert ledger.distribution(unknown.id) == unknown
    assert ledger.events(limit=200) == before


def test_a_campaign_with_a_strange_mark_of_ours_is_a_stray(ledger: Ledger) -> None:
    ledger.hear(told(STRANGE), at=NOW)
    (stray,) = ledger.standing(since=NOW - MINUTE).strays
    assert (stray.mark, stray.campaign_id, stray.gifts) == (STRANGE, 900, 1)
    assert ledger.standing(since=NOW).strays == ()


# --- what evidence forbids


def tried(ledger: Ledger) -> Distribution:
    """Return an offer that waits again after an attempt that counts as not made."""
    return settled(ledger, recorded(ledger), Verdict.THROTTLED, State.WAITING)


def test_an_offer_that_was_given_after_all_cannot_begin_again(ledger: Ledger) -> None:
    waiting = tried(ledger)
    again = replace(an_attempt(waiting), external_campaign_id="c1-cccccccccccccccc")
    ledger.hear(told(waiting.external_campaign_id), at=NOW)
    known = ledger.known([], now=NOW, gap=GAP)
    assert known.given_after_all == {waiting.id: (900,)}
    with pytest.raises(RefusedError, match="gifts of campaign 900 landed for it meanwhile"):
        ledger.begin(waiting, again)
    assert ledger.distribution(waiting.id) == waiting
    held = replace(waiting, state=State.HELD, reason=given_after_all([900]))
    ledger.record(_replan(ledger, waiting, held), at=NOW)
    ledger.approve([waiting.id], at=NOW, who="ann", reason="they should get two")
    ledger.record(_replan(ledger, ledger.distribution(waiting.id), waiting), at=NOW)
    begun = ledger.begin(ledger.distribution(waiting.id), again)
    ledger.settle(*ended(begun, again, Verdict.REJECTED, State.REJECTED))


def _replan(ledger: Ledger, was: Distribution, becomes: Distribution) -> Plan:
    return replanned(an_occurrence(), was, replace(becomes, version=was.version))


def test_the_offer_that_follows_a_cancelled_one_waits_if_that_one_gave(ledger: Ledger) -> None:
    first = settled(ledger, recorded(ledger), Verdict.COMMITTED, State.COMMITTED, 5)
    send = an_occurrence()
    moved = replace(send, send=replace(send.send, when=_later(send)))
    entry = replace(an_entry(moved), was=send)
    ledger.record(a_plan(entry), at=NOW)
    again = ledger.recommit(first.id, at=NOW, who="ann", reason="cancelled it")
    assert again.state is State.WAITING
    assert ledger.known([], now=NOW, gap=GAP).given_after_all == {}
    ledger.note_sightings([Sighting(first.id, "vip", NOW, NOW, seen_at=NOW)], [])
    assert ledger.known([], now=NOW, gap=GAP).given_after_all == {again.id: (5,)}
    ledger.hear(told(first.external_campaign_id, 5), at=NOW)
    assert ledger.known([], now=NOW, gap=GAP).given_after_all == {again.id: (5,)}
    following = replace(an_attempt(again), number=2, external_campaign_id="c1-dddddddddddddddd")
    with pytest.raises(RefusedError, match="gifts of campaign 5 landed"):
        ledger.begin(again, following)


def _later(of: Any) -> Any:
    when = of.send.when
    later = timedelta(days=1)
    return replace(
        when,
        scheduled_for=when.scheduled_for + later,
        first_delivery=when.first_delivery + later,
    )


def test_a_sealed_offer_is_not_given_after_all(ledger: Ledger, unknown: Distribution) -> None:
    ledger.hear(told(unknown.external_campaign_id), at=NOW)
    assert ledger.known([], now=NOW, gap=GAP).given_after_all == {}


# --- canaries


def test_sightings_stand_beside_their_offer_and_the_first_is_an_event(
    ledger: Ledger, unknown: Distribution
) -> None:
    looked = Sighting(unknown.id, "vip", NOW, NOW + MINUTE, campaigns=(77,))
    ledger.note_sightings([looked], [])
    (row,) = ledger.find(unknown.id).rows
    assert row.evidence.sightings == (looked,)
    assert "gift.seen" not in verbs(ledger)
    seen = replace(looked, looked_at=NOW + MINUTE, seen_at=NOW + MINUTE, campaigns=())
    again = replace(seen, looked_at=NOW + 2 * MINUTE)
    for one in (seen, again):
        ledger.note_sightings([one], [])
    assert verbs(ledger, distribution=unknown.id).count("gift.seen") == 1
    (row,) = ledger.rows("unknown")
    assert row.evidence.sightings == (again,)


def test_a_note_of_a_canary_comes_back_and_others_go(ledger: Ledger) -> None:
    note = CanaryNote(
        "vip", "VIP Guests", NOW, saying("guest-token", "refused"), "key", None, False, NOW
    )
    ledger.note_sightings([], [note, CanaryNote("old")])
    assert ledger.canaries() == {"vip": note, "old": CanaryNote("old")}
    ledger.note_sightings([], [note])
    assert ledger.canaries() == {"vip": note}
    assert ledger.standing(since=NOW).canaries == (note,)


def test_what_is_watched_began_and_went_to_these_segments(ledger: Ledger) -> None:
    row = settled(ledger, recorded(ledger), Verdict.COMMITTED, State.COMMITTED, 5)
    start = row.start_time
    assert start
    assert ledger.watched({7}, now=start - MINUTE) == []
    assert ledger.watched({7}, now=start) == [row]
    assert ledger.watched({8}, now=start) == []
    assert ledger.watched({7}, now=start + timedelta(days=4)) == []
    assert ledger.taken({5, 6}) == {5}


def test_the_pages_brief_reading_leaves_nothing_of_it_out(ledger: Ledger) -> None:
    send = an_occurrence()
    both = (a_distribution(send), a_distribution(send, wanted="gold", segment_id=8))
    ledger.record(a_plan(an_entry(send, *both)), at=NOW)
    first, second = (ledger.distribution(one.id) for one in both)
    committed = settled(ledger, first, Verdict.COMMITTED, State.COMMITTED, 5)
    retried = replace(an_attempt(second), external_campaign_id="c1-eeeeeeeeeeeeeeee")
    begun = ledger.begin(second, retried)
    ledger.settle(*ended(begun, retried, Verdict.THROTTLED, State.WAITING))
    late = Sighting(committed.id, "vip", NOW + MINUTE, NOW)
    ledger.note_sightings(
        [late], [CanaryNote("vip", "VIP", trouble=saying("guest-token", "refused"))]
    )
    ledger.hear(told("c1-eeeeeeeeeeeeeeee", 900, 1), at=NOW)
    ledger.hear(told(STRANGE, 901, 2), at=NOW)
    since = NOW - MINUTE
    whole = attentions(ledger.standing(since=since), Schedule(), NOW)
    brief = attentions(ledger.wanting(since=since, now=NOW), Schedule(), NOW)
    assert {one.reason.code for one in whole} == {
        "not-landed",
        "given-after-all",
        "stray-campaign",
        "canary-unread",
    }
    assert sorted(map(repr, brief)) == sorted(map(repr, whole))
