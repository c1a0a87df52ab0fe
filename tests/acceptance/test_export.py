"""The ledger written out: the same rows in every form, and none of them held in memory."""

import csv
import io
import json

from tests.support.console import Shop


def test_every_form_holds_what_the_list_shows(live_shop: Shop) -> None:
    shop = live_shop
    assert shop.inside("ledger", "export", "--format", "json").json() == []
    shop.once()
    listed = shop.inside("ledger", "list", "--json").json()
    assert len(listed) > 15
    assert shop.inside("ledger", "export", "--format", "json").json() == listed
    lines = shop.inside("ledger", "export", "--format", "ndjson").out.splitlines()
    assert [json.loads(line) for line in lines] == listed
    table = list(csv.DictReader(io.StringIO(shop.inside("ledger", "export", "--no-bom").out)))
    assert [{key: row[key] for key in listed[0]} for row in table] == [
        {key: "" if value is None else str(value) for key, value in row.items()} for row in listed
    ]


def test_it_can_be_narrowed_to_a_state(live_shop: Shop) -> None:
    shop = live_shop
    shop.once()
    for state in ("committed", "unmapped"):
        rows = shop.inside("ledger", "export", "--format", "json", "--state", state).json()
        assert {row["state"] for row in rows} == {state}


def test_wrong_words_are_told(live_shop: Shop) -> None:
    wrong = live_shop.inside("ledger", "export", "--format", "xml")
    assert (wrong.code, wrong.err) == (2, "connector: --format xml: is one of csv, json, ndjson\n")
    wrong = live_shop.inside("ledger", "export", "--state", "lost")
    assert wrong.code == 2
    assert wrong.err.startswith("connector: --state lost: is one of blocked, held, ")
