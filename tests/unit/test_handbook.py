"""The operators' handbook says what the code does: no more, no less, and with the same figures."""

import ast
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from ruamel.yaml import YAML
from typer.main import get_command

from connector import errors
from connector.cli.main import app
from connector.domain.durations import parse_duration
from connector.domain.reasons import span
from connector.render.texts import PARTS
from connector.render.texts.gifts import GIFTS
from connector.render.texts.ledger import LEDGER
from connector.render.texts.offers import OFFERS
from connector.render.texts.people import PEOPLE
from connector.render.texts.remotes import REMOTES
from connector.render.texts.sources import SOURCES
from connector.settings import (
    BrazeSettings,
    CanarySettings,
    EmailSettings,
    RewardsSettings,
    SalesforceSettings,
    Settings,
    WebhookSettings,
)
from connector.telemetry import Event
from connector.worker.metrics import Metrics
from tests.support.clocks import FixedClock
from tests.support.planning import NOW

ROOT = Path(__file__).parents[2]
HANDBOOK = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
SECTIONS: dict[str, type[BaseModel]] = {
    "[sources.NAME]` of kind `braze": BrazeSettings,
    "[sources.NAME]` of kind `salesforce": SalesforceSettings,
    "[punchh.canaries.NAME]": CanarySettings,
    "[punchh.webhook]": RewardsSettings,
    "[alerts.channels.NAME]` of kind `webhook": WebhookSettings,
    "[alerts.channels.NAME]` of kind `email": EmailSettings,
}


NOUNS = ("segment", "redeemable")
NONE = "\N{EN DASH}"


def _model(annotation: Any) -> type[BaseModel] | None:
    return (
        annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
    )


def _tables(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Give every table of the configuration by its heading."""
    for name, field in model.model_fields.items():
        inner = _model(field.annotation)
        if inner is not None:
            yield f"[{path}{name}]", inner
            yield from _tables(inner, f"{path}{name}.")


TABLES = {**dict(_tables(Settings)), **SECTIONS}


def _rows(heading: str) -> list[list[str]]:
    """Return the cells of the tables below a heading, as far as the next one."""
    text = HANDBOOK.partition(f"\n{heading}\n")[2]
    assert text, f"there is no heading {heading}"
    level = heading.partition(" ")[0]
    end = re.search(rf"^#{{1,{len(level)}}} ", text, re.MULTILINE)
    lines = (text[: end.start()] if end else text).splitlines()
    rows = [re.split(r"(?<!\\) ?\| ?", line)[1:-1] for line in lines if line.startswith("| `")]
    assert rows, f"there is no table below {heading}"
    return rows


def _first(heading: str) -> list[str]:
    return [row[0].strip("`") for row in _rows(heading)]


def _default(field: FieldInfo, told: str) -> str:
    """Spell a default; a duration as it is told, if that is right."""
    value = field.get_default(call_default_factory=True)
    if field.is_required() or value in (None, "", (), {}) or isinstance(value, BaseModel):
        return NONE
    if isinstance(value, timedelta):
        return told if parse_duration(told) == value else span(value)
    return str(value)


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(map(_is_secret, get_args(annotation)))


@pytest.mark.parametrize("heading", TABLES)
def test_every_setting_is_there_with_its_default(heading: str) -> None:
    model = TABLES[heading]
    told = {
        key.strip("`"): (default.strip("`"), "*secret*" in meaning)
        for key, default, meaning in _rows(f"### `{heading}`")
    }
    assert told == {
        name: (_default(field, told[name][0]), _is_secret(field.annotation))
        for name, field in model.model_fields.items()
        if name in told or pytest.fail(f"{heading} {name} is not told of")
    }


def test_every_table_is_there_and_no_other() -> None:
    told = re.findall(r"^### `(\[.*)`$", HANDBOOK, re.MULTILINE)
    inner = {"[sources]"}
    assert sorted(told) == sorted(TABLES.keys() - inner)


# --- what the worker says of itself


def _metrics() -> set[str]:
    """Return the name of every metric, as `/metrics` shows it."""
    return {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in Metrics(FixedClock(NOW))._registry.collect()
        if family.name.startswith("connector_")
    }


def test_every_metric_is_there_and_no_other() -> None:
    told = _first("## Metrics")
    assert sorted(told) == sorted(_metrics())
    assert len(set(told)) == len(told)


def test_rules_and_dashboard_name_metrics_that_exist() -> None:
    rules = YAML(typ="safe").load(ROOT / "config" / "alerts.rules.yml")
    board = json.loads((ROOT / "config" / "grafana-dashboard.json").read_text(encoding="utf-8"))
    asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    asked += [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert len(asked) > 30
    named = {name for expr in asked for name in re.findall(r"connector_[a-z_]+", expr)}
    assert {name.removesuffix("_bucket") for name in named} == _metrics()


def test_every_log_event_is_there_and_no_other() -> None:
    assert sorted(_first("## Log events")) == sorted(event.value for event in Event)


def test_every_exit_code_is_there() -> None:
    text = HANDBOOK.partition("\n## Exit codes\n")[2].partition("\n## ")[0]
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}
    ours = {one.exit_code for one in vars(errors).values() if hasattr(one, "exit_code")}
    assert told == ours | {0, 130}


def _codes() -> set[str]:
    """Collect the code of every reason that stands for itself."""
    found = {key.partition("/")[0] for key in OFFERS | GIFTS | REMOTES | SOURCES | LEDGER | PEOPLE}
    return found - PARTS


def test_every_code_is_there_and_no_other() -> None:
    told = _first("## Codes")
    assert len(told) == len(set(told))
    assert sorted(told) == sorted(_codes() | {"test"})


def _checks(file: str) -> Iterator[str]:
    """Collect the codes of the checks that a module makes of canaries."""
    for node in ast.walk(ast.parse((ROOT / "connector" / file).read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id="fine" | "warning"), args=[of, code, *_]):
                if ast.unparse(of) in ("of", "'canaries'"):
                    keys = [
                        one
                        for one in ast.walk(code)
                        if isinstance(one, ast.Constant) and isinstance(one.value, str)
                    ]
                    yield from (str(one.value).partition("/")[0] for one in keys)


def test_every_code_of_a_canarys_checks_is_there_and_no_other() -> None:
    own = {*_checks("domain/checkup.py"), *_checks("worker/doctor/canaries.py"), "untried"}
    passed_on = {"canary-outside", "canary-misnamed", "canary-unread"}
    passed_on |= {"guest-token", "guest-signature", "guest-unreadable", "unreadable"}
    assert len(own) == 4
    assert passed_on < _codes()
    assert sorted(_first("### What the doctor says of canaries")) == sorted(own | passed_on)


# --- the command line


def _commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(_commands(get_command(app)))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_verb_and_option_says_what_it_does(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    first = command.help.partition("\n")[0]
    assert first.endswith((".", "…"))
    assert len(first) <= 66, "the list of verbs would cut it off"
    for parameter in command.params:
        if parameter.name != "help":
            assert parameter.help, (path, parameter.name)


def test_every_line_of_the_list_of_verbs_is_shown_whole() -> None:
    group: Any = get_command(app)
    for name, command in group.commands.items():
        first = command.help.partition("\n")[0]
        assert first.endswith("."), name
        assert len(first) <= 66, name


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_verb_is_told_of_in_the_documents(path: tuple[str, ...]) -> None:
    documents = HANDBOOK + "".join(
        (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "mappings/README.md")
        if (ROOT / name).exists()
    )  # fmt: skip
    words = " ".join(path)
    assert f"connector {words}" in documents or f"`{words}" in documents


def test_examples_in_help_are_of_their_own_verb() -> None:
    for path, command in COMMANDS.items():
        for line in (command.epilog or "").splitlines():
            if line.startswith("  connector "):
                assert f" {' '.join(path)}" in line, line
