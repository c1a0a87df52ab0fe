"""Test guests in Punchh (canaries), their baskets, and what their accounts hold."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

MASS_GIFTING = "MassGifting"

Money = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
Text = Annotated[str, Field(max_length=200)]


class _Typed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Item(_Typed):
    """One line of a check (facts: punchh §6).

    `amount` is that of the whole line, positive even for a discount (`kind: D`); `serial` is its
    number on the check, 1.0, with modifiers at 1.1, 1.2 …
    """

    name: Annotated[Text, Field(min_length=1)]
    quantity: Annotated[int, Field(ge=1, le=10_000)] = 1
    amount: Money
    kind: Literal["M", "S", "D", "T", "P"] = "M"
    id: Text = ""
    family: Text = ""
    major_group: Text = ""
    serial: Text = ""


class Basket(_Typed):
    """What a guest has on the check; without an `amount` it is that of the items."""

    channel: Literal["online_order", "web"] = "online_order"
    amount: Money | None = None
    store_number: Text = ""
    items: tuple[Item, ...] = ()

    @model_validator(mode="after")
    def _comes_to_something(self) -> Self:
        if self.amount is None and not self.items:
            raise ValueError("give an amount, or items")
        if self.total < 0:
            raise ValueError("the discounts are larger than the items")
        return self

    @property
    def total(self) -> Decimal:
        """The sum before taxes, discounts taken off (facts: punchh §6, receipt_amount)."""
        if self.amount is not None:
            return self.amount
        signs = {"D": -1, "T": 0, "P": 0}
        return sum((signs.get(one.kind, 1) * one.amount for one in self.items), Decimal(0))


@dataclass(frozen=True, slots=True)
class Canary:
    """A configured test guest of one segment, by Punchh's name of it.

    A gift must be in its account `within` so long of a campaign's start. `checkable`: Punchh can
    be asked whether it is in the segment.
    """

    name: str
    segment: str
    within: timedelta = timedelta(minutes=15)
    checkable: bool = False


@dataclass(frozen=True, slots=True)
class Reward:
    """One reward in a guest's account (facts: punchh §5).

    That `gifted_for_id` of a mass gift is its campaign's id is inferred, not documented.
    """

    reward_id: int
    name: str
    redeemable_id: int | None = None
    gifted_for_type: str | None = None
    gifted_for_id: int | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApplicableOffer:
    """A reward that a guest could use on a basket, and what it would take off (facts: punchh §6).

    It names neither campaign nor redeemable. Instants are aware, in UTC.
    """

    reward_id: int
    name: str
    description: str
    discount: Decimal
    status: str
    items: tuple[str, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
