"""A person stops commits beside a running worker, and sources that lose half are not believed."""

from datetime import UTC, datetime

import pytest

from connector.ledger import Ledger
from tests.support.console import WHY, Shop


def _codes(shop: Shop) -> set[str]:
    return {code for (_, _), (state, code) in shop.states().items() if state == "held"}


def test_a_pause_beside_a_running_worker_and_its_end(live_shop: Shop) -> None:
    shop = live_shop
    said = shop.inside("pause", "--reason", "the wrong fries")
    assert said.out == "paused everything until `connector resume`: what is due there is held\n"
    worker = shop.start("run")
    worker.wait_for("cycle.done")
    worker.cycle()
    assert shop.posts() == 0
    assert "paused" in _codes(shop)
    status = shop.inside("status").out
    assert status.lstrip().startswith("Paused")
    (paused,) = shop.inside("status", "--json").json()["pauses"]
    assert (paused["scope"], paused["name"], paused["why"]) == ("all", None, "the wrong fries")
    resumed = shop.inside("resume", *WHY)
    assert resumed.out.startswith("resumed everything, which ")
    worker.cycle()
    assert len(shop.campaigns()) == 8
    assert worker.stop()[0] == 0


def test_a_source_and_a_rule_are_paused_apart(live_shop: Shop) -> None:
    shop = live_shop
    assert shop.inside("pause", "--source", "braze_us", "--until", "2h", *WHY).code == 0
    assert shop.once().code in (0, 1)
    assert len(shop.campaigns()) == 4
    held = [name for (name, _), (state, _) in shop.states().items() if state == "held"]
    assert held
    approved = shop.inside("ledger", "approve", shop.id_of(held[0]), *WHY)
    assert approved.code == 0
    shop.once()
    assert len(shop.campaigns()) == 4
    other = shop.inside("resume", *WHY)
    assert other.out.splitlines()[0] == "there was nothing to resume"
    assert "still paused: source braze_us" in other.out
    shop.inside("resume", "--source", "braze_us", *WHY)
    shop.once()
    assert len(shop.campaigns()) == 8


WRONG = [
    (("pause", "braze"), "braze: only punchh stands here; use --source or --rule"),
    (("pause", "--source", "nix"), "--source nix: no such source. There are braze_us, sf_core"),
    (("pause", "--rule", "nix"), "--rule nix: no such rule. There are "),
    (("pause", "--until", "never"), "--until never: is no duration like 2h and no instant like"),
    (("pause", "--until", "0h"), "--until 0h: must lie ahead, by ten years at most"),
    (("pause", "--until", "2020-01-01"), "--until 2020-01-01: must lie ahead"),
    (("resume", "punchh", "--rule", "x"), "give one of punchh, --source and --rule, or none"),
]


@pytest.mark.parametrize(("words", "told"), WRONG)
def test_what_cannot_be_meant_is_told_in_one_line(
    live_shop: Shop, words: tuple[str, ...], told: str
) -> None:
    done = live_shop.inside(*words, *WHY)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"connector: {told}")
    assert done.err.count("\n") == 1


def test_a_loss_in_a_source_waits_for_a_person(live_shop: Shop) -> None:
    shop = live_shop
    with Ledger.open(f"sqlite:///{shop.ledger}") as ledger:
        ledger.rehearse(at=datetime.now(UTC), who="test")
    shop.once()
    gone = [name for name, send in shop.sends().items() if send["source"] == "braze"]
    for name in gone:
        shop.cancel_send(name)
    for _ in range(3):
        shop.once()
    assert "withdrawn" not in {state for state, _ in shop.states().values()}
    remote = shop.inside("status", "--json").json()["remotes"]["braze_us"]["breaker"]
    assert "`connector resume --source braze_us --reason …`" in remote["told"]
    said = shop.inside("resume", "--source", "braze_us", *WHY)
    assert said.out == "what vanished from braze_us is taken to be gone from the next cycle on\n"
    for _ in range(2):
        shop.once()
    assert "withdrawn" in {state for state, _ in shop.states().values()}
    assert shop.inside("status", "--json").json()["remotes"]["braze_us"]["breaker"]["told"] is None
    assert shop.posts() == 0
