"""Remotes that answer badly: each is named, the others go on, and nothing is given in doubt."""

import time

import pytest

from tests.support.console import Shop

NAMES = {"braze": "braze_us", "salesforce": "sf_core", "punchh": "punchh"}
COMMITTED = {"braze": 4, "salesforce": 4, "punchh": 0}  # without the remote that fails
ASKED = {
    "braze": "GET /messages/scheduled_broadcasts: ",
    "salesforce": "",
    "punchh": "GET /api2/dashboard/segments: ",
}
REFUSED = {
    "braze": "the key was refused (401). Check the key and that base_url is the right host for it.",
    "salesforce": (
        "the login was refused (invalid_client, 401). Check consumer_key and consumer_secret."
    ),
    "punchh": (
        "the key was refused (401): “invalid_client”. Check the key and that base_url is the right "
        "host for it."
    ),
}


@pytest.mark.parametrize("remote", NAMES)
def test_a_refused_key_is_told_and_the_others_go_on(live_shop: Shop, remote: str) -> None:
    shop = live_shop
    shop.fault("status", remote, code=401, body='{"error": "invalid_client"}', times=99)
    done = shop.once()
    assert done.code == 1
    first = done.out.splitlines()[0]
    assert first == f"{NAMES[remote]} could not be read: {ASKED[remote]}{REFUSED[remote]}"
    assert len(shop.campaigns()) == COMMITTED[remote]
    assert done.said == []
    trouble = shop.inside("status", "--json").json()["remotes"]
    assert {name for name, note in trouble.items() if note["trouble"]} == {NAMES[remote]}


@pytest.mark.parametrize("remote", NAMES)
def test_a_page_instead_of_json(live_shop: Shop, remote: str) -> None:
    shop = live_shop
    shop.fault("html", remote, times=99)
    done = shop.inside("plan")
    assert (done.code, done.err) == (1, "")
    told = f"{NAMES[remote]}: {ASKED[remote]}its answer is not the JSON it should be. "
    assert f"could not be read: {told}" in done.out
    assert shop.posts() == 0


def test_a_list_that_never_ends_is_left(live_shop: Shop) -> None:
    shop = live_shop
    shop.switch("punchh.past_end", "endless")
    began = time.monotonic()
    done = shop.once()
    assert time.monotonic() - began < 20
    gets = sum(row.method == "GET" and row.remote == "punchh"
               for row in shop.box.world.requests.rows())  # fmt: skip
    assert gets < 50
    assert done.code == 1
    assert len(shop.campaigns()) in (0, 8)


def test_rows_without_a_time_are_blocked_and_the_others_go_on(live_shop: Shop) -> None:
    shop = live_shop
    shop.edit_send("Lunch Push", next_send_time="tomorrow-ish")
    shop.edit_send("Win-back Flow", at=None)
    done = shop.once()
    assert done.out.splitlines()[-1] == "2 sources, 20 sends, 6 committed (live)"
    states = shop.states()
    assert states["Lunch Push", "Lunch Regulars"] == ("blocked", "bad-time")
    assert states["Win-back Flow", "Lapsed Guests"] == ("blocked", "bad-time")
    (reason,) = shop.query(
        "SELECT reason FROM distribution WHERE redeemable = ?", "Lunch Combo Upgrade"
    )
    assert reason == (
        "Braze sent next_send_time 'tomorrow-ish': it is not a time like 2026-03-01 15:00:00",
    )
