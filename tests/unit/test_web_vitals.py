"""What Today says of the connector itself, by code and level."""

from datetime import timedelta

import pytest

from connector.domain.breaker import Breaker
from connector.domain.policy import Schedule
from connector.domain.standing import ChannelNote, RemoteNote
from connector.web import vitals
from connector.web.vitals import Files, Level, Vital
from tests.support.planning import NOW
from tests.support.words import saying

SCHEDULE = Schedule()
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def note(name: str = "braze_us", *, tried: timedelta = SECOND, **more: object) -> RemoteNote:
    at = NOW - tried
    return RemoteNote(name, at, **{"last_good_at": at, **more})  # type: ignore[arg-type]


def remotes(*notes: RemoteNote) -> dict[str, RemoteNote]:
    return {one.name: one for one in notes}


def seen(vital: Vital) -> tuple[str, Level]:
    return vital.code, vital.level


@pytest.mark.parametrize(
    ("notes", "at_work", "found"),
    [
        ((), False, ("never", Level.WARNING)),
        ((), True, ("starting", Level.NEW)),
        ((note(),), True, ("working", Level.GOOD)),
        ((note(tried=9 * HOUR), note("punchh")), True, ("working", Level.GOOD)),
        ((note(tried=HOUR),), True, ("silent", Level.FAILED)),
        ((note(),), False, ("idle", Level.WARNING)),
        ((note(tried=HOUR),), False, ("stopped", Level.FAILED)),
    ],
)
def test_the_worker(notes: tuple[RemoteNote, ...], at_work: bool, found: tuple[str, Level]) -> None:
    assert seen(vitals.worker(remotes(*notes), SCHEDULE, NOW, at_work=at_work)) == found


REFUSED = Breaker(refused_key="k", since=NOW, why=saying("unreadable", "the key was refused"))


@pytest.mark.parametrize(
    ("notes", "found", "named"),
    [
        ((), ("unasked", Level.NEW), ""),
        ((note(), note("punchh")), ("read", Level.GOOD), ""),
        ((note(), note("punchh", trouble="no")), ("unread", Level.WARNING), "punchh"),
        ((note(last_good_at=None),), ("unread", Level.WARNING), "braze_us"),
        ((note(last_good_at=NOW - HOUR),), ("unread", Level.WARNING), "braze_us"),
        ((note(), note("punchh", breaker=REFUSED)), ("suspended", Level.FAILED), "punchh"),
        ((note(shrunk_at=NOW),), ("suspended", Level.FAILED), "braze_us"),
        (
            tuple(note(f"s{number}", trouble="no") for number in range(6)),
            ("unread", Level.WARNING),
            "s0, s1, s2 and 3 more",
        ),
    ],
)
def test_the_remotes(notes: tuple[RemoteNote, ...], found: tuple[str, Level], named: str) -> None:
    vital = vitals.remotes(remotes(*notes), SCHEDULE, NOW)
    assert seen(vital) == found
    assert named in vital.detail


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (Files(0, NOW, in_force=True), ("in-force", Level.GOOD)),
        (Files(0, NOW, in_force=False), ("changed", Level.WARNING)),
        (Files(0, None, in_force=False), ("none", Level.NEW)),
        (Files(2, NOW, in_force=False), ("invalid", Level.FAILED)),
        (Files(1, None, in_force=False), ("invalid", Level.FAILED)),
    ],
)
def test_the_mappings(files: Files, found: tuple[str, Level]) -> None:
    assert seen(vitals.mappings(files, NOW)) == found


BROKEN = ChannelNote(
    "slack", failures=3, since=NOW - HOUR, trouble=saying("not-told", "status 500")
)


@pytest.mark.parametrize(
    ("channels", "notes", "found"),
    [
        ((), (), ("nobody", Level.WARNING)),
        ((), (BROKEN,), ("nobody", Level.WARNING)),  # it is no longer set up
        (("slack",), (), ("ready", Level.GOOD)),
        (("slack",), (ChannelNote("slack", sent_at=NOW),), ("ready", Level.GOOD)),
        (("mail", "slack"), (BROKEN,), ("silent", Level.FAILED)),
    ],
)
def test_the_alerts(
    channels: tuple[str, ...], notes: tuple[ChannelNote, ...], found: tuple[str, Level]
) -> None:
    assert seen(vitals.alerts(channels, {one.name: one for one in notes}, NOW)) == found


@pytest.mark.parametrize(
    ("age", "used", "found"),
    [
        (None, False, ("not-needed", Level.NEW)),
        (None, True, ("none", Level.WARNING)),
        (HOUR, True, ("fresh", Level.GOOD)),
        (49 * HOUR, True, ("old", Level.WARNING)),
    ],
)
def test_the_backup(age: timedelta | None, used: bool, found: tuple[str, Level]) -> None:
    last = NOW - age if age else None
    assert seen(vitals.backup(last, NOW, used=used)) == found


def test_a_long_time_is_told_without_its_seconds() -> None:
    vital = vitals.backup(NOW - 3 * HOUR - 2 * SECOND, NOW, used=True)
    assert vital.text == "3h ago"
