"""`connector offers`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from connector import telemetry
from connector.app import guests, read_basket
from connector.cli.verbs.shared import as_json, business_zone, say, settings_of, tables
from connector.clock import SystemClock, randomness
from connector.domain.guest import ApplicableOffer, Basket
from connector.errors import ConfigError
from connector.render import contract
from connector.render.table import Table
from connector.render.words import local
from connector.settings import Settings


@dataclass(frozen=True, slots=True)
class Typed:
    """What of the basket was typed on the command line; it goes before what a file says."""

    basket: Path | None
    amount: str | None
    items: Sequence[str]
    channel: str | None
    store: str | None


def run(
    config: Path,
    canary: str,
    *,
    json: bool,
    basket: Path | None,
    amount: str | None,
    items: Sequence[str],
    channel: str | None,
    store: str | None,
) -> int:
    """Ask Punchh what a canary could use on a basket; RemoteError where it does not tell."""
    telemetry.quiet()
    settings = settings_of(config)
    _refuse_stranger(settings, canary)
    check = _basket(settings, canary, Typed(basket, amount, items, channel, store))
    clock = SystemClock()
    now = clock.now()
    with guests(settings, clock, randomness()) as asked:
        found = asked.offers(canary, check, now)
    if json:
        as_json(_fields(canary, check, found, contract.stamp(now)))
        return 0
    tables(_table(canary, check, found, business_zone(settings)))
    say(f"{len(found)} of its rewards can be used on this basket ({check.channel}, {check.total})")
    return 0


def _refuse_stranger(settings: Settings, canary: str) -> None:
    known = settings.punchh.canaries
    if canary not in known:
        names = ", ".join(sorted(known)) or "none is configured: [punchh.canaries.NAME]"
        raise ConfigError([f"--canary {canary}: there is no canary of that name ({names})"])


def _basket(settings: Settings, canary: str, typed: Typed) -> Basket:
    """Return the basket of the flags, on top of the given file or the canary's own."""
    own = settings.punchh.canaries[canary].basket
    path = typed.basket or (Path(own) if own and not typed.items else None)
    written: dict[str, Any] = read_basket(path).model_dump() if path else {}
    given = {"amount": typed.amount, "channel": typed.channel, "store_number": typed.store}
    written |= {key: value for key, value in given.items() if value is not None}
    if typed.items:
        written["items"] = [_item(text) for text in typed.items]
    if not written.get("items") and written.get("amount") is None:
        raise ConfigError(["the basket is empty: give --basket FILE, --item or --amount"])
    try:
        return Basket.model_validate(written)
    except ValidationError as error:
        raise ConfigError([_told(found) for found in error.errors(include_url=False)]) from None


def _item(text: str) -> dict[str, Any]:
    """Read `Fries:2:5.98`: a name, how many, and what the line comes to."""
    name, *rest = text.rsplit(":", 2)
    if not name or len(rest) != 2:
        raise ConfigError([f"--item {text}: is written NAME:QUANTITY:AMOUNT, like Fries:2:5.98"])
    return {"name": name, "quantity": rest[0], "amount": rest[1]}


def _told(found: Any) -> str:
    told = str(found["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")
    if found["type"] == "int_parsing":
        told = "must be a whole number"
    words = " ".join(
        f"item {part + 1}" if isinstance(part, int) else part
        for part in found["loc"]
        if part != "items"
    )
    return f"the basket's {words}: {told[:1].lower()}{told[1:]}" if words else told


def _table(canary: str, basket: Basket, found: Sequence[ApplicableOffer], zone: ZoneInfo) -> Table:
    return Table(
        f"Offers for canary {canary} on {basket.total}",
        ("Reward", "Offer", "Takes off", "On", "Status", "Until", "Description"),
        tuple(
            (
                str(one.reward_id),
                one.name,
                str(one.discount),
                ", ".join(one.items) or "-",
                one.status or "-",
                local(one.ends_at, zone),
                one.description or "-",
            )
            for one in found
        ),
        empty="none of its rewards applies to this basket",
    )


def _fields(
    canary: str, basket: Basket, found: Sequence[ApplicableOffer], asked_at: str | None
) -> dict[str, Any]:
    return {
        "canary": canary,
        "asked_at": asked_at,
        "basket": basket.model_dump(mode="json") | {"amount": str(basket.total)},
        "offers": [
            {
                "reward_id": one.reward_id,
                "name": one.name,
                "description": one.description,
                "discount": str(one.discount),
                "status": one.status,
                "items": list(one.items),
                "starts_at": contract.stamp(one.starts_at),
                "ends_at": contract.stamp(one.ends_at),
            }
            for one in found
        ],
    }
