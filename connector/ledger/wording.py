"""How a reason rests in the database: as data to read back, and as the sentence of its day.

`X_data` holds the code and the facts, from which people are told in words of today and in their
zone. `X` beside it is the sentence as it was when written, for readers of plain SQL.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Text
from sqlalchemy.types import TypeDecorator

from connector.domain.reasons import Param, Reason
from connector.ledger.instants import spelled

_OPTION, _OS_USER = "wording", "os_user"


class Worded(NamedTuple):
    """A reason in words: what happened, and what to do ("" if nothing)."""

    sentence: str
    next_step: str


# From a reason and the id of the row that it is about to words.
Wording = Callable[[Reason, str], Worded]


def in_codes(reason: Reason, _id: str) -> Worded:
    """Put a reason into no words at all: whoever writes without people in view."""
    return Worded(reason.key, "")


def options(wording: Wording, os_user: str) -> dict[str, Any]:
    """Return the execution options by which a connection knows the wording, and whose it is."""
    return {_OPTION: wording, _OS_USER: os_user}


def os_user_of(tx: Connection) -> str:
    """Return the user of the operating system for whom a connection was made."""
    found: str = tx.get_execution_options().get(_OS_USER, "")
    return found


def worded(tx: Connection, reason: Reason | None, id: str = "ID") -> Worded:
    """Put a reason into words as whoever opened the ledger wants it."""
    if reason is None:
        return Worded("", "")
    wording: Wording = tx.get_execution_options().get(_OPTION, in_codes)
    return wording(reason, id)


class ReasonData(TypeDecorator[Reason]):
    """A reason's code and facts as JSON."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Reason | None], str | None]:  # noqa: ARG002
        return _written

    def result_processor(
        self,
        dialect: Dialect,  # noqa: ARG002
        _coltype: object,
    ) -> Callable[[str | None], Reason | None]:
        return _read


def _written(reason: Reason | None) -> str | None:
    return None if reason is None else encoded(reason)


def _read(text: str | None) -> Reason | None:
    return None if text is None else decoded(text)


@lru_cache(maxsize=8192)
def encoded(reason: Reason) -> str:
    return json.dumps(_plain(reason), ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=8192)
def decoded(text: str) -> Reason:
    return _reason(json.loads(text))


def _plain(reason: Reason) -> dict[str, Any]:
    found: dict[str, Any] = {"code": reason.code}
    if reason.variant:
        found["variant"] = reason.variant
    if reason.params:
        found["params"] = {name: _value(value) for name, value in reason.params}
    return found


def _value(value: Param) -> Any:
    match value:
        case Reason():
            return {"reason": _plain(value)}
        case datetime():
            return {"at": spelled(value)}
        case timedelta():
            return {"microseconds": value // timedelta(microseconds=1)}
        case tuple():
            return list(value)
        case _:
            return value


def _reason(found: dict[str, Any]) -> Reason:
    params = tuple((name, _param(value)) for name, value in found.get("params", {}).items())
    return Reason(found["code"], params, found.get("variant", ""))


def _param(value: Any) -> Param:
    match value:
        case {"reason": dict(inner)}:
            return _reason(inner)
        case {"at": str(text)}:
            return datetime.fromisoformat(text)
        case {"microseconds": int(length)}:
            return timedelta(microseconds=length)
        case list():
            return tuple(value)
        case _:
            found: Param = value
            return found
