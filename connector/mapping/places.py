"""Where something stands in a mapping file, and how a problem there is told."""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

Plain: TypeAlias = str | list["Plain"] | dict[str, "Plain"]
Path: TypeAlias = tuple[str | int, ...]


class Place(NamedTuple):
    """Line and column, counted from 1 as editors do."""

    line: int
    column: int


START = Place(1, 1)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file; `path` where it spoils the value that stands there."""

    place: Place
    message: str
    path: Path | None = None

    def told(self, file: str) -> str:
        return f"{file}:{self.place.line}:{self.place.column}: {self.message}"


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
