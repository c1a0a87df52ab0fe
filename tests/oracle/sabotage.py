"""The product broken on purpose, to show that the oracle would notice."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from connector.domain import attention, lifecycle, seeing
from connector.domain.distribution import Occurrence
from connector.domain.send import When
from connector.sources.braze import rows
from tests.simulation.office import Typed
from tests.simulation.story import Story

Sabotage = Callable[[], AbstractContextManager[Any]]


@contextmanager
def first_zone_forgotten() -> Iterator[None]:
    """Set the first zone in which a guest can be to that of London."""
    whole = Typed.text

    def text(self: Typed, story: Story) -> str:
        setting = 'earliest_offset = "+00:00"\n[sources.sf_core]'
        return whole(self, story).replace("[sources.sf_core]", setting)

    with patch.object(Typed, "text", text):
        yield


@contextmanager
def company_time_for_all() -> Iterator[None]:
    """Take the company's time for the first delivery, however a send spreads."""
    whole = rows.read_when  # type: ignore[attr-defined]

    def read_when(*args: Any, **given: Any) -> When:
        when: When = whole(*args, **given)
        return replace(when, first_delivery=when.scheduled_for)

    with patch.object(rows, "read_when", read_when):
        yield


@contextmanager
def first_reading_kept() -> Iterator[None]:
    """Take no new time over from a source."""

    def seen(last: Occurrence, *_: Any) -> Occurrence:
        return replace(last, absent_polls=0)

    with patch.object(lifecycle, "seen", seen):
        yield


@contextmanager
def queue_forgotten() -> Iterator[None]:
    """Believe that an edit moves what is queued already."""
    none = dict.fromkeys(seeing.QUEUED_AHEAD, timedelta())
    with patch.object(seeing, "QUEUED_AHEAD", none):
        yield


@contextmanager
def drift_untold() -> Iterator[None]:
    """Say nothing of a send that moved after its offer was committed."""
    with patch.object(attention, "_drifted", lambda *_: None):
        yield


@contextmanager
def every_move_a_new_send() -> Iterator[None]:
    """Take a send that moved for another one, and have no doubt about it."""
    with (
        patch.object(lifecycle._Story, "_moved", lambda *_: False),
        patch.object(lifecycle, "_doubt", lambda *_: None),
    ):
        yield
