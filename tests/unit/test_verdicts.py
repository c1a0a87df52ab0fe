"""What came of an attempt and what people found out, word for word: it ends up in the ledger."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from connector.domain import verdicts
from connector.domain.reasons import Reason
from tests.support.words import in_words, saying, step_of

AT = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
LOOK = (
    "Look in Punchh's dashboard for the campaign, then "
    "`connector ledger resolve ID --committed CAMPAIGN_ID | --not-committed --reason …`"
)
WHY = saying("not-sent", "Punchh was not reached", "Wait")

WORDS: list[tuple[Callable[[], Reason], Reason]] = [
    (verdicts.in_flight, saying("in-flight", "the commit is being made")),
    (
        lambda: verdicts.committed(7, AT),
        saying("committed", "Punchh campaign 7 starts Sun 22 Nov 15:00 UTC"),
    ),
    (
        lambda: verdicts.found_in_punchh("ann", 7),
        saying("committed", "ann found it in Punchh as campaign 7"),
    ),
    (
        lambda: verdicts.evidenced(7, "c1-fries", AT),
        saying(
            "committed",
            "Punchh campaign 7, starts Sun 22 Nov 15:00 UTC: "
            "its webhook told of gifts by the mark c1-fries",
        ),
    ),
    (
        lambda: verdicts.evidenced(7, "c1-fries", None),
        saying("committed", "Punchh campaign 7: its webhook told of gifts by the mark c1-fries"),
    ),
    (
        lambda: verdicts.not_committed("ann", "not there"),
        saying("not-committed", "ann looked, and Punchh holds no such campaign: not there"),
    ),
    (
        lambda: verdicts.abandoned("ann", "too late"),
        saying(
            "abandoned",
            "given up by ann, though Punchh may hold the campaign: too late",
            "Nothing repeats it but `connector ledger retry ID --although-it-may-exist --reason …`",
        ),
    ),
    (
        lambda: verdicts.recommitted("ann", 7, "moved"),
        saying("recommitted", "ann cancelled campaign 7 in Punchh: moved"),
    ),
    (
        lambda: verdicts.retried("ann", "mended"),
        saying("retried", "ann wants it tried again: mended"),
    ),
    (
        verdicts.orphaned,
        saying(
            "orphaned",
            "the worker ended while the commit was in flight: "
            "Punchh may or may not hold the campaign",
            LOOK,
        ),
    ),
    (
        lambda: verdicts.backoff(AT, WHY),
        saying("not-sent", "Punchh was not reached; tried again from Sun 22 Nov 15:00 UTC", "Wait"),
    ),
    (
        lambda: verdicts.too_soon_again(3),
        saying(
            "start-too-soon",
            "Punchh found the start too soon 3 times, though it was computed anew",
            "Compare this machine's clock with Punchh's, "
            "then `connector ledger retry ID --reason …`",
        ),
    ),
]


@pytest.mark.parametrize(("made", "told"), WORDS, ids=[told.code for _, told in WORDS])
def test_the_words(made: Callable[[], Reason], told: Reason) -> None:
    found = made()
    assert (found.code, in_words(found), step_of(found)) == (
        told.code,
        in_words(told),
        step_of(told),
    )


def test_a_lost_request_may_still_arrive() -> None:
    assert in_words(verdicts.may_still_arrive(AT)) == (
        "warning: until Sun 22 Nov 15:00 UTC Punchh may still take the lost request; "
        "look again then, and stop one of the two if it did"
    )
