"""`connector alert test`."""

import socket
from collections.abc import Mapping
from pathlib import Path

from connector import telemetry
from connector.app import outlets, words_of
from connector.cli.verbs.shared import say, settings_of, who
from connector.clock import SystemClock, randomness
from connector.errors import ConfigError, RemoteError
from connector.ports import Channel
from connector.render.words import Words
from connector.worker.tell import try_out


def run(config: Path, *, channel: str | None) -> int:
    """Tell every channel, or one, that this is a test; 1 if one did not take it."""
    telemetry.quiet()
    settings, clock = settings_of(config), SystemClock()
    with outlets(settings, clock, randomness()) as found:
        chosen = _chosen(found.channels, channel)
        answers = try_out(chosen, clock, who=who(), host=socket.gethostname())
    for name, answer in answers.items():
        say(f"{name}: {told(answer, words_of(settings))}")
    return int(any(isinstance(answer, RemoteError) for answer in answers.values()))


def _chosen(channels: Mapping[str, Channel], wanted: str | None) -> Mapping[str, Channel]:
    if not channels:
        raise ConfigError(["no channel is configured: write a table [alerts.channels.NAME]"])
    if wanted is not None and wanted not in channels:
        raise ConfigError([f"--channel {wanted}: is one of {', '.join(channels)}"])
    return {name: one for name, one in channels.items() if wanted in (None, name)}


def told(answer: str | RemoteError, words: Words) -> str:
    if isinstance(answer, RemoteError):
        return f"not told: {words.whole(answer.reason)}"
    return f"told; {answer}" if answer else "told; look whether it arrived"
