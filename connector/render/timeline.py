"""Coming offers on a time axis: a picture's geometry, in its own units."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from connector.domain.distribution import Distribution
from connector.domain.standing import Row

WIDTH, LABEL, LANE, HEAD = 1120.0, 270.0, 26.0, 34.0
_LEAST = 3.0  # no bar is thinner than that


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the axis, in the business's zone: where it begins, and its middle for the name."""

    x: float
    middle: float
    name: str
    weekend: bool


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
    days: tuple[Day, ...]
    lanes: tuple[Lane, ...]
    now: float
    width: float
    height: float
    label: float


def timeline(
    rows: Sequence[Row],
    commit_ahead: dict[str, timedelta],
    usual: timedelta,
    now: datetime,
    until: datetime,
    zone: ZoneInfo,
) -> Timeline:
    """Lay out offers between two instants; `commit_ahead` is what rules say of their own."""
    axis = _Axis(_midnight(now, zone), until)
    lanes = tuple(
        _lane(axis, number, row, row.distribution, commit_ahead.get(row.distribution.rule, usual))
        for number, row in enumerate(rows)
        if row.distribution is not None
    )
    height = HEAD + LANE * len(lanes) + 8
    return Timeline(axis.days(zone), lanes, axis.x(now), WIDTH, height, LABEL)


@dataclass(frozen=True, slots=True)
class _Axis:
    begins: datetime
    ends: datetime

    def x(self, moment: datetime) -> float:
        part = (moment - self.begins) / (self.ends - self.begins)
        return round(LABEL + (WIDTH - LABEL) * min(1.0, max(0.0, part)), 1)

    def days(self, zone: ZoneInfo) -> tuple[Day, ...]:
        found = []
        begins = self.begins
        while begins < self.ends:
            ends = _midnight(begins + timedelta(hours=36), zone)
            local = begins.astimezone(zone)
            x, end = self.x(begins), self.x(min(ends, self.ends))
            if end > x:
                name = f"{local:%a %d}" if end - x > 40 else ""
                found.append(Day(x, round((x + end) / 2, 1), name, local.weekday() > 4))
            begins = ends
        return tuple(found)


def _midnight(moment: datetime, zone: ZoneInfo) -> datetime:
    return datetime.combine(moment.astimezone(zone).date(), time(), zone)


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
