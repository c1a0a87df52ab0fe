"""The webhook's receiver on a real socket, in a thread of this process."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette

from connector.clock import Clock
from connector.errors import LedgerError
from connector.ledger import Ledger
from connector.settings import RewardsSettings
from connector.web import rewards
from tests.support.console import until

PATH = "/webhooks/punchh"
SIGNED = RewardsSettings(client="our_connector", secret=SecretStr("a-webhook-secret"))
BEARER = RewardsSettings(token=SecretStr("a-webhook-token"))


@contextmanager
def receiving(
    settings: RewardsSettings, ledger: Ledger, clock: Clock, spoilt: Sequence[LedgerError] = ()
) -> Iterator[str]:
    """Serve the receiver; give its address. The ledger is `spoilt` while there are errors left."""
    errors = list(spoilt)

    def found() -> Ledger:
        if errors:
            raise errors.pop()
        return ledger

    app = Starlette(routes=rewards.routes(settings, found, clock))
    config = uvicorn.Config(
        app, port=0, log_config=None, access_log=False, lifespan="off", ws="none", http="h11"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    until(lambda: server.started)
    (socket,) = server.servers[0].sockets
    yield f"http://127.0.0.1:{socket.getsockname()[1]}{settings.path}"
    server.should_exit = True
    thread.join(10)
