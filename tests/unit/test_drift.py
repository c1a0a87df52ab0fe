"""What became of a send after its offer was committed, in one sentence, and how bad it is."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from connector.domain.attention import STILL_TOLD, Severity, of_distribution
from connector.domain.distribution import Decision, State
from connector.domain.drift import drift
from tests.support.planning import NOW, hours, minutes, occurrence, row, send, when
from tests.support.words import in_words, step_of

X = occurrence(send(at=hours(2), audiences=("VIP",)))
DONE = row(X, State.COMMITTED, campaign_id=900, external_campaign_id="c1-mark", audience="VIP")
STOP = (
    "n Punchh's dashboard find campaign 900 under Campaigns (its name ends in c1-mark) and stop or "
    "move it there"
)
AGAIN = (
    f"{STOP}; cancelled, it is made again for the new time by "
    f"`connector ledger recommit {DONE.id} --cancelled-in-punchh --reason …`"
)
MOVED = "the send moved from Sun 22 Nov 08:00 UTC to Sun 22 Nov"
AFTER = "after its offer was committed: the offer comes"
GONE = (
    "the send is gone from its source, and its offer is committed: guests get the offer without a "
    "message"
)
AIMED = (
    "the send now names {}, and its offer is committed for “VIP”: guests of the one get the "
    "message, of the other the offer"
)
UNWANTED = (
    "no rule wants an offer with the send any more (it is called “Other”), and its offer is "
    "committed"
)


def _moved(at: datetime, **changes: Any) -> Any:
    return replace(X, send=replace(X.send, when=when(at)), **changes)


def _named(*audiences: str, **changes: Any) -> Any:
    return replace(X, send=replace(X.send, audiences=audiences, name="Other"), **changes)


DIFFERS = "Punchh's answer differs from what was sent in start_time"
ECHO = replace(DONE, drift=("start_time",))
NOBODY = (
    "the send now names no audience, and its offer is committed for “VIP”: its guests get the "
    "offer without a message"
)
BOTH = replace(DONE, audience="VIP + Family + Friends")
UNNAMED = replace(DONE, audience=None)
UNMAPPED = _named("VIP", decision=Decision.UNMAPPED)
STORIES: list[tuple[Any, Any, bool, str, str]] = [
    (_moved(minutes(89)), DONE, True,
     f"{MOVED} 07:29 UTC: the message comes 1m before the offer", f"I{AGAIN}"),
    (_moved(minutes(89)), ECHO, True,
     f"{MOVED} 07:29 UTC: the message comes 1m before the offer", f"I{AGAIN}"),
    (_moved(minutes(30), closed_at=NOW), DONE, True,
     f"{MOVED} 06:30 UTC: the message comes 1h before the offer", f"I{AGAIN}"),
    (_moved(minutes(90)), DONE, False,
     f"{MOVED} 07:30 UTC {AFTER} 0s before the message", f"If that is too early: i{AGAIN}"),
    (_moved(hours(3)), DONE, False,
     f"{MOVED} 09:00 UTC {AFTER} 1h30m before the message", f"If that is too early: i{AGAIN}"),
    (_moved(hours(3)), ECHO, False, DIFFERS, f"I{STOP}"),
    (X, ECHO, False, DIFFERS, f"I{STOP}"),
    (replace(X, absent_polls=2), DONE, False, GONE, f"If they should not: i{STOP}"),
    (_named("Family"), DONE, False, AIMED.format("“Family”"),
     f"If the offer should not go there: i{STOP}"),
    (_named(), DONE, False, NOBODY,
     f"If the offer should not go there: i{STOP}"),
    (UNMAPPED, DONE, False, UNWANTED, f"If it should bring none: i{STOP}"),
    (X, replace(DONE, start_time=minutes(130)), False,
     "it was committed late: its message may come 10m before it",
     "Tell the guests that the offer follows, if it matters"),
]  # fmt: skip


@pytest.mark.parametrize(("of", "offer", "bad", "told", "step"), STORIES)
def test_what_drifted_after_its_commit(
    of: Any, offer: Any, bad: bool, told: str, step: str
) -> None:
    found = drift(of, offer)
    assert found is not None
    assert (found.bad, in_words(found.reason), step_of(found.reason)) == (bad, told, step)
    attention = of_distribution(of, offer, NOW)
    assert attention is not None
    assert attention.severity is (Severity.CRITICAL if bad else Severity.WARNING)
    assert attention.reason == found.reason


@pytest.mark.parametrize(
    ("of", "offer"),
    [
        (X, DONE),
        (replace(X, absent_polls=1), DONE),
        (replace(X, absent_polls=2, closed_at=NOW), DONE),
        (replace(X, closed_at=NOW), replace(DONE, start_time=minutes(130))),
        (_moved(hours(3), closed_at=hours(3)), DONE),
        (_moved(minutes(30)), replace(DONE, recommitted_as="d2")),
        (_named(" vip "), DONE),
        (_named("VIP", "Family"), DONE),
        (_named("Friends", "Family", "VIP"), BOTH),
        (_named("VIP + Family + Friends"), BOTH),
        (_named("Anybody"), UNNAMED),
        (X, replace(DONE, start_time=None, first_delivery=None)),
        (occurrence(send(at=None), decision=None), UNNAMED),
    ],
)
def test_what_did_not_drift(of: Any, offer: Any) -> None:
    assert drift(of, offer) is None
    assert of_distribution(of, offer, NOW) is None


def test_a_message_that_came_before_its_offer_is_told_for_two_days() -> None:
    early = _moved(minutes(30), closed_at=minutes(30))
    last = minutes(30) + STILL_TOLD
    assert of_distribution(early, DONE, last) is not None
    assert of_distribution(early, DONE, last + timedelta(seconds=1)) is None
