"""Rows as CSV, JSON and NDJSON: what is read back is what was written, and nothing is held."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.render.contract import KEYS, TIMES, Fields, stamp
from connector.render.export import BOM, COLUMNS, FORMS, written
from tests.support.texts import ORDINARY

ZONE = ZoneInfo("America/New_York")
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9)
seconds = st.integers(946684800, 4102444800)  # the years 2000 to 2100
instants = seconds.map(lambda second: stamp(datetime.fromtimestamp(second, UTC)))
ordinary = st.text(ORDINARY, max_size=9)


def _lists(of: st.SearchStrategy[str]) -> st.SearchStrategy[list[Fields]]:
    values = st.none() | of | st.integers()
    return st.lists(
        st.fixed_dictionaries(
            {key: (st.none() | instants if key in TIMES else values) for key in KEYS}
            | dict.fromkeys(["reason", "attention"], st.none() | of)
        )
    )


@given(_lists(texts))
def test_json_and_ndjson_come_back_whole(found: list[Fields]) -> None:
    assert json.loads("".join(written("json", iter(found), ZONE))) == found
    lines = "".join(written("ndjson", iter(found), ZONE)).split("\n")
    assert [json.loads(line) for line in lines if line] == found


@given(_lists(ordinary))
def test_csv_comes_back_with_empty_for_unknown_and_no_formula(found: list[Fields]) -> None:
    text = "".join(written("csv", iter(found), ZONE, bom=False))
    back = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [{key: row[key] for key in KEYS} for row in back] == [
        {key: _shown(value) for key, value in row.items()} for row in found
    ]


def _shown(value: object) -> str:
    text = "" if value is None else str(value)
    formula = text[:1] in set("\t\r\n") or text.lstrip()[:1] in set("=+-@\uff1d\uff0b\uff0d\uff20")
    return f"'{text}" if isinstance(value, str) and text and formula else text


def test_a_spreadsheet_gets_the_business_s_times_and_sentences() -> None:
    row: Fields = dict.fromkeys(KEYS)
    row |= {
        "scheduled_for": "2026-11-01T05:30:00Z",  # 01:30 comes twice that night
        "start_time": "2026-11-01T06:30:00Z",
        "reason": "starts Wed 01 Jul 12:00 EDT.",
        "attention": "=HYPERLINK(1)",
    }
    (told,) = csv.DictReader(io.StringIO("".join(written("csv", [row], ZONE, bom=False))))
    assert told["scheduled_for_local"] == told["start_time_local"] == "2026-11-01 01:30:00"
    assert (told["scheduled_for"], told["start_time"]) == (row["scheduled_for"], row["start_time"])
    assert (told["commit_by_local"], told["time_zone"]) == ("", "America/New_York")
    assert told["reason"] == "starts Wed 01 Jul 12:00 EDT."
    assert told["attention"] == "'=HYPERLINK(1)"


@pytest.mark.parametrize(
    ("name", "shown"),
    [("\t=1+1", "' =1+1"), ("a\x1b[31m\x9bb\u202e", "a\ufffd[31m\ufffdb\ufffd"), ("a\nb", "a\nb")],
)
def test_no_cell_steers_a_terminal(name: str, shown: str) -> None:
    text = "".join(written("csv", [dict.fromkeys(KEYS) | {"send_name": name}], ZONE, bom=False))
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["send_name"] == shown


@pytest.mark.parametrize("form", ["json", "ndjson"])
def test_json_steers_no_terminal_and_still_says_the_same(form: str) -> None:
    name = "a\x1b[31m\x9bb\u202e\u2066 👩\u200d🍳 שלום\u200f"
    text = "".join(written(form, [dict.fromkeys(KEYS) | {"send_name": name}], ZONE))
    assert not {"\x1b", "\x9b", "\u202e", "\u2066"} & set(text)
    assert "👩\u200d🍳 שלום\u200f" in text
    (row,) = json.loads(text) if form == "json" else [json.loads(text)]
    assert row["send_name"] == name


@pytest.mark.parametrize("form", FORMS)
def test_a_line_is_given_before_the_next_row_is_asked_for(form: str) -> None:
    asked: list[int] = []

    def endless() -> Iterator[Fields]:
        while True:
            asked.append(1)
            yield dict.fromkeys(KEYS, "x") | dict.fromkeys(TIMES, "2026-11-01T05:30:00Z")

    lines = written(form, endless(), ZONE)
    for _ in range(5):
        next(lines)
    assert len(asked) <= 5


def test_nothing_is_still_a_table_and_an_array() -> None:
    assert list(written("csv", [], ZONE)) == [BOM + ",".join(COLUMNS) + "\n"]
    assert list(written("json", [], ZONE)) == ["[]\n"]
    assert list(written("ndjson", [], ZONE)) == []
