"""The marketers' guide holds: every file in it loads, every command exists, every word is told."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from ruamel.yaml import YAML

from connector.cli.examples import MAPPINGS
from connector.cli.main import app
from connector.domain.difference import Kind
from connector.domain.findings import Code
from connector.domain.policy import Schedule
from connector.domain.rules import MappingFile, Match, Rule
from connector.mapping.check import check
from connector.mapping.folder import MappingText
from connector.mapping.load import read_texts
from tests.support.console import ROOT, clean_environment, inside
from tests.support.guide import GUIDE, blocks, examples, section
from tests.support.mappings import SOURCES


def table_words(text: str) -> list[str]:
    """Return the words that begin the rows of all tables in a text."""
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


# --- files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", blocks("yaml"), ids=lambda text: text.split("name: ")[1][:12])
def test_every_file_in_it_loads_and_is_well(text: str) -> None:
    reading = read_texts(
        [MappingText("guide.yaml", text.encode(), "guide.yaml")],
        schedule=Schedule(),
        sources=SOURCES,
    )
    assert reading.book.rules
    found = {one.code for one in check(reading, SOURCES)}
    assert found <= ({Code.CHOOSE} if "CHOOSE" in text else set())


def test_every_kind_of_send_has_its_example() -> None:
    assert list(examples()) == [
        "Braze campaign at a fixed time",
        "Braze campaign in each guest's local time",
        "Braze campaign with Intelligent Timing",
        "Recurring Braze campaign",
        "Braze Canvas",
        "Salesforce List Email",
        "Marketing Cloud Next flow",
        "Sends that bring no offer",
    ]


# --- commands ---------------------------------------------------------------------------------


def _commands() -> list[str]:
    lines = [line for text in blocks("sh") for line in text.splitlines()]
    lines += re.findall(r"^\s+- run: (connector .*)$", GUIDE, re.MULTILINE)
    inline = re.findall(r"`(connector [^`]+)`", GUIDE)
    return sorted({line for line in [*lines, *inline] if line.startswith("connector")})


@pytest.mark.parametrize("line", _commands())
def test_every_command_exists(line: str) -> None:
    command: Any = typer.main.get_command(app)
    words = shlex.split(line)[1:]
    while hasattr(command, "commands"):
        assert words[0] in command.commands
        command = command.commands[words.pop(0)]
    options = {name for one in command.params for name in one.opts if name.startswith("-")}
    assert {word for word in words if word.startswith("-")} <= options
    wanted = [one for one in command.params if one.param_type_name == "argument" and one.required]
    assert len(words) >= len(wanted)


def test_it_names_the_marketers_verbs_all() -> None:
    told = " ".join(_commands())
    for verb in ("check", "check --live", "check --format github", "suggest", "diff HEAD"):
        assert f"connector mappings {verb}" in told


def test_the_check_of_a_pull_request_runs_without_any_key(tmp_path: Path) -> None:
    (text,) = blocks("yml")
    job = YAML(typ="safe", pure=True).load(text)["jobs"]["check"]
    variables = clean_environment()
    inside(tmp_path, "init", variables=variables)
    (line,) = [step["run"] for step in job["steps"] if "connector" in step.get("run", "")][-1:]
    assert inside(tmp_path, *line.split()[1:], variables=variables).code == 2
    done = inside(tmp_path, *line.split()[1:], variables={**variables, **job["env"]})
    assert (done.code, done.out, done.err) == (0, "", "")


# --- words ------------------------------------------------------------------------------------


def test_every_word_of_the_check_is_explained() -> None:
    told = table_words(section("What the check tells you, and what to do"))
    assert sorted(told) == sorted(Code)
    needs_live = told[told.index("choose") + 1 :]
    assert set(needs_live) == {
        Code.NO_SEGMENT, Code.NO_REDEEMABLE, Code.SEVERAL, Code.UNREAD, Code.AUDIENCE,
        Code.REFUSED, Code.IDLE, Code.SEND,
    }  # fmt: skip


def test_every_key_is_explained() -> None:
    told = table_words(section("What each key does"))
    assert sorted(told) == sorted(
        [*MappingFile.model_fields, *Rule.model_fields, *Match.model_fields]
    )


def test_every_change_is_explained() -> None:
    told = table_words(section("Before you keep an edit: what would change?"))
    assert sorted(told) == sorted(Kind)


def test_its_links_lead_somewhere() -> None:
    titles = re.findall(r"^#+ (.*)$", GUIDE, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    links = re.findall(r"\]\(#([^)]*)\)", GUIDE)
    assert links
    assert set(links) <= anchors
    assert re.findall(r"\]\((?!#)", GUIDE) == [], "it is copied to where nothing else is"


def test_what_init_copies_is_what_stands_in_the_folder() -> None:
    there = {path.name for path in (ROOT / "mappings").iterdir()}
    assert set(MAPPINGS) == there
    for name in MAPPINGS:
        copied = ROOT / "connector" / "cli" / "examples" / name
        assert copied.read_bytes() == (ROOT / "mappings" / name).read_bytes()
