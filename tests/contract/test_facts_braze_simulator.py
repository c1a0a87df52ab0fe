"""Each fact of facts: braze, asked of the simulator over a socket."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import requests

from connector.sandbox import BRAZE_KEY, Sandbox, World
from connector.sandbox.workspace import BrazeSegment, Broadcast
from tests.contract.facts_braze import FACTS
from tests.contract.rows import NOW, Fact, Shape, differs

INSTANTS = ("at", "created", "edited")


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


def made(thing: Shape) -> Broadcast:
    fields: dict[str, Any] = dict(thing)
    for key in INSTANTS:
        if fields[key] is not None:
            moment = datetime.fromisoformat(fields[key])
            fields[key] = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if "ends" in fields:
        fields["ends"] = date.fromisoformat(fields["ends"])
    if "draft" in fields:
        fields["draft"] = made(fields["draft"])
    return Broadcast(**fields)


def stage(world: World, fact: Fact) -> None:
    with world.lock:
        world.switches.set(fact.switches)
        for thing in fact.world:
            if "segment" in thing:
                world.braze.segments[thing["segment"]] = BrazeSegment(thing["name"])
                continue
            world.braze.put(made(thing))


@pytest.mark.parametrize(
    "fact", [pytest.param(fact, id=fact.id) for fact in FACTS if fact.simulated]
)
def test_the_simulator_answers_so(box: Sandbox, fact: Fact) -> None:
    stage(box.world, fact)
    key = BRAZE_KEY if fact.ask.key else "wrong"
    with requests.Session() as session:
        session.trust_env = False
        reply = session.get(
            box.braze_url + fact.ask.path,
            params=fact.ask.params,
            headers={"Authorization": f"Bearer {key}"},
            timeout=5,
        )
    assert reply.status_code == fact.status, reply.text
    assert differs(fact, fact.body, reply.json()) == ""
    assert {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"} <= {
        name.lower() for name in reply.headers
    }
