"""`connector webhook`."""

from pathlib import Path

from connector.cli.verbs.web import serve_until_stopped
from connector.errors import ConfigError
from connector.settings import Settings
from connector.web.app import receiver

PORT = 8090


def run(config: Path, *, host: str | None, port: int | None) -> int:
    """Receive Punchh's events until told to stop."""

    def line(settings: Settings) -> str:
        webhook = settings.punchh.webhook
        if webhook is None:
            raise ConfigError([f"{config}: punchh.webhook: is missing, so nothing can be received"])
        return f"receiving on {{}}{webhook.path.removeprefix('/')}   (Ctrl-C stops it)"

    serve_until_stopped(config, receiver, line, host=host, port=PORT if port is None else port)
    return 0
