"""Each fact of facts: punchh, asked of the simulator over a socket."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import requests

from connector.sandbox import PUNCHH_KEY, Sandbox, World
from connector.sandbox.business import Redeemable, Segment
from tests.contract.facts_punchh import FACTS
from tests.contract.facts_punchh_campaigns import REPEATS
from tests.contract.punchh_world import order
from tests.contract.rows import NOW, Ask, Fact, differs


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(0, scenario=False) as box:
        yield box
        assert box.world.errors == []


@pytest.fixture
def box(running: Sandbox) -> Sandbox:
    running.world.reset()
    running.world.clock.set(NOW)
    return running


def stage(world: World, fact: Fact) -> None:
    with world.lock:
        world.switches.set(fact.switches)
        for thing in fact.world:
            if "uuid" not in thing:
                world.punchh.segments[thing["id"]] = Segment(**thing)
                continue
            fields = dict(thing)
            if "expires_at" in fields:
                fields["expires_at"] = datetime.fromisoformat(fields["expires_at"])
            world.punchh.redeemables[thing["uuid"]] = Redeemable(**fields)


def asked(box: Sandbox, ask: Ask) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.request(
            ask.method,
            box.punchh_url + ask.path,
            params=ask.params,
            json=ask.json,
            data=ask.text,
            headers={"Authorization": f"Bearer {PUNCHH_KEY if ask.key else 'wrong'}"},
            timeout=5,
        )


@pytest.mark.parametrize(
    "fact", [pytest.param(fact, id=fact.id) for fact in FACTS if fact.simulated]
)
def test_the_simulator_answers_so(box: Sandbox, fact: Fact) -> None:
    stage(box.world, fact)
    reply = asked(box, fact.ask)
    assert reply.status_code == fact.status, reply.text
    assert reply.headers["Content-Type"].startswith("application/json")
    assert differs(fact, fact.body, reply.json()) == ""


@pytest.mark.parametrize("fact", [pytest.param(fact, id=fact.id) for fact in REPEATS])
def test_a_repeat_is_a_new_campaign(box: Sandbox, fact: Fact) -> None:
    """Inferred, strongly: the replies to a repeat carry its own start (facts: punchh §4.6)."""
    stage(box.world, fact)
    asks: list[Any] = [order(), fact.ask, fact.ask]
    ids = [asked(box, ask).json()["campaign_id"] for ask in asks]
    assert ids == sorted(set(ids))
    assert list(box.world.punchh.campaigns) == ids


def test_replies_carry_an_id_to_quote(box: Sandbox) -> None:
    """Inferred for these routes (facts: punchh §7)."""
    assert asked(box, Ask(path="/api2/dashboard/segments")).headers["X-Request-Id"]
