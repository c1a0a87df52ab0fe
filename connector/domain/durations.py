"""Durations as people type them: `30m`, `2h`, `1h30m`, `7d`."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

_FORM = re.compile(r"(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?")
_DIGITS = 8  # so that no sum overflows
LONGEST = timedelta(days=3650)  # so that no date it is taken from does


def parse_duration(text: object) -> timedelta:
    """Read a duration; ValueError where it is none, or longer than ten years."""
    if isinstance(text, timedelta):
        return text
    found = _FORM.fullmatch(text.strip()) if isinstance(text, str) else None
    if not found or not any(found.groups()):
        raise ValueError("a duration is written like 30m, 2h, 1h30m or 7d")
    if any(len(part or "") > _DIGITS for part in found.groups()):
        raise ValueError("a duration is at most 3650d")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if length > LONGEST:
        raise ValueError("a duration is at most 3650d")
    return length


_SCHEMA: dict[str, Any] = {
    "type": "string",
    "pattern": r"^\s*(?=[0-9])([0-9]{1,8}d)?([0-9]{1,8}h)?([0-9]{1,8}m)?([0-9]{1,8}s)?\s*$",
    "examples": ["30m", "2h", "1h30m"],
}

Duration = Annotated[timedelta, BeforeValidator(parse_duration), WithJsonSchema(_SCHEMA)]
