"""The receiver of Punchh's webhook: its own address, no login, and a proof of its own instead."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from connector.clock import Clock
from connector.errors import LedgerError
from connector.ledger import Ledger
from connector.punchh.webhook import LARGEST, Answer, Delivery, received
from connector.settings import RewardsSettings
from connector.telemetry import Event, log

SECONDS = 10.0  # for a whole request; Punchh gives up after 15
AT_ONCE = 2  # events that are written at one time; however busy the pages are, they wait for none
TELL_EVERY = timedelta(minutes=1)  # what is refused is logged no more often


def routes(
    settings: RewardsSettings | None, ledger: Callable[[], Ledger], clock: Clock
) -> list[BaseRoute]:
    """Return the receiver's address; none where it is switched off."""
    if settings is None:
        return []
    receiver = Receiver(settings, ledger, clock)
    return [Route(settings.path, receiver.answer, methods=["GET", "POST"])]


class Receiver:
    """Counts what is proven. Nothing of the ledger is even read for anybody else."""

    def __init__(
        self, settings: RewardsSettings, ledger: Callable[[], Ledger], clock: Clock
    ) -> None:
        self._settings, self._ledger, self._clock = settings, ledger, clock
        self._told_at: datetime | None = None
        self._turns = CapacityLimiter(AT_ONCE)

    async def answer(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(SECONDS):
                body = await _body(request)
        except TimeoutError:
            return _said(408, "too slow")
        except ClientDisconnect:
            return _said(400, "not whole")
        if body is None:
            return _said(413, "too large")
        scope = request.scope
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        target = scope["raw_path"] + query
        delivery = Delivery(request.method, target, request.headers, body)
        told = received(self._settings, delivery, self._clock.now())
        if told.status != 200:
            self._tell(told)
            return _said(told.status, "no")
        try:
            await to_thread.run_sync(self._keep, told, limiter=self._turns)
        except LedgerError as error:
            log.error(Event.WEBHOOK_FAILED, reason=str(error))
            return _said(503, "later")
        return _said(200, "ok")

    def _keep(self, told: Answer) -> None:
        if told.event is not None:
            self._ledger().hear(told.event, at=self._clock.now())

    def _tell(self, told: Answer) -> None:
        """Log that something was refused, but not as often as a stranger likes."""
        now = self._clock.now()
        if self._told_at is None or now - self._told_at >= TELL_EVERY:
            self._told_at = now
            log.warning(Event.WEBHOOK_REFUSED, status=told.status, why=told.why)


async def _body(request: Request) -> bytes | None:
    """Read a body; None where it is larger than any event, without reading on."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            return None
    return bytes(body)


def _said(status: int, word: str) -> Response:
    return PlainTextResponse(f"{word}\n", status)
