"""`connector offers`: a person asks what a test guest could use on a basket."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from connector.cli.verbs.sandbox import PROOF
from connector.sandbox import CANARY_TOKEN, PUNCHH_CLIENT, PUNCHH_SECRET
from tests.support.console import Shop

OFFERS = ("offers", "--canary", "vip")


@pytest.fixture
def asking(live_shop: Shop) -> Shop:
    """Return a shop whose canary has got its fries."""
    live_shop.config.write_text(live_shop.config.read_text() + PROOF)
    live_shop.once()
    with live_shop.box.world.lock:
        live_shop.box.world.clock.advance(timedelta(hours=3))
    return live_shop


def test_what_applies_is_shown_as_a_table_and_as_json(asking: Shop) -> None:
    shop = asking
    basket = shop.folder / "basket.yaml"
    basket.write_text("amount: 12.50\nitems: [{name: Burger, amount: 12.50}]\n")
    done = shop.run(*OFFERS, "--basket", str(basket))
    assert (done.code, done.err) == (0, "")
    assert "Offers for canary vip on 12.50" in done.out
    assert "Free Medium Fries" in done.out
    assert "1 of its rewards can be used on this basket (online_order, 12.50)" in done.out

    told = shop.inside(*OFFERS, "--item", "Burger:2:9.98", "--channel", "web", "--json")
    found = told.json()
    (offer,) = found["offers"]
    assert (offer["name"], offer["discount"]) == ("Free Medium Fries", "2")
    assert offer["items"] == ["Burger"]
    assert found["basket"]["channel"] == "web"
    assert found["basket"]["amount"] == "9.98"
    for secret in (CANARY_TOKEN, PUNCHH_SECRET, PUNCHH_CLIENT):
        assert secret not in done.out + told.out + told.err


def test_the_canarys_own_basket_is_taken_where_none_is_typed(asking: Shop) -> None:
    shop = asking
    (shop.config.parent / "lunch.json").write_text(json.dumps({"amount": 5, "channel": "web"}))
    shop.config.write_text(shop.config.read_text() + 'basket = "lunch.json"\n')
    assert "(web, 5)" in shop.inside(*OFFERS).out
    assert "(web, 7.25)" in shop.inside(*OFFERS, "--amount", "7.25").out
    assert "(online_order, 3)" in shop.inside(*OFFERS, "--item", "Taco:1:3").out


def test_where_nothing_applies_it_says_so(asking: Shop) -> None:
    with asking.box.world.lock:
        asking.box.world.punchh.campaigns.clear()
    done = asking.inside(*OFFERS, "--amount", "1")
    assert (done.code, done.err) == (0, "")
    assert "none of its rewards applies to this basket" in done.out


WRONG = {
    ("offers", "--canary", "nobody", "--amount", "1"): (
        "--canary nobody: there is no canary of that name (vip)"
    ),
    OFFERS: "the basket is empty: give --basket FILE, --item or --amount",
    (*OFFERS, "--amount", "lots"): "the basket's amount: must be a valid decimal",
    (*OFFERS, "--item", "Fries"): (
        "--item Fries: is written NAME:QUANTITY:AMOUNT, like Fries:2:5.98"
    ),
    (*OFFERS, "--item", "Fries:x:1"): "the basket's item 1 quantity: must be a whole number",
    (*OFFERS, "--amount", "1", "--channel", "kiosk"): (
        "the basket's channel: must be 'online_order' or 'web'"
    ),
    (*OFFERS, "--basket", "none.yaml"): "none.yaml: cannot be read (No such file or directory)",
}


@pytest.mark.parametrize(("words", "told"), WRONG.items(), ids=map(str, range(len(WRONG))))
def test_what_is_typed_wrong_is_told_in_one_line(
    shop: Shop, words: tuple[str, ...], told: str
) -> None:
    shop.config.write_text(shop.config.read_text() + PROOF)
    done = shop.inside(*words)
    assert (done.code, done.out, done.err) == (2, "", f"connector: {told}\n")


REFUSED = {
    f'"{CANARY_TOKEN}"': (
        "Punchh does not know the token of canary vip (401). "
        "Sign the guest in again and set punchh.canaries.vip.token"
    ),
    f'"{PUNCHH_SECRET}"': (
        "Punchh refused the signature (412). "
        "Check punchh.client and punchh.secret: both belong to this business and host"
    ),
    f'"{PUNCHH_CLIENT}"': "Punchh refused the signature (412). ",
}


@pytest.mark.parametrize(("key", "told"), REFUSED.items(), ids=["token", "secret", "client"])
def test_what_punchh_refuses_is_told_in_one_line(shop: Shop, key: str, told: str) -> None:
    shop.config.write_text(shop.config.read_text() + PROOF)
    shop.configure(key, '"wrong"')
    done = shop.inside(*OFFERS, "--amount", "1")
    assert (done.code, done.out) == (1, "")
    start = "connector: punchh: GET /api/auth/redemptions/applicable_offers: "
    assert done.err.startswith(start + told)
    assert done.err.count("\n") == 1


def test_help_tells_how_a_line_is_written(tmp_path: Path, shop: Shop) -> None:
    assert "NAME:QUANTITY:AMOUNT" in shop.inside("offers", "--help").out
