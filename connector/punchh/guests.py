"""What Punchh tells a guest: applicable offers and rewards, asked as a configured test guest.

These calls carry the guest's token and never the admin key. All parameters stand in the JSON body
of the GET, as documented: a query would have to be percent-encoded, and how that is signed is not
known (facts: punchh §6).
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from pydantic import SecretStr

from connector.domain.guest import ApplicableOffer, Basket, Canary, Item, Reward
from connector.domain.reasons import Reason, reason
from connector.errors import ConfigError, RemoteError
from connector.http.client import Client
from connector.http.reply import Reply, why_unread
from connector.http.wire import Gate, Line
from connector.punchh.outcome import is_id
from connector.punchh.signing import signed
from connector.settings import CanarySettings, PunchhSettings

OFFERS = "/api/auth/redemptions/applicable_offers"
REWARDS = "/api/auth/rewards"
MOST_ROWS = 10_000  # of a test guest's account
TOTAL_SECONDS = 20.0  # a look must not keep the next cycle's commits waiting


class Guests:
    """The configured test guests of one business."""

    def __init__(self, settings: PunchhSettings, line: Line) -> None:
        self._settings = settings
        limits = replace(line.limits, total=min(line.limits.total, TOTAL_SECONDS))
        # A gate of their own: a guest call that is throttled must not hold back a commit.
        own = replace(line, limits=limits, gate=Gate())
        self._clients = {
            name: Client(own, settings.base_url, self._headers(canary))
            for name, canary in settings.canaries.items()
        }

    def _headers(self, canary: CanarySettings) -> dict[str, str]:
        settings = self._settings
        headers = {
            "Accept": "application/json",
            "User-Agent": settings.guest_user_agent or settings.user_agent,
        }
        if canary.token:
            headers["Authorization"] = f"Bearer {canary.token.get_secret_value()}"
        return headers

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    @property
    def canaries(self) -> Mapping[str, Canary]:
        within = self._settings.canary_within
        return {
            name: Canary(name, one.segment, within, checkable=one.email is not None)
            for name, one in self._settings.canaries.items()
        }

    def offers(self, name: str, basket: Basket, at: datetime) -> tuple[ApplicableOffer, ...]:
        """Return what a canary could use on a basket now; RemoteError unless Punchh told it."""
        rows = self._asked(name, OFFERS, _receipt(basket, at))
        found = [_offer(row) for row in rows]
        offers = tuple(offer for offer in found if offer is not None)
        if len(offers) < len(rows):
            raise _unreadable(OFFERS, reason("answer/no-reward"))
        return offers

    def rewards(self, name: str) -> tuple[Reward, ...]:
        """Return the rewards in a canary's account; RemoteError unless Punchh told them.

        A row that is no reward is left out: it proves nothing.
        """
        rows = self._asked(name, REWARDS, {})
        return tuple(reward for reward in map(_reward, rows) if reward is not None)

    def _asked(self, name: str, path: str, more: Mapping[str, Any]) -> list[Any]:
        if name not in self._clients:
            known = ", ".join(sorted(self._clients)) or "none is configured"
            raise ConfigError([f"no canary is called {name} under punchh.canaries: {known}"])
        canary, client = self._settings.canaries[name], self._clients[name]
        body = json.dumps(
            {**_token(canary), "client": _secret(self._settings.client), **more},
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()
        sign = partial(signed, _secret(self._settings.secret))
        reply = client.get(path, body=body, sign=sign)
        if reply.status != 200:
            raise _refused(name, path, reply)
        try:
            rows = reply.json(_exact)
        except ValueError as error:
            raise _unreadable(path, why_unread(error)) from error
        if not isinstance(rows, list):
            raise _unreadable(path, reason("answer/not-a-list"))
        if len(rows) > MOST_ROWS:
            raise _unreadable(path, reason("answer/too-many", count=len(rows), most=MOST_ROWS))
        return rows


def _token(canary: CanarySettings) -> dict[str, str]:
    return (
        {"authentication_token": _secret(canary.authentication_token)} if not canary.token else {}
    )


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""


def _receipt(basket: Basket, at: datetime) -> dict[str, Any]:
    """Spell a basket as Punchh's receipt (facts: punchh §6); both amounts are the same."""
    total = _number(basket.total)
    return {
        "channel": basket.channel,
        "receipt_amount": total,
        "subtotal_amount": total,
        "receipt_datetime": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "store_number": basket.store_number,
        "menu_items": [_line(number, item) for number, item in enumerate(basket.items, start=1)],
    }


def _line(number: int, item: Item) -> dict[str, Any]:
    return {
        "item_name": item.name,
        "item_qty": item.quantity,
        "item_amount": _number(item.amount),
        "menu_item_type": item.kind,
        "menu_item_id": item.id,
        "menu_family": item.family,
        "menu_major_group": item.major_group,
        "serial_number": item.serial or f"{number}.0",
    }


def _number(amount: Decimal) -> int | float:
    """Return an amount of at most two decimals as JSON's number, which tells it exactly."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _exact(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond all measure
        raise ValueError(text) from None


def _offer(row: Any) -> ApplicableOffer | None:
    match row:
        case {"reward": {"id": int(reward_id), "name": str(name), **told}} if is_id(reward_id):
            discount = _money(row.get("discount_amount"))
            if discount is None:
                return None
            return ApplicableOffer(
                reward_id,
                name,
                str(told.get("description") or ""),
                discount,
                str(told.get("status") or ""),
                _names(row.get("menu_items")),
                _instant(told.get("start_date_tz")),
                _instant(told.get("end_date_tz")),
            )
    return None


def _names(items: Any) -> tuple[str, ...]:
    rows = items if isinstance(items, list) else []
    return tuple(
        str(row["item_name"]) for row in rows if isinstance(row, dict) and "item_name" in row
    )


def _reward(row: Any) -> Reward | None:
    """Read one reward, which may stand in a `reward` of its own or as it is (facts: punchh §5)."""
    match row.get("reward", row) if isinstance(row, dict) else None:
        case {"id": int(reward_id), **told} if is_id(reward_id):
            kind = told.get("gifted_for_type")
            return Reward(
                reward_id,
                str(told.get("name") or ""),
                _id(told.get("redeemable_id")),
                kind if isinstance(kind, str) else None,
                _id(told.get("gifted_for_id")),
                _instant(told.get("created_at")),
            )
    return None


def _id(value: Any) -> int | None:
    return value if isinstance(value, int) and is_id(value) else None


def _money(value: Any) -> Decimal | None:
    """Read an amount: a number, typed as an integer where it is money all the same."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return Decimal(value)


def _instant(value: Any) -> datetime | None:
    """Read an instant; one without a zone says nothing that could be compared."""
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        return None


def _refused(name: str, path: str, reply: Reply) -> RemoteError:
    codes = {401: "guest-token", 412: "guest-signature", 422: "guest-basket"}
    if (code := codes.get(reply.status)) is not None:
        why = reason(code, path=path, canary=name)
    elif reply.status == 429:
        return _unreadable(path, reason("answer/throttled"))
    else:
        return _unreadable(path, reason("answer/status", status=reply.status))
    return RemoteError("punchh", why, account=reply.status in (401, 412))


def _unreadable(path: str, why: Reason) -> RemoteError:
    return RemoteError("punchh", reason("guest-unreadable", path=path, why=why))
