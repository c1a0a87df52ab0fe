"""Both sources against the sandbox over real sockets: what they read is what is true."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from connector.domain.send import KINDS, Spread
from connector.errors import RemoteError
from connector.sandbox import (
    BRAZE_KEY,
    SALESFORCE_DOMAIN,
    SALESFORCE_KEY,
    SALESFORCE_SECRET,
    Sandbox,
)
from connector.sandbox.faults import Fault
from connector.sandbox.fields import Fields
from connector.sandbox.marketer import cancel, create, edit, every
from connector.settings import BrazeSettings, SalesforceSettings
from connector.sources import SENDS, open_source
from tests.support.words import failing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connector.domain.send import Send, Snapshot
    from connector.sources import OpenSource

NONE: frozenset[str] = frozenset()
TROUBLE = (
    Fault("reset"),
    Fault("close"),
    Fault("truncate"),
    Fault("html"),
    Fault("garbage"),
    Fault("redirect", location="http://127.0.0.1:9/"),
    Fault("status", code=500),
    Fault("status", code=503, body="<html>"),
    Fault("status", code=204),
)
HOUR = timedelta(hours=1)


class NoJitter(Random):
    """Asks again at once: only the test of waiting itself should wait."""

    def uniform(self, a: float, b: float) -> float:
        return a


@dataclass
class Outside:
    """A sandbox and both sources, opened towards it."""

    box: Sandbox
    braze: OpenSource
    salesforce: OpenSource

    def now(self) -> datetime:
        return self.box.world.now()

    def truth(self) -> dict[str, dict[str, Any]]:
        with self.box.world.lock:
            return {row["name"]: row for row in every(self.box.world)}

    def create(self, **fields: Any) -> str:
        with self.box.world.lock:
            return str(create(self.box.world, Fields(fields))["id"])

    def edit(self, id_: str, **fields: Any) -> None:
        with self.box.world.lock:
            edit(self.box.world, id_, Fields(fields))

    def cancel(self, id_: str, how: str = "cancel") -> None:
        with self.box.world.lock:
            cancel(self.box.world, id_, how)

    def switch(self, name: str, value: Any) -> None:
        self.box.world.switches.set({name: value})

    def sources(self) -> dict[str, OpenSource]:
        return {"braze": self.braze, "salesforce": self.salesforce}

    def poll(self, source: OpenSource) -> Snapshot:
        return source.poll(self.now(), NONE)


def braze_settings(box: Sandbox, key: str = BRAZE_KEY) -> BrazeSettings:
    return BrazeSettings(
        kind="braze", base_url=box.braze_url, api_key=key, timezone="America/New_York"
    )


def salesforce_settings(box: Sandbox, secret: str = SALESFORCE_SECRET) -> SalesforceSettings:
    return SalesforceSettings(
        kind="salesforce",
        domain=SALESFORCE_DOMAIN,
        consumer_key=SALESFORCE_KEY,
        endpoint=box.salesforce_url,
        consumer_secret=secret,
    )


@pytest.fixture(params=[True])
def outside(request: pytest.FixtureRequest) -> Iterator[Outside]:
    with Sandbox(0, scenario=request.param) as box:
        clock = box.world.clock
        braze = open_source("braze_us", braze_settings(box), clock=clock, random=NoJitter(1))
        core = open_source("sf_core", salesforce_settings(box), clock=clock, random=NoJitter(1))
        yield Outside(box, braze, core)
        braze.close()
        core.close()


empty = pytest.mark.parametrize("outside", [False], indirect=True)


def by_name(snapshot: Snapshot) -> dict[str, Send]:
    return {send.name: send for send in snapshot.sends}


def test_braze_shows_the_brands_day_as_it_truly_is(outside: Outside) -> None:
    snapshot = outside.poll(outside.braze)
    sends, truth = by_name(snapshot), outside.truth()
    expected = {
        "Friday Fries - Email": ("VIP Guests",),
        "Friday Fries - Push": ("VIP Guests",),
        "Lunch Push": ("Lunch Crowd (Braze)",),
        "Birthday Dessert": ("Birthday Month",),
        "Sunrise Coffee": ("Coffee Club",),
        "Weekend Feast": ("Weekend Diners",),
        "Holiday Shake": ("All Rewards Members",),
        "Smart Treat": ("Sweet Tooth",),
        "Spring Teaser": (),
        "Double Points Tuesday": ("VIP Guests",),
        "Weekly Newsletter": (),
        "Taco Tuesday": ("Taco Loverz",),
        "Family Night": ("Families",),
        "Last Call Wings": ("Wing Fans",),
        "Flash Sale": ("VIP Guests",),
    }
    assert {name: send.audiences for name, send in sends.items()} == expected
    assert sends["Birthday Dessert"].kind == "canvas"
    for name, send in sends.items():
        assert send.problem is None
        assert send.when is not None
        assert send.send_id == truth[name]["id"]
        assert send.when.first_delivery == first_delivery(truth[name])
    assert snapshot.notes == ()
    assert set(outside.braze.confirm(snapshot.sends).values()) == {True}


def first_delivery(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["first_delivery"])


def test_salesforce_shows_the_brands_day_as_it_truly_is(outside: Outside) -> None:
    snapshot = outside.poll(outside.salesforce)
    sends, truth = by_name(snapshot), outside.truth()
    assert {name: (send.kind, set(send.audiences)) for name, send in sends.items()} == {
        "Catering Invitation": ("list_email", {"Catering Leads"}),
        "Two Cities": ("list_email", {"Downtown Diners", "Uptown Diners"}),
        "Harvest Dinner": ("list_email", {"Downtown Diners", "Uptown Diners"}),
        "Personal Thank-You": ("list_email", set()),
        "Win-back Flow": ("flow", {"Lapsed Guests"}),
    }
    for name, send in sends.items():
        assert send.problem is None
        assert send.account == SALESFORCE_DOMAIN
        assert send.when is not None
        assert send.send_id == truth[name]["id"]
        assert send.when.first_delivery == first_delivery(truth[name])
    assert snapshot.notes == ()
    assert snapshot.kinds == {"list_email", "flow"}
    assert set(outside.salesforce.confirm(snapshot.sends).values()) == {True}


@empty
@pytest.mark.parametrize("dialect", ["offset", "z", "offset_compact", "abbreviation", "plain"])
@pytest.mark.parametrize("zone", ["America/New_York", "Eastern Time (US & Canada)"])
@pytest.mark.parametrize(
    "at",
    [
        "2030-01-15T16:00:00Z",
        "2030-03-10T07:00:00Z",
        "2030-11-03T05:30:00Z",
        "2030-11-03T06:30:00Z",
    ],
)
def test_no_dialect_makes_an_offer_late(outside: Outside, dialect: str, zone: str, at: str) -> None:
    outside.box.world.clock.set(datetime.fromisoformat(at) - 30 * HOUR)
    outside.create(source="braze", name="One", tags=[], at=at, dialect=dialect, zone=zone)
    send = by_name(outside.poll(outside.braze))["One"]
    assert send.problem is None
    assert send.when is not None
    true = first_delivery(outside.truth()["One"])
    assert true - HOUR <= send.when.first_delivery <= true
    if dialect != "plain":
        assert send.when.first_delivery == true


@empty
@pytest.mark.parametrize(
    ("schedule", "spread"), [("local", Spread.LOCAL), ("intelligent", Spread.INTELLIGENT)]
)
@pytest.mark.parametrize("wall", ["2030-06-10T11:00:00", "2030-03-10T02:30:00"])
def test_a_travelling_send_is_never_later_than_its_first_guest(
    outside: Outside, schedule: str, spread: Spread, wall: str
) -> None:
    outside.box.world.clock.set(datetime.fromisoformat("2030-03-05T00:00:00+00:00"))
    if wall.startswith("2030-06"):
        outside.box.world.clock.set(datetime.fromisoformat("2030-06-05T00:00:00+00:00"))
    outside.create(source="braze", name="One", tags=[], at=wall, schedule=schedule)
    send = by_name(outside.poll(outside.braze))["One"]
    assert send.when is not None
    assert send.when.spread is spread
    assert send.when.first_delivery == first_delivery(outside.truth()["One"])


def test_what_was_cancelled_is_gone_and_not_live(outside: Outside) -> None:
    before = {
        **by_name(outside.poll(outside.braze)),
        **by_name(outside.poll(outside.salesforce)),
    }
    gone = ["Lunch Push", "Birthday Dessert", "Two Cities", "Harvest Dinner", "Win-back Flow"]
    for name, how in zip(gone, ["cancel", "delete"] * 3, strict=False):
        outside.cancel(before[name].send_id, how)
    for source in (outside.braze, outside.salesforce):
        assert not set(gone) & by_name(outside.poll(source)).keys()
        mine = [before[name] for name in gone if before[name].source == source.name]
        assert set(source.confirm(mine).values()) == {False}


def test_a_row_that_the_list_drops_is_still_live(outside: Outside) -> None:
    sends = outside.poll(outside.braze).sends
    outside.switch("braze.row_cap", 1)
    assert len(outside.poll(outside.braze).sends) == 1
    assert set(outside.braze.confirm(sends).values()) == {True}


@empty
def test_a_move_keeps_the_series(outside: Outside) -> None:
    at = outside.now() + 5 * HOUR
    id_ = outside.create(
        source="salesforce", name="Mail", audiences=[{"type": "Topic", "name": "T"}], at=f"{at}"
    )
    before = by_name(outside.poll(outside.salesforce))["Mail"]
    outside.edit(id_, at=f"{at + HOUR}")
    after = by_name(outside.poll(outside.salesforce))["Mail"]
    assert after.series == before.series
    assert after.audiences == ("T",)
    assert before.when is not None
    assert after.when is not None
    assert after.when.first_delivery - before.when.first_delivery == HOUR


def test_salesforce_in_small_pages_and_short_sessions(outside: Outside) -> None:
    whole = by_name(outside.poll(outside.salesforce)).keys()
    outside.switch("salesforce.page_size", 1)
    outside.switch("salesforce.session_calls", 2)
    assert by_name(outside.poll(outside.salesforce)).keys() == whole
    assert outside.box.world.salesforce.logins > 2


@pytest.mark.parametrize("form", ["html", "object"])
def test_an_odd_refusal_of_a_session_fails_one_poll_only(outside: Outside, form: str) -> None:
    outside.poll(outside.salesforce)
    outside.box.world.salesforce.sessions.clear()
    outside.switch("salesforce.session_error", form)
    with pytest.raises(RemoteError):
        outside.poll(outside.salesforce)
    assert outside.poll(outside.salesforce).sends


def test_an_org_without_flows_shows_its_list_emails(outside: Outside) -> None:
    outside.switch("salesforce.invalid_types", ["FlowRecord"])
    snapshot = outside.poll(outside.salesforce)
    assert snapshot.kinds == {"list_email"}
    assert {send.kind for send in snapshot.sends} == {"list_email"}
    assert {kind: why.code for kind, why in snapshot.left_out.items()} == {"flow": "kind-left-out"}
    with failing("INVALID_TYPE"):
        outside.salesforce.poll(outside.now(), frozenset({"flow"}))


def test_a_source_looks_for_the_kinds_that_are_told_of_it(outside: Outside) -> None:
    assert outside.poll(outside.braze).kinds == SENDS["braze"]
    assert outside.poll(outside.salesforce).kinds == SENDS["salesforce"]
    assert frozenset().union(*SENDS.values()) == set(KINDS)


def test_used_up_requests_have_their_own_sentence(outside: Outside) -> None:
    outside.switch("salesforce.api_limit", 2)
    with failing("used up its API requests"):
        outside.poll(outside.salesforce)


def test_a_missing_permission_is_named(outside: Outside) -> None:
    outside.switch("braze.missing_permissions", ["messages.schedule_broadcasts"])
    with failing(r"messages\.schedule_broadcasts") as caught:
        outside.poll(outside.braze)
    assert caught.value.account


def test_wrong_keys_are_the_accounts_trouble_and_stay_secret(outside: Outside) -> None:
    box, clock = outside.box, outside.box.world.clock
    wrong = "a-wrong-key"
    for settings in (
        braze_settings(box, wrong),
        salesforce_settings(box, wrong),
    ):
        source = open_source("one", settings, clock=clock, random=NoJitter(1))
        with pytest.raises(RemoteError) as caught:
            outside.poll(source)
        source.close()
        assert caught.value.account
        assert wrong not in repr(caught.value.reason)


def test_a_stopped_remote_is_an_error_and_not_an_empty_answer(outside: Outside) -> None:
    outside.box.stop()
    for source in (outside.braze, outside.salesforce):
        with failing("no connection"):
            outside.poll(source)


@pytest.mark.parametrize("fault", TROUBLE, ids=lambda fault: f"{fault.kind}-{fault.code}")
@pytest.mark.parametrize("skip", [0, 1, 4])
def test_no_trouble_is_taken_for_an_empty_answer(outside: Outside, fault: Fault, skip: int) -> None:
    whole = {name: outside.poll(one).sends for name, one in outside.sources().items()}
    for name, source in outside.sources().items():
        requests = 0 if name == "braze" else skip
        outside.box.world.faults.add(replace(fault, remote=name, skip=requests, times=99))
        with pytest.raises(RemoteError) as caught:
            outside.poll(source)
        assert not caught.value.account
        outside.box.world.faults.clear()
        assert outside.poll(source).sends == whole[name]


def test_a_login_in_trouble_is_no_account_trouble(outside: Outside) -> None:
    for fault in TROUBLE:
        outside.box.world.faults.add(replace(fault, path="*/token", times=99))
        with pytest.raises(RemoteError) as caught:
            outside.poll(outside.salesforce)
        assert not caught.value.account
        outside.box.world.faults.clear()
    assert outside.poll(outside.salesforce).sends


def test_nothing_but_gets_and_logins_is_asked(outside: Outside) -> None:
    for source in (outside.braze, outside.salesforce):
        snapshot = outside.poll(source)
        source.confirm(snapshot.sends)
    assert outside.box.world.errors == []
    asked = outside.box.world.requests.rows()
    assert not any(row.violation for row in asked)
    assert {(row.method, row.path) for row in asked if row.method != "GET"} == {
        ("POST", "/services/oauth2/token")
    }
