"""What verbs print: UTF-8 for programs on every terminal, the business's times for people."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
import structlog
from ruamel.yaml import YAML

from connector.cli.main import main
from connector.clock import SystemClock
from connector.ledger import Committer
from connector.render.contract import KEYS
from tests.support.console import TIMEOUT, WHY, Done, Shop, opened, script
from tests.support.ears import Ear

LOCAL = r"\w{3} \d\d \w{3} \d\d:\d\d E[SD]T"
NAME = "Crème 🍟 “Friday”"
ZONE = ZoneInfo("America/New_York")
TIMES = (
    "scheduled_for",
    "first_delivery",
    "last_delivery",
    "start_time",
    "commit_by",
    "updated_at",
    "landed_at",
)
# An instant as sentences and the ledger hold it; people read it by the business's clock.
RAW = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def _raw(shop: Shop, *words: str, encoding: str) -> tuple[int, bytes]:
    """Run a verb in this process, on a terminal or a pipe of that encoding."""
    written = io.BytesIO()
    out, err = (io.TextIOWrapper(to, encoding=encoding) for to in (written, io.BytesIO()))
    with (
        chdir(shop.folder),
        patch.dict(os.environ, shop.environment(), clear=True),
        patch.object(sys, "argv", ["connector", *words]),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    structlog.reset_defaults()
    for stream in (out, err):
        stream.flush()
    return int(ended.value.code or 0), written.getvalue()


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A ledger with a row in most states: committed, unknown, rejected, missed, held, waiting …"""
    with opened(tmp_path_factory.mktemp("busy") / "shop") as shop:
        shop.live()
        shop.make_send(name=NAME, tags=["punchh:segment=VIP Guests"], at=_ahead(hours=20))
        shop.once()
        shop.fault("reset", method="POST", after=True)
        shop.make_send(name="Lunch Encore", tags=["punchh:segment=Taco Lovers"],
                       at=_ahead(minutes=100))  # fmt: skip
        shop.edit_send("Lunch Push", at=_ahead(minutes=150))
        shop.once()
        shop.inside("pause", "--source", "sf_core", "--until", "2h", *WHY)
        yield shop


def _ahead(**length: int) -> str:
    return f"{datetime.now(UTC) + timedelta(**length):%Y-%m-%dT%H:%M:%SZ}"


# --- for programs

JSON = (
    ("ledger", "list", "--json"),
    ("ledger", "events", "--json"),
    ("ledger", "export", "--format", "json"),
    ("status", "--json"),
    ("plan", "--json"),
    ("mappings", "diff", "mappings", "--json"),
)
TEXTS = (
    ("ledger", "export"),
    ("ledger", "export", "--format", "ndjson"),
    ("plan", "--format", "markdown"),
    ("mappings", "suggest"),
)


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_programs_get_utf_8_whatever_the_terminal_speaks(busy: Shop, encoding: str) -> None:
    for words in (*JSON, *TEXTS):
        code, out = _raw(busy, *words, encoding=encoding)
        text = out.decode("utf-8")
        assert (code, "\\u" in text, "\r" in text) == (0, False, False), words
        if words in JSON:
            json.loads(text)
        if words[1] not in ("events", "diff"):
            assert NAME in text, words
    assert [rule["match"]["send"] for rule in YAML().load(text)["rules"]].count(NAME) == 1


def test_annotations_are_utf_8_too(busy: Shop) -> None:
    before = busy.mapping.read_text(encoding="utf-8")
    busy.mapping.write_text(f'{before}  - name: x\n    "é🍟": 1\n', encoding="utf-8")
    code, out = _raw(busy, "mappings", "check", "--format", "github", encoding="ascii")
    busy.mapping.write_text(before, encoding="utf-8")
    assert code == 2
    assert "é🍟" in out.decode("utf-8")


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    ],
    ids=["latin-1", "C"],
)
def test_the_real_script_is_no_other(busy: Shop, variables: dict[str, str]) -> None:
    done = subprocess.run(  # noqa: S603  our own script
        [script(), "ledger", "list", "--json"],
        cwd=busy.folder,
        env=busy.environment(variables),
        capture_output=True,
        timeout=TIMEOUT,
        stdin=subprocess.DEVNULL,
        check=True,
    )
    assert NAME in {one["send_name"] for one in json.loads(done.stdout.decode("utf-8"))}


def test_a_person_s_terminal_keeps_its_own_letters(busy: Shop) -> None:
    for encoding, shown in (("latin-1", "Crème"), ("ascii", "Cr\\xe8me"), ("utf-8", NAME)):
        code, out = _raw(busy, "ledger", "list", "--state", "unmapped", encoding=encoding)
        assert (code, shown in out.decode(encoding)) == (0, True)


# --- for spreadsheets


def test_csv_is_for_spreadsheets_and_has_what_scripts_want_beside_it(busy: Shop) -> None:
    _, out = _raw(busy, "ledger", "export", encoding="utf-8")
    _, bare = _raw(busy, "ledger", "export", "--no-bom", encoding="utf-8")
    assert out == b"\xef\xbb\xbf" + bare
    table = list(csv.DictReader(io.StringIO(bare.decode())))
    listed = {one["id"]: one for one in busy.inside("ledger", "list", "--json").json()}
    assert list(table[0])[:2] == ["send_name", "state"]
    assert set(table[0]) == {*KEYS, *(f"{name}_local" for name in TIMES), "time_zone"}
    assert {row["id"] for row in table} == listed.keys()
    for row in table:
        for name in TIMES:
            iso = listed[row["id"]][name]
            local = row[f"{name}_local"]
            assert row[name] == (iso or "")
            assert bool(local) == bool(iso)
            if iso:
                wall = datetime.fromisoformat(iso).astimezone(ZoneInfo(row["time_zone"]))
                assert datetime.fromisoformat(local) == wall.replace(tzinfo=None)
    started = [row["reason"] for row in table if row["state"] == "committed"]
    assert started
    assert all(re.search(rf"starts {LOCAL}", told) for told in started)
    assert not RAW.search(bare.decode())
    for form in ("json", "ndjson"):
        _, out = _raw(busy, "ledger", "export", "--format", form, encoding="utf-8")
        assert out[:1] in (b"[", b"{")


# --- for people


def test_no_verb_tells_a_person_a_time_of_another_zone(busy: Shop) -> None:
    unknown = busy.id_of("Lunch Encore")
    verbs = [
        ("status",),
        ("plan",),
        ("plan", "--format", "markdown"),
        ("ledger", "list"),
        ("ledger", "events", "--limit", "500"),
        ("explain", "Lunch Push"),
        ("ledger", "resolve", unknown, "--not-committed", *WHY),
        ("pause", "--rule", "friday-fries", "--until", "3h", *WHY),
        ("mappings", "diff", "mappings"),
        ("mappings", "suggest"),
        *(("ledger", "show", name) for name in ("Lunch Encore", "Lunch Push", NAME)),
    ]
    seen = []
    for words in verbs:
        done = busy.inside(*words)
        said = done.out + done.err
        assert not RAW.search(said), (words, RAW.search(said))
        seen += [words] * bool(re.search(r"\d\d:\d\d E[SD]T", said))
    told_of_none = {("mappings", "diff", "mappings")}
    assert {words for words in verbs if words not in seen} <= told_of_none, seen


def test_a_single_cycle_and_a_refusal_tell_the_business_s_time(live_shop: Shop) -> None:
    shop = live_shop
    with Ear() as ear:
        shop.configure("", f'[alerts.channels.slack]\nkind = "webhook"\nurl = "{ear.url}"\n')
        done = shop.once()
        ((_, told, _),) = ear.posts
    assert re.search(
        r"^committed .* starts \w{3} \d\d \w{3} \d\d:\d\d E[SD]T\.$", done.out, re.MULTILINE
    )
    assert re.search(rf"commit by {LOCAL}", told["text"])
    assert re.search(rf"fires {LOCAL}", told["text"])  # in a ready rule
    assert not RAW.search(done.out + told["text"])
    with Committer.take(f"sqlite:///{shop.ledger}", clock=SystemClock(), pid=1, host="here"):
        refused = shop.inside("run", "--once")
        held = [shop.inside(verb).out for verb in ("status", "doctor")]
    assert refused.code == 3
    for said in (refused.err, *held):
        assert re.search(rf"process 1 on here \(since {LOCAL}\)", said)
    shop.fault("status", code=401, body='{"error": "invalid"}', times=99)
    for done in (shop.once(), shop.once(), shop.inside("doctor")):
        said = done.out + "\n".join(done.said)
        assert not RAW.search(said)
    assert re.search(rf"left alone until .*, since {LOCAL}", said)


def test_a_row_shows_its_times_by_the_business_s_clock(busy: Shop) -> None:
    shown = busy.inside("ledger", "show", busy.id_of("Lunch Push")).out
    (row,) = [
        one for one in busy.inside("ledger", "list", "--json").json()
        if one["id"] == busy.id_of("Lunch Push")
    ]  # fmt: skip
    for name in TIMES:
        if row[name]:
            local = f"{datetime.fromisoformat(row[name]).astimezone(ZONE):%a %d %b %H:%M %Z}"
            assert re.search(rf"^ {name} +{local} *$", shown, re.MULTILINE), name


LONG = "x" * 5000


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (2, ("mappings", "diff", LONG)),
        (2, ("mappings", "diff", "x/" * 3000)),
        (1, ("ledger", "backup", LONG)),
        (1, ("ledger", "restore", LONG)),
        (2, ("--config", f"{LONG}/x.toml", "init")),
        (2, ("--config", LONG, "status")),
        (2, ("offers", "--canary", LONG)),
        (2, ("pause", "--rule", LONG, *WHY)),
        (2, ("plan", "--at", LONG)),
        (2, ("web", "--host", "")),
        (2, ("web", "--host", "a b")),
        (1, ("ledger", "show", LONG)),
        (1, ("ledger", "approve", LONG, *WHY)),
        (1, ("explain", LONG)),
    ],
)
def test_an_over_long_word_is_one_short_line(busy: Shop, code: int, words: tuple[str, ...]) -> None:
    done = busy.inside(*words)
    said = done.out + done.err
    assert (done.code, said.count("\n"), "fault" in said) == (code, 1, False)
    assert len(said) < 700


def test_a_path_that_is_not_for_us_is_one_line(busy: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    stat = os.stat

    def shut(path: Any, *rest: Any, **more: Any) -> os.stat_result:
        if path == "/shut/away":
            raise PermissionError(13, "Permission denied", path)
        return stat(path, *rest, **more)

    monkeypatch.setattr(os, "stat", shut)  # root may look everywhere
    done = busy.inside("mappings", "diff", "/shut/away")
    assert (done.code, done.err) == (2, "connector: /shut/away: Permission denied\n")


# --- a person's word


SAID: dict[tuple[str, ...], tuple[str, ...]] = {
    ("pause",): (),
    ("resume",): (),
    ("adopt",): (),
    ("ledger", "approve"): ("x",),
    ("ledger", "retry"): ("x",),
    ("ledger", "ack"): ("x",),
    ("ledger", "resolve"): ("x", "--not-committed"),
    ("ledger", "recommit"): ("x", "--cancelled-in-punchh"),
}


@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u200b", "\u00a0\u2063"])
def test_no_word_goes_without_a_why(busy: Shop, blank: str) -> None:
    before = busy.query("SELECT count(*) FROM event")
    for verb, rest in SAID.items():
        done: Done = busy.inside(*verb, *rest, "--reason", blank)
        path = " ".join(verb)
        told = "say why; it is kept with the event"
        line = f"connector: invalid value for '--reason': {told}; see `connector {path} --help`\n"
        assert (done.code, done.out, done.err) == (2, "", line)
    assert busy.query("SELECT count(*) FROM event") == before


def test_every_word_that_takes_a_why_is_tried_above(tmp_path: Path) -> None:
    import typer  # noqa: PLC0415

    from connector.cli.main import app  # noqa: PLC0415

    def verbs(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        for name, one in getattr(command, "commands", {}).items():
            if any("--reason" in each.opts for each in one.params):
                yield (*path, name)
            yield from verbs(one, (*path, name))

    assert set(verbs(typer.main.get_command(app))) == SAID.keys()
