"""`connector web`, and what it has in common with `connector webhook`."""

from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from connector.app import read_settings
from connector.cli.verbs.shared import log_as, say, warn
from connector.clock import SystemClock, randomness
from connector.settings import Settings
from connector.web.app import application
from connector.web.serve import Control, listening, serve
from connector.web.site import Site
from connector.worker.daemon import on_signals


def run(config: Path, *, host: str | None, port: int | None) -> int:
    """Serve the pages until told to stop."""

    def line(settings: Settings) -> str:
        if not settings.web.users:
            warn("nobody can log in yet: `connector web hash-password` tells what to write")
        return "pages on {}   (Ctrl-C stops them)"

    serve_until_stopped(config, application, line, host=host, port=port)
    return 0


def serve_until_stopped(
    config: Path,
    app_of: Callable[[Site], Any],
    line: Callable[[Settings], str],
    *,
    host: str | None,
    port: int | None,
) -> None:
    """Serve what `app_of` makes; `line` says so, with `{}` for the address."""
    control = Control()
    on_signals(control.stop, control.reload)
    settings = read_settings(config)
    log_as(settings)
    if host is not None:
        web = settings.web.model_copy(update={"host": host.lower()})
        settings = settings.model_copy(update={"web": web})
    number = settings.web.port if port is None else port
    reread = partial(read_settings, config)
    with (
        closing(Site(settings, SystemClock(), randomness(), reread)) as site,
        listening(settings.web.host, number) as door,
    ):
        address, number = door.getsockname()[:2]
        shown = f"[{address}]" if ":" in address else address
        say(line(settings).format(f"http://{shown}:{number}/"))
        serve(app_of(site), site, door, control)
