"""A remote in trouble is left alone, over restarts too, until time, a key or a person says so."""

from datetime import UTC, datetime, timedelta

from connector.ledger import Ledger
from tests.support.console import WHY, Done, Shop

REFUSED = '{"error": "invalid"}'
RESUME = ("resume", "punchh", *WHY)


def _asked(shop: Shop, method: str = "GET", remote: str = "punchh") -> int:
    with shop.box.world.lock:
        rows = shop.box.world.requests.rows()
    return sum(row.remote == remote and row.method == method for row in rows)


def _breaker(shop: Shop, remote: str = "punchh") -> dict[str, object]:
    found: dict[str, object] = shop.inside("status", "--json").json()["remotes"][remote]["breaker"]
    return found


def _waiting(shop: Shop) -> set[str]:
    return {name for (name, _), told in shop.states().items() if told == ("waiting", "left-alone")}


def test_a_refused_key_is_tried_once_until_it_changes(live_shop: Shop) -> None:
    shop = live_shop
    shop.fault("status", code=401, body=REFUSED, times=99)
    done = [shop.once() for _ in range(3)]
    assert [one.code for one in done] == [1, 1, 1]
    assert (_asked(shop), shop.posts()) == (1, 0)
    assert done[2].out.startswith("punchh could not be read: punchh is left alone until its key")
    assert "the key was refused (401)" in done[2].out
    assert len(done[0].named("breaker.opened")) == 1
    assert done[1].named("breaker.opened") == []
    told = _breaker(shop)
    assert told["refused"] is True
    assert "`connector resume punchh --reason …`" in str(told["told"])
    assert "left alone until" in shop.inside("status").out

    shop.heal()
    assert shop.once().code == 1
    assert _asked(shop) == 1
    shop.configure("user_agent = ", '# another key stands for\nuser_agent = "Brand/Other/1.0" # ')
    changed = shop.once()
    assert _asked(shop) > 1
    assert len(changed.named("breaker.closed")) == 1
    assert len(shop.campaigns()) == 8


def test_a_person_s_word_asks_again_at_once(live_shop: Shop) -> None:
    shop = live_shop
    shop.fault("status", code=403, body='{"no_permission_error": "no"}')
    shop.once()
    assert shop.once().code == 1
    assert _asked(shop) == 1
    said = shop.inside(*RESUME)
    assert said.out == "punchh is asked again by the next cycle\n"
    shop.once()
    assert len(shop.campaigns()) == 8
    event = shop.inside("ledger", "events", "--json").json()
    assert "a test says so" in {one["reason"] for one in event if one["verb"] == "resumed"}


def test_a_key_refused_on_a_commit_stops_reads_and_commits(live_shop: Shop) -> None:
    shop = live_shop
    shop.fault("status", method="POST", code=401, body=REFUSED)
    assert shop.once().code == 1
    gets = _asked(shop)
    for _ in range(2):
        assert shop.once().code == 1
    assert (_asked(shop), shop.posts(), shop.campaigns()) == (gets, 1, [])
    assert len(_waiting(shop)) > 0
    shop.inside(*RESUME)
    shop.once()
    assert len(shop.campaigns()) == 8


def test_a_refusing_source_stops_nobody_else(live_shop: Shop) -> None:
    shop = live_shop
    shop.fault("status", "braze", code=401, body='{"message": "Invalid API key"}', times=99)
    done = [shop.once() for _ in range(3)]
    assert [one.code for one in done] == [1, 1, 1]
    assert _asked(shop, remote="braze") == 1
    assert len(shop.campaigns()) > 0
    assert _breaker(shop, "braze_us")["read_after"] is not None
    shop.heal()
    assert shop.inside("resume", "--source", "braze_us", *WHY).code == 0
    assert shop.once().named("source.read")


def test_two_unknowns_in_a_row_stop_the_commits(live_shop: Shop) -> None:
    shop = live_shop
    shop.fault("reset", method="POST", after=True, times=2)
    assert shop.once().code == 1
    second = shop.once()
    assert (second.code, shop.posts()) == (1, 1)
    assert "nobody knows what became of the last commit" in second.out
    shop.age(commit_after=-timedelta(seconds=1))
    shop.once()
    assert shop.posts() == 2
    shop.age(commit_after=timedelta(minutes=14))
    gets, third = _asked(shop), shop.once()
    assert (third.code, shop.posts()) == (1, 2)
    assert _asked(shop) > gets
    assert len(_waiting(shop)) > 0
    shop.age(commit_after=-timedelta(seconds=1))
    assert _ended(shop.once())
    assert len(shop.campaigns()) == 8
    assert _breaker(shop)["unknown_commits"] == 0


def _ended(done: Done) -> bool:
    return bool(done.named("breaker.closed"))


def test_a_told_wait_outlives_the_process(live_shop: Shop) -> None:
    shop = live_shop
    wait = (("Retry-After", "3600"),)
    shop.fault("status", method="POST", code=429, body='{"error": "slow down"}', headers=wait)
    assert shop.once().code == 1
    gets = _asked(shop)
    assert shop.once().code == 1
    assert (_asked(shop), shop.posts()) == (gets, 1)
    told = str(_breaker(shop)["not_before"])
    left = datetime.fromisoformat(told) - datetime.now(UTC)
    assert timedelta(minutes=58) < left <= timedelta(hours=1)


def test_a_told_wait_on_a_list_is_kept_too(live_shop: Shop) -> None:
    shop = live_shop
    wait = (("Retry-After", "3600"),)
    shop.fault("status", method="GET", code=429, body='{"error": "slow"}', headers=wait, times=99)
    for _ in range(2):
        assert shop.once().code == 1
    assert (_asked(shop), shop.posts()) == (1, 0)


def test_a_catalog_that_shrank_is_not_used_until_somebody_says_so(live_shop: Shop) -> None:
    shop = live_shop
    with Ledger.open(f"sqlite:///{shop.ledger}") as ledger:
        ledger.rehearse(at=datetime.now(UTC), who="test")
    shop.once()
    with Ledger.open(f"sqlite:///{shop.ledger}") as ledger:
        ledger.go_live(at=datetime.now(UTC), who="test", nothing_given_yet=True)
    before = shop.states()
    shop.fault("status", path="*/segments", code=200, body="[]", times=99)
    done = shop.once()
    assert done.code == 1
    assert "so its lists are not used. Look in Punchh whether that is right" in done.out
    assert (shop.states(), shop.posts()) == (before, 0)
    said = shop.inside(*RESUME).out
    assert said == "what vanished from punchh is taken to be gone from the next cycle on\n"
    shop.once()
    assert {state for (_, _), (state, _) in shop.states().items()} >= {"blocked"}
    assert shop.posts() == 0
