"""What people say and read: approvals, resolutions, retries, listings, remotes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connector.domain.attention import noted
from connector.domain.distribution import Decision, Distribution, State
from connector.domain.evidence import GiftEvent
from connector.domain.keys import occurrence_id
from connector.domain.offer import Verdict
from connector.domain.reasons import rehearsal
from connector.domain.standing import RemoteNote, Row
from connector.domain.verdicts import committed
from connector.errors import RefusedError
from connector.ledger import Ledger
from tests.support.ledger import (
    NOW,
    a_distribution,
    a_plan,
    an_attempt,
    an_entry,
    an_occurrence,
    new_ledger,
    recorded,
    settled,
)
from tests.support.words import saying

LATER = NOW + timedelta(minutes=11)
DAY = timedelta(days=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path) as opened:
        yield opened


@pytest.fixture
def unknown(ledger: Ledger) -> Distribution:
    return settled(ledger, recorded(ledger), Verdict.UNKNOWN, State.UNKNOWN)


def test_approve_takes_all_or_none(ledger: Ledger) -> None:
    held = recorded(ledger, state=State.HELD)
    waiting_for = an_occurrence("s2")
    waiting = a_distribution(waiting_for)
    ledger.record(a_plan(an_entry(waiting_for, waiting)), at=NOW)
    with pytest.raises(RefusedError) as told:
        ledger.approve([held.id, waiting.id, "nix"], at=NOW, who="ann", reason="fine")
    assert str(told.value).splitlines() == [
        f"{waiting.id}: it is waiting, and only what is held can be approved",
        "nix: no such distribution. `connector ledger list` shows all",
    ]
    assert not [each for each in ledger.events() if each.verb == "approved"]
    assert ledger.approve([held.id, held.id], at=NOW, who="ann", reason="fine") == (held,)
    last = ledger.events()[-1]
    assert (last.verb, last.who, last.reason, last.distribution) == (
        "approved",
        "ann",
        "fine",
        held.id,
    )
    assert ledger.distribution(held.id) == held


def test_approve_everything_held_by_a_cap(ledger: Ledger) -> None:
    codes = ["cap-per-cycle", "cap-per-day", "capital", "approval"]
    for number, code in enumerate(codes):
        occurrence = an_occurrence(f"s{number}")
        offer = replace(a_distribution(occurrence, state=State.HELD), reason=saying(code, "so"))
        ledger.record(a_plan(an_entry(occurrence, offer)), at=NOW)
    free = an_occurrence("free")
    offer = replace(a_distribution(free), reason=saying("cap-per-day", "so"))
    ledger.record(a_plan(an_entry(free, offer)), at=NOW)
    approved = ledger.approve_held_by("cap-", at=NOW, who="ann", reason="meant")
    assert {each.state for each in approved} == {State.HELD}
    assert {each.reason.code for each in approved} == {"cap-per-cycle", "cap-per-day"}
    assert ledger.approve_held_by("ca_", at=NOW, who="ann", reason="meant") == ()


def test_resolve_committed(ledger: Ledger, unknown: Distribution) -> None:
    assert unknown.start_time is not None
    found = ledger.resolve(unknown.id, at=NOW, who="ann", reason="seen", committed=4711)
    assert found == replace(
        unknown,
        state=State.COMMITTED,
        campaign_id=4711,
        reason=committed(4711, unknown.start_time),
        version=unknown.version + 1,
        updated_at=NOW,
    )
    last = ledger.events()[-1]
    assert (last.verb, last.who, last.reason, last.before, last.after) == (
        "resolved",
        "ann",
        "seen",
        "unknown",
        "committed",
    )


def test_resolve_refuses_a_campaign_that_stands_elsewhere(
    ledger: Ledger, unknown: Distribution
) -> None:
    occurrence = an_occurrence("s2")
    ledger.record(a_plan(an_entry(occurrence, a_distribution(occurrence))), at=NOW)
    other = ledger.distribution(a_distribution(occurrence).id)
    settled(ledger, other, Verdict.COMMITTED, State.COMMITTED, 4711)
    told = f"^{unknown.id}: campaign 4711 already stands on {other.id}$"
    with pytest.raises(RefusedError, match=told):
        ledger.resolve(unknown.id, at=NOW, who="ann", reason="seen", committed=4711)


def test_resolve_not_committed_waits_ten_minutes(ledger: Ledger, unknown: Distribution) -> None:
    early = NOW + timedelta(minutes=9, seconds=59)
    with pytest.raises(RefusedError, match="too-early"):
        ledger.resolve(unknown.id, at=early, who="ann", reason="not there")
    back = ledger.resolve(unknown.id, at=NOW + timedelta(minutes=10), who="ann", reason="not there")
    assert (back.state, back.reason.code, back.not_before) == (State.WAITING, "not-committed", None)
    again = ledger.begin(back, an_attempt(back, at=LATER))
    assert (again.state, again.attempts) == (State.INTENT, 2)


def test_what_was_given_up_comes_back_only_by_an_express_word(
    ledger: Ledger, unknown: Distribution
) -> None:
    gone = ledger.resolve(unknown.id, at=NOW, who="ann", reason="too risky", abandon=True)
    assert (gone.state, gone.reason.code) == (State.REJECTED, "abandoned")
    with pytest.raises(RefusedError, match=f"may hold {unknown.external_campaign_id}"):
        ledger.retry(gone.id, at=NOW, who="bob", reason="after all")
    back = ledger.retry(gone.id, at=NOW, who="bob", reason="after all", although_it_may_exist=True)
    assert (back.state, back.reason.code, back.too_soon) == (State.WAITING, "retried", 0)
    verbs = [each.verb for each in ledger.events()]
    assert verbs[-3:] == ["resolved", "refused", "retried"]


def test_what_was_given_up_may_exist_and_counts_as_given(
    ledger: Ledger, unknown: Distribution
) -> None:
    ledger.resolve(unknown.id, at=NOW, who="ann", reason="too risky", abandon=True)
    assert [one.distribution for one in ledger.known([], now=NOW, gap=DAY).given] == [unknown.id]


@pytest.mark.parametrize("blank", ["", " ", "\n\t"])
def test_every_word_needs_a_reason(ledger: Ledger, unknown: Distribution, blank: str) -> None:
    before = ledger.events()
    words = (
        lambda: ledger.approve([unknown.id], at=LATER, who="ann", reason=blank),
        lambda: ledger.approve_held_by("cap", at=LATER, who="ann", reason=blank),
        lambda: ledger.resolve(unknown.id, at=LATER, who="ann", reason=blank),
        lambda: ledger.retry(unknown.id, at=LATER, who="ann", reason=blank),
        lambda: ledger.acknowledge(unknown.id, at=LATER, who="ann", reason=blank),
        lambda: ledger.recommit(unknown.id, at=LATER, who="ann", reason=blank),
    )
    for word in words:
        with pytest.raises(RefusedError, match="--reason must say why"):
            word()
    refused = ledger.events()[len(before) :]
    assert [(each.verb, each.before, each.after) for each in refused] == [
        ("refused", None, None)
    ] * len(words)


def test_the_rehearsal_is_not_approved_away(ledger: Ledger) -> None:
    offer = replace(a_distribution(an_occurrence(), state=State.HELD), reason=rehearsal())
    ledger.record(a_plan(an_entry(an_occurrence(), offer)), at=NOW)
    with pytest.raises(RefusedError, match="only the rehearsal holds it"):
        ledger.approve([offer.id], at=NOW, who="ann", reason="go")
    assert ledger.approve_held_by("re", at=NOW, who="ann", reason="go") == ()


# --- acknowledged


def test_an_acknowledgement_holds_until_the_attention_changes(
    ledger: Ledger, unknown: Distribution
) -> None:
    told = ledger.acknowledge(unknown.id, at=NOW, who="ann", reason="asked Punchh")
    note = ledger.acknowledgements()[unknown.id]
    assert noted(told, note).acknowledged_by == "ann"
    other = replace(told, reason=replace(told.reason, variant="another"))
    assert noted(other, note).acknowledged_by is None
    last = ledger.events()[-1]
    assert (last.verb, last.who, last.reason, last.distribution) == (
        "acknowledged",
        "ann",
        "asked Punchh",
        unknown.id,
    )
    ledger.acknowledge(unknown.id, at=LATER, who="bob", reason="me too")
    assert ledger.acknowledgements()[unknown.id].who == "bob"
    assert ledger.distribution(unknown.id) == unknown


def test_what_the_evidence_says_can_be_acknowledged(ledger: Ledger, unknown: Distribution) -> None:
    mark = unknown.external_campaign_id
    assert mark is not None
    for n, campaign in enumerate((900, 901)):
        ledger.hear(GiftEvent(f"event-{n}", NOW, mark, campaign), at=NOW)
    told = ledger.acknowledge(unknown.id, at=NOW, who="ann", reason="looking")
    assert told.reason.code == ledger.acknowledgements()[unknown.id].code == "two-campaigns"


def test_what_wants_nobody_cannot_be_acknowledged(ledger: Ledger) -> None:
    waiting = recorded(ledger)
    for wanted in (waiting.id, occurrence_id(waiting.occurrence)):
        with pytest.raises(RefusedError, match="nothing of it wants a person"):
            ledger.acknowledge(wanted, at=NOW, who="ann", reason="?")
    with pytest.raises(RefusedError, match="no such distribution"):
        ledger.acknowledge("nix", at=NOW, who="ann", reason="?")


def test_a_send_without_an_offer_can_be_acknowledged(ledger: Ledger) -> None:
    bare = an_occurrence()
    send = replace(bare.send, audiences=("VIP",))
    ledger.record(a_plan(an_entry(replace(bare, send=send, decision=Decision.UNMAPPED))), at=NOW)
    wanted = occurrence_id(bare.key)
    ledger.acknowledge(wanted, at=NOW, who="ann", reason="none wanted")
    assert ledger.acknowledgements()[wanted].code == "unmapped-with-audience"
    assert ledger.events()[-1].occurrence == bare.key


def test_resolve_and_retry_refuse_other_states(ledger: Ledger) -> None:
    waiting = recorded(ledger)
    with pytest.raises(RefusedError, match="it is waiting, not unknown"):
        ledger.resolve(waiting.id, at=LATER, who="ann", reason="?")
    with pytest.raises(RefusedError, match="it is waiting, not rejected"):
        ledger.retry(waiting.id, at=LATER, who="ann", reason="?")
    with pytest.raises(RefusedError, match="no such distribution"):
        ledger.retry("nix", at=LATER, who="ann", reason="?")


def test_resolve_takes_one_word(ledger: Ledger, unknown: Distribution) -> None:
    with pytest.raises(RefusedError, match="not both"):
        ledger.resolve(unknown.id, at=LATER, who="ann", reason="?", committed=1, abandon=True)


def a_few(ledger: Ledger) -> None:
    """Record a waiting and a blocked offer, an unmapped and an ignored send."""
    first, second = (an_occurrence(f"s{n}", at=NOW + timedelta(days=n)) for n in (1, 2))
    bare = [
        replace(an_occurrence(f"s{n}", at=NOW + timedelta(days=n)), decision=decision)
        for n, decision in ((3, Decision.UNMAPPED), (4, Decision.IGNORED))
    ]
    nameless = replace(second.send, when=None, name="NO \u2003Time")
    ledger.record(
        a_plan(
            an_entry(second, a_distribution(second), a_distribution(second, wanted="other")),
            an_entry(first, a_distribution(first, state=State.BLOCKED)),
            *(an_entry(each) for each in bare),
            an_entry(replace(an_occurrence("s5"), send=replace(nameless, send_id="s5"))),
        ),
        at=NOW,
    )


def shown(rows: tuple[Row, ...]) -> list[tuple[str, str | None]]:
    return [
        (row.occurrence.send.send_id, row.distribution.state if row.distribution else None)
        for row in rows
    ]


def test_rows_by_state_and_decision(ledger: Ledger) -> None:
    a_few(ledger)
    assert shown(ledger.rows()) == [
        ("s1", "blocked"),
        ("s2", "waiting"),
        ("s2", "waiting"),
        ("s3", None),
        ("s4", None),
        ("s5", None),
    ]
    assert shown(ledger.rows("blocked")) == [("s1", "blocked")]
    assert shown(ledger.rows("unmapped")) == [("s3", None)]
    assert shown(ledger.rows("ignored")) == [("s4", None)]
    assert ledger.rows("committed") == ()
    with pytest.raises(RefusedError, match="no such state: gone"):
        ledger.rows("gone")
    assert ledger.counts() == {
        "blocked": 1,
        "waiting": 2,
        "unmapped": 1,
        "ignored": 1,
        "claimed": 1,
    }


def test_find(ledger: Ledger) -> None:
    a_few(ledger)
    second = an_occurrence("s2", at=NOW + timedelta(days=2))
    both = [("s2", "waiting"), ("s2", "waiting")]
    assert shown(ledger.find(a_distribution(second, wanted="other").id).rows) == both[:1]
    for text in (second.key, occurrence_id(second.key), "s2", " SEND   s2"):
        assert shown(ledger.find(text).rows) == both
    assert shown(ledger.find("no time").rows) == [("s5", None)]
    assert ledger.find("nothing such").rows == ()


def test_events_are_the_latest_oldest_first(ledger: Ledger) -> None:
    a_few(ledger)
    everything = ledger.events()
    assert [each.id for each in everything] == sorted(each.id for each in everything)
    assert ledger.events(limit=2) == everything[-2:]
    key = an_occurrence("s2", at=NOW + timedelta(days=2)).key
    assert len(ledger.events(occurrence=key)) == 3


REFUSED = saying("unreadable", "401")


def test_remotes_remember_what_was_good(ledger: Ledger) -> None:
    good = RemoteNote("braze_us", NOW, NOW, None, frozenset({"campaign", "canvas"}))
    bad = RemoteNote("braze_us", LATER, None, REFUSED, frozenset({"campaign"}))
    ledger.note_remotes([good, RemoteNote("punchh", NOW)])
    assert ledger.remotes() == {"braze_us": good, "punchh": RemoteNote("punchh", NOW)}
    ledger.note_remotes([bad])
    kept = RemoteNote("braze_us", LATER, NOW, REFUSED, frozenset({"campaign", "canvas"}))
    assert ledger.remotes()["braze_us"] == kept
