"""Faults of the connector itself: none drops a send from sight, and none is kept from people."""

import json
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from connector.domain import planner
from connector.domain.decide import decide
from tests.support.console import Shop
from tests.support.ears import Ear, ask

TRIGGER = (
    "CREATE TRIGGER full BEFORE INSERT ON distribution "
    "BEGIN SELECT RAISE(ABORT, 'no more room'); END"
)
ALERTS = """
[alerts.channels.slack]
kind = "webhook"
url = "{ear}/hook"
[health]
port = 0
"""


@pytest.fixture
def signals() -> Iterator[None]:
    """Give back what a run within this process does with signals."""
    kept = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def _alter(shop: Shop, statement: str) -> None:
    with closing(sqlite3.connect(shop.ledger)) as raw, raw:
        raw.execute(statement)


def _attentions(shop: Shop) -> dict[str, dict[str, Any]]:
    told = shop.inside("status", "--json").json()["attentions"]
    return {one["code"]: one for one in told}


def test_cycles_that_fail_again_and_again_are_told_everywhere_and_when_it_is_over(
    live_shop: Shop, signals: None
) -> None:
    shop = live_shop
    with Ear() as ear:
        shop.configure("", ALERTS.format(ear=ear.url))
        _alter(shop, TRIGGER)
        for _ in range(2):
            assert shop.inside("run", "--once").code == 1
        assert "cycle-failing" not in _attentions(shop)
        assert ear.posts == []
        worker = shop.start("run")  # the third, after as many restarts
        (serving,) = worker.wait_for("health.serving")
        worker.wait_for("alert.sent")
        status, body = ask(serving["port"], "/readyz")
        assert status == 503
        codes = [one["code"] for one in json.loads(body)["attentions"]]
        assert "cycle-failing" in codes
        assert 'code="cycle-failing"' in ask(serving["port"], "/metrics")[1]
        assert "no more room" in ear.posts[0][1]["text"]
        told = _attentions(shop)["cycle-failing"]
        assert (told["severity"], told["whom"], told["id"]) == ("critical", "operators", "worker")
        doctor = shop.inside("doctor", "--json")
        assert doctor.code == 1
        failing = [one for one in doctor.json() if one["level"] == "fails"]
        assert [(one["of"], one["code"]) for one in failing] == [("ledger", "whole")]
        assert "trigger full" in failing[0]["told"]  # what stops the cycles is found
        _alter(shop, "DROP TRIGGER full")
        failing = [one for one in shop.inside("doctor", "--json").json() if one["code"] == "cycle"]
        assert [(one["level"], one["of"]) for one in failing] == [("fails", "worker")]
        worker.cycle()
        worker.wait_for("cycle.done")
        worker.stop()
    assert "cycle-failing" not in _attentions(shop)
    assert shop.query("SELECT * FROM cycle") == []


def test_a_send_that_cannot_be_decided_is_a_blocked_row_and_the_others_go_on(
    live_shop: Shop, signals: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = live_shop

    def broken(followed: Any, *rest: Any) -> Any:
        if followed.occurrence.send.name in ("Lunch Push", "Brunch Canvas"):
            raise ZeroDivisionError
        return decide(followed, *rest)

    shop.make_send(name="Brunch Canvas", tags=["punchh:segment=VIP Guests"])
    monkeypatch.setattr(planner, "decide", broken)
    plan = shop.inside("plan", "--json").json()
    decided = {send["send_name"]: send["decision"] for send in plan["sends"]}
    assert decided["Lunch Push"] == decided["Brunch Canvas"] == "blocked"
    done = shop.inside("run", "--once")
    assert done.code == 1
    assert len(done.named("item.failed")) == 2
    assert len(shop.campaigns()) == 7
    blocked = shop.inside("ledger", "list", "--state", "blocked", "--json").json()
    mine = {row["send_name"]: row for row in blocked}
    assert {"Lunch Push", "Brunch Canvas"} <= mine.keys()
    assert mine["Lunch Push"]["state"] == "blocked"
    assert "ZeroDivisionError" in mine["Lunch Push"]["reason"]
    assert mine["Lunch Push"]["attention"]
    status = shop.inside("status", "--json").json()
    assert status["counts"]["blocked"] == len(blocked)
    told = [one for one in status["attentions"] if one["code"] == "planner-fault"]
    assert {(one["about"], one["severity"], one["whom"]) for one in told} == {
        ("Lunch Push", "critical", "operators"),
        ("Brunch Canvas", "critical", "operators"),
    }
    monkeypatch.undo()
    assert shop.once().code == 0
    assert shop.state_of("Lunch Push") == "committed"
    assert "planner-fault" not in _attentions(shop)
