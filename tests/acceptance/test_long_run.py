"""`connector run` as a service: signals, edits, neighbours, and remotes that are down."""

import signal
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.console import WHY, Shop, until

PROMPT = 1.0  # seconds in which an idle worker ends, with some room for a busy machine
SLACK = 1.5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_worker_ends_at_once(live_shop: Shop, number: signal.Signals) -> None:
    worker = live_shop.start("run")
    worker.wait_for("cycle.done")
    code, seconds = worker.stop(number)
    assert code == 0
    assert seconds < PROMPT + SLACK
    assert [one["event"] for one in worker.events][-1] == "worker.stopped"
    assert {one["level"] for one in worker.events} == {"info"}
    assert all(one["timestamp"].endswith("Z") for one in worker.events)
    assert worker.named("cycle.done")[0]["commit"] == 9
    assert live_shop.posts() == 9


def test_a_running_attempt_is_finished_and_no_other_begun(live_shop: Shop) -> None:
    shop = live_shop
    shop.fault("delay", method="POST", after=True, seconds=2)
    worker = shop.start("run")
    until(shop.campaigns)
    code, _ = worker.stop()
    assert code == 0
    assert shop.posts() == 1
    assert len(worker.named("commit.begun")) == 1
    (settled,) = worker.named("commit.settled")
    (campaign,) = shop.campaigns()
    assert settled["campaign_id"] == campaign.campaign_id
    assert shop.state_of(campaign.name.rpartition(" - ")[0]) == "committed"


def test_a_slow_poll_does_not_delay_the_end(live_shop: Shop) -> None:
    shop = live_shop
    shop.fault("silence", "braze", seconds=60)
    worker = shop.start("run")
    worker.wait_for("worker.started")
    until(lambda: any(row.remote == "braze" for row in shop.box.world.requests.rows()))
    code, seconds = worker.stop()
    assert code == 0
    assert seconds < PROMPT + SLACK
    assert shop.posts() == 0


def test_an_edited_mapping_is_taken_and_a_bad_one_is_not(live_shop: Shop) -> None:
    shop = live_shop
    worker = shop.start("run")
    worker.wait_for("cycle.done")
    good = shop.mapping.read_text(encoding="utf-8")
    mended = good.replace(
        "redeemable: Free Taco\n", "redeemable: Free Taco\n    segment: Taco Lovers\n"
    )
    assert mended != good
    shop.mapping.write_text(mended, encoding="utf-8")
    worker.cycle()
    assert worker.wait_for("mappings.loaded")[-1]["rules"] == 18
    states = shop.states()
    assert states["Taco Tuesday", "Taco Lovers"] == ("committed", "committed")
    assert states["Taco Tuesday", "Taco Loverz"] == ("withdrawn", "rule-gone")

    shop.mapping.write_text(mended.replace("rules:", "rulez:"), encoding="utf-8")
    shop.make_send(name="Flash Sale Encore", tags=["punchh:segment=Sweet Tooth"], at=_ahead(120))
    worker.cycle()
    (refused,) = worker.wait_for("mappings.invalid")
    assert refused["level"] == "error"
    assert refused["problems"][0].startswith("mappings/restaurant.yaml:")
    assert refused["in_force"] == worker.named("mappings.loaded")[-1]["digest"]
    assert shop.state_of("Flash Sale Encore") == "committed"  # by the last good set
    assert worker.stop()[0] == 0


def _ahead(minutes: int) -> str:
    moment = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=minutes)
    return moment.isoformat()


def test_one_worker_commits_and_people_work_beside_it(live_shop: Shop) -> None:
    shop = live_shop
    worker = shop.start("run")
    worker.wait_for("cycle.done")
    second = shop.run("run")
    assert (second.code, second.out) == (3, "")
    (told,) = second.said
    holder = f"connector: {shop.ledger}.lock: process {worker.process.pid} on "
    assert told.startswith(holder)
    assert " holds the right to commit, and one may at a time. Stop it first" in told
    assert f"process {worker.process.pid} on " in shop.inside("status").out
    id_ = shop.id_of("Friday Fries - Push")
    assert shop.inside("plan", "--json").json()["unreadable"] == []
    shop.inside("ledger", "approve", id_, *WHY)
    worker.cycle()
    assert shop.state_of("Friday Fries - Push") == "committed"
    assert worker.stop()[0] == 0
    assert shop.once().code == 0  # the lock went with its holder


def test_a_remote_that_is_down_does_not_stop_the_others(live_shop: Shop) -> None:
    shop = live_shop
    shop.fault("status", "braze", code=500, times=99)
    worker = shop.start("run")
    worker.wait_for("cycle.done")
    (failed,) = worker.named("source.failed")
    assert failed["remote"] == "braze_us"
    names = {one.name.rpartition(" - ")[0] for one in shop.campaigns()}
    assert names == {"Catering Invitation", "Two Cities", "Win-back Flow"}
    shop.heal()
    worker.cycle()
    assert shop.state_of("Lunch Push") == "committed"
    assert len(shop.campaigns()) == 8
    assert worker.stop()[0] == 0


def test_the_marketer_moves_and_cancels_before_the_commit(live_shop: Shop) -> None:
    shop = live_shop
    shop.configure("[punchh]", "[schedule]\npoll_seconds = 5\n\n[punchh]")
    worker = shop.start("run")
    worker.wait_for("cycle.done")
    assert shop.state_of("Holiday Shake") == "waiting"
    moved = datetime.fromisoformat(_ahead(48 * 60 + 37))
    shop.edit_send("Holiday Shake", at=moved.isoformat())
    shop.cancel_send("Catering Invitation")  # committed: it drifts
    shop.cancel_send("Smart Treat")
    worker.cycle()
    (row,) = shop.query(
        "SELECT state, scheduled_for, start_time FROM distribution WHERE redeemable = ?",
        "Holiday Shake",
    )
    start = moved - timedelta(minutes=30)
    assert row == ("waiting", *(f"{one:%Y-%m-%dT%H:%M:%S.%fZ}" for one in (moved, start)))
    assert shop.state_of("Smart Treat") == "waiting"  # gone once may be a bad reading
    before = len(worker.named("cycle.done"))
    worker.wait_for("cycle.done", before + 1)  # the bell itself, after five seconds
    assert shop.states()["Smart Treat", "Sweet Tooth"] == ("withdrawn", "cancelled")
    assert worker.stop()[0] == 0
    told = [
        one["told"]
        for one in shop.inside("status", "--json").json()["attentions"]
        if one["code"] == "drift"
    ]
    (campaign,) = shop.campaigns_of("Catering Invitation")
    (drift,) = told
    assert str(campaign.campaign_id) in drift
    assert str(campaign.external_campaign_id) in drift
