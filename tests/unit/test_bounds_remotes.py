"""What remotes send in any number, length or form costs a bounded amount of work and memory."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from connector.domain import resolve
from connector.domain.match import match, trace
from connector.domain.names import Names, normalise, ranked
from connector.domain.offer import Catalog, Redeemable, Segment
from connector.domain.rules import Match, Rule, RuleBook, SegmentId
from connector.domain.send import Send
from connector.http.reply import DEEPEST, UnreadJSONError, strict_json
from connector.http.wire import Line
from connector.punchh import catalog
from connector.settings import SalesforceSettings
from connector.sources import checks
from connector.sources.braze import tags
from connector.sources.braze.rows import Reading
from connector.sources.braze.tags import audiences, misspelled
from connector.sources.checks import MOST_AUDIENCES, MOST_TAGS
from connector.sources.salesforce import session
from connector.sources.salesforce.session import Org
from tests.support.clocks import FixedClock
from tests.support.orgs import FakeOrg
from tests.support.steps import grows, steps
from tests.support.words import IN_UTC, failing, in_words, step_of
from tests.unit.test_punchh_lists import Canned, Server, listed, read, row

GROWTH = 2.3  # twice the input may take so much more work
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PREFIX = "punchh:segment="

# --- JSON -------------------------------------------------------------------------------------

_IN_LITTLE_MEMORY = """
import resource, sys
from connector.http.reply import strict_json
resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
for body in (b"[" + b"{}," * 10_000_000 + b"{}]", b"[" + b"0," * 15_000_000 + b"0]",
             b"[" * 30_000_000, b'{"a":' * 5_000_000):
    try:
        print(len(strict_json(body)))
    except ValueError as error:
        print(type(error).__name__, error)
"""


def test_a_reply_of_very_many_values_is_refused_before_it_takes_memory() -> None:
    done = subprocess.run(  # noqa: S603  ourselves
        [sys.executable, "-c", _IN_LITTLE_MEMORY],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines() == [
        "UnreadJSONError answer/too-much",
        "UnreadJSONError answer/too-much",
        "UnreadJSONError answer/too-much",
        "UnreadJSONError answer/too-much",
    ], done


@pytest.mark.parametrize(("begin", "end"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
def test_json_is_nested_no_deeper_than_anything_here_can_walk(begin: str, end: str) -> None:
    times = DEEPEST // begin.count("[" if "[" in begin else "{") // (1 + (begin == '[{"a":'))
    assert strict_json(f"{begin * times}1{end * times}".encode())
    with pytest.raises(UnreadJSONError, match="too-deep"):
        strict_json(f"{begin * (times + 1)}1{end * (times + 1)}".encode())


# --- rows of sources --------------------------------------------------------------------------


def _reading() -> Reading:
    return Reading("braze_us", "UTC", timedelta(), timedelta(), PREFIX)


def _row(number: int, **changes: Any) -> dict[str, Any]:
    found = {"id": f"c{number}", "name": f"Send {number}", "type": "campaign", "tags": []}
    return {**found, "next_send_time": "2030-01-01 10:00:00", **changes}


def test_rows_that_nobody_can_follow_are_told_of_as_few_notes() -> None:
    sends, notes = _reading().sends([{}] * 5000 + [_row(1), _row(2), _row(2)] + ["x" * 9999])
    assert [send.send_id for send in sends] == ["c1", "c2"]
    assert [note.code for note in notes] == ["row-without-id"] * 20 + ["more-rows", "row-twice"]
    assert "4981" in in_words(notes[20])
    _, notes = _reading().sends([_row(number // 2) for number in range(100)])
    assert [note.code for note in notes] == ["row-twice"] * 20 + ["more-rows"]


def test_an_id_that_is_no_id_is_a_row_that_nobody_can_follow() -> None:
    long = [_row(1, id="x" * 201), _row(2, id=" "), _row(3, id=7), _row(4, id="x" * 200)]
    sends, notes = _reading().sends(long)
    assert [send.send_id for send in sends] == ["x" * 200]
    assert [note.code for note in notes] == ["row-without-id"] * 3
    assert max(len(IN_UTC.whole(note)) for note in notes) < 400


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "x" * 501}, "bad-row"),
        ({"tags": ["x" * 501, "ok"]}, "unreadable-tags"),
        ({"tags": [f"t{number}" for number in range(MOST_TAGS + 1)]}, "unreadable-tags"),
        (
            {"tags": [f"{PREFIX}a{number}" for number in range(MOST_AUDIENCES + 1)]},
            "too-many-audiences",
        ),
        ({"next_send_time": "2030-01-01 " + "x" * 500}, "bad-time"),
        ({"schedule_type": "x" * 501}, "bad-row"),
        ({"name": "x" * 500, "tags": ["y" * 500]}, None),
    ],
)
def test_what_is_too_long_or_too_much_is_the_problem_of_its_send(
    changes: dict[str, Any], code: str | None
) -> None:
    (send, other), _ = _reading().sends([_row(1, **changes), _row(2)])
    assert (send.problem.code if send.problem else None) == code
    assert other.problem is None
    assert len(send.name) <= 500
    assert len(send.tags) <= MOST_TAGS
    assert all(len(tag) <= 500 for tag in send.tags)
    assert send.problem is None or len(in_words(send.problem)) < 400


@pytest.mark.timeout(30)  # each of them took minutes
@pytest.mark.parametrize(
    "tag", [" " * 400_000 + PREFIX + "x", "punchh-" * 60_000, "-" * 400_000 + "a", "a-" * 200_000]
)
def test_a_tag_of_any_length_is_read_in_one_walk(tag: str) -> None:
    assert len(audiences([tag], PREFIX)) == tag.endswith("x")
    assert misspelled([tag], PREFIX, "Braze") is None


@given(st.text(" pPu\uff50:é-\u0301", max_size=12), st.sampled_from(["pu:", "pé", "pu"]))
def test_what_stands_after_the_prefix_is_found_as_if_each_place_were_tried(
    tag: str, prefix: str
) -> None:
    wanted = normalise(prefix)
    if normalise(tag).startswith(wanted):
        end = next((n for n in range(len(tag) + 1) if normalise(tag[:n]) == wanted), len(tag))
        assert tags._named(tag, wanted) == tag[end:].strip()
    else:
        assert tags._named(tag, wanted) is None


@pytest.fixture
def org() -> Iterator[tuple[FakeOrg, Org]]:
    given = {"kind": "salesforce", "domain": "brand.my", "consumer_key": "k"}
    with responses.RequestsMock() as net:
        fake = FakeOrg(net)
        line = Line("sf_core", FixedClock(NOW), Random(1))
        opened = Org(line, SalesforceSettings(**given, consumer_secret="s"))
        yield fake, opened
        opened.close()


@pytest.mark.parametrize(
    ("page_size", "told"), [(10, "at most 25 are read"), (1, "within 4 pages")]
)
def test_a_query_ends_at_a_number_of_records_and_of_pages(
    org: tuple[FakeOrg, Org], monkeypatch: pytest.MonkeyPatch, page_size: int, told: str
) -> None:
    fake, opened = org
    monkeypatch.setattr(session, "MOST_ROWS", 25)
    monkeypatch.setattr(checks, "MOST_ROWS", 25)
    monkeypatch.setattr(session, "MOST_PAGES", 4)
    fake.page_size = page_size
    fake.tables = {"ListEmail": [{"Id": str(number)} for number in range(60)]}
    with failing(told):
        opened.rows("SELECT Id FROM ListEmail")
    assert len(fake.requests) <= 6


# --- Punchh's lists ---------------------------------------------------------------------------


@pytest.mark.parametrize("clamp", [5, 10**6])
def test_a_list_of_more_rows_than_are_read_is_unreadable(
    monkeypatch: pytest.MonkeyPatch, clamp: int
) -> None:
    monkeypatch.setattr(catalog, "MOST_ROWS", 50)
    assert len(read(Server(listed(50), clamp)).items) == 50
    with failing("at most 50 rows are read"):
        read(Server(listed(51), clamp))


def test_a_list_that_moves_is_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Canned([[row(number) for number in range(at * 9, at * 9 + 10)] for at in range(2000)])
    monkeypatch.setattr(catalog, "MOST_READ", 300)
    with failing("too long"):
        read(server)
    assert server.calls < 40


def test_rows_that_cannot_be_read_are_borne_up_to_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "MOST_UNREAD", 3)
    odd = [{"segment_id": -number, "name": "x"} for number in range(1, 4)]
    assert len(read(Server([*listed(5), *odd])).unread) == 3
    with failing("4 of its rows cannot be read"):
        read(Server([*listed(5), *odd, {"segment_id": None}]))


def test_a_name_that_is_too_long_is_a_row_that_cannot_be_read_and_nobodys() -> None:
    found = read(Server([row(1, "x" * 500), row(2, "x" * 501), row(3, "x" * 5000)]))
    assert [len(one.name) for one in found.items] == [500]
    assert [len(one.name or "") for one in found.unread] == [501, 501]


@pytest.mark.parametrize("clamp", [5, 1])
def test_a_list_of_twice_the_pages_is_twice_the_work(clamp: int) -> None:
    def work(count: int) -> Callable[[], object]:
        return lambda: read(Server(listed(count), clamp))

    assert grows(work, 60) < GROWTH


# --- names and rules --------------------------------------------------------------------------


def _catalog(count: int) -> Catalog:
    segments = tuple(Segment(number, f"Segment {number}") for number in range(count))
    redeemables = tuple(Redeemable(f"u{number}", f"Offer {number}") for number in range(count))
    return Catalog(segments, redeemables, NOW)


def test_names_that_are_not_there_are_looked_for_up_to_a_number() -> None:
    found = _catalog(30)
    sought = [f"Segmend {number}" for number in range(300)]
    near = [resolve.segment(name, found)[1] for name in sought]
    assert all(reason and reason.code == "no-segment" for reason in near)
    told = [bool(reason and "Did you mean" in step_of(reason)) for reason in near]
    assert told == [True] * 100 + [False] * 200
    again = [resolve.segment(name, found)[1] for name in sought]
    assert again == near


def test_what_is_near_is_the_same_as_ever() -> None:
    several = [f"VIP Guests {number}" for number in range(20)]
    kept = Names(several)
    for name in ("vip gests 3", "Taco", "", "VIP  GUESTS 12"):
        assert kept.ranked(name) == ranked(name, several)
    assert kept.ranked("vip gests 3")[0] == ("VIP Guests 3", 95)
    assert kept.ranked("Taco") == ()


@pytest.mark.parametrize(
    "ask",
    [
        lambda found, number: resolve.segments(SegmentId(id=number + 1), found),
        lambda found, number: resolve.segments(f"Segment {number}", found),
    ],
)
def test_an_id_is_found_without_a_look_at_each(ask: Callable[[Catalog, int], object]) -> None:
    work = []
    for count in (20, 200):
        found = _catalog(count)
        ask(found, 3)
        work.append(steps(lambda found=found: ask(found, 4)))  # type: ignore[misc]
    assert work[0] == work[1]


def test_many_items_of_one_name_are_no_more_work_each() -> None:
    def work(count: int) -> Callable[[], object]:
        several = tuple(Segment(number, "VIP") for number in range(count))
        return lambda: resolve.segment("VIP", Catalog(several, (), NOW))

    assert grows(work, 100) < GROWTH
    _, reason = resolve.segment(
        "VIP", Catalog(tuple(Segment(n, "VIP") for n in range(99)), (), NOW)
    )
    assert reason is not None
    assert len(in_words(reason)) < 200


def _book(patterns: list[dict[str, Any]]) -> RuleBook:
    rules = [
        Rule(name=f"r{number}", match=Match.model_validate(given), ignore="x")
        for number, given in enumerate(patterns)
    ]
    return RuleBook(tuple(rules), {}, "", {})


def _send(name: str, send_id: str = "s1") -> Send:
    return Send("braze_us", "campaign", "", send_id, name, ("a",), ("b",))


@pytest.mark.parametrize("form", ["Name {}", "Name {}*", "Name {} ? b*"])
def test_a_send_is_tried_only_on_rules_whose_sends_begin_so(form: str) -> None:
    work = []
    for count in (10, 300):
        book = _book([{"send": form.format(f"{number:04}")} for number in range(count)])
        match(_send("Name 0002 a b"), book)
        work.append(steps(lambda book=book: match(_send("Name 0005 x b"), book)))  # type: ignore[misc]
    assert work[1] < work[0] + 10


_patterns = st.fixed_dictionaries(
    {},
    optional={
        "send": st.text("aB*? ", min_size=1, max_size=4).filter(str.strip),
        "id": st.text("ab*", min_size=1, max_size=3),
        "tags": st.lists(st.text("ab*", min_size=1, max_size=2), min_size=1, max_size=2),
    },
).filter(bool)


@given(
    st.lists(_patterns, max_size=6), st.text("aAb\uff42 ", max_size=5), st.text("ab", max_size=3)
)
def test_the_first_rule_that_fits_is_found_as_if_each_were_tried(
    patterns: list[dict[str, Any]], name: str, send_id: str
) -> None:
    book, send = _book(patterns), _send(name, send_id)
    tried = trace(send, book)
    first = tried[-1].rule if tried and not tried[-1].why_not else None
    found = match(send, book).rule
    assert (found.name if found else None) == first
