"""What systemd hears, on a real datagram socket."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.worker.notify import notifier
from connector.worker.pulse import Pulse
from tests.support.clocks import FixedClock
from tests.support.ledger import NOW


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.settimeout(5)
        if request.param == "path":
            heard.bind(str(tmp_path / "notify"))
            yield heard, str(tmp_path / "notify")
        else:
            heard.bind("")  # the kernel chooses a name
            yield heard, "@" + heard.getsockname()[1:].decode()


def test_readiness_turns_status_and_the_end_are_heard(systemd: tuple[socket.socket, str]) -> None:
    heard, place = systemd
    pulse = Pulse(FixedClock(NOW), notifier({"NOTIFY_SOCKET": place}))
    pulse.started()
    pulse.turned()
    pulse.told("live; wants a person: nothing")
    pulse.stopping()
    assert [heard.recv(200).decode() for _ in range(4)] == [
        "READY=1",
        "WATCHDOG=1",
        "STATUS=live; wants a person: nothing",
        "STOPPING=1",
    ]


@pytest.mark.parametrize("place", [None, "", "vsock:1:2", "/nowhere/at/all"])
def test_without_systemd_nobody_is_told(place: str | None) -> None:
    notify = notifier({} if place is None else {"NOTIFY_SOCKET": place})
    notify("READY=1")


def test_the_watchdog_is_fed_now_and_then_and_stillness_is_measured() -> None:
    clock, told = FixedClock(NOW), list[str]()
    pulse = Pulse(clock, told.append)
    for _ in range(20):
        clock.wait(0.5)
        pulse.turned()
    assert told == ["WATCHDOG=1"] * 2
    assert pulse.still_for == 0
    clock.wait(70)
    assert pulse.still_for == 70
