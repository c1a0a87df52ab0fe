"""A lost reply, and what was seen of its gift since: by webhook, by a canary alone, by nobody."""

import shlex
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from connector.cli.verbs.sandbox import PROOF
from connector.sandbox import CANARY_EMAIL, CANARY_TOKEN, PUNCHH_SECRET
from connector.sandbox.hooks import Receiver
from connector.sandbox.webhooks import send_to
from tests.support.console import Shop, keys_in_files, until

SEND = "Friday Fries - Email"
SECOND = timedelta(seconds=1)
PROBE, TOLD = 1, 4  # the canary, and three other guests


@pytest.fixture
def lost(live_shop: Shop) -> Shop:
    """Return a shop whose one commit was made and never heard of, and whose start has passed."""
    shop = live_shop
    for name in set(shop.sends()) - {SEND}:
        shop.cancel_send(name)
    shop.fault("reset", method="POST", after=True)
    assert shop.once().code == 1
    assert (shop.posts(), len(shop.campaigns())) == (1, 1)
    assert shop.state_of(SEND) == "unknown"
    shop.age(commit_after=-SECOND)
    return shop


def attentions(shop: Shop) -> list[Any]:
    """Return what is open of the send's offer, but for how near its deadline is."""
    found, id_ = shop.inside("status", "--json").json()["attentions"], shop.id_of(SEND)
    return [one for one in found if one["id"] == id_ and not one["code"].startswith("deadline")]


def quiet(shop: Shop, times: int = 2) -> str:
    """Do cycles that make no second campaign; return their log."""
    log = "".join(shop.once().err for _ in range(times))
    assert (shop.posts(), len(shop.campaigns())) == (1, 1)
    return log


HOOK = """
[punchh.webhook]
client = "sandbox"
secret = "sandbox-webhook-secret"
"""


@contextmanager
def pages(shop: Shop) -> Iterator[str]:
    """Run `connector web`; give the webhook's address there."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    running = shop.start("web", "--port", str(port))

    def answers() -> bool:
        assert running.process.poll() is None, running.log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            return False
        return True

    until(answers)
    yield f"http://127.0.0.1:{port}/webhooks/punchh"
    assert running.stop()[0] == 0


def test_a_webhook_settles_it_and_no_second_campaign_is_made(lost: Shop) -> None:
    shop = lost
    shop.config.write_text(shop.config.read_text() + HOOK)
    (campaign,) = shop.campaigns()
    world = shop.box.world
    with pages(shop) as url:
        with world.lock:
            world.switches.set({"punchh.webhook_copies": 2, "punchh.webhook_order": "shuffled"})
            send_to(world, Receiver(url, "sandbox", "sandbox-webhook-secret"))
            world.clock.advance(timedelta(hours=3))
        until(lambda: len(world.hooks.posted) == PROBE + 2 * TOLD)
    assert {one.status for one in world.hooks.posted} == {200}
    assert shop.state_of(SEND) == "unknown"  # it is the worker who draws conclusions
    done = shop.once()
    assert done.code == 0
    assert done.named("commit.evidenced")[0]["campaign_id"] == campaign.campaign_id
    (row,) = shop.inside("ledger", "list", "--state", "committed", "--json").json()
    assert row["campaign_id"] == campaign.campaign_id
    assert row["landed_at"]
    quiet(shop)
    shown = " ".join(shop.inside("ledger", "show", row["id"]).out.split())
    assert f"4 gifts of campaign {campaign.campaign_id}, marked" in shown
    assert "evidenced" in shown
    assert attentions(shop) == []
    for path in shop.folder.rglob("ledger.db*"):
        assert b"@example.com" not in path.read_bytes()


def test_a_canary_alone_gives_a_person_the_command_and_settles_nothing(lost: Shop) -> None:
    shop = lost
    shop.config.write_text(shop.config.read_text() + PROOF)
    shop.begin_campaigns()
    log = quiet(shop)
    assert shop.state_of(SEND) == "unknown"
    (campaign,) = shop.campaigns()
    (told,) = attentions(shop)
    assert (told["severity"], told["code"]) == ("critical", "unknown-seen")
    id_ = shop.id_of(SEND)
    command = f"connector ledger resolve {id_} --committed {campaign.campaign_id} --reason …"
    assert command in told["told"]
    words = shlex.split(command.replace("…", "'the name ends in its mark'"))[1:]
    assert shop.inside(*words).out.startswith(f"{id_} is now committed")
    shop.once()
    assert attentions(shop) == []
    log += quiet(shop)
    assert keys_in_files(shop.folder) == []
    assert '"path": "/api/auth/rewards"' in log
    assert not [secret for secret in (CANARY_TOKEN, CANARY_EMAIL, PUNCHH_SECRET) if secret in log]
    assert CANARY_EMAIL.encode() not in b"".join(
        path.read_bytes() for path in shop.folder.rglob("ledger.db*")
    )


def test_with_neither_it_stays_unknown_and_asks_a_person(lost: Shop) -> None:
    shop = lost
    shop.begin_campaigns()
    quiet(shop)
    assert shop.state_of(SEND) == "unknown"
    (told,) = attentions(shop)
    assert (told["severity"], told["code"]) == ("critical", "unknown")
    assert f"connector ledger resolve {shop.id_of(SEND)} --committed CAMPAIGN_ID" in told["told"]
