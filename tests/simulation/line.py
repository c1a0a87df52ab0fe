"""A session without a library and without sockets, for the wire's own table of retries.

What requests and urllib3 make of a request is proven over real sockets elsewhere; here it would
take most of the time. From `Wire.send` on inwards all is the connector's own.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Self, cast
from urllib.parse import unquote, urlencode, urlsplit

from requests import Response as HttpResponse
from requests.structures import CaseInsensitiveDict

from connector.http.wire import Line, Wire
from connector.sandbox.exchange import Request, Response

Answer = Callable[[str, Request], Response]


class Session:
    """Stands in the place of `requests.Session`, with what the connector uses of it."""

    def __init__(self, line: Line, answer: Answer) -> None:
        self.headers: dict[str, str] = {}
        self.proxies: dict[str, str] = {}
        self.hooks: dict[str, list[Callable[..., Any]]] = {"response": []}
        self._wire = _Wire(line, answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is open."""

    def get(self, url: str, **given: Any) -> HttpResponse:
        return self.request("GET", url, **given)

    def post(self, url: str, data: bytes | Mapping[str, str], **given: Any) -> HttpResponse:
        return self.request("POST", url, data=data, **given)

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        data: bytes | Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> HttpResponse:
        host, path = _place(url)
        named = self.headers | dict(headers or {})
        asked = Request(
            method,
            path,
            {name: str(value) for name, value in (params or {}).items()},
            {"host": host, **{name.lower(): value for name, value in named.items()}},
            data if isinstance(data, bytes) else urlencode(data or {}).encode(),
            client="127.0.0.1",
        )
        response = self._wire.send(cast("Any", asked))
        response.url = url
        for look in self.hooks["response"]:
            look(response)
        return response


class _Wire(Wire):
    """The wire, above the place where bytes would leave."""

    def __init__(self, line: Line, answer: Answer) -> None:
        self._line = line  # and no pool of connections
        self._answer = answer

    def _once(self, request: Any, **_: Any) -> HttpResponse:
        return _spoken(self._answer(self._line.remote, request))


@lru_cache(maxsize=256)
def _place(url: str) -> tuple[str, str]:
    found = urlsplit(url)
    return found.netloc, unquote(found.path)


def _spoken(told: Response) -> HttpResponse:
    response = HttpResponse()
    response.status_code = told.status
    response.headers = CaseInsensitiveDict({"Content-Type": told.content_type})
    response.headers.update(told.headers)
    response._content = told.body
    response._content_consumed = True  # type: ignore[attr-defined]
    response.encoding = "utf-8"
    return response
