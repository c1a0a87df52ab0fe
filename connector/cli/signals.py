"""Signals of a process that works until it is told to stop: their handlers only set marks."""

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any


def on_signals(stop: Callable[[], None], reload: Callable[[], None] | None = None) -> None:
    """Let SIGTERM and SIGINT stop, and SIGHUP reload, without doing any work in the handler."""

    def handler(call: Callable[[], None]) -> Callable[[int, FrameType | None], Any]:
        return lambda _number, _frame: call()

    signal.signal(signal.SIGTERM, handler(stop))
    signal.signal(signal.SIGINT, handler(stop))
    if reload is not None:
        signal.signal(signal.SIGHUP, handler(reload))


class Signals:
    """Takes the three signals from now on, long before there is anybody to reload.

    Nothing that is under way ends by them: SIGTERM and SIGINT call `stop`, however often they
    come, and a SIGHUP that came early is answered as soon as `reload_by` says how.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self._hung_up = False
        self._reload: Callable[[], None] | None = None
        on_signals(stop, self._hang_up)

    def _hang_up(self) -> None:
        self._hung_up = True
        if self._reload is not None:
            self._reload()

    def reload_by(self, reload: Callable[[], None]) -> None:
        """Answer every SIGHUP so, also one that came before."""
        self._reload = reload
        if self._hung_up:
            reload()


def ignore_from_now_on() -> None:
    """Let no signal change the exit code of a process whose work is done."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
