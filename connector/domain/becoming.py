"""A value as it becomes: itself, as long as nothing changes."""

from dataclasses import replace
from typing import Any, TypeVar

Value = TypeVar("Value")


def becoming(value: Value, **changes: Any) -> Value:
    """Return a value with some fields changed, and the very same one where none does.

    A cycle asks this of every send and offer, and nearly all of them stay as they are; to make a
    wide value anew takes many times as long, and to compare two that are one takes no time.
    """
    for name, told in changes.items():
        if getattr(value, name) != told:
            return replace(value, **changes)  # type: ignore[type-var]  # all our values are dataclasses
    return value
