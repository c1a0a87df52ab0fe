"""Rows as CSV, JSON and NDJSON: what is read back is what was written, and nothing is held."""

import csv
import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.render.contract import KEYS, Fields
from connector.render.export import FORMS
from tests.support.texts import ORDINARY

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9)
ordinary = st.text(ORDINARY, max_size=9)


def _lists(of: st.SearchStrategy[str]) -> st.SearchStrategy[list[Fields]]:
    return st.lists(st.fixed_dictionaries(dict.fromkeys(KEYS, st.none() | of | st.integers())))


@given(_lists(texts))
def test_json_and_ndjson_come_back_whole(found: list[Fields]) -> None:
    assert json.loads("".join(FORMS["json"](iter(found)))) == found
    lines = "".join(FORMS["ndjson"](iter(found))).split("\n")
    assert [json.loads(line) for line in lines if line] == found


@given(_lists(ordinary))
def test_csv_comes_back_with_empty_for_unknown_and_no_formula(found: list[Fields]) -> None:
    text = "".join(FORMS["csv"](iter(found)))
    back = list(csv.DictReader(io.StringIO(text, newline="")))
    assert back == [{key: _shown(value) for key, value in row.items()} for row in found]


def _shown(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text[:1] in set("=+-@\t\r") else text


@pytest.mark.parametrize(
    ("name", "shown"),
    [("\t=1+1", "' =1+1"), ("a\x1b[31m\x9bb\u202e", "a\ufffd[31m\ufffdb\ufffd"), ("a\nb", "a\nb")],
)
def test_no_cell_steers_a_terminal(name: str, shown: str) -> None:
    text = "".join(FORMS["csv"]([dict.fromkeys(KEYS) | {"send_name": name}]))
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["send_name"] == shown


@pytest.mark.parametrize("form", ["json", "ndjson"])
def test_json_steers_no_terminal_and_still_says_the_same(form: str) -> None:
    name = "a\x1b[31m\x9bb\u202e\u2066 👩\u200d🍳 שלום\u200f"
    text = "".join(FORMS[form]([dict.fromkeys(KEYS) | {"send_name": name}]))
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
            yield dict.fromkeys(KEYS, "x")

    lines = FORMS[form](endless())
    for _ in range(5):
        next(lines)
    assert len(asked) <= 5


def test_nothing_is_still_a_table_and_an_array() -> None:
    assert list(FORMS["csv"]([])) == [",".join(KEYS) + "\n"]
    assert list(FORMS["json"]([])) == ["[]\n"]
    assert list(FORMS["ndjson"]([])) == []
