"""The machine's clock: its waits, and the signals that end them."""

import subprocess
import sys
import time
from threading import Barrier, Thread

from connector.clock import SystemClock

# Signals at chance moments of short waits; in a process of its own, as it may hang.
STORM = """
import random, signal
from connector.clock import SystemClock

signal.signal(signal.SIGALRM, lambda *_: clock.interrupt())
for _ in range(3000):
    clock = SystemClock()
    signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, 8e-5))
    while not clock.wait(random.choice((0, 1e-5))):
        pass
"""


def test_a_signal_may_fall_anywhere_in_a_wait() -> None:
    subprocess.run([sys.executable, "-c", STORM], check=True, timeout=30)  # noqa: S603  our own


def test_an_interrupt_ends_the_waits_of_every_thread_and_every_later_one() -> None:
    clock, there, told = SystemClock(), Barrier(4), list[bool]()

    def wait() -> None:
        there.wait()
        told.append(clock.wait(60))

    threads = [Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert clock.wait(0) is False
    there.wait()
    clock.interrupt()
    for thread in threads:
        thread.join(10)
    assert told == [True, True, True]
    assert clock.wait(60) is True


def test_a_wait_that_nothing_cuts_short_takes_its_time() -> None:
    clock, began = SystemClock(), time.monotonic()
    assert clock.wait(0.05) is False
    assert time.monotonic() - began >= 0.05
    assert clock.wait(-1) is False
