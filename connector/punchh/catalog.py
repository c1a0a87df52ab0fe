"""Punchh's lists, read to their end (facts: punchh §2, §3, §8 row 11)."""

from collections.abc import Callable, Hashable, Iterator
from typing import Any, TypeVar

from connector.domain.offer import Redeemable, Segment
from connector.domain.reasons import Reason
from connector.errors import RemoteError
from connector.http.client import Client

Item = TypeVar("Item")

PER_PAGE = 200
MOST_PAGES = 1000


def segments(client: Client) -> tuple[Segment, ...]:
    """Return every segment once; RemoteError unless the list was read to its end."""
    return _whole(client, "/api2/dashboard/segments", _segment, lambda found: found.segment_id)


def redeemables(client: Client) -> tuple[Redeemable, ...]:
    """Return every redeemable once, eligible or not; RemoteError unless read to the end."""
    path = "/api2/dashboard/redeemables"
    return _whole(client, path, _redeemable, lambda found: found.redeemable_uuid)


def _segment(row: Any) -> Segment | None:
    match row:
        case {"segment_id": int(segment_id), "name": str(name)} if segment_id is not True:
            return Segment(segment_id, name)
    return None


def _redeemable(row: Any) -> Redeemable | None:
    match row:
        case {"redeemable_uuid": str(uuid), "name": str(name)} if uuid:
            return Redeemable(uuid, name)
    return None


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
            raise _unreadable(client, path, "none of its rows has an id and a name")
        before = len(found)
        for item in items:
            found.setdefault(key(item), item)
        if len(found) == before:  # an empty page, or one that only repeats: the end
            return tuple(found.values())
    raise _unreadable(client, path, f"the list does not end within {MOST_PAGES} pages")


def _pages(client: Client, path: str) -> Iterator[list[Any]]:
    for page in range(1, MOST_PAGES + 1):
        rows = client.get_json(path, {"page": page, "per_page": PER_PAGE})
        if not isinstance(rows, list):
            raise _unreadable(client, path, "its answer is not a list")
        yield rows


def _unreadable(client: Client, path: str, told: str) -> RemoteError:
    step = "Nothing is committed until it can be read whole"
    return RemoteError(client.remote, Reason("unreadable", f"GET {path}: {told}", step))
