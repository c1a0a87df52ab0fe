"""What can be done to one exchange: acts for the fault server, made of small changes to a reply."""

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from tests.support.faultserver import Spot, Told

Act = Callable[[Spot], None]
Change = Callable[[Told, Spot], Told]
PAGE = b"<!doctype html><html><body><h1>Just a moment...</h1></body></html>"
HTML = ("Content-Type", "text/html; charset=utf-8")
JSON = ("Content-Type", "application/json")
DRIP_SECONDS = 0.03
ENDLESS_BYTES = 4 << 20

# --- the connection breaks, stalls or lies about lengths


def cut(where: str, *, rst: bool) -> Act:
    """End the connection at a place of the reply, with an RST or a plain close."""

    def act(spot: Spot) -> None:
        spot.say(_until(where, spot.genuine()))
        if rst:
            spot.reset()

    return act


def then_silence(where: str) -> Act:
    def act(spot: Spot) -> None:
        spot.say(_until(where, spot.genuine()))
        spot.wait(3)

    return act


def _until(where: str, told: Told) -> bytes:
    whole = told.whole()
    head = whole.index(b"\r\n\r\n") + 4
    ends = {"start": 0, "status": 7, "headers": head - 8, "head": head}
    return whole[: ends.get(where, max(head + 1, len(whole) - 3))]


def drip(where: str) -> Act:
    """Say the rest of a reply so slowly that only the total deadline can end it."""

    def act(spot: Spot) -> None:
        told = spot.genuine()
        said = _until(where, told)
        spot.say(said)
        for place in range(len(said), len(told.whole()) + 1000):
            spot.say(told.whole()[place : place + 1] or b" ")
            if spot.wait(DRIP_SECONDS):
                return

    return act


def raw(make: Callable[[Told], bytes]) -> Act:
    """Say bytes made of the true reply."""
    return lambda spot: spot.say(make(spot.genuine()))


def lengths(*lines: str) -> Act:
    """Say the true body under other lines about its length; `%d` stands for the true one."""
    return raw(
        lambda told: told.head(*(x.replace("%d", str(len(told.body))) for x in lines)) + told.body
    )


def chunks(form: str) -> Act:
    """Say the body in chunks, whole or broken."""

    def make(told: Told) -> bytes:
        head = told.head("Transfer-Encoding: chunked")
        first = b"%x\r\n%b\r\n" % (len(told.body), told.body)
        bodies = {
            "whole": first + b"0\r\n\r\n",
            "no end": first,
            "cut": first[: len(first) // 2],
            "bad size": b"zz\r\n" + told.body + b"\r\n0\r\n\r\n",
            "negative size": b"-5\r\n" + told.body + b"\r\n0\r\n\r\n",
        }
        return head + bodies[form]

    return raw(make)


def endless(spot: Spot) -> None:
    """Say a chunked body that does not end (for this test: not before it is far too large)."""
    spot.say(spot.genuine().head("Transfer-Encoding: chunked"))
    for _ in range(ENDLESS_BYTES >> 16):
        spot.say(b"10000\r\n" + b" " * (1 << 16) + b"\r\n")


def oversized(spot: Spot) -> None:
    told = spot.genuine()
    spot.say(replace(told, body=told.body + b" " * (1 << 20)).whole())


def zipped(spot: Spot) -> None:
    told = spot.genuine()
    spot.say(
        replace(told.having(("Content-Encoding", "gzip")), body=gzip.compress(told.body)).whole()
    )


def bomb(spot: Spot) -> None:
    """Say a small gzip body that unpacks to 30 MB of blanks around the true one."""
    told = spot.genuine()
    body = gzip.compress(b" " * (30 << 20) + told.body)
    spot.say(replace(told.having(("Content-Encoding", "gzip")), body=body).whole())


def not_zipped(spot: Spot) -> None:
    spot.say(spot.genuine().having(("Content-Encoding", "gzip")).whole())


def cut_zip(share: float) -> Act:
    """Say so much of a gzip body; its last 8 bytes only say how much there was."""

    def act(spot: Spot) -> None:
        told = spot.genuine()
        body = gzip.compress(told.body)[:-8]
        spot.say(
            replace(
                told.having(("Content-Encoding", "gzip")), body=body[: round(len(body) * share)]
            ).whole()
        )

    return act


def prefaced(data: bytes) -> Act:
    return raw(lambda told: data + told.whole())


def swapped(before: bytes, after: bytes) -> Act:
    """Say the true reply with its first such bytes exchanged."""
    return raw(lambda told: told.whole().replace(before, after, 1))


# --- whole replies that say something else


def reply(status: int, body: Any = PAGE, *headers: tuple[str, str]) -> Act:
    """Say a canned reply; bytes go out as a page, anything else as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = HTML if isinstance(body, bytes) else JSON
    return lambda spot: spot.say(Told(status, (kind, *headers), data).whole())


def redirect(status: int) -> Act:
    """Send the caller to a host that only a fool would hand a key to."""
    return lambda spot: spot.say(Told(status, (("Location", spot.trap + "/x"),), PAGE).whole())


def changed(change: Change) -> Act:
    """Say the true reply with a change."""
    return lambda spot: spot.say(change(spot.genuine(), spot).whole())


def body(make: Callable[[bytes], bytes]) -> Act:
    return changed(lambda told, _: replace(told, body=make(told.body)))


def status(code: int) -> Act:
    """Say the true body under another status."""
    return changed(lambda told, _: replace(told, status=code))


def having(name: str, value: str) -> Act:
    """Say the true reply with one header more, or another."""
    return changed(lambda told, _: told.having((name, value)))


def dated(text: str) -> Act:
    return having("Date", text)


def dated_off(by: timedelta, now: datetime) -> Act:
    return dated(format_datetime(now + by, usegmt=True))


def undated(spot: Spot) -> None:
    told = spot.genuine()
    spot.say(replace(told, headers=tuple(x for x in told.headers if x[0] != "Date")).whole())


def echo(code: int, shape: str) -> Act:
    """Say what the caller sent as its key, in a body or a header."""

    def act(spot: Spot) -> None:
        secret = _secret(spot)
        shapes: Mapping[str, Any] = {
            "error": {"error": f"the key {secret} is bad"},
            "errors": {"errors": {"invalid_key": f"the key {secret} is bad"}},
            "code": {"error": secret, "error_description": secret},
            "array": [{"errorCode": "ODD", "message": f"the key {secret} is bad"}],
            "array code": [{"errorCode": secret, "message": "no"}],
            "page": f"<html>{secret}</html>",
        }
        if shape == "header":
            spot.say(spot.genuine().having(("X-Request-Id", f"id {secret}")).whole())
        elif shape == "location":
            spot.say(Told(code, (("Location", f"{spot.trap}/?{secret}"),), PAGE).whole())
        else:
            found = shapes[shape]
            text = found if isinstance(found, str) else json.dumps(found)
            spot.say(Told(code, (JSON,), text.encode()).whole())

    return act


def _secret(spot: Spot) -> str:
    """Return what this request proves itself with: a bearer's key or session, or a login's form."""
    bearer = spot.asked.headers.get("authorization", "")
    return bearer.partition(" ")[2] or spot.asked.body.decode("latin-1")


# --- rows


Rows = Callable[[Any], list[Any]]


def rows(find: Rows, change: Callable[[dict[str, Any]], Any]) -> Act:
    """Say the true reply with every one of its rows changed in place."""

    def make(data: bytes) -> bytes:
        root = json.loads(data)
        for row in find(root):
            change(row)
        return json.dumps(root).encode()

    return body(make)


def without(field: str) -> Callable[[dict[str, Any]], Any]:
    return lambda row: row.pop(field, None)


def of_odd_type(field: str) -> Callable[[dict[str, Any]], Any]:
    return lambda row: row.update({field: {"odd": [1]}}) if field in row else None


def of_other_type(field: str) -> Callable[[dict[str, Any]], Any]:
    """Turn a text into a number, and a number into a text."""

    def change(row: dict[str, Any]) -> None:
        if field in row:
            row[field] = 7 if isinstance(row[field], str) else f"{row[field]}x"

    return change


def root(make: Callable[[Any], Any]) -> Act:
    return body(lambda data: json.dumps(make(json.loads(data))).encode())


# --- pages of a list


def pages(make: Callable[[list[Any], list[Any], int], list[Any]]) -> Act:
    """Say rows made of those of page 1, of this page, and of this page's number."""

    def act(spot: Spot) -> None:
        told, number = spot.genuine(), int(spot.asked.query["page"])
        found = make(json.loads(spot.page(1).body), json.loads(told.body), number)
        spot.say(replace(told, body=json.dumps(found).encode()).whole())

    return act


def renumbered(row: dict[str, Any], number: int) -> dict[str, Any]:
    """Return a row that no other page has."""
    ids = {"segment_id": 10**6 + number, "redeemable_uuid": f"uuid-{number}"}
    return row | {key: id_ for key, id_ in ids.items() if key in row}
