"""What a line must fulfil to be shown, and which of that an index finds at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Select, Table, func, or_, select, union
from sqlalchemy.sql.elements import ColumnElement

from connector.domain.browsing import Order, Wanted
from connector.domain.names import folded
from connector.ledger import reads
from connector.ledger.tables import attempt, distribution, occurrence

NARROW = 5_000  # so few lines are taken whole and put in order
NAMES = 5_000  # so many different names are looked through at most

_Condition = ColumnElement[bool]


@dataclass(frozen=True)
class Kind:
    """Offers, or sends without one: their id, what they can be ordered by, and their names."""

    table: Table
    id: Column[Any]
    state: Column[Any]
    rule: Column[Any]
    by: dict[Order, Column[Any]]
    named: tuple[Column[Any], ...]


OFFERS = Kind(
    distribution,
    distribution.c.id,
    distribution.c.state,
    distribution.c.rule,
    {
        Order.MESSAGE: distribution.c.first_delivery,
        Order.OFFER: distribution.c.start_time,
        Order.CHANGED: distribution.c.updated_at,
    },
    (occurrence.c.send_name, distribution.c.segment, distribution.c.redeemable),
)
SENDS = Kind(
    occurrence,
    occurrence.c.key,
    occurrence.c.decision,
    occurrence.c.rule,
    dict.fromkeys(Order, occurrence.c.first_delivery),
    (occurrence.c.send_name,),
)


@dataclass(frozen=True)
class Search:
    """What is wanted of one kind of line, as conditions."""

    tx: Connection
    kind: Kind
    wanted: Wanted

    def conditions(self) -> list[_Condition]:
        """Return all that a line must fulfil.

        As expressions: else an index of theirs may be walked instead of the order's.
        """
        kind, wanted = self.kind, self.wanted
        found = self.bounds()
        if kind is SENDS:
            found.append(~reads.has_offers())
        if wanted.state is not None:
            found.append(kind.state.concat("") == wanted.state.value)
        if wanted.source is not None:
            found.append(occurrence.c.source == wanted.source)
        if wanted.rule is not None:
            found.append(kind.rule.concat("") == wanted.rule)
        if wanted.text:
            named = [_like(column.concat(""), wanted.text) for column in kind.named]
            found.append(or_(*named, kind.id.in_(self._numbered())))
        return found

    def bounds(self) -> list[_Condition]:
        """Return the bounds of the message's instant."""
        first, wanted = self.kind.by[Order.MESSAGE], self.wanted
        since = [first >= wanted.since] if wanted.since else []
        return [*since, first < wanted.until] if wanted.until else since

    def named_so(self) -> _Condition | None:
        """Return the condition of lines whose send is called exactly so, found by an index."""
        if not self.wanted.text:
            return None
        keys = select(occurrence.c.key).where(occurrence.c.send_name == self.wanted.text)
        some = keys.limit(NARROW)
        return (occurrence.c.key if self.kind is SENDS else distribution.c.occurrence).in_(some)

    def few(self) -> _Condition | None:
        """Return a condition that few lines fit and an index finds, None where there is none."""
        if self.wanted.text and self._count(numbered := self._numbered()):
            return self.kind.id.in_(numbered)
        for ids in self._by_index():
            if self._count(ids) <= NARROW:
                return self.kind.id.in_(ids)
        return None

    def _count(self, ids: Select[Any]) -> int:
        """Count lines, but no further than needed."""
        some = ids.limit(NARROW + 1).subquery()
        return int(self.tx.execute(select(func.count()).select_from(some)).scalar_one())

    def _by_index(self) -> Iterator[Select[Any]]:
        kind, wanted = self.kind, self.wanted
        ids = select(kind.id)
        if wanted.text and (named := self._named()) is not None:
            yield named
        if kind is OFFERS and wanted.state is not None:
            yield ids.where(kind.state == wanted.state.value)
        if kind is OFFERS and wanted.rule is not None:
            yield ids.where(kind.rule == wanted.rule)
        if bounds := self.bounds():
            yield ids.where(*bounds)

    def _numbered(self) -> Select[Any]:
        """Select the ids of lines that the text names by an id, a number or a mark."""
        text, sends = self.wanted.text, occurrence.c
        keys = select(sends.key).where(
            or_(sends.id == text, sends.key == text, sends.send_id == text)
        )
        if self.kind is SENDS:
            return keys
        fits = [distribution.c.id == text, distribution.c.occurrence.in_(keys)]
        if text.isdecimal() and len(text) < 19:  # what a column holds
            fits.append(distribution.c.campaign_id == int(text))
        marked = select(attempt.c.distribution).where(attempt.c.external_campaign_id == text)
        ids = union(*(select(distribution.c.id).where(each) for each in fits), marked).subquery()
        return select(ids.c[0])

    def _named(self) -> Select[Any] | None:
        """Select the ids of lines by their names; None where there are too many names."""
        several = []
        for column in self.kind.named:
            names = self._names(column)
            if names is None:
                return None
            if column.table is self.kind.table:
                several.append(select(self.kind.id).where(column.in_(names)))
            else:
                keys = select(occurrence.c.key).where(column.in_(names))
                several.append(select(self.kind.id).where(distribution.c.occurrence.in_(keys)))
        ids = union(*several).subquery()
        return select(ids.c[0])

    def _names(self, column: Column[Any]) -> list[str] | None:
        """Return the names that the text fits, hopping over their index from one to the next."""
        names = select(func.min(column).label("name")).cte("names", recursive=True)
        follows = select(func.min(column)).where(column > names.c.name).scalar_subquery()
        names = names.union_all(select(follows).where(names.c.name.is_not(None)))
        some = select(names.c.name).where(names.c.name.is_not(None)).limit(NAMES + 1)
        found = list(self.tx.execute(some).scalars())
        if len(found) > NAMES:
            return None
        like = select(names.c.name).where(_like(names.c.name, self.wanted.text))
        return list(self.tx.execute(like).scalars())


def _like(column: ColumnElement[Any], text: str) -> _Condition:
    escaped = folded(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    pattern = escaped.replace("*", "%").replace("?", "_")
    return func.folded(column).like(f"%{pattern}%", escape="\\")
