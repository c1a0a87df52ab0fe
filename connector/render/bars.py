"""Counts by the day as stacked bars: a picture's geometry, in its own units."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM, TOP = 1120.0, 240.0, 44.0, 22.0, 26.0, 10.0
_MOST_NAMES = 12


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a bar: which series, how many, and where."""

    series: int
    number: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    width: float
    name: str
    named: bool
    pieces: tuple[Piece, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Bars:
    """A whole chart: `lines` are the values of the axis with their heights."""

    series: tuple[str, ...]
    bars: tuple[Bar, ...]
    lines: tuple[tuple[int, float], ...]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    floor: float = HEIGHT - BOTTOM


def stacked(series: Sequence[str], days: Sequence[tuple[str, Sequence[int]]]) -> Bars:
    """Lay out for each day its counts of each series, one on the other."""
    top = _nice(max((sum(counts) for _, counts in days), default=0))
    room = HEIGHT - BOTTOM - TOP
    step = (WIDTH - LEFT - RIGHT) / max(1, len(days))
    every = ceil(len(days) / _MOST_NAMES) or 1
    bars = []
    for number, (name, counts) in enumerate(days):
        y = HEIGHT - BOTTOM
        pieces = []
        for index, count in enumerate(counts):
            height = room * count / top
            y -= height
            if count:
                pieces.append(Piece(index, count, round(y, 1), round(height, 1)))
        x = round(LEFT + step * number + step * 0.12, 1)
        total = sum(counts)
        bars.append(Bar(x, round(step * 0.76, 1), name, number % every == 0, tuple(pieces), total))
    marks = (0, top // 2, top) if top > 1 else (0, top)
    lines = tuple((mark, round(HEIGHT - BOTTOM - room * mark / top, 1)) for mark in marks)
    return Bars(tuple(series), tuple(bars), lines)


def _nice(most: int) -> int:
    """Return the least number of one leading digit (1, 2, 4, 6, 8) that is not below."""
    size = 1
    while True:
        for digit in (1, 2, 4, 6, 8):
            if digit * size >= most:
                return digit * size
        size *= 10
