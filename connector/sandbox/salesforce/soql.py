"""A small part of SOQL: enough for what a reader of scheduled sends asks, loud about the rest.

SELECT fields, relationships one level deep, COUNT(); FROM one object; WHERE with =, !=, <, <=, >,
>=, LIKE, IN, NOT IN, with AND, OR, NOT and parentheses; ORDER BY; LIMIT; OFFSET. Words are read
without regard to case. Instants and dates stand unquoted.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Literal, TypeVar

_T = TypeVar("_T")
COUNT = "COUNT()"
SIGNS = frozenset({"=", "!=", "<", "<=", ">", ">="})


class SoqlError(Exception):
    """A query that Salesforce refuses: its errorCode and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; the value of `like` is the pattern as it was typed."""

    field: str
    operator: str
    value: Any


@dataclass(frozen=True, slots=True)
class Group:
    """Several conditions together, or one that must not hold."""

    how: Literal["and", "or", "not"]
    parts: tuple["Where", ...]


Where = Condition | Group


@dataclass(frozen=True, slots=True)
class Sorting:
    field: str
    descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query; names as they were typed."""

    fields: tuple[str, ...]
    table: str
    where: Where | None = None
    sorting: tuple[Sorting, ...] = ()
    limit: int | None = None
    offset: int = 0

    def conditions(self) -> Iterator[Condition]:
        yield from () if self.where is None else _leaves(self.where)

    def renamed(self, table: str, name: Callable[[str], str]) -> "Query":
        """Return the same query with every name spelled as the org spells it."""
        return replace(
            self,
            table=table,
            fields=tuple(text if text == COUNT else name(text) for text in self.fields),
            where=None if self.where is None else _renamed(self.where, name),
            sorting=tuple(replace(by, field=name(by.field)) for by in self.sorting),
        )


def _leaves(where: Where) -> Iterator[Condition]:
    if isinstance(where, Condition):
        yield where
        return
    for part in where.parts:
        yield from _leaves(part)


def _renamed(where: Where, name: Callable[[str], str]) -> Where:
    if isinstance(where, Condition):
        return replace(where, field=name(where.field))
    return replace(where, parts=tuple(_renamed(part, name) for part in where.parts))


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
_LITERALS: dict[str, Callable[[str], Any]] = {
    "text": lambda text: _ESCAPE.sub(r"\1", text[1:-1]),
    "instant": lambda text: datetime.fromisoformat(text).astimezone(UTC),
    "date": date.fromisoformat,
    "number": float,
}
_WORDS: dict[str, bool | None] = {"null": None, "true": True, "false": False}


@lru_cache(maxsize=256)
def parse(text: str) -> Query:
    """Read a query; anything outside the subset is MALFORMED_QUERY."""
    return _Parser(text).query()


def _malformed(what: str) -> SoqlError:
    return SoqlError("MALFORMED_QUERY", f"unexpected token: {what or '<EOF>'}")


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


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._place = 0

    def query(self) -> Query:
        self._expect("select")
        fields = self._fields()
        self._expect("from")
        table = self._take("word")
        where = self._expression() if self._accept("where") else None
        sorting: tuple[Sorting, ...] = ()
        if self._accept("order"):
            self._expect("by")
            sorting = tuple(self._listed(self._sorting))
        limit = self._whole() if self._accept("limit") else None
        offset = self._whole() if self._accept("offset") else 0
        if self._place < len(self._tokens):
            raise _malformed(self._tokens[self._place][1])
        return Query(tuple(fields), table, where, sorting, limit, offset)

    def _listed(self, item: Callable[[], _T]) -> list[_T]:
        items = [item()]
        while self._accept(","):
            items.append(item())
        return items

    def _fields(self) -> list[str]:
        kind, text = self._peek()
        if kind == "word" and text.lower() == "count":
            self._place += 1
            self._expect("(")
            self._expect(")")
            return [COUNT]
        return self._listed(lambda: self._take("word"))

    def _whole(self) -> int:
        text = self._take("number")
        if not text.isdecimal():
            raise _malformed(text)
        return int(text)

    def _expression(self) -> Where:
        """Read what AND or OR joins: never both without parentheses, and NOT stands alone."""
        if self._accept("not"):
            return Group("not", (self._simple(),))
        parts = [self._simple()]
        while self._accept("and"):
            parts.append(self._simple())
        if len(parts) > 1:
            return Group("and", tuple(parts))
        while self._accept("or"):
            parts.append(self._simple())
        return Group("or", tuple(parts)) if len(parts) > 1 else parts[0]

    def _simple(self) -> Where:
        if not self._accept("("):
            return self._condition()
        inner = self._expression()
        self._expect(")")
        return inner

    def _condition(self) -> Condition:
        name = self._take("word")
        if self._accept("not"):
            self._expect("in")
            return Condition(name, "not in", self._values())
        if self._accept("in"):
            return Condition(name, "in", self._values())
        if self._accept("like"):
            return Condition(name, "like", self._take("text")[1:-1])
        sign = self._take("sign")
        sign = "!=" if sign == "<>" else sign
        if sign not in SIGNS:
            raise _malformed(sign)
        return Condition(name, sign, self._value())

    def _values(self) -> tuple[Any, ...]:
        self._expect("(")
        values = self._listed(self._value)
        self._expect(")")
        return tuple(values)

    def _value(self) -> Any:
        kind, text = self._peek()
        self._place += 1
        if kind in _LITERALS:
            try:
                return _LITERALS[kind](text)
            except ValueError:  # a 30th of February
                raise _malformed(text) from None
        if kind == "word" and text.lower() in _WORDS:
            return _WORDS[text.lower()]
        raise _malformed(text)

    def _sorting(self) -> Sorting:
        name = self._take("word")
        descending = self._accept("desc") or (self._accept("asc") and False)
        nulls_last = False
        if self._accept("nulls"):
            nulls_last = self._accept("last")
            if not nulls_last:
                self._expect("first")
        return Sorting(name, descending, nulls_last)

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
