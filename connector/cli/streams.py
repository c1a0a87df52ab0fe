"""The three streams of this process: none is missing, and what cannot be written is reported once.

Printing never raises: a verb that records decisions must not stop halfway because nobody reads
what it prints, or because the disk that the output goes to is full.
"""

import errno
import io
import os
import select
import sys
from typing import Any, TextIO

_NUMBERS = (0, 1, 2)


class _Raw(io.FileIO):
    """Takes what it could not write as written, and keeps why it could not."""

    def __init__(self, number: int, *, closed: bool) -> None:
        super().__init__(number, "w", closefd=False)
        self._closed = closed
        self.trouble: OSError | None = None

    def write(self, data: Any, /) -> int:
        if self._closed:
            self.trouble = OSError(errno.EBADF, "it is closed")
        rest = memoryview(data).cast("B")
        while rest and self.trouble is None:
            try:
                taken = super().write(rest)
            except OSError as error:
                self.trouble = error
            else:
                rest = rest[taken or 0 :]
                if taken is None:  # whoever shares the stream made it non-blocking
                    room = select.poll()
                    room.register(self.fileno(), select.POLLOUT)
                    room.poll()
        return memoryview(data).nbytes


_out: _Raw | None = None


def guard() -> None:
    """Fill the closed streams, and let no write to the others raise.

    A descriptor that stayed closed would go to the next file that is opened, such as the ledger,
    and whatever is printed would then be written into that.
    """
    global _out  # noqa: PLW0603  a process has one standard output
    closed = [number for number in _NUMBERS if not _is_open(number)]
    for _ in closed:
        os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    _out = None
    if sys.stdout is sys.__stdout__:
        _out = _Raw(1, closed=1 in closed)
        sys.stdout = _text(_out, sys.__stdout__)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _text(_Raw(2, closed=2 in closed), sys.__stderr__)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a letter is no fault
            stream.reconfigure(errors="backslashreplace")


def hand_on_each_line() -> None:
    """Keep no line back until there are more: who reads a log or a pipe waits for the first."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)


def unread() -> bool:
    """Return whether more output would be lost: a long one can be cut short."""
    return _out is not None and _out.trouble is not None


def report() -> bool:
    """Say in one line, once, that the output is incomplete; return whether it is.

    A reader that left (`| head`) has had what it wanted.
    """
    sys.stdout.flush()
    if _out is None or _out.trouble is None or _out.trouble.errno == errno.EPIPE:
        return False
    why = _out.trouble.strerror
    _out.trouble = None
    print(f"connector: standard output could not be written ({why})", file=sys.stderr)  # noqa: T201
    return True


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _text(raw: _Raw, before: TextIO | None) -> TextIO:
    like = before if isinstance(before, io.TextIOWrapper) else None
    unbuffered = like is not None and like.write_through  # PYTHONUNBUFFERED
    below: Any = raw if unbuffered else io.BufferedWriter(raw)
    return io.TextIOWrapper(
        below,
        encoding=like.encoding if like else "utf-8",
        line_buffering=like.line_buffering if like else False,
        write_through=unbuffered,
    )
