"""A whole reply, and strict JSON out of it: the border over which all text of remotes comes in."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from requests.models import Response

from connector.domain.reasons import Reason, reason
from connector.domain.text import clean

LONGEST_ID = 200  # characters of a request id that are kept
MOST_VALUES = 2_000_000  # keys and values of one reply: some hundred megabytes of memory
DEEPEST = 100  # lists and objects within each other
# Where none of these stands in JSON, escaped or raw, no text in it needs to be cleaned.
_SUSPECT = re.compile(
    r"\\(?:[bfnrt]|u(?:d[89a-f]|00[0189]|007f|202|206))|[\x7f-\x9f\u2028-\u202e\u2066-\u2069]",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Reply:
    """A reply that was read to its end. Header names are looked up in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, response: Response) -> "Reply":
        return cls(response.status_code, response.headers, response.content)

    @property
    def request_id(self) -> str | None:
        """The remote's own id of this exchange, to be quoted in a ticket."""
        return request_id(self.headers)

    def json(self, fraction: Callable[[str], Any] = float) -> Any:
        """Return the body as JSON; ValueError if it is not, or is ambiguous.

        `fraction` reads each number with a point or an exponent.
        """
        return strict_json(self.body, fraction)


def request_id(headers: Mapping[str, str]) -> str | None:
    """Return the id that a remote gave an exchange, fit to be logged and kept."""
    found = headers.get("X-Request-Id")
    return None if found is None else clean(found)[:LONGEST_ID]


class UnreadJSONError(ValueError):
    """JSON that is too much or too deep to be read; `why` says which."""

    def __init__(self, why: Reason) -> None:
        super().__init__(why.key)
        self.why = why


def why_unread(error: ValueError) -> Reason:
    """Say what is wrong with an answer that `strict_json` refused."""
    return error.why if isinstance(error, UnreadJSONError) else reason("answer/not-json")


def strict_json(body: bytes, fraction: Callable[[str], Any] = float) -> Any:
    """Read JSON with every text in it clean (`domain.text`).

    ValueError for duplicate keys, NaN, a BOM or anything that is not UTF-8; UnreadJSONError for
    what would take too much memory, or is nested so deep that nothing else could walk it.
    """
    if sum(map(body.count, (b",", b"[", b"{"))) > MOST_VALUES:  # each begins a value, or is text
        raise UnreadJSONError(reason("answer/too-much", most=MOST_VALUES))
    text = body.decode("utf-8")
    try:
        found = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=fraction,
        )
    except RecursionError:
        found, deep = None, True
    else:
        deep = _is_deep(found)
    if deep:
        raise UnreadJSONError(reason("answer/too-deep"))
    return _clean(found) if _SUSPECT.search(text) else found


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _clean(value: Any) -> Any:
    """Clean every text of a value that was just read, in place as far as that can be."""
    match value:
        case str():
            return clean(value)
        case list():
            value[:] = map(_clean, value)
        case dict():
            return _unique([(clean(key), _clean(item)) for key, item in value.items()])
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
