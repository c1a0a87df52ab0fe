"""Who is told what of that which wants a person: once per change, again while it stands, its end.

A channel's memory (`Told`) holds what it was told of, by subject, code and severity. It is
written only after a message was taken: a channel that failed is told later of what then stands.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connector.domain.attention import Attention, Severity
from connector.domain.channels import Routes
from connector.domain.message import Message, News, Notice
from connector.domain.reasons import Reason
from connector.domain.standing import ChannelNote

LOOKS = 2  # what is gone at so many looks in a row is over: what comes and goes is no storm
Key = tuple[str, str, Severity]
Say = Callable[[Reason, str], str]


@dataclass(frozen=True, slots=True)
class Told:
    """What one channel was told of, and not yet told the end of. Instants are aware, in UTC.

    `told` is why, as last told. `absent` counts the looks in a row at which it was gone;
    `acknowledged`: since it was last told, somebody took note of it.
    """

    channel: str
    subject: str
    code: str
    severity: Severity
    about: str
    told: Reason
    first_at: datetime
    last_at: datetime
    acknowledged: bool = False
    absent: int = 0

    @property
    def key(self) -> Key:
        return (self.subject, self.code, self.severity)


@dataclass(frozen=True, slots=True)
class Memory:
    """Who was told what, and how each channel was last met, by its name."""

    told: frozenset[Told] = frozenset()
    channels: Mapping[str, ChannelNote] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Telling:
    """What a channel is to be told now; its memory if the message is taken, and if it is not."""

    channel: str
    message: Message | None
    if_taken: frozenset[Told]
    if_not: frozenset[Told]


@dataclass(frozen=True, slots=True)
class _Fate:
    """What becomes of one row of the memory, and what is told of it."""

    if_taken: Told | None
    if_not: Told | None
    notice: Notice | None = None


def tell(
    channel: str,
    attentions: Sequence[Attention],
    memory: Iterable[Told],
    routes: Routes,
    repeat_after: timedelta,
    now: datetime,
    say: Say,
) -> Telling:
    """Return what to tell a channel, given all that wants a person, the worst first.

    What somebody took note of is neither told nor repeated until it changes. A `repeat_after` of
    zero repeats nothing. `say` puts a reason about a subject into words.
    """
    known = {row.key: row for row in memory if row.channel == channel}
    standing: dict[Key, Attention] = {}
    for one in attentions:
        if routes.lead(one, channel):
            standing.setdefault(_key(one), one)
    gone = [row for key, row in known.items() if key not in standing]
    fates = [
        _stands(channel, one, known.get(key), repeat_after, now, say)
        for key, one in standing.items()
    ]
    fates += _gone(gone, attentions, say)
    notices = tuple(fate.notice for fate in fates if fate.notice)
    return Telling(
        channel,
        Message(notices) if notices else None,
        frozenset(fate.if_taken for fate in fates if fate.if_taken),
        frozenset(fate.if_not for fate in fates if fate.if_not),
    )


def _key(attention: Attention) -> Key:
    return (attention.subject, attention.reason.code, attention.severity)


def _stands(
    channel: str,
    one: Attention,
    before: Told | None,
    repeat_after: timedelta,
    now: datetime,
    say: Say,
) -> _Fate:
    noted = one.acknowledged_by is not None
    about, told = one.about, one.reason
    if before is None:
        if noted:
            return _Fate(None, None)
        row = Told(channel, *_key(one), about, told, now, now)
        return _Fate(row, None, _notice(News.BEGAN, row, say))
    seen = replace(before, absent=0, acknowledged=noted or before.acknowledged)
    due = bool(repeat_after) and now - before.last_at >= repeat_after
    if noted or not (due or before.acknowledged):
        return _Fate(seen, seen)
    row = replace(seen, about=about, told=told, last_at=now, acknowledged=False)
    return _Fate(row, seen, _notice(News.STANDS, row, say))


def _gone(rows: Iterable[Told], attentions: Sequence[Attention], say: Say) -> Iterator[_Fate]:
    """Decide what becomes of the rows that do not stand, or no longer for this channel."""
    standing = {_key(one) for one in attentions}
    subjects = {one.subject for one in attentions}
    by_subject: dict[str, list[Told]] = {}
    for row in rows:
        if row.key not in standing:  # else it stands, and the routes no longer lead here
            counted = replace(row, absent=min(row.absent + 1, LOOKS))
            by_subject.setdefault(row.subject, []).append(counted)
    for subject, gone in by_subject.items():
        if subject in subjects:  # something else stands of it, and is told instead
            yield from (_Fate(row, row) for row in gone if row.absent < LOOKS)
        elif any(row.absent < LOOKS for row in gone):
            yield from (_Fate(row, row) for row in gone)
        else:
            last = max(gone, key=lambda row: row.last_at)
            yield _Fate(None, last, _notice(News.OVER, last, say))
            yield from (_Fate(None, row) for row in gone if row is not last)


def _notice(news: News, row: Told, say: Say) -> Notice:
    told = say(row.told, row.subject)
    return Notice(news, row.severity, row.code, row.subject, row.about, told, row.first_at)
