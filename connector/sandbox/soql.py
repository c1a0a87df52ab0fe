"""A small part of SOQL: enough for what a reader of scheduled sends asks, loud about the rest.

SELECT fields, relationships one level deep, COUNT(); FROM one object; WHERE with =, !=, <, <=,
>, >=, IN, NOT IN, joined by AND; ORDER BY; LIMIT. Instants and dates stand unquoted.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

COUNT = "COUNT()"


class SoqlError(Exception):
    """A query that Salesforce refuses: its errorCode and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Record:
    """One row; a relationship's value is another record, or None."""

    type: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Condition:
    field: str
    operator: str
    value: Any


@dataclass(frozen=True, slots=True)
class Sorting:
    field: str
    descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query; field names as they were typed."""

    fields: tuple[str, ...]
    table: str
    conditions: tuple[Condition, ...] = ()
    sorting: tuple[Sorting, ...] = ()
    limit: int | None = None
    names: frozenset[str] = field(default=frozenset())


_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>'(?:[^'\\]|\\.)*')
  | (?P<instant>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
  | (?P<date>\d{4}-\d\d-\d\d(?![\dT]))
  | (?P<number>-?\d+(?:\.\d+)?(?![\w:-]))
  | (?P<word>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
  | (?P<sign><=|>=|!=|<>|[=<>(),])
    )""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)")


@lru_cache(maxsize=256)
def parse(text: str) -> Query:
    """Read a query; anything outside the subset is MALFORMED_QUERY."""
    return _Parser(text).query()


def _malformed(what: str) -> SoqlError:
    return SoqlError("MALFORMED_QUERY", f"unexpected token: {what or '<EOF>'}")


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._place = 0

    def query(self) -> Query:
        self._expect("select")
        fields = self._fields()
        self._expect("from")
        table = self._name()
        conditions = self._conditions() if self._accept("where") else ()
        sorting: tuple[Sorting, ...] = ()
        if self._accept("order"):
            self._expect("by")
            sorting = self._sortings()
        limit = int(self._take("number")) if self._accept("limit") else None
        if self._place < len(self._tokens):
            raise _malformed(self._tokens[self._place][1])
        asked = [*fields, *(c.field for c in conditions), *(s.field for s in sorting)]
        names = frozenset(name for name in asked if name != COUNT)
        return Query(tuple(fields), table, tuple(conditions), sorting, limit, names)

    def _fields(self) -> list[str]:
        fields = [self._name()]
        if fields[0].upper() == "COUNT" and self._accept("("):
            self._expect(")")
            return [COUNT]
        while self._accept(","):
            fields.append(self._name())
        return fields

    def _conditions(self) -> tuple[Condition, ...]:
        conditions = [self._condition()]
        while self._accept("and"):
            conditions.append(self._condition())
        return tuple(conditions)

    def _condition(self) -> Condition:
        name = self._name()
        if self._accept("not"):
            self._expect("in")
            return Condition(name, "not in", self._values())
        if self._accept("in"):
            return Condition(name, "in", self._values())
        sign = self._take("sign")
        if sign not in _COMPARED:
            raise _malformed(sign)
        return Condition(name, "!=" if sign == "<>" else sign, self._value())

    def _values(self) -> tuple[Any, ...]:
        self._expect("(")
        values = [self._value()]
        while self._accept(","):
            values.append(self._value())
        self._expect(")")
        return tuple(values)

    def _value(self) -> Any:
        kind, text = self._peek()
        self._place += 1
        if kind in _LITERALS:
            return _LITERALS[kind](text)
        if kind == "word" and text.lower() in _WORDS:
            return _WORDS[text.lower()]
        raise _malformed(text)

    def _sortings(self) -> tuple[Sorting, ...]:
        sortings = [self._sorting()]
        while self._accept(","):
            sortings.append(self._sorting())
        return tuple(sortings)

    def _sorting(self) -> Sorting:
        name = self._name()
        descending = self._accept("desc") or (self._accept("asc") and False)
        nulls_last = False
        if self._accept("nulls"):
            nulls_last = self._accept("last")
            if not nulls_last:
                self._expect("first")
        return Sorting(name, descending, nulls_last)

    def _name(self) -> str:
        return self._take("word")

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._place] if self._place < len(self._tokens) else ("", "")

    def _take(self, kind: str) -> str:
        found, text = self._peek()
        if found != kind:
            raise _malformed(text)
        self._place += 1
        return text

    def _accept(self, word: str) -> bool:
        kind, text = self._peek()
        if kind in ("word", "sign") and text.lower() == word:
            self._place += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise _malformed(self._peek()[1])


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, place = [], 0
    text = text.strip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise SoqlError("MALFORMED_QUERY", f"line 1:{place} no viable alternative at character")
        tokens.append((match.lastgroup, match.group(match.lastgroup)))
        place = match.end()
    return tokens


_LITERALS: dict[str, Callable[[str], Any]] = {
    "text": lambda text: _ESCAPE.sub(r"\1", text[1:-1]),
    "instant": lambda text: datetime.fromisoformat(text).astimezone(UTC),
    "date": date.fromisoformat,
    "number": float,
}
_WORDS: dict[str, bool | None] = {"null": None, "true": True, "false": False}
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def value_of(record: Record | None, name: str) -> Any:
    """Return a field's value, one relationship deep; None beyond an empty one."""
    head, _, rest = name.partition(".")
    if record is None:
        return None
    value = record.fields.get(head)
    return value_of(value, rest) if rest else value


def _plain(value: Any, name: str) -> Any:
    # Texts compare without regard to case; ids are case-sensitive.
    if isinstance(value, str) and not name.endswith("Id"):
        return value.casefold()
    return value


def _holds(record: Record, condition: Condition) -> bool:
    actual = _plain(value_of(record, condition.field), condition.field)
    if condition.operator in ("in", "not in"):
        listed = actual in [_plain(value, condition.field) for value in condition.value]
        return listed == (condition.operator == "in")
    wanted = _plain(condition.value, condition.field)
    if condition.operator not in ("=", "!=") and (actual is None or wanted is None):
        return False
    try:
        return _COMPARED[condition.operator](actual, wanted)
    except TypeError:
        message = f"value of filter criterion for field '{condition.field}' has the wrong type"
        raise SoqlError("INVALID_FIELD", message) from None


def run(query: Query, records: list[Record]) -> list[Record]:
    """Return the records that the query asks for, in its order (Salesforce: nulls first)."""
    found = [r for r in records if all(_holds(r, condition) for condition in query.conditions)]
    for sorting in reversed(query.sorting):
        found = _sorted(found, sorting)
    return found if query.limit is None else found[: query.limit]


def _sorted(records: list[Record], sorting: Sorting) -> list[Record]:
    empty = [r for r in records if value_of(r, sorting.field) is None]
    filled = [r for r in records if value_of(r, sorting.field) is not None]
    filled.sort(
        key=lambda r: _plain(value_of(r, sorting.field), sorting.field), reverse=sorting.descending
    )
    return [*filled, *empty] if sorting.nulls_last else [*empty, *filled]
