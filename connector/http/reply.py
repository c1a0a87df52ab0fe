"""A whole reply, and strict JSON out of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from requests.models import Response


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
        return self.headers.get("X-Request-Id")

    def json(self, fraction: Callable[[str], Any] = float) -> Any:
        """Return the body as JSON; ValueError if it is not, or is ambiguous.

        `fraction` reads each number with a point or an exponent.
        """
        return strict_json(self.body, fraction)


def strict_json(body: bytes, fraction: Callable[[str], Any] = float) -> Any:
    """Read JSON; ValueError for duplicate keys, NaN, a BOM or anything that is not UTF-8."""
    try:
        return json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=fraction,
        )
    except RecursionError:
        raise ValueError("nested too deep") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
