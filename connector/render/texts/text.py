"""What a text is."""

from typing import NamedTuple


class Text(NamedTuple):
    """Two templates without a full stop: what happened and why, and what to do ("" if nothing)."""

    sentence: str
    next_step: str = ""
