"""When a message really reaches each guest, and when a gift does: the sandbox's own truth."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.sandbox import World, marketer
from connector.sandbox.business import Campaign
from connector.sandbox.fields import Fields
from connector.sandbox.guests import PANEL
from connector.sandbox.sendlog import Gift, gifts, messages
from tests.simulation.outside import TrueClock

NOW = "2026-03-02T12:00:00Z"
KIRITIMATI, APIA, KOLKATA, KATHMANDU = "Tabera", "Losa", "Priya", "Maya"
NEW_YORK, BAKER, NOWHERE = "Emma", "Ida", "Sam"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


class Brand:
    """A world whose clock stands still, and a marketer in it."""

    def __init__(self, now: str = NOW) -> None:
        self.clock = TrueClock(at(now))
        self.world = World(self.clock)

    def until(self, text: str) -> "Brand":
        self.clock.set(at(text))
        self.world.settle()
        return self

    def send(self, **fields: Any) -> str:
        made = {"source": "braze", "name": "Fries"} | fields
        send_id: str = marketer.create(self.world, Fields(made))["id"]
        return send_id

    def local(self, wall: str, **fields: Any) -> str:
        return self.send(schedule="local", at=wall, **fields)

    def edit(self, send_id: str, **fields: Any) -> None:
        marketer.edit(self.world, send_id, Fields(fields))

    def act(self, send_id: str, action: str, **fields: Any) -> str:
        left: str = marketer.act(self.world, send_id, action, Fields(fields))["id"]
        return left

    def got(self, guest: str) -> list[str]:
        return [f"{one.at:%m-%dT%H:%M:%S}" for one in messages(self.world) if one.guest == guest]

    def reached(self) -> int:
        return len(messages(self.world))


# The panel


def test_the_panel_spans_the_earth() -> None:
    noon = datetime(2026, 1, 15, 12, tzinfo=UTC)
    company = World(TrueClock(noon)).braze.zone
    offsets = {noon.astimezone(guest.zone_or(company)).utcoffset() for guest in PANEL}
    found = {offset / timedelta(hours=1) for offset in offsets if offset is not None}
    assert (min(found), max(found)) == (-12, 14)
    assert {5.5, 5.75, 10.5, -9.5} <= found
    assert sum(guest.zone is None for guest in PANEL) == 2
    assert len({guest.name for guest in PANEL}) == len(PANEL)


# Every kind of schedule


def test_the_company_s_clock_reaches_all_at_once() -> None:
    brand = Brand()
    brand.send(at="2026-03-03T15:00:00Z")
    assert brand.until("2026-03-03T14:59:59Z").reached() == 0
    brand.until("2026-03-03T15:00:00Z")
    assert {one.at for one in messages(brand.world)} == {at("2026-03-03T15:00:00Z")}
    assert brand.reached() == len(PANEL)


def test_local_time_reaches_each_guest_by_their_own_clock() -> None:
    brand = Brand()
    brand.local("2026-03-10T11:00:00")
    brand.until("2026-03-12T00:00:00Z")
    assert brand.got(KIRITIMATI) == ["03-09T21:00:00"]
    assert brand.got(KOLKATA) == ["03-10T05:30:00"]
    assert brand.got(KATHMANDU) == ["03-10T05:15:00"]
    assert brand.got(NEW_YORK) == brand.got(NOWHERE) == ["03-10T15:00:00"]
    assert brand.got(BAKER) == ["03-10T23:00:00"]


def test_what_is_still_to_come_is_not_in_the_log() -> None:
    brand = Brand()
    brand.local("2026-03-10T11:00:00")
    brand.until("2026-03-10T05:20:00Z")
    assert brand.got(KATHMANDU) == ["03-10T05:15:00"]
    assert brand.got(KOLKATA) == []


def test_intelligent_timing_takes_each_guest_s_best_time_of_the_day() -> None:
    brand = Brand()
    first, second = (brand.send(schedule="intelligent", at="2026-03-10T00:00:00") for _ in "ab")
    brand.until("2026-03-13T00:00:00Z")
    log = messages(brand.world)
    assert len(log) == 2 * len(PANEL)
    zones = {guest.name: guest.zone_or(brand.world.braze.zone) for guest in PANEL}
    for one in log:
        there = one.at.astimezone(zones[one.guest])
        assert (there.date().isoformat(), there.minute % 5) == ("2026-03-10", 0)
    assert min(one.at for one in log) == at("2026-03-09T10:00:00Z")
    assert max(one.at for one in log) == at("2026-03-11T11:55:00Z")
    assert brand.got(NOWHERE) == ["03-10T21:00:00"] * 2  # 5 pm in New York
    times = {(one.send_id, one.guest): one.at for one in log}
    assert times[first, NEW_YORK] != times[second, NEW_YORK]


def test_an_ab_test_s_winner_reaches_the_other_half_later() -> None:
    brand = Brand()
    brand.send(at="2026-03-03T15:00:00Z", winner_after_hours=4)
    brand.until("2026-03-03T18:59:59Z")
    assert brand.reached() == len(PANEL) // 2
    brand.until("2026-03-03T19:00:00Z")
    assert brand.reached() == len(PANEL)


@pytest.mark.parametrize(
    ("recurring", "days"),
    [
        ("daily", ["01-31", "02-01", "02-02"]),
        ("weekly", ["01-31", "02-07", "02-14"]),
        ("monthly", ["01-31", "02-28", "03-31"]),
    ],
)
def test_a_recurring_send_keeps_its_wall_clock(recurring: str, days: list[str]) -> None:
    brand = Brand("2026-01-20T12:00:00Z")
    brand.send(at="2026-01-31T15:00:00Z", recurring=recurring)
    brand.until("2026-05-01T00:00:00Z")
    got = brand.got(NEW_YORK)
    assert [one[:5] for one in got][:3] == days
    assert {one[6:] for one in got} == {"15:00:00", "14:00:00"}  # before and after 8 March


def test_a_recurring_send_ends_with_its_last_day() -> None:
    brand = Brand()
    brand.send(at="2026-03-03T15:00:00Z", recurring="daily", ends="2026-03-05")
    brand.until("2026-03-20T00:00:00Z")
    assert [one[:5] for one in brand.got(NEW_YORK)] == ["03-03", "03-04", "03-05"]


# Launched late (facts: braze §6.2)


def test_who_is_an_hour_past_their_time_at_a_launch_gets_it_at_once() -> None:
    brand = Brand("2026-03-10T06:00:00Z")
    brand.local("2026-03-10T11:00:00")
    brand.until("2026-03-12T00:00:00Z")
    assert brand.got(KATHMANDU) == brand.got(KOLKATA) == ["03-10T06:00:00"]
    assert brand.got("Wei") == brand.got(KIRITIMATI) == []
    assert brand.got("Farid") == ["03-10T06:30:00"]


def test_a_launch_after_the_company_s_own_time_sends_nothing() -> None:
    brand = Brand("2026-03-10T15:30:00Z")
    brand.local("2026-03-10T11:00:00")
    assert brand.until("2026-03-12T00:00:00Z").reached() == 0


def test_a_draft_launched_late() -> None:
    brand = Brand()
    made = brand.local("2026-03-10T11:00:00", draft=True)
    assert brand.until("2026-03-10T06:00:00Z").reached() == 0
    brand.act(made, "launch")
    assert brand.until("2026-03-12T00:00:00Z").got(KATHMANDU) == ["03-10T06:00:00"]


# Edits (facts: braze §8)


def test_an_edit_within_24_hours_does_not_move_what_is_queued() -> None:
    brand = Brand()
    made = brand.local("2026-03-10T11:00:00")
    brand.until("2026-03-08T21:00:00Z")  # 24 hours before Kiritimati's 11:00
    brand.edit(made, at="2026-03-10T18:00:00")
    brand.until("2026-03-13T00:00:00Z")
    assert brand.got(KIRITIMATI) == ["03-09T21:00:00"]
    assert brand.got(NEW_YORK) == ["03-10T15:00:00"]


def test_an_edit_earlier_than_that_moves_it() -> None:
    brand = Brand()
    made = brand.local("2026-03-10T11:00:00")
    brand.until("2026-03-08T20:59:00Z")
    brand.edit(made, at="2026-03-10T18:00:00")
    brand.until("2026-03-13T00:00:00Z")
    assert brand.got(KIRITIMATI) == ["03-10T04:00:00"]


def test_that_a_moved_one_off_goes_again_is_a_switch() -> None:
    brand = Brand()
    brand.world.switches.set({"braze.moved_goes_again": True})
    made = brand.local("2026-03-10T11:00:00")
    brand.until("2026-03-09T12:00:00Z")
    brand.act(made, "reschedule", by=7 * 60)
    brand.until("2026-03-13T00:00:00Z")
    assert brand.got(NEW_YORK) == ["03-10T15:00:00", "03-10T22:00:00"]


def test_a_second_edit_does_not_free_what_is_queued() -> None:
    brand = Brand()
    made = brand.local("2026-03-10T11:00:00")
    brand.until("2026-03-09T12:00:00Z")
    brand.act(made, "reschedule", by=7 * 60)
    brand.act(made, "reschedule", by=60)
    brand.until("2026-03-13T00:00:00Z")
    assert brand.got(NEW_YORK) == ["03-10T15:00:00"]


def test_later_occurrences_use_the_new_time() -> None:
    brand = Brand()
    made = brand.local("2026-03-10T11:00:00", recurring="daily")
    brand.until("2026-03-10T22:00:00Z")  # the 11th is under way, the 12th is not queued yet
    brand.edit(made, at="2026-03-10T14:00:00")
    brand.until("2026-03-14T00:00:00Z")
    new_york = ["03-10T15:00:00", "03-11T15:00:00", "03-12T15:00:00", "03-13T18:00:00"]
    assert brand.got(NEW_YORK) == new_york


def test_the_company_s_clock_is_edited_until_the_last_moment() -> None:
    brand = Brand()
    made = brand.send(at="2026-03-03T15:00:00Z")
    brand.until("2026-03-03T14:59:00Z")
    brand.act(made, "reschedule", by=30)
    brand.until("2026-03-04T00:00:00Z")
    assert brand.got(NEW_YORK) == ["03-03T15:30:00"]


def test_an_edit_to_the_minute_that_is_passing_sends_nothing() -> None:
    brand = Brand()
    made = brand.send(at="2026-03-03T15:00:00Z")
    brand.until("2026-03-03T14:50:20Z")
    brand.edit(made, at="2026-03-03T14:50:00Z")
    assert brand.until("2026-03-04T00:00:00Z").reached() == 0


def test_a_rename_changes_no_time() -> None:
    brand = Brand()
    made = brand.local("2026-03-10T11:00:00")
    brand.until("2026-03-10T06:00:00Z")
    brand.edit(made, name="Fries anew", tags=["x"], audience="Somebody else")
    brand.until("2026-03-12T00:00:00Z")
    assert (brand.got(KIRITIMATI), brand.reached()) == (["03-09T21:00:00"], len(PANEL))


# Stop, resume, relaunch (facts: braze §8)


def test_a_stop_cancels_what_has_not_been_sent() -> None:
    brand = Brand()
    made = brand.local("2026-03-10T11:00:00")
    brand.until("2026-03-10T05:20:00Z")
    brand.act(made, "stop")
    brand.until("2026-03-12T00:00:00Z")
    assert brand.got(KATHMANDU) == ["03-10T05:15:00"]
    assert brand.got(KOLKATA) == brand.got(NEW_YORK) == []


def test_a_resume_sends_nothing_that_was_missed() -> None:
    brand = Brand()
    made = brand.local("2026-03-10T11:00:00")
    brand.until("2026-03-10T05:20:00Z")
    brand.act(made, "stop")
    brand.until("2026-03-10T05:40:00Z")
    brand.act(made, "resume")
    brand.until("2026-03-12T00:00:00Z")
    assert (brand.got(KOLKATA), brand.got("Farid")) == ([], ["03-10T06:30:00"])


def test_a_stop_before_the_first_zone_and_a_resume_after_it() -> None:
    brand = Brand()
    made = brand.local("2026-03-10T11:00:00")
    brand.until("2026-03-09T20:00:00Z")
    brand.act(made, "stop")
    brand.until("2026-03-09T22:30:00Z")
    brand.act(made, "resume")
    brand.until("2026-03-12T00:00:00Z")
    assert (brand.got(KIRITIMATI), brand.got(APIA)) == ([], [])
    assert brand.got(NEW_YORK) == ["03-10T15:00:00"]


def test_stopped_and_moved_the_old_time_is_off() -> None:
    brand = Brand()
    made = brand.local("2026-03-10T11:00:00")
    brand.until("2026-03-09T20:00:00Z")
    brand.act(made, "stop")
    brand.edit(made, at="2026-03-11T11:00:00")
    brand.act(made, "resume")
    brand.until("2026-03-13T00:00:00Z")
    assert brand.got(KIRITIMATI) == ["03-10T21:00:00"]


def test_a_relaunch_counts_as_a_launch() -> None:
    brand = Brand()
    made = brand.local("2026-03-10T11:00:00", archived=True)
    brand.until("2026-03-10T06:00:00Z")
    brand.act(made, "relaunch")
    assert brand.until("2026-03-12T00:00:00Z").got(KATHMANDU) == ["03-10T06:00:00"]


def test_a_post_launch_draft_changes_nothing_until_it_is_launched() -> None:
    brand = Brand()
    made = brand.send(at="2026-03-03T15:00:00Z", recurring="daily")
    brand.act(made, "draft", at="2026-03-03T16:00:00Z")
    brand.until("2026-03-03T17:00:00Z")
    brand.act(made, "launch")
    brand.until("2026-03-04T23:00:00Z")
    assert brand.got(NEW_YORK) == ["03-03T15:00:00", "03-04T16:00:00"]


@pytest.mark.parametrize(("keeps", "hour"), [("wall", "18:00:00"), ("instant", "15:00:00")])
def test_the_company_moves_to_another_zone(keeps: str, hour: str) -> None:
    brand = Brand()
    brand.world.switches.set({"braze.zone_change": keeps})
    brand.send(at="2026-03-03T15:00:00Z")
    brand.local("2026-03-20T10:00:00")
    marketer.move_company(brand.world, Fields({"zone": "America/Los_Angeles"}))
    brand.until("2026-03-21T00:00:00Z")
    assert brand.got(NEW_YORK) == [f"03-03T{hour}", "03-20T14:00:00"]
    assert brand.got(NOWHERE) == [f"03-03T{hour}", "03-20T17:00:00"]


# Salesforce


def test_a_list_email_goes_at_its_time_and_at_once_where_that_is_past() -> None:
    brand = Brand()
    mail = {"source": "salesforce", "kind": "list_email"}
    brand.send(**mail, name="planned", at="2026-03-03T15:00:00Z")
    brand.send(**mail, name="past", at="2026-03-01T15:00:00Z")
    brand.send(**mail, name="dateless")
    moved = brand.send(**mail, name="moved", at="2026-03-03T15:00:00Z")
    gone = brand.send(**mail, name="gone", at="2026-03-03T15:00:00Z")
    brand.act(moved, "reschedule", by=-60)
    marketer.cancel(brand.world, gone, "delete")
    brand.until("2026-03-05T00:00:00Z")
    ways = {one.name: f"{one.at:%m-%dT%H:%M}" for one in messages(brand.world)}
    told = {"planned": "03-03T15:00", "moved": "03-03T14:00"}
    assert ways == told | {"past": "03-02T12:00", "dateless": "03-02T12:00"}


def test_a_flow_messages_when_its_data_is_prepared() -> None:
    brand = Brand()
    flow = {"source": "salesforce", "kind": "flow", "at": "2026-03-03T15:00:00Z"}
    brand.send(**flow)
    stopped = brand.send(**flow, name="stopped")
    brand.until("2026-03-03T15:05:00Z")
    brand.act(stopped, "stop")
    brand.until("2026-03-05T00:00:00Z")
    assert {(one.name, f"{one.at:%H:%M}") for one in messages(brand.world)} == {("Fries", "15:10")}


def test_a_paused_flow_goes_on_with_its_data() -> None:
    brand = Brand()
    made = brand.send(source="salesforce", kind="flow", at="2026-03-03T15:00:00Z")
    brand.until("2026-03-03T15:02:00Z")
    brand.act(made, "stop")
    brand.until("2026-03-03T15:06:00Z")
    brand.act(made, "resume")
    assert brand.until("2026-03-05T00:00:00Z").got(NEW_YORK) == ["03-03T15:10:00"]


def test_a_recurring_flow_runs_by_the_org_s_wall_clock() -> None:
    brand = Brand()
    flow = {"source": "salesforce", "kind": "flow", "recurring": "weekly"}
    brand.send(**flow, at="2026-03-03T15:00:00Z")
    brand.until("2026-03-12T00:00:00Z")
    assert brand.got(NEW_YORK) == ["03-03T15:10:00", "03-10T14:10:00"]


# Gifts


def test_gifts_reach_the_guests_one_after_another() -> None:
    brand = Brand()
    brand.world.switches.set({"punchh.processing_seconds": 3400})
    start = at("2026-03-03T15:00:00Z")
    campaign = Campaign(7, "Fries", 1, "u", "ext", start, start, at(NOW), members_then=9)
    brand.world.punchh.campaigns[7] = campaign
    brand.world.switches.set({"punchh.members_at": "creation"})
    assert gifts(brand.until("2026-03-03T14:59:59Z").world) == []
    brand.until("2026-03-03T15:02:00Z")
    assert gifts(brand.world) == [Gift("Tabera", 7, "ext", 1, "u", at("2026-03-03T15:01:40Z"))]
    log = gifts(brand.until("2026-03-03T15:56:40Z").world)
    assert len(log) == len(PANEL)
    assert log[-1].at == at("2026-03-03T15:56:40Z")


def test_a_segment_without_members_is_gifted_to_nobody() -> None:
    brand = Brand()
    start = at("2026-03-03T15:00:00Z")
    empty = Campaign(7, "Fries", 1, "u", "ext", start, start, at(NOW), members_then=0)
    brand.world.punchh.campaigns[7] = empty
    assert gifts(brand.until("2026-03-04T00:00:00Z").world) == []
