"""Punchh's lists, read to their end (facts: punchh §2, §3, §8 row 11)."""

import re
from collections.abc import Callable, Hashable, Iterator
from typing import Any, TypeVar

from connector.domain.offer import Redeemable, Segment
from connector.domain.reasons import Reason, reason
from connector.errors import RemoteError
from connector.http.client import Client, refusal
from connector.http.reply import Reply
from connector.punchh.outcome import envelope, feature_off, is_id, says_feature_off

Item = TypeVar("Item")

COUNT = re.compile(r"[0-9]{1,3}(,[0-9]{3}){0,4}|[0-9]{1,15}")
PER_PAGE = 200
MOST_PAGES = 1000


def segments(client: Client) -> tuple[Segment, ...]:
    """Return every segment once; RemoteError unless the list was read to its end."""
    return _whole(client, "/api2/dashboard/segments", _segment, lambda found: found.segment_id)


def redeemables(client: Client) -> tuple[Redeemable, ...]:
    """Return every redeemable once, eligible or not; RemoteError unless read to the end."""
    path = "/api2/dashboard/redeemables"
    return _whole(client, path, _redeemable, lambda found: found.redeemable_uuid)


def guests(client: Client, path: str) -> int:
    """Return the size that a segment's own address tells: a text with commas, or a number."""
    reply = client.get(path)
    if reply.status != 200:
        raise _refused(client, path, reply)
    try:
        answer = reply.json()
    except ValueError as error:
        raise _unreadable(client, path, reason("answer/not-json")) from error
    match answer:
        case {"count": int(count)} if not isinstance(count, bool) and count >= 0:
            return count
        case {"count": str(count)} if COUNT.fullmatch(count):
            return int(count.replace(",", ""))
    raise _unreadable(client, path, reason("answer/no-count"))


def in_segment(client: Client, segment_id: int, email: str) -> bool:
    """Return whether a guest is in a segment; RemoteError unless Punchh said yes or no."""
    path = f"/api2/dashboard/segments/{segment_id}/in_segment"
    reply = client.get(path, {"guest_email": email})
    if reply.status in (403, 404):
        # No document promises this address: that it is closed says nothing of lists and commits.
        closed = reason("unreadable/membership-closed", path=path, status=reply.status)
        raise RemoteError(client.remote, closed)
    if reply.status != 200:
        raise _refused(client, path, reply)
    try:
        answer = reply.json()
    except ValueError as error:
        raise _unreadable(client, path, reason("answer/not-json")) from error
    match answer:
        case {"result": bool(result)}:
            return result
    raise _unreadable(client, path, reason("answer/no-result"))


def _segment(row: Any) -> Segment | None:
    match row:
        case {"segment_id": int(segment_id), "name": str(name)} if is_id(segment_id):
            return Segment(segment_id, _kept(name))
    return None


def _redeemable(row: Any) -> Redeemable | None:
    match row:
        case {"redeemable_uuid": str(uuid), "name": str(name), **more} if uuid:
            number: Any = more.get("redeemable_id")
            known = isinstance(number, int) and is_id(number)
            return Redeemable(_kept(uuid), _kept(name), number if known else None)
    return None


def _kept(text: str) -> str:
    """Return a text with "?" for what no ledger can keep: half a surrogate pair, or NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")


def _whole(
    client: Client,
    path: str,
    read: Callable[[Any], Item | None],
    key: Callable[[Item], Hashable],
) -> tuple[Item, ...]:
    found: dict[Hashable, Item] = {}
    for rows in _pages(client, path):
        items = [item for item in map(read, rows) if item is not None]
        if rows and not items:
            raise _unreadable(client, path, reason("answer/no-rows"))
        before = len(found)
        for item in items:
            found.setdefault(key(item), item)
        if len(found) == before:  # an empty page, or one that only repeats: the end
            return tuple(found.values())
    raise _unreadable(client, path, reason("answer/endless", pages=MOST_PAGES))


def _pages(client: Client, path: str) -> Iterator[list[Any]]:
    for page in range(1, MOST_PAGES + 1):
        reply = client.get(path, {"page": page, "per_page": PER_PAGE})
        if reply.status != 200:
            raise _refused(client, path, reply)
        try:
            rows = reply.json()
        except ValueError as error:
            raise _unreadable(client, path, reason("answer/not-json")) from error
        if not isinstance(rows, list):
            raise _unreadable(client, path, reason("answer/not-a-list"))
        yield rows


def _refused(client: Client, path: str, reply: Reply) -> RemoteError:
    """Return the error for a list that was not given: only Punchh's own word is on our account."""
    error = envelope(reply)
    if error and says_feature_off(reply.status, error):
        return RemoteError(client.remote, feature_off(), account=True)
    refused = refusal(client.remote, path, reply)
    return RemoteError(
        client.remote,
        refused.reason,
        account=refused.account and error is not None,
        not_before=client.not_before,
    )


def _unreadable(client: Client, path: str, why: Reason) -> RemoteError:
    return RemoteError(client.remote, reason("unreadable/list", path=path, why=why))
