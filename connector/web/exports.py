"""Files that are written as they are read: few at once, and each ends with its reader."""

from collections.abc import Iterator, Mapping

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from connector.errors import ConnectorError
from connector.telemetry import Event, log
from connector.web.guard import told
from connector.web.turns import Turns


class Export(StreamingResponse):
    """A file under way. Nobody is waited for who stops reading: see `connections`."""

    def __init__(
        self, turns: Turns, name: str, chunks: Iterator[str], kind: str, headers: Mapping[str, str]
    ) -> None:
        super().__init__(chunks, media_type=kind, headers=headers)
        self._turns, self._name = turns, name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._turns.take(self._name):
            page = told(503, "Too many exports at once", "Try again when the others have ended.")
            page.headers["Retry-After"] = "60"
            await page(scope, receive, send)
            return
        try:
            await super().__call__(scope, receive, send)
        except ConnectorError as error:  # it has begun, so that it can only be cut off
            log.error(Event.WEB_FAULT, path=scope["path"], reason=str(error))
        finally:
            self._turns.give_back(self._name)
