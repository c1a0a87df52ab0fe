"""What the commit path writes down and logs: the evidence that a person later goes by."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from connector.domain.distribution import Attempt, Distribution, State
from connector.domain.keys import external_campaign_id
from connector.domain.offer import Verdict
from connector.domain.plan import Action, Entry, Plan, Planned
from connector.domain.timing import timing
from connector.errors import LedgerError, RefusedError
from connector.worker.commit import commit_due, order_for
from tests.support.clocks import FixedClock
from tests.support.planning import (
    NOW,
    FakeLedger,
    FakeLoyalty,
    book,
    hours,
    occurrence,
    outcome,
    policy,
    row,
    rule,
    send,
    work,
)
from tests.support.words import in_words, saying

OF = occurrence(send("a", hours(2)))


class Watched(FakeLedger):
    """Keeps the values it is handed."""

    begun: list[tuple[Distribution, Attempt]]

    def begin(self, distribution: Distribution, attempt: Attempt) -> Distribution:
        self.begun = [(distribution, attempt)]
        return super().begin(distribution, attempt)


class Refusing(FakeLedger):
    """Lets nothing begin."""

    def begin(self, distribution: Distribution, attempt: Attempt) -> Distribution:
        raise RefusedError("somebody was first")


def _run(offer: Distribution, loyalty: FakeLoyalty) -> tuple[Watched, list[dict[str, object]]]:
    ledger = Watched({offer.id: offer}, [])
    plan = Plan(NOW, (Entry(OF, OF, (Planned(offer, offer, Action.COMMIT),)),))
    with capture_logs() as logs:
        list(commit_due(work(ledger, loyalty), plan, book()))
    return ledger, [dict(one) for one in logs]


@pytest.mark.parametrize("tried", [0, 3])
def test_the_mark_of_a_campaign_is_made_of_key_ids_and_attempt(tried: int) -> None:
    offer = row(OF, attempts=tried)
    loyalty = FakeLoyalty()
    ledger, logs = _run(offer, loyalty)
    ((begun_row, attempt),), (order,) = ledger.begun, loyalty.orders
    assert offer.segment_id is not None
    assert offer.redeemable_uuid is not None
    mark = external_campaign_id(OF.key, offer.segment_id, offer.redeemable_uuid, tried + 1)
    assert order.external_campaign_id == attempt.external_campaign_id == mark
    assert order.name == f"Send a - Fries {mark}"
    assert (attempt.distribution, attempt.number) == (offer.id, tried + 1)
    assert attempt.begun_at == NOW
    assert attempt.request_hash == hashlib.sha256(loyalty.body(order)).hexdigest()
    assert begun_row == offer
    assert attempt.start_time == order.start_time
    begun = next(one for one in logs if one["event"] == "commit.begun")
    assert (begun["distribution"], begun["campaign"]) == (offer.id, order.name)


def test_the_outcome_is_written_and_logged_whole() -> None:
    offer = row(OF)
    told = replace(outcome(Verdict.UNKNOWN), reason=saying("unknown", "nobody knows"))
    ledger, logs = _run(offer, FakeLoyalty([told]))
    (ended,) = ledger.evidence
    assert (ended.ended_at, in_words(ended.reason), ended.verdict) == (
        NOW,
        "nobody knows",
        told.verdict,
    )
    settled = next(one for one in logs if one["event"] == "commit.settled")
    assert settled == {
        "event": "commit.settled",
        "log_level": "info",
        "distribution": offer.id,
        "verdict": "unknown",
        "state": "unknown",
        "campaign_id": None,
        "reason": "nobody knows",
        "ms": 0,
    }
    stopped = next(one for one in logs if one["event"] == "commits.stopped")
    assert stopped["verdict"] == "unknown"


def test_a_campaign_is_logged_with_its_number() -> None:
    _, logs = _run(row(OF), FakeLoyalty())
    settled = next(one for one in logs if one["event"] == "commit.settled")
    assert (settled["state"], settled["campaign_id"]) == ("committed", 1)


def test_what_a_commit_took_is_logged_in_whole_milliseconds() -> None:
    offer, loyalty, clock = row(OF), FakeLoyalty(), FixedClock(NOW)
    loyalty.at_commit = lambda: clock.advance(timedelta(microseconds=1_234_500))
    plan = Plan(NOW, (Entry(OF, OF, (Planned(offer, offer, Action.COMMIT),)),))
    with capture_logs() as logs:
        list(commit_due(work(Watched({offer.id: offer}, []), loyalty, clock=clock), plan, book()))
    (settled,) = (one for one in logs if one["event"] == "commit.settled")
    assert settled["ms"] == 1234


def test_who_was_refused_is_told() -> None:
    offer = row(OF)
    ledger = Refusing({offer.id: offer}, [])
    plan = Plan(NOW, (Entry(OF, OF, (Planned(offer, offer, Action.COMMIT),)),))
    with capture_logs() as logs:
        assert list(commit_due(work(ledger), plan, book())) == []
    (told,) = (one for one in logs if one["event"] == "item.failed")
    assert (told["distribution"], told["reason"]) == (offer.id, "somebody was first")


def test_an_outcome_that_cannot_be_written_is_told_with_all_that_finds_it() -> None:
    offer = row(OF)
    ledger = Watched({offer.id: offer}, [])
    ledger.fail_settle = [OSError("disk full")]
    plan = Plan(NOW, (Entry(OF, OF, (Planned(offer, offer, Action.COMMIT),)),))
    with capture_logs() as logs:
        (settled,) = commit_due(work(ledger), plan, book())
    told = next(one for one in logs if one["event"] == "commit.unrecorded")
    assert told == {
        "event": "commit.unrecorded",
        "log_level": "critical",
        "distribution": offer.id,
        "verdict": "committed",
        "campaign_id": 1,
        "external_campaign_id": settled.distribution.external_campaign_id,
        "trouble": "OSError",
    }
    assert settled.distribution.state is State.COMMITTED


@pytest.mark.parametrize("missing", ["segment_id", "redeemable_uuid"])
def test_a_row_without_its_ids_makes_no_order(missing: str) -> None:
    timed = timing(hours(2), rule(), policy(), NOW)
    ids: dict[str, Any] = {missing: None}
    offer = row(OF, **ids)
    with pytest.raises(LedgerError, match=f"distribution {offer.id} is due without a segment"):
        order_for(OF, offer, timed)
