"""How much work something is, counted and not timed: the same on every machine."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, Self


def steps(work: Callable[[], object]) -> int:
    """Return how many calls a piece of work makes, of Python's functions and of C's."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def grows(work: Callable[[int], Callable[[], object]], size: int) -> float:
    """Return by what factor the work grows from a size to its double: 2 where it is linear."""
    steps(work(size))  # fills caches of what is the same for every size
    return steps(work(2 * size)) / steps(work(size))


class Counted(str):  # noqa: SLOT000  it has one attribute more
    """A text that counts the characters copied out of it."""

    copied: int

    def __new__(cls, text: str) -> Self:
        made = super().__new__(cls, text)
        made.copied = 0
        return made

    def __getitem__(self, key: Any) -> str:
        found = super().__getitem__(key)
        self.copied += len(found)
        return found
