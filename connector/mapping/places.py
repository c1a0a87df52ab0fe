"""Where something stands in a mapping file, and what is wrong there."""

from dataclasses import dataclass
from typing import TypeAlias

from connector.domain.findings import Code, Place, Severity

Plain: TypeAlias = str | list["Plain"] | dict[str, "Plain"]
Path: TypeAlias = tuple[str | int, ...]


START = Place(1, 1)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file; `path` where it spoils the value that stands there.

    `fix` is what to do about it, where the message does not say so itself. `width` is how many
    characters are meant; 0 means the whole text that stands there.
    """

    place: Place
    code: Code
    message: str
    path: Path | None = None
    fix: str = ""
    severity: Severity = Severity.ERROR
    width: int = 0


def subject(path: Path) -> str:
    """Name a place as its writer would: `"segment"`, `item 2 of "tags"`, `rule 3`."""
    match path:
        case ():
            return "a mapping file"
        case ("rules", int(index)):
            return f"rule {index + 1}"
        case (*_, str(key)):
            return f'"{key}"'
        case (*above, int(index)):
            return f"item {index + 1} of {subject(tuple(above))}"
    raise AssertionError(path)


def form(value: object) -> str:
    """Say what kind of thing a value is."""
    match value:
        case list():
            return "a list"
        case dict():
            return "a group of keys"
        case _:
            return "text"
