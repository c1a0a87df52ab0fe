"""What Punchh knows and answers: segments, redeemables, an order, and its outcome."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

from connector.domain.campaign_clock import CampaignClock
from connector.domain.names import Names, normalise
from connector.domain.reasons import Reason
from connector.domain.text import is_odd


@dataclass(frozen=True, slots=True)
class Segment:
    segment_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Redeemable:
    """A redeemable; its `redeemable_id` is what rewards and receipts call it by."""

    redeemable_uuid: str
    name: str
    redeemable_id: int | None = None


@dataclass(frozen=True, slots=True)
class UnreadRow:
    """A row of Punchh's lists that could not be read; `name` is None where not even that could.

    `shown` is what it holds, cut short.
    """

    name: str | None
    shown: str


_Item = TypeVar("_Item", Segment, Redeemable)
_Key = TypeVar("_Key", int, str)


@dataclass(frozen=True)
class Catalog:
    """The last whole reading of segments and redeemables, indexed by normalised name.

    A name that lost a character is nobody's: another may have read like it before.
    Rows that could not be read stand beside the others: each may be meant by its name.
    """

    segments: tuple[Segment, ...]
    redeemables: tuple[Redeemable, ...]
    read_at: datetime
    unread_segments: tuple[UnreadRow, ...] = ()
    unread_redeemables: tuple[UnreadRow, ...] = ()
    _by_segment_name: Mapping[str, tuple[Segment, ...]] = field(init=False, repr=False)
    _by_redeemable_name: Mapping[str, tuple[Redeemable, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_segment_name", _by_name(self.segments))
        object.__setattr__(self, "_by_redeemable_name", _by_name(self.redeemables))

    @cached_property
    def by_segment_id(self) -> Mapping[int, tuple[Segment, ...]]:
        return _grouped(self.segments, lambda one: one.segment_id)

    @cached_property
    def by_redeemable_uuid(self) -> Mapping[str, tuple[Redeemable, ...]]:
        return _grouped(self.redeemables, lambda one: one.redeemable_uuid)

    @cached_property
    def segment_names(self) -> Names:
        return Names(one.name for one in self.segments)

    @cached_property
    def redeemable_names(self) -> Names:
        return Names(one.name for one in self.redeemables)

    def segments_named(self, name: str) -> tuple[Segment, ...]:
        return self._by_segment_name.get(normalise(name), ())

    def redeemables_named(self, name: str) -> tuple[Redeemable, ...]:
        return self._by_redeemable_name.get(normalise(name), ())


def _by_name(items: Iterable[_Item]) -> Mapping[str, tuple[_Item, ...]]:
    named = (item for item in items if not is_odd(item.name))
    return _grouped(named, lambda one: normalise(one.name))


def _grouped(items: Iterable[_Item], key: Callable[[_Item], _Key]) -> dict[_Key, tuple[_Item, ...]]:
    found: dict[_Key, list[_Item]] = defaultdict(list)
    for item in items:
        found[key(item)].append(item)
    return {key: tuple(several) for key, several in found.items()}


@dataclass(frozen=True, slots=True)
class Terms:
    """What the loyalty platform asks of a commit: so much notice, and our margin on top.

    `clock` says how it reads a start.
    """

    notice: timedelta
    margin: timedelta
    clock: CampaignClock = CampaignClock()  # noqa: RUF009  a frozen value


@dataclass(frozen=True, slots=True)
class Order:
    """One commit to make: one redeemable to one segment from `start_time` (aware, UTC) on."""

    name: str
    segment_id: int
    redeemable_uuid: str
    start_time: datetime
    external_campaign_id: str


class Verdict(StrEnum):
    """What an attempt came to; which state follows is in `distribution.after`."""

    COMMITTED = "committed"
    REJECTED = "rejected"
    TOO_SOON = "too_soon"
    ACCOUNT = "account"
    THROTTLED = "throttled"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """An attempt's verdict and its evidence.

    `reach` is how far the exchange got, `request_id` the remote's own id of it, `retry_after` the
    wait it asked for, `drift` what differs between our order and Punchh's echo of it.
    """

    verdict: Verdict
    reason: Reason
    reach: str
    status: int | None = None
    request_id: str | None = None
    campaign_id: int | None = None
    retry_after: timedelta | None = None
    drift: tuple[str, ...] | None = None
