"""JSON over one remote's wire: GETs that come back whole, and a POST that is made once."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import requests
from requests.auth import AuthBase

from connector.domain.reasons import Reason, reason
from connector.errors import ConfigError, RemoteError
from connector.http.exchange import ExchangeError
from connector.http.reply import Reply
from connector.http.wire import Line, open_session

# From the request's target (path and query) and its body, as they go out, to headers.
Sign = Callable[[str, bytes], Mapping[str, str]]


class _Signed(AuthBase):
    """Signs a request when everything else about it stands: what is signed is what is sent."""

    def __init__(self, sign: Sign) -> None:
        self._sign = sign

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        sent = body.encode() if isinstance(body, str) else body
        request.headers.update(self._sign(request.path_url, sent))
        return request


class Client:
    """Talks to one remote. `headers` hold its key and are sent with every request."""

    def __init__(self, line: Line, base_url: str, headers: Mapping[str, str]) -> None:
        self.remote = line.remote
        self._line = line
        self._base_url = base_url.rstrip("/")
        self._headers = {name: _fit(line.remote, name, value) for name, value in headers.items()}
        self._session = self._open()

    def _open(self) -> requests.Session:
        session = open_session(self._line)
        session.headers.clear()
        session.headers.update({"Accept-Encoding": "gzip", **self._headers})
        return session

    def close(self) -> None:
        self._session.close()

    @property
    def skew(self) -> timedelta:
        """How far the remote's clock is ahead of ours, by most of its last replies."""
        return self._line.skew.ahead

    @property
    def not_before(self) -> datetime | None:
        """The instant before which the remote last asked not to be called."""
        return self._line.gate.opens

    def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        body: bytes | None = None,
        sign: Sign | None = None,
    ) -> Reply:
        """Return the reply, whatever its status; RemoteError where none came whole.

        Some of Punchh's GETs have a JSON body, and a signature (facts: punchh §6).
        """
        try:
            response = self._session.get(
                self._base_url + path,
                params=params,
                data=body,
                headers={"Content-Type": "application/json"} if body is not None else None,
                auth=_Signed(sign) if sign else None,
                allow_redirects=False,
            )
        except ExchangeError as error:
            told = unreadable(path, error.why)
            raise RemoteError(self.remote, told, not_before=self.not_before) from error
        return Reply.of(response)

    def post_once(self, path: str, body: bytes) -> Reply:
        """Send a body on a fresh connection, once; ExchangeError tells how far it got."""
        with self._open() as session:
            response = session.post(
                self._base_url + path,
                data=body,
                headers={"Content-Type": "application/json"},
                allow_redirects=False,
            )
            return Reply.of(response)


def _fit(remote: str, name: str, value: str) -> str:
    """Return a header's value; ConfigError without it where requests would print it in its own."""
    if not value.isprintable() or max(value, default="") > "\xff":
        raise ConfigError([f"{remote}: {name} must be one line of Latin characters"])
    return value


def unreadable(path: str, why: Reason) -> Reason:
    return reason("unreadable/get", path=path, why=why)


def refusal(remote: str, path: str, reply: Reply) -> RemoteError:
    """Return the error for a GET that was answered with something else than 200."""
    match reply.status:
        case 401 | 403 | 404 | 429 as status:
            why = reason(f"unreadable/{status}", path=path)
        case status:
            why = reason("unreadable/status", path=path, status=status)
    return RemoteError(remote, why, account=reply.status in (401, 403))
