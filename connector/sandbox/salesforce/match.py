"""Which records a query asks for, and in which order."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from connector.sandbox.salesforce.soql import Condition, Query, SoqlError, Sorting, Where

SHORT_ID, LONG_ID = 15, 18
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Record:
    """One row; a relationship's value is another record, or None.

    `shown` is what is written instead of a field's value, which filters still go by.
    """

    type: str
    fields: Mapping[str, Any]
    shown: Mapping[str, Any] = field(default_factory=dict)


def value_of(record: Record | None, name: str) -> Any:
    """Return a field's value, one relationship deep; None beyond an empty one."""
    head, _, rest = name.partition(".")
    if record is None:
        return None
    value = record.fields.get(head)
    return value_of(value, rest) if rest else value


def plain(value: Any, name: str) -> Any:
    """Return what a value is compared by: texts without their case, ids without their checksum."""
    if not isinstance(value, str):
        return value
    if name.endswith("Id"):
        return value[:SHORT_ID] if len(value) == LONG_ID else value
    return value.casefold()


def run(query: Query, records: list[Record]) -> list[Record]:
    """Return the records that the query asks for, in its order (Salesforce: nulls first)."""
    found = [row for row in records if query.where is None or _holds(row, query.where)]
    for sorting in reversed(query.sorting):
        found = _sorted(found, sorting)
    end = None if query.limit is None else query.offset + query.limit
    return found[query.offset : end]


def _holds(record: Record, where: Where) -> bool:
    if isinstance(where, Condition):
        return _compares(record, where)
    held = (_holds(record, part) for part in where.parts)
    if where.how == "not":
        return not all(held)
    return any(held) if where.how == "or" else all(held)


def _compares(record: Record, condition: Condition) -> bool:
    name, how = condition.field, condition.operator
    actual = value_of(record, name)
    if how == "like":
        return isinstance(actual, str) and _pattern(condition.value).fullmatch(actual) is not None
    actual = plain(actual, name)
    if how in ("in", "not in"):
        return (actual in [plain(value, name) for value in condition.value]) == (how == "in")
    wanted = plain(condition.value, name)
    if how not in ("=", "!=") and (actual is None or wanted is None):
        return False
    try:
        return _COMPARED[how](actual, wanted)
    except TypeError:
        message = f"value of filter criterion for field '{name}' has the wrong type"
        raise SoqlError("INVALID_FIELD", message) from None


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str]:
    r"""Read a pattern of LIKE: `%` is any text, `_` any character, `\%` and `\_` themselves."""
    wild = {"%": ".*", "_": "."}
    pieces = re.findall(r"\\.|[^\\]", text, re.DOTALL)
    pattern = "".join(wild.get(piece) or re.escape(piece[-1]) for piece in pieces)
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


def _sorted(records: list[Record], sorting: Sorting) -> list[Record]:
    empty = [row for row in records if value_of(row, sorting.field) is None]
    filled = [row for row in records if value_of(row, sorting.field) is not None]
    filled.sort(
        key=lambda row: plain(value_of(row, sorting.field), sorting.field),
        reverse=sorting.descending,
    )
    return [*filled, *empty] if sorting.nulls_last else [*empty, *filled]
