"""A basket typed in by hand: YAML, or JSON, which is YAML too."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from connector.domain.findings import Code
from connector.domain.guest import Basket
from connector.errors import ConfigError
from connector.mapping import tree
from connector.mapping.places import Problem, subject
from connector.mapping.tree import Tree

MOST_BYTES = 1 << 20


def read(path: Path) -> Basket:
    """Read a basket; ConfigError with a line `file:line:column: message` for each problem."""
    try:
        data = path.read_bytes()[: MOST_BYTES + 1]
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read ({error.strerror})"]) from None
    if not data.strip() or len(data) > MOST_BYTES:
        raise ConfigError([f"{path}: is no basket: give it an amount, or items"])
    written = tree.read(data)
    problems = list(written.problems)
    if not problems:
        try:
            return Basket.model_validate(written.value)
        except ValidationError as error:
            problems = list(_problems(error, written))
    raise ConfigError([_told(path, problem) for problem in problems])


def _told(path: Path, problem: Problem) -> str:
    return f"{path}:{problem.place.line}:{problem.place.column}: {problem.message}"


def _problems(error: ValidationError, written: Tree) -> Iterator[Problem]:
    for found in error.errors(include_url=False):
        path = tuple(found["loc"])
        what = subject(path) if path else "the basket"
        match found["type"]:
            case "extra_forbidden":
                known = ", ".join(Basket.model_fields)
                hint = f"; known here: {known}" if len(path) == 1 else ""
                yield Problem(written.key_place(path), Code.KEY, f"unknown key {what}{hint}")
            case "missing":
                yield Problem(written.place(path), Code.KEY, f"missing key {what}")
            case _:
                told = str(found["msg"]).removeprefix("Value error, ")
                told = told.replace("Input should be", "must be")
                yield Problem(
                    written.place(path), Code.VALUE, f"{what}: {told[:1].lower()}{told[1:]}"
                )
