"""The receiver of Punchh's webhook: its own address, no login, and a proof of its own instead."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from connector.clock import Clock
from connector.errors import LedgerError
from connector.ledger import Ledger
from connector.punchh.webhook import LARGEST, Answer, Delivery, Why, received
from connector.settings import RewardsSettings
from connector.telemetry import Event, log
from connector.web.seldom import Seldom

SECONDS = 10.0  # for a whole request; Punchh gives up after 15
AT_ONCE = 2  # events that are written at one time; however busy the pages are, they wait for none
LOG_EVERY, LOG_USUAL_EVERY = timedelta(minutes=1), timedelta(hours=1)  # of each reason


def routes(
    settings: RewardsSettings | None, ledger: Callable[[], Ledger], clock: Clock
) -> list[BaseRoute]:
    """Return the receiver's address; none where it is switched off.

    With a slash more it is the same: the framework would redirect, and Punchh follows nothing.
    """
    if settings is None:
        return []
    receiver = Receiver(settings, ledger, clock)
    paths = (settings.path, f"{settings.path}/")
    return [Route(path, receiver.answer, methods=["GET", "POST"]) for path in paths]


class Receiver:
    """Counts what is proven. Nothing of the ledger is even read for anybody else."""

    def __init__(
        self, settings: RewardsSettings, ledger: Callable[[], Ledger], clock: Clock
    ) -> None:
        self._settings, self._ledger, self._clock = settings, ledger, clock
        self._seldom = Seldom()
        self._turns = CapacityLimiter(AT_ONCE)

    async def answer(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(SECONDS):
                body = await _body(request)
        except TimeoutError:
            return self._answered(Answer(408, why=Why.TOO_SLOW), "too slow")
        except ClientDisconnect:
            return self._answered(Answer(400, why=Why.CUT_SHORT), "not whole")
        if body is None:
            return self._answered(Answer(413, why=Why.TOO_LARGE), "too large")
        scope = request.scope
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        target = scope["raw_path"] + query
        delivery = Delivery(request.method, target, request.headers, body)
        answer = received(self._settings, delivery, self._clock.now())
        if answer.status != 200:
            return self._answered(answer, "no")
        try:
            await to_thread.run_sync(self._keep, answer, limiter=self._turns)
        except LedgerError as error:
            log.error(Event.WEBHOOK_FAILED, reason=str(error))
            return _said(503, "later")
        return self._answered(answer, "ok")

    def _keep(self, answer: Answer) -> None:
        if answer.event is not None:
            self._ledger().hear(answer.event, at=self._clock.now())

    def _answered(self, answer: Answer, word: str) -> Response:
        if answer.why is not None:
            self._log(answer.status, answer.why)
        return _said(answer.status, word)

    def _log(self, status: int, why: Why) -> None:
        """Log that something does not count, and how often since the last such line."""
        every = LOG_USUAL_EVERY if why.usual else LOG_EVERY
        count = self._seldom.due(why.value, self._clock.now(), every)
        if not count:
            return
        if status != 200:
            log.warning(Event.WEBHOOK_REFUSED, status=status, why=why.value, count=count)
        elif why.usual:
            log.info(Event.WEBHOOK_IGNORED, why=why.value, count=count)
        else:
            log.warning(Event.WEBHOOK_IGNORED, why=why.value, count=count)


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
