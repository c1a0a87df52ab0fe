"""The ledger remembers which hosts and accounts it has met, and refuses others until adopted."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connector.app import read_settings, world_of
from connector.errors import LedgerError
from connector.ledger import Ledger
from tests.support.console import WHY, Shop, opened
from tests.support.ledger import NOW, new_ledger

WORLD = {"punchh": "eu.punchh.com", "braze_us": "rest.iad-01.braze.com", "sf": "brand.my"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path, live=False) as found:
        yield found


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with opened(tmp_path / "shop") as found:
        found.live()
        yield found


def told(ledger: Ledger) -> list[tuple[str, str | None, str | None]]:
    return [(each.verb, each.before, each.after) for each in ledger.events()]


def test_the_first_world_is_remembered_once(ledger: Ledger) -> None:
    assert ledger.strangers(WORLD) == ()
    for _ in range(2):
        ledger.meet_world(WORLD, at=NOW)
    assert told(ledger) == [
        ("world.met", None, "rest.iad-01.braze.com"),
        ("world.met", None, "eu.punchh.com"),
        ("world.met", None, "brand.my"),
    ]


def test_a_new_source_is_remembered_and_a_missing_one_kept(ledger: Ledger) -> None:
    ledger.meet_world({"punchh": "eu.punchh.com", "braze_us": "a"}, at=NOW)
    ledger.meet_world({"punchh": "eu.punchh.com", "braze_eu": "b"}, at=NOW)
    assert ledger.strangers({"braze_us": "other"})


@pytest.mark.parametrize("name", WORLD)
def test_another_account_of_that_name_is_refused_until_adopted(ledger: Ledger, name: str) -> None:
    ledger.meet_world(WORLD, at=NOW)
    other = {**WORLD, name: "other", "new": "n"}
    said = (
        f"{name}: the ledger knows it as {WORLD[name]}, the configuration says other. Mend the "
        "configuration, or, if this is meant, `connector adopt --reason …`"
    )
    assert ledger.strangers(other) == (said,)
    before = told(ledger)
    with pytest.raises(LedgerError) as refused:
        ledger.meet_world(other, at=NOW)
    assert str(refused.value) == said
    assert told(ledger) == before  # not even the new one is remembered
    later = NOW + timedelta(hours=1)
    new = ledger.adopt_world(other, at=later, who="ann", reason="the brand moved")
    assert {(each.details["remote"], each.before, each.after) for each in new} == {
        (name, WORLD[name], "other"),
        ("new", None, "n"),
    }
    last = ledger.events()[-1]
    assert (last.verb, last.who, last.reason) == ("world.adopted", "ann", "the brand moved")
    ledger.meet_world(other, at=later)
    assert ledger.strangers(WORLD) != ()


def test_several_strangers_are_told_a_line_each(ledger: Ledger) -> None:
    ledger.meet_world(WORLD, at=NOW)
    with pytest.raises(LedgerError) as refused:
        ledger.meet_world(dict.fromkeys(WORLD, "other"), at=NOW)
    assert len(str(refused.value).splitlines()) == 3


def test_the_world_is_hosts_and_my_domains(shop: Shop) -> None:
    world = world_of(read_settings(shop.config, {}))
    assert world["punchh"] == shop.box.punchh_url.removeprefix("http://")
    assert world["braze_us"] == shop.box.braze_url.removeprefix("http://")
    assert world["sf_core"].endswith(".my")


def test_the_worker_refuses_another_punchh_until_it_is_adopted(shop: Shop) -> None:
    assert shop.inside("run", "--once").code in (0, 1)
    made = len(shop.campaigns())
    before = shop.config.read_text()
    here = shop.box.punchh_url.removeprefix("http://")
    other = here.replace("127.0.0.1", "localhost")
    shop.configure(f'base_url = "http://{here}"', f'base_url = "https://{other}"')
    posts = shop.posts()
    for words in (("run", "--once"), ("run",)):
        refused = shop.inside(*words)
        assert refused.code == 1
        assert refused.err.splitlines()[-1] == (
            f"connector: punchh: the ledger knows it as {here}, the configuration says {other}. "
            "Mend the configuration, or, if this is meant, `connector adopt --reason …`"
        )
    planned = shop.inside("plan", "--json")
    assert planned.json()["sends"]
    assert f"the ledger knows it as {here}" in planned.err
    adopted = shop.inside("adopt", *WHY)
    assert adopted.out == f"adopted punchh: {other} (before: {here})\n"
    shop.config.write_text(before)
    assert shop.inside("run", "--once").code == 1
    assert shop.inside("adopt", *WHY).code == 0
    assert "already" in shop.inside("adopt", *WHY).out
    assert shop.posts() == posts
    assert shop.inside("run", "--once").code == 0
    assert len(shop.campaigns()) == made
