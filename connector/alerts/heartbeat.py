"""The dead man's switch: an address that raises the alarm when it is not asked for a while."""

from random import Random

from connector.alerts.address import HiddenAddress
from connector.clock import Clock
from connector.settings import HeartbeatSettings

REMOTE = "heartbeat"


class Heartbeat:
    """Asks the address after a good cycle, and after a bad one its `fail_suffix`, if any."""

    def __init__(self, address: HiddenAddress, fail_suffix: str) -> None:
        self._address, self._fail_suffix = address, fail_suffix

    def close(self) -> None:
        self._address.close()

    def beat(self, *, good: bool) -> None:
        """Give a sign of life; RemoteError where it did not get there."""
        if good or self._fail_suffix:
            self._address.call("GET", "" if good else self._fail_suffix)


def open_heartbeat(
    settings: HeartbeatSettings,
    *,
    clock: Clock,
    random: Random,
    proxy: str | None = None,
    ca_bundle: str | None = None,
) -> Heartbeat | None:
    """Return the configured switch, None without one."""
    if settings.url is None:
        return None
    address = HiddenAddress(
        REMOTE,
        settings.url,
        {},
        clock=clock,
        random=random,
        proxy=proxy,
        ca_bundle=ca_bundle,
    )
    return Heartbeat(address, settings.fail_suffix)
