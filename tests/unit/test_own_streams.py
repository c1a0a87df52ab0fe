"""The process's own streams, as a real interpreter has them."""

import os
import subprocess
import sys

import pytest

from tests.support.console import clean_environment

LONG = 1 << 20
PROGRAM = f"""
import sys
from connector.cli import streams
streams.guard()
print("x" * {LONG})
print(streams.report(), streams.unread(), file=sys.stderr)
"""


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_stream_that_others_made_non_blocking_is_written_whole(unbuffered: str) -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with subprocess.Popen(  # noqa: S603  our own interpreter
        [sys.executable, "-c", PROGRAM],
        stdout=writer,
        stderr=subprocess.PIPE,
        env={**clean_environment(), "PYTHONUNBUFFERED": unbuffered},
    ) as process:
        os.close(writer)
        with os.fdopen(reader, "rb") as out:
            assert out.read() == b"x" * LONG + b"\n"
        assert process.stderr is not None
        assert process.stderr.read() == b"False False\n"
    assert process.returncode == 0


def test_a_reader_who_leaves_is_no_trouble_and_ends_a_long_output() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-c", PROGRAM], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"False True\n")
