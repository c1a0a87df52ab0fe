"""Whom to tell: a table of kinds of channels, one module each, and the dead man's switch.

A module is imported when a channel of its kind is opened.
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from connector.clock import Clock
    from connector.ports import Channel
    from connector.settings import EmailSettings, WebhookSettings

    class OpenChannel(Channel, Protocol):
        """A channel that holds connections until it is closed."""

        def close(self) -> None: ...


KINDS: Mapping[str, str] = MappingProxyType(
    {"webhook": "connector.alerts.webhook", "email": "connector.alerts.mail"}
)


def open_channel(
    name: str,
    settings: WebhookSettings | EmailSettings,
    *,
    clock: Clock,
    random: Random,
    proxy: str | None = None,
    ca_bundle: str | None = None,
) -> OpenChannel:
    """Return the channel of that name and kind, not yet connected to anything."""
    room = import_module(KINDS[settings.kind])
    channel = room.connect(
        name, settings, clock=clock, random=random, proxy=proxy, ca_bundle=ca_bundle
    )
    return cast("OpenChannel", channel)
