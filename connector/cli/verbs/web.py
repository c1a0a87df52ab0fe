"""`connector web`, and what it has in common with `connector webhook`."""

import os
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

from connector.cli.signals import on_signals
from connector.cli.verbs.shared import log_as, say, settings_of, warn
from connector.clock import SystemClock, randomness
from connector.errors import ConfigError
from connector.settings import Settings, WebSettings
from connector.web.app import application
from connector.web.serve import Control, listening, serve
from connector.web.site import Site
from connector.worker.notify import notifier

NICE = 5  # where both want the processor, the worker goes before those who look at what it does


def run(config: Path, *, host: str | None, port: int | None) -> int:
    """Serve the pages until told to stop."""

    def line(settings: Settings) -> str:
        if not settings.web.users:
            warn("nobody can log in yet: `connector web hash-password` tells what to write")
        return "pages on {}   (Ctrl-C stops them)"

    def pages(site: Site) -> Any:
        with suppress(OSError):
            if os.getpriority(os.PRIO_PROCESS, 0) < NICE:
                os.setpriority(os.PRIO_PROCESS, 0, NICE)
        return application(site)

    serve_until_stopped(config, pages, line, host=host, port=port)
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
    settings = settings_of(config)
    log_as(settings)
    if host is not None:
        web = settings.web.model_copy(update={"host": _host(host)})
        settings = settings.model_copy(update={"web": web})
    number = settings.web.port if port is None else port
    reread = partial(settings_of, config)
    with (
        closing(Site(settings, SystemClock(), randomness(), reread)) as site,
        listening(settings.web.host, number) as door,
    ):
        address, number = door.getsockname()[:2]
        shown = f"[{address}]" if ":" in address else address
        say(line(settings).format(f"http://{shown}:{number}/"))
        serve(app_of(site), site, door, control, notifier(os.environ))


def _host(text: str) -> str:
    """Read what was typed as the configuration would: nothing at all would mean every address."""
    try:
        return WebSettings(host=text).host
    except ValueError:
        raise ConfigError([f"--host {text}: is no name or address to listen on"]) from None
