"""Coming offers on a time axis: a picture's geometry, in its own units.

The next day has as much room as the five that follow: that is where minutes matter.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from connector.domain.distribution import Distribution
from connector.domain.standing import Row

WIDTH, LABEL, LANE, HEAD = 1120.0, 250.0, 26.0, 40.0
_BEHIND, _NEAR, _NEAR_PART = timedelta(hours=1), timedelta(hours=24), 0.5
_LEAST = 3.0  # no bar is thinner than that
_ROOM = 38.0  # what a day's or an hour's name needs


@dataclass(frozen=True, slots=True)
class Mark:
    """One line of the axis, with what stands beside it: an hour of the next day, or a day."""

    x: float
    name: str
    day: bool
    named: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """One offer: its commit window, its start and its message, as far as they are known."""

    row: Row
    offer: Distribution
    y: float
    state: str
    opens_at: datetime | None
    window: tuple[float, float] | None
    start: float | None
    message: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """`far` is where the near day ends, and each day takes less room."""

    marks: tuple[Mark, ...]
    lanes: tuple[Lane, ...]
    now: float
    far: float
    width: float
    height: float
    label: float


def timeline(
    rows: Sequence[Row],
    commit_ahead: Mapping[str, timedelta],
    usual: timedelta,
    now: datetime,
    until: datetime,
    zone: ZoneInfo,
) -> Timeline:
    """Lay out offers from now until an instant; `commit_ahead` is what rules say of their own."""
    axis = _Axis(now - _BEHIND, now + _NEAR, until)
    lanes = tuple(
        _lane(axis, number, row, row.distribution, commit_ahead.get(row.distribution.rule, usual))
        for number, row in enumerate(rows)
        if row.distribution is not None
    )
    height = HEAD + LANE * len(lanes) + 8
    marks = tuple(axis.marks(zone, now))
    return Timeline(marks, lanes, axis.x(now), axis.x(axis.near), WIDTH, height, LABEL)


@dataclass(frozen=True, slots=True)
class _Axis:
    """From `begins` to `near` in half of the width, and on to `ends` in the other."""

    begins: datetime
    near: datetime
    ends: datetime

    def x(self, moment: datetime) -> float:
        if moment <= self.near:
            part = _NEAR_PART * ((moment - self.begins) / (self.near - self.begins))
        else:
            rest = (moment - self.near) / (self.ends - self.near)
            part = _NEAR_PART + (1 - _NEAR_PART) * rest
        return round(LABEL + (WIDTH - LABEL) * min(1.0, max(0.0, part)), 1)

    def marks(self, zone: ZoneInfo, now: datetime) -> Iterator[Mark]:
        """Mark every midnight, and in the near day every third hour; now has a mark of its own."""
        last = self.x(now)
        for hour in _hours(self.begins, self.ends, zone):
            midnight, x = hour.hour == 0, self.x(hour)
            if not midnight and (hour > self.near or hour.hour % 3):
                continue
            fits = x - last > _ROOM and x < WIDTH - _ROOM
            yield Mark(x, f"{hour:%a %d}" if midnight else f"{hour:%H:%M}", midnight, fits)
            last = x


def _hours(begins: datetime, ends: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Return the full hours between two instants by a zone's clock."""
    first = begins.replace(minute=0, second=0, microsecond=0)
    for number in range(1, int((ends - begins) / timedelta(hours=1)) + 1):
        yield (first + timedelta(hours=number)).astimezone(zone)


def _lane(axis: _Axis, number: int, row: Row, offer: Distribution, ahead: timedelta) -> Lane:
    opens_at = offer.start_time - ahead if offer.start_time else None
    window = None
    if opens_at is not None and offer.commit_by is not None:
        x = axis.x(opens_at)
        window = (x, max(_LEAST, round(axis.x(offer.commit_by) - x, 1)))
    when = row.occurrence.when
    message = offer.first_delivery or (when.first_delivery if when else axis.begins)
    return Lane(
        row,
        offer,
        HEAD + LANE * number,
        offer.state.value,
        opens_at,
        window,
        axis.x(offer.start_time) if offer.start_time else None,
        axis.x(message),
    )
