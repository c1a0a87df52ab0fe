"""A basket as people type it: what it comes to, and what is wrong with it and where."""

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from connector.domain.guest import Basket, Item
from connector.errors import ConfigError
from connector.mapping import basket

GOOD = """\
channel: web
store_number: "0042"
items:
  - {name: Fries, quantity: 2, amount: 5.98, id: "0123"}
  - name: Ten percent off
    amount: 0.60
    kind: D
"""


def read(folder: Path, text: str) -> Basket:
    path = folder / "basket.yaml"
    path.write_text(text, encoding="utf-8")
    return basket.read(path)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        read(folder, text)
    return [line.removeprefix(f"{folder}/basket.yaml") for line in error.value.problems]


def test_a_basket_is_read_with_its_texts_as_typed(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    assert (found.channel, found.store_number, found.total) == ("web", "0042", Decimal("5.38"))
    assert found.items[0] == Item(name="Fries", quantity=2, amount=Decimal("5.98"), id="0123")
    assert found.items[1].kind == "D"


def test_json_will_do(tmp_path: Path) -> None:
    found = read(tmp_path, '{"amount": 12.5, "items": [{"name": "Taco", "amount": 3}]}')
    assert (found.total, found.channel) == (Decimal("12.5"), "online_order")


def test_what_a_check_comes_to_before_taxes() -> None:
    lines = [("M", 10), ("S", 1), ("D", 2), ("T", 5), ("P", 9)]
    items = [{"name": kind, "amount": amount, "kind": kind} for kind, amount in lines]
    assert Basket.model_validate({"items": items}).total == 9
    assert Basket.model_validate({"items": items, "amount": "3.25"}).total == Decimal("3.25")


WRONG = {
    "": ": is no basket: give it an amount, or items",
    "channel: web": ":1:1: the basket: give an amount, or items",
    "amount: much": ':1:9: "amount": must be a valid decimal',
    "amount: 1.999": ':1:9: "amount": decimal input should have no more than 2 decimal places',
    "amount: 1\nchanel: web": (
        ':2:1: unknown key "chanel"; known here: channel, amount, store_number, items'
    ),
    "amount: 1\nchannel: kiosk": ":2:10: \"channel\": must be 'online_order' or 'web'",
    "items: [{amount: 1}]": ':1:9: missing key "name"',
    "items: [{name: x, amount: 1, kind: Q}]": (
        ":1:36: \"kind\": must be 'M', 'S', 'D', 'T' or 'P'"
    ),
    "items: [{name: x, amount: 1, quantity: 0}]": (
        ':1:40: "quantity": must be greater than or equal to 1'
    ),
    "items: [{name: x, amount: 1, kind: D}]": (
        ":1:1: the basket: the discounts are larger than the items"
    ),
    "amount: 1\namount: 2": ':2:1: duplicate key "amount": it stands already in line 1',
}


@pytest.mark.parametrize(("text", "told"), WRONG.items(), ids=map(str, range(len(WRONG))))
def test_each_mistake_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    assert problems(tmp_path, text) == [told]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        basket.read(tmp_path / "none.yaml")


def test_money_has_no_sign_and_no_third_decimal() -> None:
    for amount in ("-1", "0.001", "1e20", "NaN"):
        with pytest.raises(ValidationError):
            Basket.model_validate({"amount": amount})
