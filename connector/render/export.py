"""Many rows as text, a line after another: for spreadsheets and for scripts."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from connector.domain.text import printable, printable_json
from connector.render.contract import KEYS, Fields

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _csv(rows: Iterable[Fields]) -> Iterator[str]:
    """Give a line of names, and one for each row; what is not known is empty.

    Names come from outside: a cell that a spreadsheet would take for a formula is quoted by `'`.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, KEYS)  # it quotes the two letters of its own line's end
    writer.writeheader()
    yield _line(out)
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
        yield _line(out)


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if value.startswith(_FORMULA) else text


def _line(out: io.StringIO) -> str:
    text = out.getvalue().removesuffix("\r\n") + "\n"
    out.seek(0)
    out.truncate()
    return text


def _json(rows: Iterable[Fields]) -> Iterator[str]:
    """Give one array, a row a line."""
    before = "[\n"
    for row in rows:
        yield before + _dumped(row)
        before = ",\n"
    yield "\n]\n" if before == ",\n" else "[]\n"


def _ndjson(rows: Iterable[Fields]) -> Iterator[str]:
    return (f"{_dumped(row)}\n" for row in rows)


def _dumped(row: Fields) -> str:
    return printable_json(json.dumps(row, ensure_ascii=False))


FORMS: Mapping[str, Callable[[Iterable[Fields]], Iterator[str]]] = MappingProxyType(
    {"csv": _csv, "json": _json, "ndjson": _ndjson}
)
