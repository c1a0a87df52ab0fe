"""Reasons in tests: made of a plain sentence where only the code matters, and put into words."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

import pytest

from connector.domain.reasons import Reason, reason
from connector.errors import RemoteError
from connector.render.words import Words

IN_UTC = Words(ZoneInfo("UTC"))


def saying(code: str, text: str = "", step: str = "") -> Reason:
    """Make a reason of a code whose text says just this."""
    return reason(f"{code}/said", text=text, step=step or None)


def in_words(found: Reason | None) -> str:
    return IN_UTC.sentence(found)


def step_of(found: Reason | None) -> str:
    return IN_UTC.next_step(found)


def words_of(error: RemoteError) -> str:
    """Return what a person is told of a remote that could not be read, and the next step."""
    return IN_UTC.whole(error.reason)


@contextmanager
def failing(match: str = "") -> Iterator[pytest.ExceptionInfo[RemoteError]]:
    """Expect a RemoteError whose words fit."""
    with pytest.raises(RemoteError) as caught:
        yield caught
    assert re.search(match, words_of(caught.value))
