"""A hostile name over every verb: nothing of it reaches a terminal, a file or a chat raw."""

import json
import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from typer.main import get_command

from connector.app import read_settings
from connector.cli.main import app
from tests.support.braze import broadcast, showing
from tests.support.console import Done, Shop
from tests.support.pages import USERS, served

STEERING = "\x1b[31m\x9b31m\u202e\u2066\u2028\x7f\0"
HOSTILE = f"Hostile {STEERING}@here <!channel> [x](y)\r\n::error::z"
RULES = """\
version: 1
rules:
  - name: hostile
    match: {send: "Hostile*", tags: [claimed]}
    redeemable: Free Medium Fries
"""
# Columns in which an older program may have left what came from outside.
KEPT = {
    "occurrence": ("send_name", "reason", "next_step", "problem", "wall", "reading", "rule"),
    "distribution": ("audience", "segment", "redeemable", "reason", "next_step", "drift", "rule"),
    "event": ("who", "reason", "before", "after"),
    "attempt": ("request_id", "reason"),
    "remote": ("trouble", "why"),
    "pause": ("who", "why"),
}
# Columns that keep a reason as data, which is put into words each time it is shown.
DATA = {
    "occurrence": ("reason_data", "problem_data", "reading_data"),
    "distribution": ("reason_data",),
    "event": ("reason_data",),
    "attempt": ("reason_data",),
    "remote": ("trouble_data", "why_data"),
}
SAYING = {"code": "rejected", "variant": "said", "params": {"text": HOSTILE, "step": HOSTILE}}
# How each verb is called; ID stands for a row's, GIVEN for a committed one's.
CALLS: dict[str, tuple[str, ...]] = {
    "plan": ("plan", "plan --format markdown", "plan --json"),
    "explain": ("explain SEND", "explain NOBODY"),
    "status": ("status", "status --json"),
    "doctor": ("doctor", "doctor --json"),
    "pause": ("pause --rule NOBODY --reason x", "pause --source NOBODY --reason x"),
    "resume": ("resume --reason NOBODY",),
    "adopt": ("adopt --reason NOBODY",),
    "offers": ("offers --canary NOBODY",),
    "live": ("live",),
    "rehearse": ("rehearse",),
    "init": ("init",),
    "alert test": ("alert test --channel NOBODY",),
    "mappings check": ("mappings check --live", "mappings check --live --format github"),
    "mappings diff": ("mappings diff mappings", "mappings diff NOBODY"),
    "mappings suggest": ("mappings suggest",),
    "mappings schema": ("mappings schema",),
    "ledger list": ("ledger list", "ledger list --json", "ledger list --state NOBODY"),
    "ledger export": tuple(f"ledger export --format {form}" for form in ("csv", "json", "ndjson")),
    "ledger show": ("ledger show ID", "ledger show GIVEN", "ledger show NOBODY"),
    "ledger events": ("ledger events", "ledger events --json"),
    "ledger approve": ("ledger approve ID --reason NOBODY", "ledger approve NOBODY --reason x"),
    "ledger resolve": ("ledger resolve NOBODY --abandon --reason x",),
    "ledger retry": ("ledger retry NOBODY --reason x", "ledger retry ID --reason x"),
    "ledger ack": ("ledger ack NOBODY --reason x", "ledger ack ID --reason NOBODY"),
    "ledger recommit": ("ledger recommit NOBODY --cancelled-in-punchh --reason x",),
    "ledger verify": ("ledger verify",),
    "ledger backup": ("ledger backup NOBODY.db",),
    "ledger restore": ("ledger restore NOBODY",),
}
# They print nothing of a send's: their log, their pages and their messages have tests of their own.
ELSEWHERE = {"run", "web", "web hash-password", "webhook", "demo", "sandbox"}


def _verbs(group: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    for name, one in group.commands.items():
        yield from (
            _verbs(one, (*path, name)) if hasattr(one, "commands") else [" ".join((*path, name))]
        )


def test_every_verb_is_called_here() -> None:
    assert CALLS.keys() | ELSEWHERE == {*_verbs(get_command(app)), "web"}


@pytest.fixture
def hurt_shop(live_shop: Shop) -> Iterator[Shop]:
    """Give a shop that has seen hostile rows, and whose ledger keeps hostile text of before."""
    shop = live_shop
    shop.mapping.write_text(RULES, encoding="utf-8")
    tags = ["claimed", "punchh:segment=VIP Guests"]
    rows = [
        broadcast(1, name=f"{HOSTILE}\ud83c", tags=tags),
        broadcast(
            2, name=HOSTILE, tags=["punchh:segment=VIP Guests", f"punchh:segments={HOSTILE}"]
        ),
        broadcast(3, name=HOSTILE, tags=["claimed", f"punchh:segment={HOSTILE}"]),
        broadcast(4, id=HOSTILE, next_send_time=HOSTILE, schedule_type=HOSTILE),
        broadcast(5, type=HOSTILE),
        {HOSTILE: HOSTILE},
    ]
    with showing(shop, *rows):
        done = shop.run("run", "--once")
        assert done.code == 0
        assert _raw(done.out + done.err) == set()
        why = HOSTILE.replace("\0", "")
        assert shop.inside("pause", "--rule", "hostile", "--reason", why).code == 0
        yield shop


def _raw(text: str) -> set[str]:
    """Return the characters that would steer whatever shows a text."""
    return {
        char
        for char in text
        if char != "\n"
        and (
            unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")
            or unicodedata.bidirectional(char)
            in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
        )
    }


def _spoil(shop: Shop) -> None:
    with closing(sqlite3.connect(shop.ledger)) as raw, raw:
        for (name,) in raw.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            raw.execute(f'DROP TRIGGER "{name}"')
        for kept, text in ((KEPT, HOSTILE), (DATA, json.dumps(SAYING))):
            for table, columns in kept.items():
                for column in columns:
                    raw.execute(
                        f"UPDATE {table} SET {column} = ? WHERE {column} IS NOT NULL",  # noqa: S608
                        (text,),
                    )


def _said(shop: Shop, call: str, ids: dict[str, str]) -> Done:
    return shop.inside(
        *(ids.get(word, word.replace("NOBODY", ids["NOBODY"])) for word in call.split())
    )


def test_nothing_hostile_reaches_a_terminal_as_it_came_or_as_it_was_once_kept(
    hurt_shop: Shop,
) -> None:
    shop = hurt_shop
    rows = {row["send_id"]: row["id"] for row in shop.inside("ledger", "list", "--json").json()}
    ids = {"ID": rows["c3"], "GIVEN": rows["c1"], "SEND": "c1", "NOBODY": HOSTILE.replace("\0", "")}
    for once_kept in (False, True):
        if once_kept:
            _spoil(shop)
        shown = 0
        for call in (call for calls in CALLS.values() for call in calls):
            done = _said(shop, call, ids)
            assert _raw(done.out + done.err) == set(), call
            assert "fault of the connector" not in done.err, (call, done.err)
            shown += "Hostile" in done.out + done.err
        assert shown > 30


def test_nothing_hostile_reaches_a_page_or_comes_in_by_one(hurt_shop: Shop) -> None:
    shop = hurt_shop
    row = shop.id_of("Hostile \ufffd[31m\ufffd31m\ufffd\ufffd \ufffd\ufffd@here <!channel> [x](y)  "
                     "::error::z\ufffd")  # fmt: skip
    _spoil(shop)
    text = RULES + "# a comment \u202e that reads \u2066 otherwise\n"
    shop.mapping.write_text(text, encoding="utf-8")
    shop.configure("", "[log]\nlevel = 'critical'\n")
    with shop.config.open("a", encoding="utf-8") as config:
        config.write(USERS)
    pages = ["/", "/ledger", "/ledger?show=sends", "/ledger/charts", "/mappings", f"/sends/{row}"]
    pages += [f"/ledger/export.{form}" for form in ("csv", "json", "ndjson")]
    pages += ["/sends/%1b%5B31m%e2%80%ae", "/ledger?text=%1b%c2%9b%e2%80%ae&rule=%e2%80%ae"]
    with served(read_settings(shop.config, {})) as site:
        reader = site.known()
        shown = 0
        for path in pages:
            found = reader.get(path)
            assert found.status_code == (404 if "%5B" in path else 200), path
            assert _raw(found.content.decode()) == set(), path
            shown += "Hostile" in found.text
        assert shown > 5
        said = reader.say("/pauses", what="rule:hostile", until="", reason=HOSTILE)
        assert said.status_code == 303
    ((why,),) = shop.query("SELECT why FROM pause ORDER BY id DESC LIMIT 1")
    assert why.startswith("Hostile")
    assert _raw(why) == set()
