"""Each fact of facts: salesforce, asked of the simulator over a socket."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import requests

from connector.sandbox import SALESFORCE_KEY, SALESFORCE_SECRET, Sandbox, World
from connector.sandbox.ids import eighteen
from connector.sandbox.org import Flow, ListEmail, Source, Target
from tests.contract import salesforce_world
from tests.contract.facts_salesforce import FACTS, TOKEN
from tests.contract.rows import NOW, Ask, Fact, Shape, differs

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


def made(thing: Shape) -> dict[str, Any]:
    instants = {
        key: datetime.fromisoformat(thing[key])
        for key in INSTANTS
        if key in thing and thing[key] is not None
    }
    return {**thing, **instants}


def stage(world: World, fact: Fact) -> None:
    org = world.salesforce
    with world.lock:
        world.switches.set(fact.switches)
        for thing in fact.world:
            if "target" in thing:
                org.targets[thing["target"]["id"]] = Target(**made(thing["target"]))
            elif "mail" in thing:
                fields = made(thing["mail"])
                sources = tuple(Source(*source) for source in fields.pop("sources"))
                org.put(ListEmail(**fields, sources=sources))
            else:
                org.put(Flow(**made(thing["flow"])))


def asked(box: Sandbox, ask: Ask) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        headers = {"Host": ask.host} if ask.host else {}
        if ask.form is None:
            form = {"grant_type": "client_credentials"}
            login = session.post(
                box.salesforce_url + TOKEN,
                data=form,
                auth=(SALESFORCE_KEY, SALESFORCE_SECRET),
                timeout=5,
            )
            token = login.json()["access_token"]
            headers["Authorization"] = f"Bearer {token if ask.key else 'wrong'}"
        return session.request(
            ask.method,
            box.salesforce_url + ask.path,
            params=ask.params,
            data=ask.form,
            headers=headers,
            timeout=5,
        )


@pytest.mark.parametrize(
    "fact", [pytest.param(fact, id=fact.id) for fact in FACTS if fact.simulated]
)
def test_the_simulator_answers_so(box: Sandbox, fact: Fact) -> None:
    stage(box.world, fact)
    reply = asked(box, fact.ask)
    assert reply.status_code == fact.status, reply.text
    assert reply.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert differs(fact, fact.body, reply.json()) == ""
    answered = fact.ask.form is None and fact.status != 401
    refused = fact.switches.get("salesforce.api_limit") == 0
    assert ("Sforce-Limit-Info" in reply.headers) is (answered and not refused)


def test_the_tables_own_ids_have_the_right_checksum() -> None:
    ids = [
        value
        for name, value in vars(salesforce_world).items()
        if name.isupper() and isinstance(value, str) and len(value) == 18
    ]
    assert len(ids) >= 10
    assert [id_ for id_ in ids if id_ != eighteen(id_[:15])] == []
