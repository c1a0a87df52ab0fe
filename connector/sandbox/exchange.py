"""What goes through a socket: a request, a response, and the skin between them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

JSON = "application/json"
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in: path decoded, header names in lower case.

    `target` is path and query as they stood on the wire: what a signature is over.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    client: str
    target: str = ""

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")

    def json(self) -> Any:
        """Return the parsed body; an unreadable one raises ValueError."""
        return json.loads(self.body)

    def bearer(self) -> str:
        """Return what follows `Bearer` in Authorization, or an empty text."""
        scheme, _, token = self.header("Authorization").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""


@dataclass(frozen=True, slots=True)
class Response:
    """One answer; `refusal` tells the log that the caller did what it must never do."""

    status: int
    body: bytes = b""
    headers: Headers = ()
    content_type: str = JSON
    refusal: str = field(default="", kw_only=True)


Skin = Callable[[Request], Response]


def answer(value: Any, status: int = HTTPStatus.OK, headers: Headers = ()) -> Response:
    r"""Return compact JSON in UTF-8, as all these vendors write it.

    Any text arrives as it was given: half of a surrogate pair as its escape (`\ud83c`), which
    UTF-8 cannot hold.
    """
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return Response(status, text.encode("utf-8", "backslashreplace"), headers)
