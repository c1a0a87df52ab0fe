"""Many rows as text, a line after another: for spreadsheets and for scripts."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from connector.domain.text import printable, printable_json
from connector.render.contract import TIMES, Fields

FORMS = ("csv", "json", "ndjson")
BOM = "\ufeff"  # by which spreadsheets know UTF-8
# What people look for stands first, with times by the business's clock, in a form that spreadsheets
# take for a time; then what scripts want: the ids and the instants of `ledger list --json`.
COLUMNS = (
    "send_name",
    "state",
    "scheduled_for_local",
    "first_delivery_local",
    "last_delivery_local",
    "audience",
    "segment",
    "redeemable",
    "rule",
    "start_time_local",
    "commit_by_local",
    "reason",
    "attention",
    "campaign_id",
    "landed_at_local",
    "source",
    "attempts",
    "updated_at_local",
    "time_zone",
    "id",
    "send_id",
    "segment_id",
    "redeemable_uuid",
    "external_campaign_id",
    *TIMES,
)
_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")  # also in full width


def written(
    form: str, rows: Iterable[Fields], zone: ZoneInfo, *, bom: bool = True
) -> Iterator[str]:
    """Return the text of one of `FORMS`, a line at a time; only CSV has a mark before it."""
    match form:
        case "csv":
            return _csv(rows, zone, BOM if bom else "")
        case "json":
            return _json(rows)
        case _:
            return (f"{_dumped(row)}\n" for row in rows)


def _csv(rows: Iterable[Fields], zone: ZoneInfo, before: str) -> Iterator[str]:
    """Give a line of names, and one for each row; what is not known is empty.

    Names come from outside: a cell that a spreadsheet would take for a formula is quoted by `'`.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)  # it quotes the two letters of its own line's end
    writer.writeheader()
    yield before + _line(out)
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in _for_people(row, zone).items()})
        yield _line(out)


def _for_people(row: Fields, zone: ZoneInfo) -> Fields:
    """Add the business's times to a row."""
    times = {f"{name}_local": _wall(row.get(name), zone) for name in TIMES}
    return {**row, **times, "time_zone": zone.key}


def _wall(stamp: str | None, zone: ZoneInfo) -> str | None:
    return f"{datetime.fromisoformat(stamp).astimezone(zone):%Y-%m-%d %H:%M:%S}" if stamp else None


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if _FORMULA.match(value) else text


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


def _dumped(row: Fields) -> str:
    return printable_json(json.dumps(row, ensure_ascii=False))
