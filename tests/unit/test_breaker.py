"""The breaker row by row; and that it never lets through what it should hold."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.breaker import (
    Breaker,
    after_commit,
    after_failed_read,
    after_good_read,
    after_refusal,
    commits_left_alone,
    may_commit,
    may_read,
    reads_left_alone,
    under,
)
from connector.domain.offer import Verdict
from tests.support.planning import NOW, hours, minutes, outcome
from tests.support.words import in_words, saying, step_of

BROKE, REFUSED, ASKED = saying("unreadable", "it broke"), saying("a", "401"), saying("b", "429")
FOREVER = NOW + timedelta(days=3650)
MOMENT = timedelta(microseconds=1)


def _failed(times: int, breaker: Breaker = Breaker(), now: datetime = NOW) -> Breaker:  # noqa: B008
    for _ in range(times):
        breaker = after_failed_read(breaker, BROKE, now)
    return breaker


def _unknown(times: int, jitter: float = 1.5) -> Breaker:
    breaker = Breaker()
    for _ in range(times):
        breaker = after_commit(breaker, outcome(Verdict.UNKNOWN), "key", NOW, jitter)
    return breaker


FAILED_READS = [(1, 0), (4, 0), (5, 1), (6, 2), (7, 4), (8, 8), (9, 15), (10, 15), (5000, 15)]


@pytest.mark.parametrize(("times", "pause"), FAILED_READS)
def test_failed_reads_in_a_row(times: int, pause: int) -> None:
    breaker = _failed(times)
    opens = minutes(pause)
    for may in (may_read, may_commit):
        assert may(breaker, opens)
        assert may(breaker, opens - MOMENT) is (pause == 0)
    assert (breaker.since is None) is (pause == 0)
    assert after_good_read(breaker) == Breaker()


UNKNOWNS = [(1, 1.0, 1), (1, 2.0, 2), (2, 1.0, 15), (3, 1.0, 30), (4, 1.0, 60), (5, 1.0, 120)]


@pytest.mark.parametrize(("times", "jitter", "pause"), [*UNKNOWNS, (6, 2.0, 120), (999, 1.0, 120)])
def test_unknowns_in_a_row(times: int, jitter: float, pause: int) -> None:
    breaker = _unknown(times, jitter)
    assert may_read(breaker, NOW)
    assert not may_commit(breaker, minutes(pause) - MOMENT)
    assert may_commit(breaker, minutes(pause))
    assert not may_commit(after_good_read(breaker), minutes(pause) - MOMENT)
    assert after_commit(breaker, outcome(), "key", minutes(pause), 1.0) == Breaker()


def test_a_refused_source_is_probed_and_commits_wait_for_a_good_read() -> None:
    refused = after_refusal(Breaker(), "key", REFUSED, NOW, probed=True)
    assert not may_read(refused, minutes(15) - MOMENT)
    assert may_read(refused, minutes(15))
    assert not may_commit(refused, FOREVER)
    probed = after_failed_read(refused, BROKE, minutes(15))
    assert not may_read(probed, minutes(30) - MOMENT)
    assert (probed.refused_key, probed.since, probed.why) == ("key", NOW, REFUSED)
    assert after_good_read(probed) == Breaker()


@pytest.mark.parametrize("by", ["read", "commit"])
def test_a_refused_platform_waits_for_another_key(by: str) -> None:
    if by == "read":
        refused = after_refusal(Breaker(), "key", REFUSED, NOW, probed=False)
    else:
        refused = after_commit(Breaker(), outcome(Verdict.ACCOUNT), "key", NOW, 1.0)
    for may in (may_read, may_commit):
        assert not may(under(refused, "key"), FOREVER)
        assert may(under(refused, "other"), NOW)
    assert under(refused, "other") == Breaker()


def test_another_key_says_nothing_of_other_troubles() -> None:
    troubled = replace(_unknown(2), not_before=hours(9))
    refused = after_refusal(troubled, "key", REFUSED, NOW, probed=False)
    assert under(refused, "other") == replace(troubled, why=REFUSED)
    assert not may_read(under(refused, "other"), hours(9) - MOMENT)


def test_a_wait_that_was_asked_for_is_for_reads_and_commits() -> None:
    asked = outcome(Verdict.THROTTLED, retry_after=timedelta(hours=1))
    by_commit = after_commit(Breaker(), asked, "key", NOW, 1.0)
    by_read = after_failed_read(Breaker(), ASKED, NOW, not_before=hours(1))
    for breaker in (by_commit, by_read):
        for may in (may_read, may_commit):
            assert not may(breaker, hours(1) - MOMENT)
            assert may(breaker, hours(1))
        assert after_good_read(breaker) == Breaker()
    sooner = after_failed_read(by_commit, ASKED, NOW, not_before=minutes(1))
    assert sooner.not_before == hours(1)
    past = after_failed_read(Breaker(), ASKED, NOW, not_before=NOW)
    assert past == Breaker(failed_reads=1)


OTHERS = [Verdict.REJECTED, Verdict.TOO_SOON, Verdict.NOT_SENT, Verdict.THROTTLED]


@pytest.mark.parametrize("verdict", OTHERS)
def test_other_outcomes_change_nothing(verdict: Verdict) -> None:
    for breaker in (Breaker(), _unknown(1), _failed(3)):
        assert after_commit(breaker, outcome(verdict), "key", NOW, 1.0) == breaker


def test_a_committed_one_does_not_lift_a_wait() -> None:
    told = replace(_unknown(2), not_before=hours(9))
    left = after_commit(told, outcome(), "key", NOW, 1.0)
    assert left == replace(told, unknown_commits=0, commit_after=None)


def test_what_a_person_reads() -> None:
    assert reads_left_alone("sf", Breaker(), NOW) is None
    assert commits_left_alone("punchh", Breaker(), NOW) is None
    told = commits_left_alone("punchh", _unknown(2), NOW)
    assert told is not None
    assert told.code == "left-alone"
    assert in_words(told) == (
        "punchh is left alone until Sun 22 Nov 06:15 UTC, since Sun 22 Nov 06:00 UTC: "
        "nobody knows what became of 2 commits in a row"
    )
    once = commits_left_alone("punchh", _unknown(1), NOW)
    assert once is not None
    assert in_words(once).endswith("nobody knows what became of the last commit")
    read = reads_left_alone("sf", _failed(5), NOW)
    assert read is not None
    assert in_words(read).endswith("it broke (5 times in a row)")
    assert "`connector resume --source sf --reason …`" in step_of(read)
    both = _failed(5, _unknown(1))
    assert (after_good_read(both).since, after_good_read(both).why) == (NOW, _unknown(1).why)


# --- whatever happens, in whatever order

steps = st.lists(
    st.tuples(
        st.sampled_from(["good", "failed", "refused", "told", *Verdict]),
        st.integers(0, 3 * 3600),
        st.floats(1, 2),
    ),
    max_size=30,
)


@given(steps)
def test_nothing_goes_out_while_it_is_open_nor_earlier_than_told(
    story: list[tuple[str, int, float]],
) -> None:
    """Walk a story as the worker does, with the plain rules written down beside the breaker."""
    breaker, now = Breaker(), NOW
    told, unknowns, last_unknown, refused = NOW, 0, NOW, False
    for what, seconds, jitter in story:
        now += timedelta(seconds=seconds)
        if not may_read(breaker, now):
            assert reads_left_alone("punchh", breaker, now) is not None
            assert not may_commit(breaker, now)
            continue
        assert now >= told
        assert not refused
        if what == "refused":
            breaker, refused = after_refusal(breaker, "key", REFUSED, now, probed=False), True
        elif what in ("failed", "told"):
            wait = now + timedelta(hours=1) if what == "told" else None
            breaker = after_failed_read(breaker, BROKE, now, not_before=wait)
            told = max(told, wait or told)
        else:
            breaker = after_good_read(breaker)
        if what not in set(Verdict) or not may_commit(breaker, now):
            continue
        least = {0: timedelta(0), 1: timedelta(minutes=1)}.get(unknowns, timedelta(minutes=15))
        assert now - last_unknown >= least
        wait_told = timedelta(hours=2) if what == Verdict.THROTTLED else None
        made = outcome(Verdict(what), retry_after=wait_told)
        breaker = after_commit(breaker, made, "key", now, jitter)
        told = max(told, now + (wait_told or timedelta(0)))
        refused = what == Verdict.ACCOUNT
        if what == Verdict.UNKNOWN:
            unknowns, last_unknown = unknowns + 1, now
        elif what == Verdict.COMMITTED:
            unknowns = 0
        assert (breaker.since is None) == (breaker.why is None)
