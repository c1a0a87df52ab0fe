"""Lines of the ledger as a file: CSV, JSON, or NDJSON, written as they come."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from connector.domain.standing import Row
from connector.render import contract

COLUMNS = (
    "id", "source", "send_id", "send_name", "scheduled_for", "first_delivery", "audience", "rule",
    "segment", "segment_id", "redeemable", "redeemable_uuid", "start_time", "commit_by", "state",
    "reason", "attention", "attempts", "campaign_id", "external_campaign_id", "updated_at",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(rows: Iterable[Row], now: datetime) -> Iterator[str]:
    """Write a line with the columns' names, and one for each row.

    Names come from outside: a cell that a spreadsheet would take for a formula is quoted by `'`.
    """
    yield _csv_line(COLUMNS)
    for row in rows:
        fields = contract.row(row.occurrence, row.distribution, now)
        yield _csv_line([_cell(fields[name]) for name in COLUMNS])


def as_ndjson(rows: Iterable[Row], now: datetime) -> Iterator[str]:
    """Write a JSON object a line."""
    for row in rows:
        yield _json(row, now) + "\n"


def as_json(rows: Iterable[Row], now: datetime) -> Iterator[str]:
    """Write one JSON array, an object a line."""
    before = "[\n"
    for row in rows:
        yield before + _json(row, now)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


FORMS: Mapping[str, Callable[[Iterable[Row], datetime], Iterator[str]]] = {
    "csv": as_csv,
    "json": as_json,
    "ndjson": as_ndjson,
}


def _json(row: Row, now: datetime) -> str:
    fields = contract.row(row.occurrence, row.distribution, now)
    return json.dumps(fields, ensure_ascii=False)


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) and isinstance(value, str) else text


def _csv_line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()
