"""Rows as nobody here would write them: each costs itself at most, and says what is odd of it."""

from typing import Any

import pytest

from tests.support.braze import broadcast, showing
from tests.support.console import Done, Shop

HALF = "\ud83c"
RULE = """
  - name: odd-lunches
    match: {source: braze_us, send: "Lunch Push*"}
    redeemable: Lunch Combo Upgrade
    repeat: allow
  - name: own-segment
    match: {source: braze_us, send: "Own *"}
    segment: VIP Guests
    redeemable: Free Medium Fries
    repeat: allow
"""


def _ruled(shop: Shop) -> Shop:
    shop.mapping.write_text("version: 1\nrules:" + RULE, encoding="utf-8")
    return shop


def _rows(shop: Shop) -> dict[str, dict[str, Any]]:
    return {row["send_id"]: row for row in shop.inside("ledger", "list", "--json").json()}


def _codes(done: Done) -> dict[str, str]:
    return {one["about"]: one["code"] for one in done.json()["attentions"]}


def test_half_an_emoji_costs_no_other_offer_and_is_told(live_shop: Shop) -> None:
    shop = _ruled(live_shop)
    rows = [
        broadcast(1),
        broadcast(2, name=f"Lunch Push 2 {HALF}"),
        broadcast(3, id=f"c3{HALF}"),
        broadcast(4, tags=[f"offer{HALF}", "punchh:segment=VIP Guests"]),
        broadcast(5, tags=[f"punchh:segment=Lunch Regulars{HALF}"]),
        broadcast(6, type=f"Campaign{HALF}"),
        broadcast(7, schedule_type=f"America/New_York{HALF}", next_send_time="2030-01-01 10:00"),
        broadcast(8, next_send_time=f"2030-01-01 10:00{HALF}"),
        {f"odd{HALF}": HALF, "id": HALF * 3},
        f"no row {HALF}",
    ]
    with showing(shop, *rows):
        done = shop.once()
    assert done.said == []
    assert done.code == 0
    assert len(shop.campaigns_of("Lunch Push 1")) == 1
    assert [one.name.rsplit(" ", 1)[0] for one in shop.campaigns_of("Lunch Push 4")] == [
        "Lunch Push 4 - Lunch Combo Upgrade"
    ]
    shown = _rows(shop)
    states = {id_: row["state"] for id_, row in shown.items() if id_.startswith("c")}
    assert states == {
        "c1": "committed",
        "c2": "committed",
        "c3\ufffd": "blocked",
        "c4": "committed",
        "c5": "blocked",
        "c6": "blocked",
        "c7": "blocked",
        "c8": "blocked",
    }
    assert shown["c2"]["send_name"] == "Lunch Push 2 \ufffd"
    codes = {
        of: code for of, code in _codes(shop.inside("status", "--json")).items() if "Lun" in of
    }
    assert codes["Lunch Push 2 \ufffd"] == codes["Lunch Push 4"] == "odd-text"
    reasons = dict(shop.query(
        "SELECT o.send_id, d.reason_code FROM distribution d JOIN occurrence o "
        "ON o.key = d.occurrence WHERE d.state = 'blocked' AND o.source = 'braze_us'"
    ))  # fmt: skip
    assert reasons == {
        "c3\ufffd": "odd-id",
        "c5": "no-segment",
        "c6": "bad-row",
        "c7": "bad-time",
        "c8": "bad-time",
    }


def test_one_null_among_the_tags_costs_nothing_and_is_told(live_shop: Shop) -> None:
    shop = _ruled(live_shop)
    rows = [
        broadcast(1, tags=[None, "punchh:segment=Lunch Regulars", 7]),
        broadcast(2, name="Own 2", tags=None),
        broadcast(3, tags=None),
        broadcast(4, tags=["punchh:segments=VIP Guests"]),
        broadcast(5, name="Own 5", tags=["punchh:segment =VIP Guests"]),
        broadcast(6, name="Nobody's", tags=[None]),
    ]
    with showing(shop, *rows):
        plan = shop.inside("plan", "--json").json()
        table = shop.inside("plan").out
        live = shop.inside("mappings", "check", "--live")
        suggested = shop.inside("mappings", "suggest")
        assert shop.once().code == 0
    planned = {row["send_id"]: row for row in plan["distributions"]}
    assert {id_: planned[id_]["action"] for id_ in ("c1", "c2", "c3", "c4", "c5")} == {
        "c1": "commit", "c2": "commit", "c3": "block", "c4": "block", "c5": "commit",
    }  # fmt: skip
    decided = {send["send_id"]: send for send in plan["sends"]}
    told = ("2 of its 3 tags", "tags None", "tags None", "punchh:segments", "punchh:segment =")
    for number, words in enumerate(told, 1):
        assert words in decided[f"c{number}"]["reason"]
        assert words in planned[f"c{number}"]["attention"]
        assert words in " ".join(table.split()), words
    assert "1 of its 1 tags" in decided["c6"]["reason"]
    assert live.code == 0
    assert live.out.count("[send]") == 6
    assert "1 of its 1 tags" in suggested.out
    assert "tag it" not in suggested.out.partition("Nobody's")[2]
    codes = _codes(shop.inside("status", "--json"))
    assert {of: codes[of] for of in ("Lunch Push 1", "Own 5", "Nobody's")} == {
        "Lunch Push 1": "unreadable-tags",
        "Own 5": "misspelled-tag",
        "Nobody's": "unmapped-with-problem",
    }
    assert shop.state_of("Lunch Push 1") == shop.state_of("Own 2") == "committed"


def test_a_row_without_a_rule_says_its_own_problem(live_shop: Shop) -> None:
    shop = _ruled(live_shop)
    row = broadcast(1, name="Dinner", next_send_time="soon", tags=["punchh:segment=VIP Guests"])
    with showing(shop, row):
        plan = shop.inside("plan").out
        suggested = shop.inside("mappings", "suggest").out
        assert shop.once().code == 0
    status = shop.inside("status")
    for said in (plan, suggested, status.out, shop.inside("explain", "Dinner").out):
        assert "next_send_time 'soon'" in said
    assert _codes(shop.inside("status", "--json"))["Dinner"] == "unmapped-with-problem"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("explain", "a\udcff"), "SEND"),
        (("resume", "--reason", "a\udcff"), "--reason"),
        (("ledger", "approve", "--reason", "x", "ok", "a\udcff"), "IDS"),
        (("ledger", "backup", "a\udcff.db"), "PATH"),
    ],
)
def test_an_argument_in_another_encoding_is_refused_by_its_name(
    live_shop: Shop, words: tuple[str, ...], named: str
) -> None:
    done = live_shop.inside(*words)
    told = "is not UTF-8 text: set the terminal to UTF-8 and type it again"
    assert (done.code, done.out, done.err) == (2, "", f"connector: {named}: {told}\n")
