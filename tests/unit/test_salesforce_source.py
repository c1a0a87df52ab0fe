import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
import responses

from connector.domain.send import Send, Snapshot
from connector.settings import SalesforceSettings
from connector.sources import open_source
from connector.sources.salesforce import SalesforceSource
from tests.support.clocks import FixedClock
from tests.support.orgs import FakeOrg, flow, mail, named, refused, target
from tests.support.words import failing, in_words

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NONE: frozenset[str] = frozenset()
LIST = "00B5f0000000001AAA"


@pytest.fixture
def org() -> Iterator[FakeOrg]:
    with responses.RequestsMock() as net:
        yield FakeOrg(net)


@pytest.fixture
def source(org: FakeOrg) -> Iterator[SalesforceSource]:
    settings = SalesforceSettings(
        kind="salesforce", domain="Brand.my", consumer_key="key", consumer_secret="secret"
    )
    opened = open_source("sf_core", settings, clock=FixedClock(NOW), random=Random(1))
    assert isinstance(opened, SalesforceSource)
    yield opened
    opened.close()


def only(snapshot: Snapshot) -> Send:
    (send,) = snapshot.sends
    return send


def test_a_list_email_becomes_a_send(org: FakeOrg, source: SalesforceSource) -> None:
    org.tables = {
        "ListEmail": [mail()],
        "ListEmailRecipientSource": [target()],
        "ListView": [named(LIST, "Catering Leads")],
    }
    snapshot = source.poll(NOW, NONE)
    send = only(snapshot)
    assert send.series == ("list_email", "brand.my", "0XB5f0000000001AAA")
    assert (send.source, send.name, send.tags) == ("sf_core", "Catering Invitation", ())
    assert send.audiences == ("Catering Leads",)
    assert send.problem is None
    assert send.when is not None
    assert send.when.scheduled_for == send.when.first_delivery
    assert send.when.scheduled_for == datetime(2026, 3, 5, 15, tzinfo=UTC)
    assert send.when.last_delivery == send.when.scheduled_for
    assert (send.when.wall, send.when.zone) == ("2026-03-05T15:00:00.000+0000", "UTC")
    assert snapshot.kinds == {"list_email", "flow"}
    assert (snapshot.read_at, snapshot.notes) == (NOW, ())


def test_only_mails_scheduled_for_the_next_92_days_or_in_flight_are_asked_for(
    org: FakeOrg, source: SalesforceSource
) -> None:
    source.poll(NOW, NONE)
    soql = org.asked[0]
    assert "Status = 'Scheduled'" in soql
    assert "ScheduledDate > 2026-03-01T11:00:00Z" in soql
    assert "ScheduledDate < 2026-06-01T12:00:00Z" in soql
    assert {request.method for request in org.requests} == {"GET"}


def test_several_audiences_of_all_kinds_come_in_the_order_of_their_sources(
    org: FakeOrg, source: SalesforceSource
) -> None:
    ids = ["0TO5f0000000001AAA", "7015f0000000001AAA", LIST, "00B5f0000000002AAA"]
    org.tables = {
        "ListEmail": [mail()],
        "ListEmailRecipientSource": [
            target(Id=f"0XC{n}", SourceListId=id_) for n, id_ in enumerate(ids)
        ],
        "ListView": [named(LIST, "List"), named("00B5f0000000002AAA", "List")],
        "Campaign": [named("7015f0000000001AAA", "Campaign")],
        "Topic": [named("0TO5f0000000001AAA", "Topic")],
    }
    send = only(source.poll(NOW, NONE))
    assert send.audiences == ("Topic", "Campaign", "List")
    assert send.problem is None


def test_a_mail_to_individuals_only_has_no_audience_and_no_problem(
    org: FakeOrg, source: SalesforceSource
) -> None:
    org.tables = {"ListEmail": [mail()]}
    send = only(source.poll(NOW, NONE))
    assert (send.audiences, send.problem) == ((), None)


@pytest.mark.parametrize(
    ("targets", "tables", "code"),
    [
        ([target()], {}, "audience-unseen"),
        ([target()], {"ListView": [named(LIST, None)]}, "audience-unseen"),
        ([target()], {"ListView": refused("INVALID_TYPE")}, "audience-unseen"),
        ([target(SourceListId="0035f0000000001AAA")], {}, "audience-unseen"),
        ([target(SourceListId=None)], {}, "audience-unseen"),
        ([target(SourceType="Exclude")], {"ListView": [named(LIST, "L")]}, "bad-row"),
        ([target(SourceType=None)], {"ListView": [named(LIST, "L")]}, "bad-row"),
    ],
)
def test_an_audience_that_cannot_be_told_is_a_problem(
    org: FakeOrg, source: SalesforceSource, targets: Any, tables: Any, code: str
) -> None:
    org.tables = {"ListEmail": [mail()], "ListEmailRecipientSource": targets} | tables
    send = only(source.poll(NOW, NONE))
    assert send.audiences == ()
    assert send.problem is not None
    assert send.problem.code == code


def test_a_seen_audience_is_named_beside_an_unseen_one(
    org: FakeOrg, source: SalesforceSource
) -> None:
    org.tables = {
        "ListEmail": [mail()],
        "ListEmailRecipientSource": [target(), target(SourceListId="00B5f0000000009AAA")],
        "ListView": [named(LIST, "Seen")],
    }
    send = only(source.poll(NOW, NONE))
    assert send.audiences == ("Seen",)
    assert send.problem is not None


@pytest.mark.parametrize("row", [mail, flow])
@pytest.mark.parametrize(
    "time",
    [None, "", "soon", 17, "2026-03-05", "2026-03-05T15:00:00", "2026-02-30T15:00:00.000+0000",
     "0001-01-01T00:00:00.000+1400", "9999-12-31T23:59:59.000-1200"],
)  # fmt: skip
def test_a_time_that_is_none_is_a_problem(
    org: FakeOrg, source: SalesforceSource, row: Any, time: Any
) -> None:
    if row is mail:
        org.tables = {"ListEmail": [mail(ScheduledDate=time)]}
    else:
        org.tables = {"FlowRecord": [flow(ScheduledStartDate=time)]}
    send = only(source.poll(NOW, NONE))
    assert send.when is None
    assert send.problem is not None
    assert send.problem.code == "bad-time"


@pytest.mark.parametrize("rows", [{"ListEmail": [mail(Name=None)]}, {"FlowRecord": [flow(Name=5)]}])
def test_a_row_without_a_name_is_a_problem(
    org: FakeOrg, source: SalesforceSource, rows: Any
) -> None:
    org.tables = rows
    send = only(source.poll(NOW, NONE))
    assert send.problem is not None
    assert send.problem.code == "bad-row"


def test_rows_without_an_id_are_noted(org: FakeOrg, source: SalesforceSource) -> None:
    org.tables = {"ListEmail": [mail(Id=None)], "FlowRecord": [flow(Id=""), flow()]}
    snapshot = source.poll(NOW, NONE)
    assert [send.name for send in snapshot.sends] == ["Win-back Flow"]
    assert [note.code for note in snapshot.notes] == ["row-without-id", "row-without-id"]


def test_of_rows_with_one_id_the_earliest_is_kept(org: FakeOrg, source: SalesforceSource) -> None:
    org.tables = {"ListEmail": [mail(ScheduledDate="2026-03-07T15:00:00Z"), mail()]}
    snapshot = source.poll(NOW, NONE)
    send = only(snapshot)
    assert send.when is not None
    assert send.when.scheduled_for.day == 5
    assert [note.code for note in snapshot.notes] == ["row-twice"]


def test_a_flow_becomes_a_send(org: FakeOrg, source: SalesforceSource) -> None:
    org.tables = {"FlowRecord": [flow()]}
    send = only(source.poll(NOW, NONE))
    assert send.series == ("flow", "brand.my", "2aF5f0000000001AAA")
    assert send.audiences == ("Lapsed Guests",)
    assert send.problem is None
    assert send.when is not None
    assert send.when.first_delivery == datetime(2026, 3, 6, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "audiences", "code"),
    [
        ({"Segment": None, "SegmentId": None}, (), None),
        ({"Segment": None}, (), "audience-unseen"),
        ({"Segment": {"Name": None}}, (), "audience-unseen"),
        ({"IsPaused": True}, ("Lapsed Guests",), "paused"),
        ({"IsPaused": None}, ("Lapsed Guests",), "bad-row"),
    ],
)
def test_a_flow_that_cannot_be_told_for_sure_has_a_problem(
    org: FakeOrg, source: SalesforceSource, changes: Any, audiences: Any, code: str | None
) -> None:
    org.tables = {"FlowRecord": [flow(**changes)]}
    send = only(source.poll(NOW, NONE))
    assert send.audiences == audiences
    assert (send.problem.code if send.problem else None) == code


@pytest.mark.parametrize(
    ("status", "since", "code"),
    [
        ("Scheduled", timedelta(minutes=-1), None),
        ("PreparingData", timedelta(minutes=-1), None),
        ("PreparingData", timedelta(minutes=5), None),  # sent at once: it is seen too late
        ("Scheduled", timedelta(minutes=5), None),
        ("Scheduled", timedelta(hours=3), "next-run-unknown"),  # recurring: its next run is hidden
        ("PreparingData", timedelta(hours=3), "next-run-unknown"),
        ("InProgress", timedelta(minutes=-1), None),  # between two runs, and its start has moved on
        ("InProgress", timedelta(minutes=5), None),
        ("InProgress", timedelta(hours=3), "next-run-unknown"),
        ("InProgress", timedelta(days=300), "next-run-unknown"),
    ],
)
def test_a_flow_whose_start_is_past(
    org: FakeOrg, source: SalesforceSource, status: str, since: timedelta, code: str | None
) -> None:
    start = f"{NOW - since:%Y-%m-%dT%H:%M:%S.000+0000}"
    org.tables = {"FlowRecord": [flow(ProgressStatus=status, ScheduledStartDate=start)]}
    send = only(source.poll(NOW, NONE))
    assert (send.problem.code if send.problem else None) == code
    assert (send.when is None) == (code is not None)


def test_flows_between_their_runs_are_asked_for(org: FakeOrg, source: SalesforceSource) -> None:
    source.poll(NOW, NONE)
    (soql,) = (one for one in org.asked if "FROM FlowRecord" in one)
    assert "('Scheduled', 'PreparingData', 'InProgress')" in soql


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ScheduledStartDate": None}, "next-run-unknown"),
        ({"ScheduledStartDate": "soon"}, "bad-time"),
        ({"ScheduledStartDate": None, "ProgressStatus": "Scheduled"}, "bad-time"),
        ({"ScheduledStartDate": "2026-01-01T15:00:00.000+0000", "IsPaused": True}, "paused"),
        ({"ScheduledStartDate": None, "Name": None}, "bad-row"),
    ],
)
def test_a_flow_in_progress_without_a_start_to_come(
    org: FakeOrg, source: SalesforceSource, changes: Any, code: str
) -> None:
    org.tables = {"FlowRecord": [flow(**{"ProgressStatus": "InProgress"} | changes)]}
    send = only(source.poll(NOW, NONE))
    assert send.problem is not None
    assert (send.problem.code, send.when) == (code, None)
    assert send.audiences == ("Lapsed Guests",)


def test_salesforce_is_not_asked_about_drafts(org: FakeOrg, source: SalesforceSource) -> None:
    org.tables = {"FlowRecord": [flow()]}
    send = only(source.poll(NOW, NONE))
    asked = len(org.asked)
    assert source.drafts([send]) == {send.series: False}
    assert len(org.asked) == asked


def test_a_flow_may_prepare_for_two_hours(org: FakeOrg, source: SalesforceSource) -> None:
    org.tables = {"FlowRecord": [flow()]}
    prepared = only(source.poll(NOW, NONE)).when
    assert prepared is not None
    assert prepared.last_delivery == prepared.first_delivery + timedelta(hours=2)


@pytest.mark.parametrize("code", ["INVALID_TYPE", "INVALID_FIELD"])
@pytest.mark.parametrize(
    ("object_", "kind", "rest"),
    [("FlowRecord", "flow", "list_email"), ("ListEmail", "list_email", "flow")],
)
def test_an_object_that_the_org_never_showed_is_left_out_with_a_note(
    org: FakeOrg, source: SalesforceSource, code: str, object_: str, kind: str, rest: str
) -> None:
    org.tables = {"ListEmail": [mail()], "FlowRecord": [flow()], object_: refused(code)}
    snapshot = source.poll(NOW, frozenset({rest}))
    assert snapshot.kinds == {rest}
    assert [send.kind for send in snapshot.sends] == [rest]
    assert snapshot.left_out.keys() == {kind}
    note = snapshot.left_out[kind]
    assert note.code == "kind-left-out"
    assert object_ in in_words(note)
    assert f"({code}: 'no')" in in_words(note)
    with failing(code):
        source.poll(NOW, frozenset({kind}))


@pytest.mark.parametrize("code", ["INVALID_TYPE", "INVALID_FIELD"])
@pytest.mark.parametrize("object_", ["ListEmailRecipientSource", "ListView"])
def test_mails_whose_audience_may_not_be_seen_are_shown_and_blocked(
    org: FakeOrg, source: SalesforceSource, code: str, object_: str
) -> None:
    org.tables = {
        "ListEmail": [mail()],
        "ListEmailRecipientSource": [target()],
        object_: refused(code),
    }
    snapshot = source.poll(NOW, NONE)
    assert snapshot.kinds == {"list_email", "flow"}
    send = only(snapshot)
    assert send.problem is not None
    assert (send.problem.code, send.audiences) == ("audience-unseen", ())


@pytest.mark.parametrize("whose", [None, 7, "", "0XB5f0000000009AAA"])
def test_a_recipient_source_of_which_nobody_can_say_whose_it_is(
    org: FakeOrg, source: SalesforceSource, whose: Any
) -> None:
    """It may be any mail's, so that none is given an offer by the rest of its audiences."""
    org.tables = {
        "ListEmail": [mail(), mail(Id="0XB5f0000000002AAA", Name="Other")],
        "ListEmailRecipientSource": [target(), target(Id="0XC2", ListEmailId=whose)],
        "ListView": [named(LIST, "Leads")],
    }
    found = {send.name: send for send in source.poll(NOW, NONE).sends}
    problems = [send.problem.code for send in found.values() if send.problem]
    assert problems == ["bad-row", "bad-row"]
    assert found["Catering Invitation"].audiences == ("Leads",)


def asked_about(soql: str) -> str:
    """Return a query without what differs from time to time: its instants and ids."""
    return re.sub(r"'[^']{15,}'(, )?|\d{4}-[\d:TZ-]+", "", soql)


def test_the_check_makes_the_very_queries_of_a_poll_and_a_confirmation(
    org: FakeOrg, source: SalesforceSource
) -> None:
    ids = [LIST, "7015f0000000001AAA", "0TO5f0000000001AAA"]
    org.tables = {
        "ListEmail": [mail(Status="Scheduled", IsDeleted=False)],
        "ListEmailRecipientSource": [
            target(Id=f"0XC{n}", SourceListId=id_) for n, id_ in enumerate(ids)
        ],
        "FlowRecord": [flow()],
    }
    source.confirm(source.poll(NOW, NONE).sends)
    polled = {asked_about(soql) for soql in org.asked}
    org.asked.clear()
    org.tables = {}
    checks = list(source.check(NOW, NONE))
    assert {asked_about(soql) for soql in org.asked} == polled
    assert [check.level.value for check in checks] == ["ok"] * len(checks)


@pytest.mark.parametrize(
    ("object_", "code", "found"),
    [
        ("FlowRecord", "INVALID_FIELD", [("warning", "kind-left-out")]),
        ("FlowRecord", "INVALID_TYPE", [("warning", "kind-left-out")]),
        ("FlowRecord", "MALFORMED_QUERY", [("fails", "unreadable")]),
        ("ListEmail", "INVALID_FIELD", [("warning", "kind-left-out")]),
        ("ListEmailRecipientSource", "INVALID_FIELD", [("warning", "object-unseen")]),
        ("Topic", "INVALID_TYPE", [("warning", "object-unseen")]),
        ("Topic", "QUERY_TIMEOUT", [("fails", "unreadable")]),
    ],
)
def test_what_the_check_finds(
    org: FakeOrg, source: SalesforceSource, object_: str, code: str, found: Any
) -> None:
    org.tables = {object_: refused(code, message="No such column 'IsPaused' on entity")}
    checks = [check for check in source.check(NOW, NONE) if check.level.value != "ok"]
    assert [(check.level.value, check.found.code) for check in checks] == found
    assert "IsPaused" in in_words(checks[0].found)


def test_the_check_fails_where_the_poll_does(org: FakeOrg, source: SalesforceSource) -> None:
    org.tables = {"FlowRecord": refused("INVALID_FIELD")}
    worked = frozenset({"flow", "list_email"})
    levels = [check.level.value for check in source.check(NOW, worked)]
    assert set(levels) == {"ok", "fails"}
    with failing("INVALID_FIELD"):
        source.poll(NOW, worked)


def test_the_check_of_an_org_that_shows_nothing_fails(
    org: FakeOrg, source: SalesforceSource
) -> None:
    org.tables = {"ListEmail": refused("INVALID_TYPE"), "FlowRecord": refused("INVALID_FIELD")}
    assert [check.level.value for check in source.check(NOW, NONE)] == [
        "warning",
        "warning",
        "fails",
    ]


def test_an_org_that_shows_neither_object_is_an_error(
    org: FakeOrg, source: SalesforceSource
) -> None:
    org.tables = {"ListEmail": refused("INVALID_TYPE"), "FlowRecord": refused("INVALID_TYPE")}
    with failing("INVALID_TYPE"):
        source.poll(NOW, NONE)


def test_any_other_refusal_fails_the_whole_poll(org: FakeOrg, source: SalesforceSource) -> None:
    org.tables = {"ListEmail": [mail()], "FlowRecord": refused("MALFORMED_QUERY")}
    with failing("MALFORMED_QUERY"):
        source.poll(NOW, NONE)


def test_long_lists_are_read_in_pages_and_asked_for_in_chunks(
    org: FakeOrg, source: SalesforceSource
) -> None:
    mails = [mail(Id=f"0XB{n:015d}", Name=f"Mail {n}") for n in range(450)]
    org.page_size = 100
    org.tables = {"ListEmail": mails}
    snapshot = source.poll(NOW, NONE)
    assert len(snapshot.sends) == 450
    chunks = [soql for soql in org.asked if "ListEmailRecipientSource" in soql]
    sizes = [len(re.findall(r"'0XB\d+'", chunk)) for chunk in chunks]
    assert sizes == [200, 200, 50]


def send(kind: str, id_: str) -> Send:
    return Send(source="sf_core", kind=kind, account="brand.my", send_id=id_, name="Gone")


@pytest.mark.parametrize(
    ("record", "live"),
    [
        ({"Status": "Scheduled", "IsDeleted": False}, True),
        ({"Status": "Running", "IsDeleted": False}, True),
        ({"Status": "Scheduled", "IsDeleted": True}, False),
        ({"Status": "Canceled", "IsDeleted": False}, False),
        ({"Status": "Sent", "IsDeleted": False}, False),
        (None, False),
    ],
)
def test_a_mails_own_record_says_whether_it_is_live(
    org: FakeOrg, source: SalesforceSource, record: Any, live: bool
) -> None:
    org.tables = {"ListEmail": [{"Id": "0XB1", **record}] if record else []}
    assert source.confirm([send("list_email", "0XB1")]) == {
        ("list_email", "brand.my", "0XB1"): live
    }
    assert "/queryAll/" in (org.requests[0].url or "")


@pytest.mark.parametrize(
    ("record", "live"),
    [
        ({"ProgressStatus": "Scheduled", "IsPaused": False}, True),
        ({"ProgressStatus": "PreparingData", "IsPaused": False}, True),
        ({"ProgressStatus": "InProgress", "IsPaused": False}, True),
        ({"ProgressStatus": "Scheduled", "IsPaused": True}, False),
        ({"ProgressStatus": "Canceled", "IsPaused": False}, False),
        (None, False),
    ],
)
def test_a_flows_own_record_says_whether_it_is_live(
    org: FakeOrg, source: SalesforceSource, record: Any, live: bool
) -> None:
    org.tables = {"FlowRecord": [{"Id": "2aF1", **record}] if record else []}
    assert source.confirm([send("flow", "2aF1")]) == {("flow", "brand.my", "2aF1"): live}


def test_ids_are_quoted(org: FakeOrg, source: SalesforceSource) -> None:
    source.confirm([send("flow", "it's \\ odd")])
    assert r"IN ('it\'s \\ odd')" in org.asked[0]


def test_a_refusal_while_confirming_is_an_error(org: FakeOrg, source: SalesforceSource) -> None:
    org.tables = {"FlowRecord": refused("INVALID_TYPE")}
    with failing("INVALID_TYPE"):
        source.confirm([send("flow", "2aF1")])


def test_nothing_is_asked_where_nothing_vanished(org: FakeOrg, source: SalesforceSource) -> None:
    assert source.confirm([]) == {}
    assert org.logins == []
