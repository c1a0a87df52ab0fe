"""Reasons in tests: made of a plain sentence where only the code matters, and put into words."""

from zoneinfo import ZoneInfo

from connector.domain.reasons import Reason, reason
from connector.render.words import Words

IN_UTC = Words(ZoneInfo("UTC"))


def saying(code: str, text: str = "", step: str = "") -> Reason:
    """Make a reason of a code whose text says just this."""
    return reason(f"{code}/said", text=text, step=step or None)


def in_words(found: Reason | None) -> str:
    return IN_UTC.sentence(found)


def step_of(found: Reason | None) -> str:
    return IN_UTC.next_step(found)
