"""Whatever a person gets wrong is told in one clear line each, and nothing is lost."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.console import Shop

C = "connector: config/connector.toml: "
M = "connector: mappings/restaurant.yaml:"
ADDRESS = 'base_url = "http://real.punchh.com"'

# What is put in the place of `[punchh]` or a line after it, and what is told.
CONFIGURATIONS = {
    "unknown key": ("[punchh]", "[punchh]\nadmin_kee = 'x'",
        "punchh.admin_kee: is not a known key: did you mean admin_key?"),
    "missing secret": ('admin_key = "sandbox-punchh-key"\n', "",
        "punchh.admin_key: is missing: write it in the file or set CONNECTOR_PUNCHH__ADMIN_KEY"),
    "secret file": ('admin_key = "sandbox-punchh-key"', 'admin_key_file = "sandbox-punchh-key"',
        "punchh: admin_key_file cannot be read (No such file or directory)"),
    "source kind": ('kind = "braze"', 'kind = "mailchimp"',
        "sources.braze_us: is of an unknown `kind`: braze and salesforce are known"),
    "source name": ("[sources.braze_us]", "[sources.Braze-US]",
        "sources.Braze-US: a source's name is lower-case letters, digits and single underscores"),
    "zone": ("America/New_York", "Mars/Base",
        "punchh.timezone: must be a time zone name like America/New_York"),
    "duration": ("[punchh]", "[schedule]\nlead_time = 'soon'\n[punchh]",
        "schedule.lead_time: a duration is written like 30m, 2h, 1h30m or 7d"),
    "lead": ("[punchh]", "[schedule]\nmin_lead = '1h'\n[punchh]",
        "schedule: min_lead (1h) must not be longer than lead_time (30m)"),
    "foreign host": ('base_url = "http://127', 'base_url = "http://12.7',
        "punchh.base_url: must begin with https:// (http is for 127.0.0.1 only)"),
    "address": ('base_url = "http://127', 'base_url = "127',
        "punchh.base_url: must be an address like https://host"),
    "syntax": ("[punchh]", "[punchh", "is not TOML: look at line 4, column 8"),
}  # fmt: skip

MAPPINGS: dict[str, tuple[str, list[str]]] = {
    "syntax": ("version: 1\nrules: [", ["2:9: a value is missing here"]),
    "duplicate key": (
        "version: 1\nrules:\n  - name: a\n    name: b\n    match: {send: x}\n    redeemable: y\n",
        ['4:5: duplicate key "name": it stands already in line 3; take out one of the two'],
    ),
    "no redeemable": (
        "version: 1\nrules:\n  - name: a\n    match: {send: x}\n",
        ["3:5: a rule has either `redeemable` or `ignore`, and this one has neither"],
    ),
    "no text": (
        "version: 1\nrules:\n  - name: {a: b}\n    match: {send: [1]}\n    redeemable: y\n",
        [
            '3:11: "name" must be text, not a group of keys',
            '4:19: "send" must be text, not a list',
        ],
    ),
    "unknown source": (
        "version: 1\nrules:\n  - name: a\n    match: {source: mail}\n    redeemable: y\n",
        ['4:21: no source is named "mail"; configured: braze_us, sf_core'],
    ),
    "empty": ("", ['1:1: the file is empty: it begins with "version: 1"']),
}


@pytest.mark.parametrize("case", CONFIGURATIONS)
def test_a_wrong_configuration_is_told_with_its_key(shop: Shop, case: str) -> None:
    before, after, told = CONFIGURATIONS[case]
    shop.configure(before, after)
    done = shop.inside("status")
    assert (done.code, done.out, done.err) == (2, "", f"{C}{told}\n")
    assert not shop.ledger.exists()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (None, ("there is no such file: write one with `connector init`, or give --config PATH "
         "or CONNECTOR_CONFIG")),
        (b"\xff\xfe", "cannot be read (it is not UTF-8 text)"),
        (b"", ("punchh: is missing: the file needs a table [punchh]\n"
         f"{C}sources: at least one source is needed: [sources.NAME]")),
    ],
    ids=["missing", "encoding", "empty"],
)  # fmt: skip
def test_a_configuration_that_cannot_be_read(shop: Shop, data: bytes | None, told: str) -> None:
    shop.config.unlink()
    if data is not None:
        shop.config.write_bytes(data)
    done = shop.inside("run")
    assert (done.code, done.out, done.err) == (2, "", f"{C}{told}\n")


def test_a_folder_is_no_configuration(shop: Shop) -> None:
    done = shop.inside("--config", "config", "plan")
    assert (done.code, done.err) == (2, "connector: config: cannot be read (Is a directory)\n")


def test_an_unknown_variable_is_told(shop: Shop) -> None:
    done = shop.inside("status", more={"CONNECTOR_PUNCH__ADMIN_KEY": "x"})
    assert (done.code, done.err) == (
        2,
        (
            "connector: CONNECTOR_PUNCH__ADMIN_KEY: no setting is named so; "
            "did you mean CONNECTOR_PUNCHH__ADMIN_KEY?\n"
        ),
    )


@pytest.mark.parametrize("case", MAPPINGS)
def test_a_wrong_mapping_is_told_with_its_place(live_shop: Shop, case: str) -> None:
    text, told = MAPPINGS[case]
    live_shop.mapping.write_text(text, encoding="utf-8")
    expected = "".join(f"{M}{line}\n" for line in told)
    for words in (("run", "--once"), ("plan",), ("mappings", "suggest")):
        done = live_shop.inside(*words)
        assert (done.code, done.out, done.err) == (2, "", expected)
    checked = live_shop.inside("mappings", "check")
    places = [line.split(" ", 1)[0] for line in expected.replace("connector: ", "").splitlines()]
    assert (checked.code, checked.out) == (2, "")
    assert [line for line in places if f"  {line} error: " not in checked.err] == []


def test_an_empty_or_missing_folder_is_an_error(live_shop: Shop) -> None:
    live_shop.mapping.unlink()
    empty = live_shop.inside("run", "--once")
    assert (empty.code, empty.err) == (2, "connector: mappings: holds no mapping file (*.yaml)\n")
    shutil.rmtree(live_shop.mapping.parent)
    gone = live_shop.inside("run", "--once")
    told = "connector: mappings: cannot be read (No such file or directory)\n"
    assert (gone.code, gone.err) == (2, told)
    assert live_shop.posts() == 0


def _foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (a)")


LEDGERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "gone": (Path.unlink, ("the ledger {0} is gone but its mark {0}.mark stands: restore a backup "
             "first (`connector ledger restore BACKUP`), or, if this is really a new start, move "
             "the mark away")),
    "empty": (lambda path: path.write_bytes(b""), ("ledger {0}: the file is empty. Put the latest "
              "backup there: `connector ledger restore BACKUP`")),
    "text": (lambda path: path.write_bytes(b"hello " * 50), ("ledger {0}: the file is not an "
             "SQLite database. Look at ledger.url, or: Put the latest backup there: "
             "`connector ledger restore BACKUP`")),
    "foreign": (_foreign, ("ledger {0}: the database belongs to another program. Look at "
                "ledger.url")),
}  # fmt: skip


@pytest.mark.parametrize("case", LEDGERS)
def test_a_ledger_that_is_not_ours_stops_every_verb(live_shop: Shop, case: str) -> None:
    shop, (hurt, told) = live_shop, LEDGERS[case]
    hurt(shop.ledger)
    before = shop.ledger.read_bytes() if shop.ledger.exists() else None
    for words in (("run", "--once"), ("status",), ("live",), ("init",)):
        done = shop.inside(*words)
        expected = f"connector: {told.format(shop.ledger)}\n"
        assert (done.code, done.out, done.err) == (1, "", expected), words
    assert (shop.ledger.read_bytes() if shop.ledger.exists() else None) == before
    assert shop.posts() == 0


def test_without_a_ledger_the_verb_that_makes_one_is_named(shop: Shop) -> None:
    done = shop.inside("run", "--once")
    assert (done.code, done.err) == (
        1,
        f"connector: ledger {shop.ledger}: there is none. `connector init` makes one\n",
    )


def test_the_process_itself_says_it_in_one_line_without_a_traceback(shop: Shop) -> None:
    shop.configure("[punchh]", "[punchh]\nnonsense = 1")
    done = shop.run("run")
    told = f"{C}punchh.nonsense: is not a known key: correct or remove it\n"
    assert (done.code, done.out, done.err) == (2, "", told)
