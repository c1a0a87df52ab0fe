"""A name that looks like a placeholder or an instant stays what it is, wherever people read it."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connector.app import read_settings
from connector.render.contract import Fields
from connector.sandbox.business import Segment
from tests.support.braze import broadcast, showing
from tests.support.console import Shop
from tests.support.pages import USERS, served, words

LOYALTY = "Loyalty ID Members"
WINBACK = "Winback 2026-03-02 18:00 UTC"
GONE = "Gone ID Members of 2026-03-02 18:00 UTC"
EASTERN = ZoneInfo("America/New_York")
RULES = """\
version: 1
rules:
  - name: lunch
    match: {send: "Lunch*"}
    redeemable: Lunch Combo Upgrade
  - name: fries
    match: {send: "Fries*"}
    redeemable: Free Medium Fries
"""
BLOCKED = f"Punchh has no segment named “{GONE}”"
OF_ONE_SEND = (
    f"“Lunch Combo Upgrade” would go to 2 segments of one send (“{LOYALTY}”, “{WINBACK}”); "
)
AGAIN = "the same segment gets the same offer with “Fries {}” ("
# What is said of each send; whether its command names a row.
SAID = {
    "Lunch to nobody": (BLOCKED, False),
    "Lunch to both": (OF_ONE_SEND, False),
    "Fries again to loyalty": (AGAIN.format(LOYALTY), True),
    "Fries again to winback": (AGAIN.format(WINBACK), True),
}


def _rows() -> Iterator[dict[str, object]]:
    sends = [
        ("Lunch to nobody", [GONE]),
        ("Lunch to both", [LOYALTY, WINBACK]),
        (f"Fries {LOYALTY}", [LOYALTY]),
        ("Fries again to loyalty", [LOYALTY]),
        (f"Fries {WINBACK}", [WINBACK]),
        ("Fries again to winback", [WINBACK]),
    ]
    for number, (name, segments) in enumerate(sends):
        at = datetime.now(EASTERN) + timedelta(hours=5, minutes=number)
        yield broadcast(
            number,
            name=name,
            tags=[f"punchh:segment={segment}" for segment in segments],
            next_send_time=at.isoformat(timespec="seconds"),
        )


@pytest.fixture
def named_shop(live_shop: Shop) -> Iterator[Shop]:
    """Give a shop whose segments and sends have such names, once the worker has seen them."""
    shop = live_shop
    shop.mapping.write_text(RULES, encoding="utf-8")
    with shop.box.world.lock:
        for number, name in ((901, LOYALTY), (902, WINBACK)):
            shop.box.world.punchh.segments[number] = Segment(number, name, 20)
    with showing(shop, *_rows()):
        shop.ok("run", "--once")
        yield shop


def _by_send(rows: list[Fields]) -> dict[str, list[Fields]]:
    return {name: [row for row in rows if row["send_name"] == name] for name in SAID}


def _local(stamp: str) -> str:
    return f"{datetime.fromisoformat(stamp).astimezone(EASTERN):%a %d %b %H:%M %Z}"


def _without_names(text: str) -> str:
    """Take the names out as they are; nothing that was made of one, or is like one, is left."""
    for name in (GONE, LOYALTY, WINBACK):
        text = text.replace(name, "")
    assert not re.search(r"\bID\b|\bUTC\b|2026-03-02|Gone|Loyalty|Winback", text), text
    return text


def _holds(text: str, row: Fields) -> None:
    """Hold what is told of a row to its names, its command, and its instants."""
    said, commanded = SAID[row["send_name"]]
    assert said in text
    rest = _without_names(text)
    assert (f"`connector ledger approve {row['id']} --reason …`" in rest) is commanded
    assert rest.count(row["id"]) == commanded


@pytest.mark.parametrize("asked", [("ledger", "list", "--json"), ("plan", "--format", "json")])
def test_names_are_kept_in_json(named_shop: Shop, asked: tuple[str, ...]) -> None:
    found = named_shop.ok(*asked).json()
    rows = _by_send(found["distributions"] if isinstance(found, dict) else found)
    assert [len(rows[name]) for name in SAID] == [1, 2, 1, 1]
    for row in (row for of_send in rows.values() for row in of_send):
        assert row["state"] == ("blocked" if row["send_name"] == "Lunch to nobody" else "held")
        _holds(row["reason"], row)
        _holds(row["attention"], row)
        assert f"; commit by {_local(row['commit_by'])}. " in row["attention"]
    assert {row["segment"] for row in rows["Lunch to both"]} == {LOYALTY, WINBACK}
    assert rows["Lunch to nobody"][0]["audience"] == GONE


def test_names_are_kept_where_a_row_is_shown(named_shop: Shop) -> None:
    listed = _by_send(named_shop.inside("ledger", "list", "--json").json())
    for row in (row for of_send in listed.values() for row in of_send):
        out = " ".join(named_shop.inside("ledger", "show", row["id"]).out.split())
        said, commanded = SAID[row["send_name"]]
        assert said in out
        command = f"connector ledger approve {row['id']} --reason …"
        assert (command in out) is commanded
        _without_names(out)
        for key in ("first_delivery", "commit_by"):
            assert f"{key} {_local(row[key])}" in out


def test_names_are_kept_on_the_page_of_a_send(named_shop: Shop) -> None:
    shop = named_shop
    listed = _by_send(shop.inside("ledger", "list", "--json").json())
    shop.configure("", "[log]\nlevel = 'critical'\n")
    with shop.config.open("a", encoding="utf-8") as config:
        config.write(USERS)
    with served(read_settings(shop.config, {})) as site:
        reader = site.known()
        for row in (of_send[0] for of_send in listed.values()):
            page = reader.get(f"/sends/{row['id']}").text
            shown = words(page)
            assert SAID[row["send_name"]][0][1:] in shown  # its first letter is a capital here
            _without_names(shown)
            until = rf'until <time [^>]*datetime="{row["commit_by"]}"[^>]*>([^<]*)</time>'
            spoken = re.findall(until, page)
            assert spoken
            assert set(spoken) == {_local(row["commit_by"])}
