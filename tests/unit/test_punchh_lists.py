"""Punchh's lists while they are read: what stands there all the time is read, or nothing is."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.offer import Redeemable, Segment
from connector.errors import RemoteError
from connector.http.reply import Reply
from connector.punchh import catalog
from connector.punchh.catalog import Listing, Lists
from tests.support.words import failing

Move = Callable[[list[Any]], None]


@dataclass
class Server:
    """Serves one list in pages; `moves` change it before the request of that number (from 1)."""

    rows: list[Any]
    clamp: int = 10**6
    past_end: str = "empty"
    moves: Mapping[int, Move] = field(default_factory=dict)
    calls: int = 0
    remote: str = "punchh"
    not_before: None = None

    def get(self, _path: str, params: Mapping[str, int]) -> Reply:
        self.calls += 1
        if move := self.moves.get(self.calls):
            move(self.rows)
        size = min(params["per_page"], self.clamp)
        page = self.rows[(params["page"] - 1) * size :][:size]
        if not page and self.rows and self.past_end == "repeat_last":
            page = self.rows[(len(self.rows) - 1) // size * size :]
        if not page and self.past_end == "endless":
            page = self.rows[:size]
        return Reply(200, {}, json.dumps(page).encode())


class Canned(Server):
    """Serves pages by their number alone, whatever `per_page` says."""

    def get(self, _path: str, params: Mapping[str, int]) -> Reply:
        self.calls += 1
        number = params["page"]
        page = self.rows[number - 1] if number <= len(self.rows) else []
        return Reply(200, {}, json.dumps(page).encode())


def row(number: Any, name: Any = None) -> dict[str, Any]:
    return {"segment_id": number, "name": f"S{number}" if name is None else name}


def listed(count: int) -> list[Any]:
    return [row(number) for number in range(count, 0, -1)]


def read(server: Any) -> Listing[Segment]:
    return Lists(server, "key").segments()


def ids(server: Any) -> list[int]:
    return [segment.segment_id for segment in read(server).items]


# --- lists that do not move


@pytest.mark.parametrize("past_end", ["empty", "repeat_last", "endless"])
@pytest.mark.parametrize("clamp", [1, 2, 3, 4, 5, 6, 7, 10, 20, 50, 99, 100, 200, 1000, 10**6])
def test_a_list_that_does_not_move_is_read_whole(clamp: int, past_end: str) -> None:
    for count in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 24, 25, 59, 60, 61, 119, 120, 130):
        if clamp > 1 or past_end == "empty":  # a page of one row that repeats is an end
            assert ids(Server(listed(count), clamp, past_end)) == list(range(count, 0, -1))


def calls_before(count: int, clamp: int) -> int:
    """Return what a list took when its pages did not overlap: 200 rows a page, and an empty one."""
    size = min(clamp, 200)
    return -(-count // size) + 1 if count else 1


@pytest.mark.parametrize("past_end", ["empty", "repeat_last", "endless"])
def test_a_list_on_one_page_takes_no_more_calls_than_ever(past_end: str) -> None:
    for count in (0, 1, 2, 3, 4, 5, 10, 100, 199, 200, 201, 399, 400, 401, 999):
        server = Server(listed(count), past_end=past_end)
        assert len(ids(server)) == count
        assert server.calls <= calls_before(count, 10**6)


@pytest.mark.parametrize(
    ("clamp", "count"),
    [(20, 30), (20, 50), (25, 60), (50, 120), (100, 170), (100, 450), (200, 350), (200, 950)],
)
def test_a_list_on_several_pages_takes_no_more_calls_than_ever(clamp: int, count: int) -> None:
    server = Server(listed(count), clamp)
    assert len(ids(server)) == count
    assert server.calls <= calls_before(count, clamp)


@pytest.mark.parametrize("clamp", [20, 25, 50, 100, 200])
def test_what_overlapping_takes_at_most(clamp: int) -> None:
    """Pages that overlap hold a little less, which shows where many small ones make up a list."""
    for count in range(1, 8 * clamp, 7):
        server = Server(listed(count), clamp)
        assert len(ids(server)) == count
        assert server.calls <= calls_before(count, clamp) * 4 / 3 + 1


def test_a_list_is_read_in_large_pages() -> None:
    server = Server(listed(2500))
    assert len(ids(server)) == 2500
    assert server.calls == 4 < calls_before(2500, 10**6)


# --- lists that move


def dropped(*numbers: int) -> Move:
    def move(rows: list[Any]) -> None:
        rows[:] = [row for row in rows if row["segment_id"] not in numbers]

    return move


def made(*numbers: int) -> Move:
    def move(rows: list[Any]) -> None:
        rows[:0] = [row(number) for number in numbers]

    return move


@pytest.mark.parametrize("clamp", [1, 2, 3, 4, 5, 8, 20])
@pytest.mark.parametrize("at", range(2, 9))
def test_a_row_that_slides_to_the_page_before_is_read(clamp: int, at: int) -> None:
    found = ids(Server(listed(30), clamp, moves={at: dropped(30)}))
    assert set(range(1, 30)) <= set(found)


@pytest.mark.parametrize("clamp", [2, 3, 4, 5, 8, 20])
@pytest.mark.parametrize("past_end", ["empty", "repeat_last", "endless"])
def test_a_page_of_repeats_does_not_end_a_list(clamp: int, past_end: str) -> None:
    """Where as many rows are made as a page holds, the next page is the last one again."""
    more = made(*range(100, 100 + clamp))
    found = ids(Server(listed(30), clamp, past_end, moves={3: more}))
    assert set(range(1, 31)) <= set(found)


def test_pages_that_repeat_in_between_do_not_end_a_list() -> None:
    pages = [[row(9), row(8), row(7)], [row(9), row(8), row(7)], [row(6), row(5)], []]
    assert ids(Canned(pages)) == [9, 8, 7, 6, 5]


def test_a_server_that_pays_no_heed_to_per_page_is_read() -> None:
    assert ids(Canned([listed(12)[:5], listed(12)[5:10], listed(12)[10:]])) == [*range(12, 0, -1)]
    assert ids(Canned([listed(9)] * 50)) == [*range(9, 0, -1)]


def test_pages_that_are_cut_short_after_they_are_counted_are_read() -> None:
    """As where rows that may not be seen are left out of pages that counted them."""

    class Sifting(Server):
        def get(self, path: str, params: Mapping[str, int]) -> Reply:
            page = super().get(path, params).json()
            seen = [row for row in page if row["segment_id"] % 7]
            return Reply(200, {}, json.dumps(seen).encode())

    assert ids(Sifting(listed(300), 50)) == [n for n in range(300, 0, -1) if n % 7]


def test_a_list_that_never_holds_still_is_no_list() -> None:
    class Restless(Server):
        def get(self, path: str, params: Mapping[str, int]) -> Reply:
            del self.rows[0]
            return super().get(path, params)

    with failing("moved from page to page") as error:
        ids(Restless(listed(200), 10))
    assert not error.value.account


Moves = st.dictionaries(
    st.integers(2, 12),
    st.lists(st.one_of(st.integers(1, 40), st.none()), min_size=1, max_size=6),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(count=st.integers(0, 40), clamp=st.integers(3, 45), moves=Moves, past=st.sampled_from(
    ["empty", "repeat_last", "endless"]
))  # fmt: skip
def test_what_stands_there_all_the_time_is_read(
    count: int, clamp: int, moves: dict[int, list[int | None]], past: str
) -> None:
    """Whatever is made on top and deleted anywhere between two requests (None makes a row)."""
    fresh = iter(range(1000, 9999))
    gone: set[int] = set()

    def moving(changes: list[int | None]) -> Move:
        def move(rows: list[Any]) -> None:
            for change in changes:
                if change is None:
                    rows.insert(0, row(next(fresh)))
                else:
                    gone.add(change)
                    rows[:] = [row for row in rows if row["segment_id"] != change]

        return move

    server = Server(listed(count), clamp, past, {at: moving(each) for at, each in moves.items()})
    try:
        found = ids(server)
    except RemoteError:
        return
    assert set(range(1, count + 1)) - gone <= set(found)
    assert len(found) == len(set(found))


# --- rows that cannot be read


READ: list[tuple[Any, int]] = [("7", 7), (7, 7), (str(2**63 - 1), 2**63 - 1)]
NO_IDS: list[Any] = [
    None, True, False, 0, -1, 1.0, 2**63, str(2**63), "", " 7", "07", "+7", "7.0", "seven",
    "\u0667", [7], {"id": 7},
]  # fmt: skip


@pytest.mark.parametrize(("value", "id_"), READ)
def test_an_id_may_be_a_text_of_digits(value: Any, id_: int) -> None:
    assert read(Server([row(value, "VIP")])).items == (Segment(id_, "VIP"),)


def test_an_id_as_text_and_as_number_is_one() -> None:
    assert ids(Server([row(7, "VIP"), row("7", "VIP")])) == [7]


@pytest.mark.parametrize("value", NO_IDS)
def test_a_row_without_a_readable_id_keeps_its_name(value: Any) -> None:
    found = read(Server([row(value, "VIP"), row(9, "VIP")]))
    assert [segment.segment_id for segment in found.items] == [9]
    assert [unread.name for unread in found.unread] == ["VIP"]


NAMELESS: list[Any] = [
    None, 7, "x", [], {}, {"segment_id": 1}, {"segment_id": 1, "name": None},
    {"segment_id": 1, "name": 2}, {"segment_id": 1, "name": ["VIP"]},
]  # fmt: skip


@pytest.mark.parametrize("bad", NAMELESS)
def test_a_row_without_a_readable_name_is_kept_too(bad: Any) -> None:
    found = read(Server([bad, row(9)]))
    assert [segment.segment_id for segment in found.items] == [9]
    assert [unread.name for unread in found.unread] == [None]


@pytest.mark.parametrize("clamp", [1, 2, 3, 5, 100])
def test_a_bad_row_alone_on_its_page_does_not_stop_the_list(clamp: int) -> None:
    found = read(Server([*listed(20), row(None, "VIP")], clamp))
    assert len(found.items) == 20
    assert [unread.name for unread in found.unread] == ["VIP"]


@pytest.mark.parametrize("bad", [*NAMELESS, row(None, "VIP")])
def test_a_list_of_bad_rows_is_no_list(bad: Any) -> None:
    with failing("none of its rows"):
        read(Server([bad]))


@pytest.mark.parametrize("uuid", [None, "", 7, "u\0", "u\ud83d"])
def test_a_redeemable_is_known_by_a_uuid_as_it_came(uuid: Any) -> None:
    bad = {"redeemable_uuid": uuid, "name": "Fries"}
    good = {"redeemable_uuid": "u-1", "name": "Fries", "redeemable_id": "20"}
    found = Lists(Server([bad, good]), "key").redeemables()  # type: ignore[arg-type]
    assert found.items == (Redeemable("u-1", "Fries", 20),)
    assert [unread.name for unread in found.unread] == ["Fries"]


def test_a_row_is_told_of_in_few_words() -> None:
    (unread,) = read(Server([row(None, "x\x1b[31m\n" * 99), row(9)])).unread
    assert unread.shown.isprintable()
    assert len(unread.shown) <= catalog.SHOWN
