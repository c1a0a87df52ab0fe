"""Which channels are told what, and when one that fails is tried again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from connector.domain.attention import Attention, Severity, Whom
from connector.domain.reasons import Reason, reason
from connector.domain.standing import ChannelNote

FAILURES_TOLD = 2  # one alone may be a hiccup
FIRST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(minutes=15)
_MOST_DOUBLINGS = 8  # far beyond the longest rest


class Routes(BaseModel):
    """`[alerts.routes]`: which channels are told what; a team without a list is told on all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    marketers: tuple[str, ...] | None = None
    operators: tuple[str, ...] | None = None
    critical: tuple[str, ...] = ()
    warning: tuple[str, ...] = ()

    def named(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Give each route with the channels that it names."""
        for name in type(self).model_fields:
            yield name, getattr(self, name) or ()

    def lead(self, attention: Attention, channel: str) -> bool:
        """Say whether a channel is told of an attention; never of its own trouble."""
        if attention.subject == subject_of(channel):
            return False
        team = self.marketers if attention.whom is Whom.MARKETERS else self.operators
        grave = self.critical if attention.severity is Severity.CRITICAL else self.warning
        return team is None or channel in team or channel in grave


def subject_of(channel: str) -> str:
    """Return the subject of an attention that is about a channel."""
    return f"channel:{channel}"


def rests(note: ChannelNote, now: datetime) -> bool:
    """Say whether a channel that failed is left alone for now."""
    return note.retry_at is not None and now < note.retry_at


def after_sending(note: ChannelNote, now: datetime) -> ChannelNote:
    return ChannelNote(note.name, sent_at=now)


def after_failing(note: ChannelNote, why: Reason, now: datetime) -> ChannelNote:
    """Count a failure, and let the channel rest: 1, 2, 4, 8, 15, 15 … minutes."""
    doubled: int = 2 ** min(note.failures, _MOST_DOUBLINGS)
    return replace(
        note,
        failures=note.failures + 1,
        since=note.since or now,
        trouble=why,
        retry_at=now + min(LONGEST_REST, FIRST_REST * doubled),
    )


def silent(note: ChannelNote) -> Reason | None:
    """Say that nobody can be told on a channel; None where all is well with it."""
    if note.failures < FAILURES_TOLD or note.since is None:
        return None
    return reason("channel-silent", channel=note.name, since=note.since, why=note.trouble)
