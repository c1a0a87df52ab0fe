"""Who did what: the history by which it can be told, from the console script alone."""

import os
import pwd
import re
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from tests.support.console import WHY, Done, Shop

ME = os.getuid()
OWN = f"{pwd.getpwuid(ME).pw_name} (uid {ME})"


def events(shop: Shop, **of: object) -> list[dict[str, Any]]:
    found = shop.inside("ledger", "events", "--json", "--limit", "1000").json()
    return [one for one in found if all(one[key] == value for key, value in of.items())]


def head(done: Done) -> str:
    found = re.search(r"history: head (\d+:[0-9a-f]{64})$", done.out + done.err, re.MULTILINE)
    assert found, done
    return found[1]


CLAIMS: list[tuple[dict[str, str], str, str]] = [
    ({"LOGNAME": "mallory"}, "mallory", OWN),
    (
        {"LOGNAME": "root", "SUDO_USER": "ann", "SUDO_UID": "1001"},
        "ann",
        f"{OWN}, sudo by ann (uid 1001)",
    ),
    ({"SUDO_USER": "ann", "SUDO_UID": "0 or so"}, "ann", f"{OWN}, sudo by ann"),
    ({"LOGNAME": "x" * 5000, "SUDO_USER": ""}, "x" * 80, OWN),
    ({"SUDO_USER": "a\nb"}, "a b", OWN),
]  # fmt: skip


def test_the_real_user_stands_beside_the_name_claimed(live_shop: Shop) -> None:
    for claim, who, real in CLAIMS:
        for verb in ("pause", "resume"):
            assert live_shop.inside(verb, *WHY, more=claim).code == 0
        for verb in ("paused", "resumed"):
            last = events(live_shop, verb=verb)[-1]
            assert (last["who"], last["os_user"]) == (who, real)
    shown = live_shop.inside("ledger", "events").out
    assert "sudo by ann (uid 1001)" in shown
    assert live_shop.query("SELECT count(*) FROM history WHERE os_user LIKE '%sudo by ann%'") == [
        (4,)
    ]
    assert live_shop.once().code == 1  # Punchh refuses one offer
    by_worker = events(live_shop, verb="attempt.begun")
    assert by_worker
    assert {one["os_user"] for one in by_worker} == {OWN}


REFUSED: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "approve": (("ledger", "approve", "nothere"), {"of": ["nothere"]}),
    "resolve": (("ledger", "resolve", "nothere", "--abandon"), {"of": ["nothere"]}),
    "retry": (("ledger", "retry", "nothere"), {"of": ["nothere"]}),
    "ack": (("ledger", "ack", "nothere"), {"of": ["nothere"]}),
    "recommit": (
        ("ledger", "recommit", "nothere", "--cancelled-in-punchh"),
        {"of": ["nothere"]},
    ),
}


def test_a_refused_word_is_an_event_and_nothing_else_changes(live_shop: Shop) -> None:
    assert live_shop.once().code == 1  # Punchh refuses one offer
    before = live_shop.tables()
    for verb, (words, told) in REFUSED.items():
        done = live_shop.inside(*words, *WHY, more={"SUDO_USER": "ann"})
        assert done.code == 1
        (said,) = done.said
        last = events(live_shop)[-1]
        assert (last["verb"], last["who"]) == ("refused", "ann")
        assert last["details"] == {"verb": verb, "why": WHY[1], **told}
        assert said == f"connector: {last['reason']}"
    after = live_shop.tables()
    assert len(after.pop("event")) == len(before.pop("event")) + len(REFUSED)
    assert after == before
    assert live_shop.inside("ledger", "verify").code == 0


def test_a_refused_word_stands_in_the_story_of_its_offer(live_shop: Shop) -> None:
    assert live_shop.once().code == 1  # Punchh refuses one offer
    offer = live_shop.id_of("Lunch Push")
    assert live_shop.inside("ledger", "retry", offer, *WHY).code == 1
    assert "refused retry" in live_shop.inside("ledger", "show", offer).out
    many = [f"no-{number}" * 200 for number in range(50)]
    assert live_shop.inside("ledger", "approve", *many, "--reason", "x" * 9000).code == 1
    (last,) = events(live_shop)[-1:]
    assert last["details"]["count"] == 50
    assert len(str(last)) < 20_000


def test_verify_prints_the_head_and_compares_one_noted_earlier(live_shop: Shop) -> None:
    first = head(live_shop.ok("ledger", "verify"))
    assert live_shop.once().code == 1  # Punchh refuses one offer
    done = live_shop.ok("ledger", "verify", "--head", first)
    assert done.out.splitlines()[0].endswith(": whole")
    last = head(done)
    assert last != first
    assert [f"{one['id']}:{one['digest']}" for one in events(live_shop)][-1] == last
    for form in ("csv", "json", "ndjson"):
        assert head(live_shop.inside("ledger", "export", "--format", form)) == last
    with closing(sqlite3.connect(live_shop.ledger)) as raw:
        raw.execute("DROP TRIGGER event_no_delete")
        raw.execute("DELETE FROM event WHERE id > 3")
        raw.execute(
            "CREATE TRIGGER event_no_delete BEFORE DELETE ON event"
            " BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
        )
        raw.commit()
    lost = live_shop.inside("ledger", "verify", "--head", last)
    assert lost.code == 1
    assert len(lost.out.splitlines()) == 3  # by the head noted, and by the mark; and the head now
    assert head(lost).startswith("3:")


@pytest.mark.parametrize(
    "wrong", ["", "7", "x:y", "7:" + "0" * 63, "-1:" + "0" * 64, "²:" + "0" * 64]
)
def test_a_head_that_is_none_is_a_wrong_command(live_shop: Shop, wrong: str) -> None:
    done = live_shop.inside("ledger", "verify", "--head", wrong)
    assert (done.code, done.out) == (2, "")
    assert len(done.said) == 1
