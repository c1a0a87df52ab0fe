"""`connector doctor`."""

import socket
from collections.abc import Iterator
from pathlib import Path

from connector import telemetry
from connector.cli.verbs.shared import as_json, say, settings_of, who, words_here
from connector.clock import SystemClock, randomness
from connector.domain.checkup import Check, Level, fails
from connector.errors import ConfigError
from connector.render.words import Words
from connector.worker.doctor import Patient, examine
from connector.worker.doctor.machine import versions


def run(config: Path, *, json: bool, send_test: bool) -> int:
    """Show one line for each thing that was tried; 1 if one fails."""
    telemetry.quiet()
    found = []
    for one in _examined(config, send_test=send_test):
        found.append(one)
        if not json:
            say(_line(one, words_here()))
    if json:
        words = words_here()
        as_json([_fields(one, words) for one in found])
    return int(any(one.level is Level.FAILS for one in found))


def _examined(config: Path, *, send_test: bool) -> Iterator[Check]:
    try:
        settings = settings_of(config)
    except ConfigError as error:
        yield versions()
        yield from (fails("config", "config/said", text=problem) for problem in error.problems)
        return
    sender = who() if send_test else None
    host = socket.gethostname()
    yield from examine(Patient(config, settings, SystemClock(), randomness(), host, sender))


def _line(one: Check, words: Words) -> str:
    return f"{one.level.value:8} {one.of:12} {words.whole(one.found)}"


def _fields(one: Check, words: Words) -> dict[str, str]:
    return {
        "level": one.level.value,
        "of": one.of,
        "code": one.found.code,
        "told": words.sentence(one.found),
        "next_step": words.next_step(one.found),
    }
