"""The monitoring port of the real worker, under attack: it commits all the same."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.console import Running, Shop, until
from tests.support.ears import ask

DESCRIPTORS = 48
CALLERS = 200
ROUNDS = 30


class Attack:
    """Holds many lines open, says a byte on each again and again, and calls anew where one is cut.

    No call waits for an answer: `rounds` counts how often all of them had their turn.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._lines: dict[int, socket.socket] = {}
        self.rounds = 0

    def round(self) -> None:
        for number in range(CALLERS):
            try:
                if number not in self._lines:
                    self._lines[number] = socket.socket()
                    self._lines[number].setblocking(False)
                    self._lines[number].connect_ex(("127.0.0.1", self._port))
                self._lines[number].send(b"X")
            except BlockingIOError:
                continue
            except OSError:
                self._lines.pop(number).close()
        self.rounds += 1

    def close(self) -> None:
        for line in self._lines.values():
            line.close()


@contextmanager
def _dripping(port: int) -> Iterator[None]:
    attack, over = Attack(port), threading.Event()

    def drip() -> None:
        while not over.wait(0.1):
            attack.round()

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    try:
        until(lambda: attack.rounds > ROUNDS)
        yield
    finally:
        over.set()
        thread.join(10)
        attack.close()


def test_callers_who_drip_keep_no_offer_from_being_given(live_shop: Shop) -> None:
    shop = live_shop
    shop.configure("", "[health]\nport = 0\n")
    log = shop.folder / "log.jsonl"
    with log.open("wb") as stream:
        line = f'ulimit -n {DESCRIPTORS}; exec "$0" run'
        process = shop.spawn_in_shell(line, stderr=stream)
    worker = Running(process, log)
    (serving,) = worker.wait_for("health.serving")
    worker.wait_for("cycle.done")
    with _dripping(serving["port"]):
        shop.make_send(name="Lunch Encore", tags=["punchh:segment=Taco Lovers"],
                       at=shop.sends()["Lunch Push"]["scheduled_for"])  # fmt: skip
        worker.cycle()
        assert shop.state_of("Lunch Encore") == "committed"
        assert not worker.named("catalog.failed")
        assert not worker.named("breaker.opened")
    assert ask(serving["port"], "/livez")[0] == 200
    assert worker.stop()[0] == 0
