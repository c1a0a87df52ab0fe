"""The command line's own words: help for everything, one line for every mistake."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from connector.cli.main import app
from tests.support.console import Done, inside

VERBS = {
    (): "Puts Punchh offers into guests' accounts",
    ("demo",): "Show the connector at work",
    ("sandbox",): "Serve simulators",
    ("init",): "Make the ledger",
    ("live",): "End the rehearsal",
    ("rehearse",): "Go back to rehearsal",
    ("run",): "Work: poll, plan, record",
    ("plan",): "Show what would be committed",
    ("explain",): "Show every rule tried",
    ("status",): "Show the mode, the remotes",
    ("mappings",): "Check and describe",
    ("mappings", "check"): "Find everything that is wrong",
    ("mappings", "schema"): "Print the JSON Schema",
    ("mappings", "suggest"): "Write rules to paste",
    ("mappings", "diff"): "Show how scheduled sends would change",
    ("ledger",): "Read the ledger",
    ("ledger", "list"): "List offers, and sends",
    ("ledger", "show"): "Show one row whole",
    ("ledger", "events"): "Show the history",
    ("ledger", "approve"): "Approve what is held",
    ("ledger", "resolve"): "Say what became of an attempt",
    ("ledger", "retry"): "Let a rejected offer be tried again",
}
WRONG = {
    ("frobnicate",): "no such command 'frobnicate'; see `connector --help`",
    ("status", "--bogus"): "no such option: --bogus; see `connector status --help`",
    ("explain",): "missing argument 'send'; see `connector explain --help`",
    ("ledger", "retry", "x"): "missing option '--reason'; see `connector ledger retry --help`",
    ("ledger", "resolve", "x", "--reason", "y"): (
        "say one of --committed CAMPAIGN_ID, --not-committed, --abandon"
    ),
    ("ledger", "approve", "--reason", "y"): "give the ids to approve, or --held-by",
    ("ledger", "list", "--state", "foo"): (
        "--state foo: is one of blocked, held, waiting, missed, withdrawn, rejected, intent, "
        "unknown, committed, unmapped, ignored"
    ),
    ("plan", "--format", "xml"): "--format xml: is one of table, markdown, json",
    ("mappings", "check", "--format", "xml"): "--format xml: is one of text, github",
    ("mappings", "diff", "HEAD", "--format", "x"): "--format x: is one of table, markdown, json",
    ("mappings", "diff"): "missing argument 'REV|PATH'; see `connector mappings diff --help`",
    ("sandbox", "--port", "99999"): "--port 99999: bind(): port must be 0-65535.",
}


def run(folder: Path, *words: str) -> Done:
    return inside(folder, *words, variables={})


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_every_verb_has_help(tmp_path: Path, verb: tuple[str, ...]) -> None:
    began = time.monotonic()
    done = run(tmp_path, *verb, "--help")
    assert time.monotonic() - began < 1
    assert (done.code, done.err) == (0, "")
    assert f"Usage: {' '.join(('connector', *verb))}" in done.out
    assert VERBS[verb] in done.out
    assert run(tmp_path, *verb, "-h").out == done.out


def _verbs(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, one in getattr(command, "commands", {}).items():
        yield (*path, name), one
        yield from _verbs(one, (*path, name))


def test_whatever_takes_options_shows_how_it_is_called() -> None:
    verbs = dict(_verbs(typer.main.get_command(app)))
    assert {*VERBS} - {()} <= verbs.keys()
    for path, one in verbs.items():
        takes = [each for each in one.params if not each.is_eager]
        assert not takes or f"  connector {' '.join(path)}" in str(one.epilog), path


@pytest.mark.parametrize("group", [(), ("ledger",), ("mappings",), ("web",)], ids=" ".join)
def test_no_line_of_a_list_of_verbs_is_cut(tmp_path: Path, group: tuple[str, ...]) -> None:
    verbs = run(tmp_path, *group, "--help").out.partition("Commands:\n")[2]
    assert verbs.strip()
    assert "..." not in verbs


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_a_wrong_command_is_told_in_one_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = run(tmp_path, *words)
    assert (done.code, done.out, done.err) == (2, "", f"connector: {WRONG[words]}\n")


@pytest.mark.parametrize("group", [(), ("ledger",), ("mappings",)], ids=" ".join)
def test_a_group_without_a_verb_shows_its_help(tmp_path: Path, group: tuple[str, ...]) -> None:
    done = run(tmp_path, *group)
    assert done.code == 2
    assert done.err == run(tmp_path, *group, "--help").out


def test_the_version(tmp_path: Path) -> None:
    done = run(tmp_path, "--version")
    assert (done.code, done.out) == (0, "connector 0.1.0\n")


def test_the_schema_needs_no_configuration(tmp_path: Path) -> None:
    done = run(tmp_path, "mappings", "schema")
    assert done.code == 0
    example = Path(__file__).parents[2] / "mappings" / "mapping.schema.json"
    assert done.out == example.read_text(encoding="utf-8")
