import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from connector.domain.send import Send
from connector.errors import RemoteError
from connector.settings import BrazeSettings
from connector.sources import open_source
from connector.sources.braze import BrazeSource
from connector.sources.braze.tags import audiences
from tests.support.clocks import FixedClock
from tests.support.words import failing, in_words, step_of, words_of

HOST = "https://rest.iad-01.braze.com"
SCHEDULED = f"{HOST}/messages/scheduled_broadcasts"
NOW = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
KEY = "a-braze-key-nobody-may-see"
NO_KINDS: frozenset[str] = frozenset()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def net() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def source(clock: FixedClock, net: responses.RequestsMock) -> Iterator[BrazeSource]:
    settings = BrazeSettings(
        kind="braze",
        base_url=HOST,
        api_key=KEY,
        timezone="America/New_York",
    )
    opened = open_source("braze_us", settings, clock=clock, random=Random(1))
    assert isinstance(opened, BrazeSource)
    yield opened
    opened.close()


def row(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Friday Fries",
        "id": "11111111-2222-3333-4444-555555555555",
        "type": "Campaign",
        "tags": ["offer", "punchh:segment=VIP Guests"],
        "next_send_time": "2026-03-06 11:00:00",
        "schedule_type": "America/New_York",
    } | changes


def shows(net: responses.RequestsMock, *rows: Any) -> None:
    net.get(SCHEDULED, json={"scheduled_broadcasts": list(rows)})


def polled(net: responses.RequestsMock, source: BrazeSource, one: Any) -> Send:
    shows(net, one)
    (send,) = source.poll(NOW, NO_KINDS).sends
    return send


def test_a_row_becomes_a_send(net: responses.RequestsMock, source: BrazeSource) -> None:
    send = polled(net, source, row())
    assert (send.source, send.kind, send.account) == ("braze_us", "campaign", "")
    assert send.send_id == "11111111-2222-3333-4444-555555555555"
    assert send.name == "Friday Fries"
    assert send.tags == ("offer", "punchh:segment=VIP Guests")
    assert send.audiences == ("VIP Guests",)
    assert send.problem is None
    assert send.when is not None
    assert send.when.first_delivery == datetime(2026, 3, 6, 16, tzinfo=UTC)


def test_the_request_is_a_get_for_whole_days_and_bears_the_key(
    net: responses.RequestsMock, source: BrazeSource
) -> None:
    shows(net)
    snapshot = source.poll(NOW, NO_KINDS)
    (call,) = net.calls
    assert call.request.method == "GET"
    assert call.request.headers["Authorization"] == f"Bearer {KEY}"
    (end,) = parse_qs(urlsplit(call.request.url or "").query)["end_time"]
    assert end == "2026-06-02T00:00:00Z"
    assert datetime.fromisoformat(end) - NOW >= timedelta(days=92)
    assert snapshot.kinds == {"campaign", "canvas"}
    assert (snapshot.source, snapshot.read_at, snapshot.sends) == ("braze_us", NOW, ())


def test_a_canvas_and_a_message_key_are_fine(
    net: responses.RequestsMock, source: BrazeSource
) -> None:
    body = {"message": "success", "scheduled_broadcasts": [row(type="Canvas")]}
    net.get(SCHEDULED, json=body)
    (send,) = source.poll(NOW, NO_KINDS).sends
    assert send.kind == "canvas"
    assert send.problem is None


@pytest.mark.parametrize(
    ("changes", "code", "quoted"),
    [
        ({"type": "Segment"}, "bad-row", "'Segment'"),
        ({"type": None}, "bad-row", "None"),
        ({"name": None}, "bad-row", "name None"),
        ({"name": 7}, "bad-row", "name 7"),
        ({"tags": None}, "unreadable-tags", "tags None"),
        ({"tags": "offer"}, "unreadable-tags", "tags 'offer'"),
        ({"tags": ["a", 1]}, "unreadable-tags", "1 of its 2 tags cannot be read (Braze sent 1)"),
        ({"tags": None, "name": None}, "bad-row", "name None"),
        ({"tags": [None], "next_send_time": None}, "bad-time", "None"),
        ({"tags": [None, "punchh:segments=VIP"]}, "misspelled-tag", "“punchh:segments=VIP”"),
        (
            {"name": "Half \ud83c", "tags": [None]},
            "unreadable-tags",
            "1 of its 1 tags cannot be read (Braze sent None)",
        ),
        ({"name": "Half \ud83c"}, "odd-text", "name “Half \ufffd”"),
        ({"tags": ["a\0"]}, "odd-text", "tag “a\ufffd”"),
        ({"name": "Half \ud83c", "type": "Card"}, "bad-row", "'Card'"),
        ({"schedule_type": 5}, "bad-row", "schedule_type 5"),
        ({"next_send_time": None}, "bad-time", "None"),
        ({"next_send_time": ""}, "bad-time", "''"),
        ({"next_send_time": 1772812800}, "bad-time", "1772812800"),
        ({"next_send_time": "tomorrow"}, "bad-time", "'tomorrow'"),
        ({"next_send_time": "x" * 500}, "bad-time", "xxx…"),
        ({"schedule_type": "Narnia/Cair_Paravel"}, "bad-time", "Narnia"),
    ],
)
def test_a_bad_row_is_a_send_with_a_problem(
    net: responses.RequestsMock, source: BrazeSource, changes: Any, code: str, quoted: str
) -> None:
    send = polled(net, source, row(**changes))
    assert send.send_id == row()["id"]
    assert send.problem is not None
    assert send.problem.code == code
    assert quoted in in_words(send.problem)
    assert len(in_words(send.problem)) < 250
    assert step_of(send.problem)


@pytest.mark.parametrize("key", ["name", "type", "tags", "next_send_time"])
def test_a_missing_field_is_a_problem(
    net: responses.RequestsMock, source: BrazeSource, key: str
) -> None:
    broken = row()
    del broken[key]
    assert polled(net, source, broken).problem is not None


def test_a_missing_schedule_type_means_company_time(
    net: responses.RequestsMock, source: BrazeSource
) -> None:
    bare = row()
    del bare["schedule_type"]
    send = polled(net, source, bare)
    assert send.problem is None
    assert send.when is not None
    assert send.when.zone == "America/New_York"


@pytest.mark.parametrize("bad", [None, 7, "row", [], {}, row(id=None), row(id=""), row(id=12)])
def test_a_row_without_an_id_is_noted_and_the_rest_is_read(
    net: responses.RequestsMock, source: BrazeSource, bad: Any
) -> None:
    shows(net, bad, row())
    snapshot = source.poll(NOW, NO_KINDS)
    assert [send.name for send in snapshot.sends] == ["Friday Fries"]
    assert [note.code for note in snapshot.notes] == ["row-without-id"]


def test_of_rows_with_one_id_the_earliest_is_kept_and_noted(
    net: responses.RequestsMock, source: BrazeSource
) -> None:
    times = ("2026-03-07 11:00:00", "nonsense", "2026-03-06 11:00:00", "2026-03-08 11:00:00")
    shows(net, *(row(next_send_time=time) for time in times), row(type="Canvas"))
    snapshot = source.poll(NOW, NO_KINDS)
    campaign, canvas = snapshot.sends
    assert canvas.kind == "canvas"
    assert campaign.when is not None
    assert campaign.when.wall == "2026-03-06 11:00:00"
    assert [note.code for note in snapshot.notes] == ["row-twice"]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["punchh:segment=VIP"], ("VIP",)),
        (["Punchh:Segment= VIP  Guests "], ("VIP  Guests",)),
        (["  punchh:segment=VIP"], ("VIP",)),
        (["\uff50unchh:segment=VIP"], ("VIP",)),  # full width p
        (["punchh:segment=A", "punchh:segment=B"], ("A", "B")),
        (["punchh:segment=VIP", "PUNCHH:SEGMENT=vip"], ("VIP",)),
        (["punchh:segment="], ()),
        (["punchh:segment=   "], ()),
        (["punchh:segment"], ()),
        (["xpunchh:segment=VIP"], ()),
        (["punchh:segment=a=b"], ("a=b",)),
        ([], ()),
    ],
)
def test_audiences_stand_behind_the_prefix(tags: list[str], expected: tuple[str, ...]) -> None:
    assert audiences(tags, "punchh:segment=") == expected


@pytest.mark.parametrize(
    "body",
    [
        "null",
        "[]",
        "{}",
        '"ok"',
        '{"scheduled_broadcasts": null}',
        '{"scheduled_broadcasts": {}}',
        '{"scheduled_broadcasts": [], "scheduled_broadcasts": []}',
        '{"scheduled_broadcasts": [NaN]}',
        '{"scheduled_broadcasts": [',
        "<html>Welcome</html>",
        "",
    ],
)
def test_anything_but_the_list_is_an_error_and_not_an_empty_answer(
    net: responses.RequestsMock, source: BrazeSource, body: str
) -> None:
    net.get(SCHEDULED, body=body)
    with pytest.raises(RemoteError) as caught:
        source.poll(NOW, NO_KINDS)
    assert not caught.value.account


@pytest.mark.parametrize(
    ("status", "account", "told"),
    [
        (401, True, "key was refused"),
        (403, True, "messages.schedule_broadcasts"),
        (400, False, "400"),
        (404, False, "no such address"),
        (500, False, "500"),
        (503, False, "503"),
        (302, False, "redirects"),
    ],
)
def test_a_refusal_is_told_in_words_without_the_key(
    net: responses.RequestsMock, source: BrazeSource, status: int, account: bool, told: str
) -> None:
    headers = {"Location": "https://elsewhere.example/"} if status == 302 else {}
    net.get(SCHEDULED, json={"message": f"no {KEY}"}, status=status, headers=headers)
    with failing(told) as caught:
        source.poll(NOW, NO_KINDS)
    assert caught.value.account is account
    assert caught.value.remote == "braze_us"
    assert KEY not in words_of(caught.value)


def test_a_passing_trouble_is_asked_again_at_once(
    net: responses.RequestsMock, source: BrazeSource, clock: FixedClock
) -> None:
    net.get(SCHEDULED, status=502)
    net.get(SCHEDULED, body=requests.ConnectionError())
    shows(net, row())
    assert len(source.poll(NOW, NO_KINDS).sends) == 1
    assert len(clock.waits) == 2


def test_a_broken_connection_is_an_error(net: responses.RequestsMock, source: BrazeSource) -> None:
    net.get(SCHEDULED, body=requests.ConnectionError())
    with failing("no connection"):
        source.poll(NOW, NO_KINDS)


def test_a_throttled_poll_waits_until_braze_allows(
    net: responses.RequestsMock, source: BrazeSource, clock: FixedClock
) -> None:
    reset = str(int(NOW.timestamp()) + 1800)
    net.get(SCHEDULED, status=429, headers={"x-ratelimit-reset": reset})
    with failing("429"):
        source.poll(NOW, NO_KINDS)
    with failing("not to be called before"):
        source.poll(NOW, NO_KINDS)
    assert len(net.calls) == 1
    clock.advance(timedelta(minutes=31))
    shows(net)
    assert source.poll(clock.now(), NO_KINDS).sends == ()


def vanished(kind: str = "campaign") -> Send:
    return Send(source="braze_us", kind=kind, account="", send_id="an-id", name="Gone")


@pytest.mark.parametrize(
    ("enabled", "draft", "archived", "live"),
    [
        (True, False, False, True),
        (False, False, False, False),
        (True, True, False, False),
        (True, False, True, False),
    ],
)
@pytest.mark.parametrize(
    ("kind", "path", "parameter"),
    [("campaign", "/campaigns/details", "campaign_id"), ("canvas", "/canvas/details", "canvas_id")],
)
def test_details_say_whether_a_send_is_live(
    net: responses.RequestsMock,
    source: BrazeSource,
    kind: str,
    path: str,
    parameter: str,
    enabled: bool,
    draft: bool,
    archived: bool,
    live: bool,
) -> None:
    net.get(
        HOST + path,
        json={"message": "success", "enabled": enabled, "draft": draft, "archived": archived},
        match=[responses.matchers.query_param_matcher({parameter: "an-id"})],
    )
    assert source.confirm([vanished(kind)]) == {(kind, "", "an-id"): live}


@pytest.mark.parametrize("status", [400, 404])
def test_an_unknown_id_is_not_live(
    net: responses.RequestsMock, source: BrazeSource, status: int
) -> None:
    net.get(f"{HOST}/campaigns/details", json={"message": "Invalid Campaign ID"}, status=status)
    assert source.confirm([vanished()]) == {("campaign", "", "an-id"): False}


@pytest.mark.parametrize(
    ("status", "body", "account"),
    [
        (400, "<html>", False),
        (404, "[]", False),
        (404, "{}", False),
        (401, "{}", True),
        (403, "{}", True),
        (500, "{}", False),
        (200, "<html>", False),
        (200, "{}", False),
        (200, '{"enabled": "yes", "draft": false, "archived": false}', False),
    ],
)
def test_unclear_details_are_an_error(
    net: responses.RequestsMock, source: BrazeSource, status: int, body: str, account: bool
) -> None:
    net.get(f"{HOST}/campaigns/details", body=body, status=status)
    with pytest.raises(RemoteError) as caught:
        source.confirm([vanished()])
    assert caught.value.account is account


@pytest.mark.parametrize(
    ("body", "pending"),
    [
        ({"has_post_launch_draft": True}, True),
        ({"has_post_launch_draft": False}, False),
        ({"has_post_launch_draft": "yes"}, False),
        ({}, False),
    ],
)
def test_details_say_whether_a_draft_of_changes_waits(
    net: responses.RequestsMock, source: BrazeSource, body: dict[str, Any], pending: bool
) -> None:
    net.get(f"{HOST}/canvas/details", json={"message": "success", **body})
    assert source.drafts([vanished("canvas")]) == {("canvas", "", "an-id"): pending}
    assert source.drafts([vanished("unknown")]) == {("unknown", "", "an-id"): False}


@pytest.mark.parametrize(("status", "account"), [(403, True), (500, False)])
def test_details_that_cannot_be_read_say_nothing_of_drafts(
    net: responses.RequestsMock, source: BrazeSource, status: int, account: bool
) -> None:
    net.get(f"{HOST}/campaigns/details", body="{}", status=status)
    with pytest.raises(RemoteError) as caught:
        source.drafts([vanished()])
    assert caught.value.account is account


def test_a_send_that_braze_does_not_know_has_no_draft(
    net: responses.RequestsMock, source: BrazeSource
) -> None:
    net.get(f"{HOST}/campaigns/details", json={"message": "Invalid Campaign ID"}, status=400)
    assert source.drafts([vanished()]) == {("campaign", "", "an-id"): False}


def test_nothing_is_asked_where_nothing_vanished(source: BrazeSource) -> None:
    assert source.confirm([]) == {}


def test_a_send_of_no_known_kind_is_not_called_gone(source: BrazeSource) -> None:
    assert source.confirm([vanished("unknown")]) == {("unknown", "", "an-id"): True}


def test_the_table_of_kinds_loads_no_client() -> None:
    code = (
        "import sys, connector.sources as s; assert set(s.KINDS) == {'braze', 'salesforce'}; "
        "print([m for m in ('requests', 'simple_salesforce', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603  our own words
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
