"""A clock that is more than a day off is named, and no decision goes by it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.domain.attentions import attentions
from connector.domain.breaker import Breaker, after_told_to_wait, may_commit, may_read
from connector.domain.clocks import believed, clock_trouble
from connector.domain.policy import Schedule, allowance
from connector.domain.standing import Standing
from connector.worker.observe import keep_waits, observe
from tests.support.planning import NOW, FakeLoyalty, FakeSource, work
from tests.support.words import saying
from tests.unit.test_observe import BEFORE, PUNCHH, Notes

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.mark.parametrize("skew", [DAY, -DAY, timedelta(seconds=61), timedelta()])
def test_up_to_a_day_off_it_is_a_clock(skew: timedelta) -> None:
    trouble = clock_trouble("braze_us", skew)
    assert believed(skew) == skew
    assert (trouble.code if trouble else None) == ("clock-off" if skew else None)


@pytest.mark.parametrize("skew", [DAY + SECOND, -DAY - SECOND, timedelta(days=365)])
def test_beyond_it_is_none(skew: timedelta) -> None:
    trouble = clock_trouble("braze_us", skew)
    assert trouble
    assert (believed(skew), allowance(skew), trouble.code) == (
        timedelta(),
        timedelta(),
        "clock-unusable",
    )


def test_polls_do_not_go_by_it_now_or_before() -> None:
    far = timedelta(days=365)
    source = FakeSource(skew=far)
    notes = Notes(replace(BEFORE, skew_seconds=far // SECOND), PUNCHH)
    seen = observe(work(notes, FakeLoyalty(skew=-far), source))
    (poll,) = seen.polls
    assert (poll.skew, poll.skew_before) == (timedelta(), timedelta())
    assert {note.name: note.skew for note in seen.notes} == {"braze_us": far, "punchh": -far}
    assert work(notes, FakeLoyalty(skew=far), source).policy.skew == timedelta()


@pytest.mark.parametrize(("punchh", "severity"), [(0, "warning"), (200_000, "critical")])
def test_if_no_remote_agrees_it_is_this_machine_s(punchh: int, severity: str) -> None:
    remotes = [
        replace(PUNCHH, last_good_at=NOW, trouble=None, skew_seconds=punchh),
        replace(BEFORE, last_good_at=NOW, skew_seconds=200_000),
    ]
    standing = Standing(remotes={note.name: note for note in remotes})
    found = attentions(standing, Schedule(), NOW)
    assert {one.severity.value for one in found} == {severity}
    assert {one.reason.code for one in found} == {"clock-unusable"}


# --- a wait that was asked for in any call


BROKE = saying("unreadable", "it broke")


def test_a_wait_is_kept_once_and_never_shortened() -> None:
    until = NOW + timedelta(minutes=2)
    kept = after_told_to_wait(Breaker(), until, NOW)
    assert (kept.not_before, kept.since) == (until, NOW)
    assert not may_read(kept, NOW)
    assert not may_commit(kept, NOW)
    assert may_read(kept, until)
    assert after_told_to_wait(kept, until - SECOND, NOW).not_before == until
    assert after_told_to_wait(Breaker(why=BROKE), until, NOW).why == BROKE


class Kept(Notes):
    """Notes that also keep what becomes of a breaker."""

    changed: list[str]

    def change_breaker(self, name: str, change: object) -> None:
        assert callable(change)
        self.changed.append(name)
        note = self.remotes()[name]
        self.notes[name] = replace(note, breaker=change(note.breaker))


def test_only_a_wait_that_lies_ahead_and_is_news_is_written_down() -> None:
    notes = Kept(BEFORE, PUNCHH)
    notes.changed = []
    source = FakeSource(not_before=NOW + timedelta(minutes=2))
    place = work(notes, FakeLoyalty(not_before=NOW), source)
    keep_waits(place)
    keep_waits(place)
    assert notes.changed == ["braze_us"]
    assert notes.remotes()["braze_us"].breaker.not_before == source.not_before
