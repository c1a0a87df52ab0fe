"""Punchh's lists, read to their end (facts: punchh §2, §3, §8 row 11).

A list has neither a total nor a cursor, only `page` and `per_page`, which may be cut silently; and
it may change while it is read. Where a row above is deleted, the next page begins a row too late:
so each page is asked for in such a size that it begins with rows of the page before.
"""

import json
import re
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from connector.domain.offer import Redeemable, Segment, UnreadRow
from connector.domain.reasons import Reason, reason
from connector.domain.text import is_odd, one_line
from connector.errors import RemoteError
from connector.http.client import Client, refusal
from connector.http.reply import Reply, why_unread
from connector.punchh.outcome import (
    envelope,
    feature_off,
    is_id,
    quotation,
    says_feature_off,
)

Item = TypeVar("Item", bound=Segment | Redeemable)

COUNT = re.compile(r"[0-9]{1,3}(,[0-9]{3}){0,4}|[0-9]{1,15}")
DIGITS = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
PER_PAGE = 1000  # so large that most lists are one page; far larger ones are not refused (§2)
MOST_PAGES = 1000
MOST_ROWS = 100_000  # of one list
MOST_UNREAD = 1_000  # each casts doubt on names
MOST_READ = 1_000_000  # rows, while pages overlap and a list that moves is read again
LONGEST_NAME, LONGEST_UUID = 500, 200  # characters
LEAST_PAGE = 3  # rows: smaller pages cannot overlap and get ahead
WALKS = 5  # until a list that moves is given up
OVERLAPPING_WALKS = 2
SHOWN = 80  # characters of a row that is told of


@dataclass(frozen=True, slots=True)
class Listing(Generic[Item]):
    """A list as it was read to its end: each item once, and the rows that could not be read."""

    items: tuple[Item, ...]
    unread: tuple[UnreadRow, ...]


class Lists:
    """What Punchh tells of its segments and redeemables. `secret` is kept out of what it says."""

    def __init__(self, client: Client, secret: str) -> None:
        self._client, self._secret = client, secret

    def segments(self) -> Listing[Segment]:
        """Return every segment once; RemoteError unless the list was read to its end."""
        path = "/api2/dashboard/segments"
        return _Reading(self, path, _segment, _segment_key).listing()

    def redeemables(self) -> Listing[Redeemable]:
        """Return every redeemable once, eligible or not; RemoteError unless read to the end."""
        path = "/api2/dashboard/redeemables"
        return _Reading(self, path, _redeemable, _redeemable_key).listing()

    def guests(self, path: str) -> int:
        """Return the size that a segment's own address tells: a text with commas, or a number."""
        match self.answer(path):
            case {"count": int(count)} if not isinstance(count, bool) and count >= 0:
                return count
            case {"count": str(count)} if COUNT.fullmatch(count):
                return int(count.replace(",", ""))
        raise self.unreadable(path, reason("answer/no-count"))

    def in_segment(self, segment_id: int, email: str) -> bool:
        """Return whether a guest is in a segment; RemoteError unless Punchh said yes or no."""
        path = f"/api2/dashboard/segments/{segment_id}/in_segment"
        reply = self._client.get(path, {"guest_email": email})
        if reply.status in (403, 404):
            # No document promises this address: closed, it says nothing of lists and commits.
            closed = reason("unreadable/membership-closed", path=path, status=reply.status)
            raise RemoteError(self._client.remote, closed)
        match self._json(path, reply):
            case {"result": bool(result)}:
                return result
        raise self.unreadable(path, reason("answer/no-result"))

    def answer(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """Return what an address answers; RemoteError where that is no 200 with JSON."""
        return self._json(path, self._client.get(path, params))

    def _json(self, path: str, reply: Reply) -> Any:
        if reply.status != 200:
            raise self._refused(path, reply)
        try:
            return reply.json()
        except ValueError as error:
            raise self.unreadable(path, why_unread(error)) from error

    def unreadable(self, path: str, why: Reason) -> RemoteError:
        return RemoteError(self._client.remote, reason("unreadable/list", path=path, why=why))

    def _refused(self, path: str, reply: Reply) -> RemoteError:
        """Return the error for a refused GET: only Punchh's own word is on our account."""
        error = envelope(reply)
        said = quotation(reply, error, self._secret)
        if error and says_feature_off(reply.status, error):
            return RemoteError(self._client.remote, feature_off(said), account=True)
        refused = refusal(self._client.remote, path, reply)
        return RemoteError(
            self._client.remote,
            reason("unreadable/quoted", why=refused.reason, said=said),
            account=refused.account and error is not None,
            not_before=self._client.not_before,
        )


def _segment(row: Any) -> Segment | UnreadRow:
    match row:
        case {"segment_id": id_, "name": str(name)} if (number := _id(id_)) is not None:
            if len(name) <= LONGEST_NAME:
                return Segment(number, name)
    return _unread(row)


def _redeemable(row: Any) -> Redeemable | UnreadRow:
    match row:
        case {"redeemable_uuid": str(uuid), "name": str(name), **more} if uuid and not is_odd(uuid):
            if len(uuid) <= LONGEST_UUID and len(name) <= LONGEST_NAME:
                return Redeemable(uuid, name, _id(more.get("redeemable_id")))
    return _unread(row)


def _segment_key(segment: Segment) -> Hashable:
    return segment.segment_id


def _redeemable_key(redeemable: Redeemable) -> Hashable:
    return redeemable.redeemable_uuid


def _id(value: Any) -> int | None:
    """Read an id: a number, or a text that is how one number is written and no other."""
    if isinstance(value, str) and DIGITS.fullmatch(value):
        value = int(value)
    return value if isinstance(value, int) and is_id(value) else None


def _unread(row: Any) -> UnreadRow:
    name = row.get("name") if isinstance(row, dict) else None
    shown = one_line(json.dumps(row, ensure_ascii=False))
    cut = shown if len(shown) <= SHOWN else shown[: SHOWN - 1] + "…"
    # Cut, a name that is too long is still nobody's.
    return UnreadRow(name[: LONGEST_NAME + 1] if isinstance(name, str) else None, cut)


@dataclass
class _Reading(Generic[Item]):
    """One list under way; `received` counts the rows of all its pages."""

    lists: Lists
    path: str
    read: Callable[[Any], Item | UnreadRow]
    key: Callable[[Item], Hashable]
    received: int = 0

    def listing(self) -> Listing[Item]:
        rows: dict[Hashable, Item | UnreadRow] = {}
        for row in self._rows():
            rows.setdefault(self._key(row), row)
        unread = tuple(row for row in rows.values() if isinstance(row, UnreadRow))
        if len(rows) > MOST_ROWS:
            raise self._too_long()
        if len(unread) > MOST_UNREAD:
            first = unread[0].shown
            raise self._unreadable(reason("answer/unread", count=len(unread), first=first))
        items = tuple(row for row in rows.values() if not isinstance(row, UnreadRow))
        return Listing(items, unread)

    def _rows(self) -> list[Item | UnreadRow]:
        """Return all rows as they stood together; RemoteError where they never held still.

        Where pages cannot overlap, or do not as they were asked for (the list moved, or `per_page`
        does not count), they are read one after another, until two readings in a row agree.
        """
        before = None
        for walk in range(WALKS):
            first = self._page(1, PER_PAGE)
            if first and all(isinstance(row, UnreadRow) for row in first):
                raise self._unreadable(reason("answer/no-rows"))
            tiny = len(first) < LEAST_PAGE
            if not tiny and walk < OVERLAPPING_WALKS:
                if (rows := self._overlapping(first)) is not None:
                    return rows
                continue
            rows = self._plain(first)
            keys = self._keys(rows)
            if keys == before or (tiny and len(rows) == len(first)):
                return rows
            before = keys
        raise self._unreadable(reason("answer/moving"))

    def _overlapping(self, first: list[Item | UnreadRow]) -> list[Item | UnreadRow] | None:
        """Read on after page 1 by pages that begin with known rows; None where one does not."""
        rows = list(first)
        for _ in range(MOST_PAGES - 1):
            number, size = _window(len(rows), len(first))
            known = rows[(number - 1) * size :]
            if len(known) == size:  # no page begins with a known row and goes further
                return None
            page = self._page(number, size)
            if self._keys(page[: len(known)]) != self._keys(known) or len(page) > size:
                return None
            new = page[len(known) :]
            if not new:
                return rows
            rows += new
            if len(page) < size:  # it may be cut short: that nothing follows must be seen, too
                known_rows = set(self._keys(rows))
                return None if self._news(self._page(number + 1, size), known_rows) else rows
        raise self._endless()

    def _plain(self, first: list[Item | UnreadRow]) -> list[Item | UnreadRow]:
        """Read on after page 1 to an empty page, or to two in a row that only repeat.

        One is enough after a page 1 of which everything says that it is the only one.
        """
        rows, known, quiet = list(first), set(self._keys(first)), 0
        for number in range(2, MOST_PAGES + 1):
            if not rows:
                return rows
            page = self._page(number, PER_PAGE)
            new = self._news(page, known)
            rows += new
            known.update(self._keys(new))
            quiet = 0 if new else quiet + 1
            if not page or quiet == (1 if len(rows) < LEAST_PAGE else 2):
                return rows
        raise self._endless()

    def _news(
        self, page: Sequence[Item | UnreadRow], known: Collection[Hashable]
    ) -> list[Item | UnreadRow]:
        return [row for row in page if self._key(row) not in known]

    def _page(self, number: int, size: int) -> list[Item | UnreadRow]:
        rows = self.lists.answer(self.path, {"page": number, "per_page": size})
        if not isinstance(rows, list):
            raise self._unreadable(reason("answer/not-a-list"))
        self.received += len(rows)
        if len(rows) > MOST_ROWS or self.received > MOST_READ:
            raise self._too_long()
        return [self.read(row) for row in rows]

    def _key(self, row: Item | UnreadRow) -> Hashable:
        return row if isinstance(row, UnreadRow) else self.key(row)

    def _keys(self, rows: Sequence[Item | UnreadRow]) -> list[Hashable]:
        return [self._key(row) for row in rows]

    def _too_long(self) -> RemoteError:
        return self._unreadable(reason("answer/too-long", most=MOST_ROWS))

    def _endless(self) -> RemoteError:
        return self._unreadable(reason("answer/endless", pages=MOST_PAGES))

    def _unreadable(self, why: Reason) -> RemoteError:
        return self.lists.unreadable(self.path, why)


def _window(known: int, most: int) -> tuple[int, int]:
    """Return the page, as number and size, that begins with a known row and ends the furthest.

    `known` rows were read, and a page holds `most` at least.
    """
    ends = {size: ((known - 1) // size + 1) * size for size in range(most, 1, -1)}
    size = max(ends, key=ends.__getitem__)
    return ends[size] // size, size
