"""The one requests adapter: deadline, size cap, no redirects, retries of GETs, evidence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.models import PreparedRequest, Response
from urllib3.exceptions import HTTPError

from connector.clock import Clock
from connector.domain.reasons import Reason, reason
from connector.http.exchange import (
    Exchange,
    ExchangeError,
    Reach,
    ToldHTTPPool,
    ToldHTTPSPool,
    current,
)
from connector.http.remote_clock import Skew
from connector.http.reply import Reply, request_id
from connector.http.retry import again
from connector.http.trouble import broken, refused_head
from connector.points import Point, point
from connector.telemetry import Event, log

CHUNK = 1 << 16
_USAGE = re.compile(r"api-usage=(\d{1,12})/(\d{1,12})", re.ASCII)  # (facts: salesforce §1.0)


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for connecting, between two bytes, and for the whole exchange; bytes; GET tries."""

    connect: float = 5.0
    read: float = 20.0
    total: float = 60.0
    body_bytes: int = 32 << 20
    attempts: int = 3
    longest_wait: float = 30.0


@dataclass(slots=True)
class Gate:
    """The instant before which a remote asked not to be called again."""

    opens: datetime | None = None


@dataclass(frozen=True)
class Line:
    """What all exchanges with one remote share.

    `endpoint` is where all its requests really go, whatever host they name: a simulator or a
    proxy in the place of `*.salesforce.com` (facts: salesforce §4.2). `secret_path` keeps the
    paths out of the log: that of a webhook is all that it takes to write there.
    """

    remote: str
    clock: Clock
    random: Random
    limits: Limits = field(default_factory=Limits)
    proxy: str | None = None
    ca_bundle: str | None = None
    endpoint: str | None = None
    secret_path: bool = False
    gate: Gate = field(default_factory=Gate, repr=False, compare=False)
    skew: Skew = field(default_factory=Skew, repr=False, compare=False)


class Wire(HTTPAdapter):
    """Sends one remote's requests. Raises ExchangeError where no whole reply came."""

    def __init__(self, line: Line) -> None:
        self._line = line
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": ToldHTTPPool, "https": ToldHTTPSPool}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": ToldHTTPPool, "https": ToldHTTPSPool}
        return manager

    def send(self, request: PreparedRequest, *_args: Any, **kwargs: Any) -> Response:
        """Send a request; a GET is asked again where the table in `retry` says so."""
        self._respect_wait()
        attempts = self._line.limits.attempts if request.method == "GET" else 1
        attempt = 1
        while True:
            result: Response | ExchangeError
            sent_at = self._line.clock.now()
            try:
                result = self._once(request, **kwargs)
                self._line.skew.note(result.headers, sent_at, self._line.clock.now())
                seen: Reply | ExchangeError = Reply.of(result)
            except ExchangeError as error:
                result = seen = error
            wait = again(attempt, attempts, seen, self._line.clock.now(), self._line.random)
            if wait and wait.told:
                self._line.gate.opens = self._line.clock.now() + timedelta(seconds=wait.seconds)
            if wait is None or attempt >= attempts or wait.seconds > self._line.limits.longest_wait:
                break
            if self._line.clock.wait(wait.seconds):
                break
            attempt += 1
        if isinstance(result, ExchangeError):
            raise result
        return result

    def _respect_wait(self) -> None:
        until = self._line.gate.opens
        if until and self._line.clock.now() < until:
            raise ExchangeError(Reach.NOT_CONNECTED, reason("exchange/asked-to-wait", until=until))

    def _once(self, request: PreparedRequest, **kwargs: Any) -> Response:
        limits = self._line.limits
        exchange = Exchange(limits.total, request.method)
        token = current.set(exchange)
        began = self._line.clock.monotonic()
        response: Response | None = None
        why: Reason | None = None
        point(Point.HTTP_BEGINS, request.method)
        try:
            response = super().send(
                self._aimed(request), **{**kwargs, "stream": True, "timeout": self._timeouts()}
            )
            self._read(request, response, exchange)
            _forget_key(request, response)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            # ValueError: urllib3 lets one through for a chunk of negative size.
            late = ExchangeError(exchange.reach, reason("exchange/too-long"))
            found = late if exchange.overdue else broken(error, exchange.reach)
            why = found.why
            raise found from error
        except ExchangeError as error:
            why = error.why
            raise
        finally:
            exchange.end()
            if response is not None and exchange.reach is not Reach.BODY:
                response.close()
            current.reset(token)
            seconds = self._line.clock.monotonic() - began
            self._log(request, response, exchange, seconds, why)
        return response

    def _timeouts(self) -> tuple[float, float]:
        return (self._line.limits.connect, self._line.limits.read)

    def _aimed(self, request: PreparedRequest) -> PreparedRequest:
        """Point a request at the endpoint, if there is one, keeping the host it was meant for."""
        if self._line.endpoint is None or request.url is None:
            return request
        meant = urlsplit(request.url)
        aimed = request.copy()
        aimed.headers["Host"] = meant.netloc
        place = urlsplit(self._line.endpoint)
        aimed.url = meant._replace(scheme=place.scheme, netloc=place.netloc).geturl()
        return aimed

    def _read(self, request: PreparedRequest, response: Response, exchange: Exchange) -> None:
        refused = refused_head(
            exchange.reach,
            response.status_code,
            response.headers,
            request.url or "",
            secret=self._line.secret_path,
        )
        if refused is not None:
            response.close()
            raise refused
        body = bytearray()
        while chunk := response.raw.read(CHUNK, decode_content=True):
            body += chunk
            if len(body) > self._line.limits.body_bytes:
                response.close()
                raise ExchangeError(
                    exchange.reach, reason("exchange/too-large"), status=response.status_code
                )
        if exchange.overdue:
            raise ExchangeError(exchange.reach, reason("exchange/too-long"))
        exchange.reach = Reach.BODY
        point(Point.HTTP_BODY, exchange.method)
        response._content = bytes(body)  # noqa: SLF001  requests has no public way to hand it in
        response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001
        response.raw.release_conn()

    def _log(
        self,
        request: PreparedRequest,
        response: Response | None,
        exchange: Exchange,
        seconds: float,
        why: Reason | None,
    ) -> None:
        headers: Mapping[str, str] = response.headers if response is not None else {}
        usage = _USAGE.search(headers.get("Sforce-Limit-Info", ""))
        log.info(
            Event.EXCHANGE,
            remote=self._line.remote,
            method=request.method,
            path="…" if self._line.secret_path else urlsplit(request.url or "").path,
            status=response.status_code if response is not None else None,
            reach=exchange.reach.value,
            ms=round(seconds * 1000),
            **({"trouble": why.variant} if why else {}),
            **({"request_id": id_} if (id_ := request_id(headers)) is not None else {}),
            **({"api_used": int(usage[1]), "api_limit": int(usage[2])} if usage else {}),
        )


def _forget_key(request: PreparedRequest, response: Response) -> None:
    """Take our key out of a reply that echoes it: texts and request ids are logged and kept."""
    key = str(request.headers.get("Authorization", "")).rpartition(" ")[2]
    if not key:
        return
    response._content = response.content.replace(key.encode(), "…".encode())  # noqa: SLF001
    if key in response.headers.get("X-Request-Id", ""):
        del response.headers["X-Request-Id"]


def open_session(line: Line) -> requests.Session:
    """Return a session whose every exchange goes over the one adapter."""
    session = requests.Session()
    session.trust_env = False
    wire = Wire(line)
    session.mount("https://", wire)
    session.mount("http://", wire)
    if line.proxy:
        session.proxies = {"https": line.proxy, "http": line.proxy}
    if line.ca_bundle:
        session.verify = line.ca_bundle
    return session
