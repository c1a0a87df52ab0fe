"""A long history, read a part at a time by an index: no part costs more for what lies behind it.

Where a condition fits few lines, all of those are taken and put in order. Otherwise lines are
walked through in their order, at most `WINDOW` of them, and what fits is taken.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Select, select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from connector.domain.browsing import Order, Part, Place, Wanted
from connector.domain.standing import Row
from connector.ledger import reads
from connector.ledger.conditions import OFFERS, SENDS, Kind, Search
from connector.ledger.rows import distribution_of, occurrence_of
from connector.ledger.tables import distribution, occurrence

WINDOW = 10_000


_Condition = ColumnElement[bool]
_Line = tuple[datetime | None, str]


def browse(
    tx: Connection,
    wanted: Wanted,
    *,
    order: Order = Order.MESSAGE,
    down: bool = True,
    after: Place | None = None,
    limit: int = 50,
) -> Part:
    """Return the lines after a place, latest first if `down`; lines without a time come last."""
    kind = SENDS if wanted.of_sends else OFFERS
    search, walk = Search(tx, kind, wanted), _Walk(tx, kind, kind.by[order], down)
    few = search.few()
    if few is not None:
        lines, cut = walk.all_sorted([*search.conditions(), few], after), None
    else:
        bounds = search.bounds() if walk.column is kind.by[Order.MESSAGE] else []
        lines, cut = walk.through(search.conditions(), bounds, after, limit + 1)
    shown = lines[:limit]
    rows = _rows(tx, kind, [key for _, key in shown])
    if len(lines) > limit:
        return Part(rows, Place(*shown[-1]))
    if cut is None:
        return Part(rows)
    named = search.named_so()
    found = walk.all_sorted([*search.conditions(), named], cut) if named is not None else []
    beyond = _rows(tx, kind, [key for _, key in found[:limit]])
    return Part(rows, cut, cut.at, beyond)


@dataclass(frozen=True)
class _Walk:
    """One way through the lines of a kind, by one column. Those without its instant come last."""

    tx: Connection
    kind: Kind
    column: Column[Any]
    down: bool

    def all_sorted(self, conditions: Sequence[_Condition], after: Place | None) -> list[_Line]:
        """Take all lines that fit, and return those after a place in their order."""
        found = [(row[0], row[1]) for row in self.tx.execute(self._lines(*conditions))]
        timed = sorted((line for line in found if line[0] is not None), reverse=self.down)
        ordered = [*timed, *sorted(line for line in found if line[0] is None)]
        return [line for line in ordered if after is None or self._follows(line, after)]

    def through(
        self,
        conditions: Sequence[_Condition],
        bounds: Sequence[_Condition],
        after: Place | None,
        most: int,
    ) -> tuple[list[_Line], Place | None]:
        """Walk on from a place; return what fits, and where the walk was cut short if it was."""
        lines: list[_Line] = []
        timeless = after is not None and after.at is None
        for stretch in (True,) if timeless else (False, True):
            begins = [*self._begins(stretch, after), *bounds]
            edge = self._edge(begins, stretch)
            ends = [] if edge is None else [self._ends(stretch, edge)]
            found = self._lines(*begins, *ends, *conditions).order_by(*self._ordering(stretch))
            more = self.tx.execute(found.limit(most - len(lines)))
            lines += [(row[0], row[1]) for row in more]
            if len(lines) == most or edge is not None:
                return lines, edge
        return lines, None

    def _follows(self, line: _Line, after: Place) -> bool:
        at, key = line
        if at is None or after.at is None:
            return at is None and (after.at is not None or key > after.id)
        here, there = (at, key), (after.at, after.id)
        return here < there if self.down else here > there

    def _lines(self, *conditions: _Condition) -> Select[Any]:
        found = select(self.column, self.kind.id).where(*conditions)
        if self.kind is OFFERS:
            return found.join(occurrence, occurrence.c.key == distribution.c.occurrence)
        return found

    def _ordering(self, timeless: bool) -> list[Any]:
        if timeless:
            return [self.kind.id]
        columns = [self.column, self.kind.id]
        return [each.desc() for each in columns] if self.down else columns

    def _begins(self, timeless: bool, after: Place | None) -> list[_Condition]:
        if timeless:
            goes_on = after is not None and after.at is None
            here = self.column.is_(None)
            return [here, self.kind.id > after.id] if after and goes_on else [here]
        if after is None:
            return [self.column.is_not(None)]
        line = tuple_(self.column, self.kind.id)
        there = (after.at, after.id)
        return [line < there if self.down else line > there]

    def _ends(self, timeless: bool, edge: Place) -> _Condition:
        if timeless:
            return self.kind.id <= edge.id
        line, there = tuple_(self.column, self.kind.id), (edge.at, edge.id)
        return line >= there if self.down else line <= there

    def _edge(self, begins: Iterable[_Condition], timeless: bool) -> Place | None:
        """Return the last line that may be looked at, None where the end is nearer."""
        walk = select(self.column, self.kind.id).where(*begins)
        last = walk.order_by(*self._ordering(timeless)).offset(WINDOW - 1).limit(1)
        found = self.tx.execute(last).first()
        return Place(found[0], found[1]) if found else None


def _rows(tx: Connection, kind: Kind, ids: Sequence[str]) -> tuple[Row, ...]:
    """Return the rows of these ids in their order."""
    if kind is SENDS:
        sends = {each.key: each for each in reads.among(tx, reads.OCCURRENCES_OF_KEYS, ids)}
        return tuple(Row(occurrence_of(sends[key]), None) for key in ids)
    offers = {each.id: each for each in reads.among(tx, reads.OFFERS_OF_IDS, ids)}
    return reads.rows_of(tx, [distribution_of(offers[key]) for key in ids])
