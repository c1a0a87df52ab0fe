"""`connector web`."""

import os
from contextlib import closing
from pathlib import Path

from connector.cli.signals import on_signals
from connector.cli.verbs.shared import log_as, say, settings_of, warn
from connector.clock import SystemClock, randomness
from connector.errors import ConfigError
from connector.settings import WebSettings
from connector.web.serve import listening, serve
from connector.web.site import Site
from connector.worker.notify import notifier


def run(config: Path, *, host: str | None, port: int | None) -> int:
    """Serve the pages until told to stop."""
    settings = settings_of(config)
    log_as(settings)
    web = settings.web
    if host is not None:
        web = web.model_copy(update={"host": _host(host)})
        settings = settings.model_copy(update={"web": web})
    with (
        closing(Site(settings, SystemClock(), randomness())) as site,
        listening(web.host, web.port if port is None else port) as door,
    ):
        address, number = door.getsockname()[:2]
        shown = f"[{address}]" if ":" in address else address
        say(f"pages on http://{shown}:{number}/   (Ctrl-C stops them)")
        if not web.users:
            warn("nobody can log in yet: `connector web hash-password` tells what to write")
        serve(site, door, on_signals, notifier(os.environ))
    return 0


def _host(text: str) -> str:
    """Read what was typed as the configuration would: nothing at all would mean every address."""
    try:
        return WebSettings(host=text).host
    except ValueError:
        raise ConfigError([f"--host {text}: is no name or address to listen on"]) from None
