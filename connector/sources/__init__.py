"""Where sends come from: a table of kinds, and one package for each.

A package is imported when a source of its kind is opened, so that help and mapping checks load
no client library.
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from connector.clock import Clock
    from connector.ports import Source
    from connector.settings import BrazeSettings, SalesforceSettings

    class OpenSource(Source, Protocol):
        """A source that holds connections until it is closed."""

        def close(self) -> None: ...


KINDS: Mapping[str, str] = MappingProxyType(
    {"braze": "connector.sources.braze", "salesforce": "connector.sources.salesforce"}
)
# What each kind of source looks for, told without opening one.
SENDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "braze": frozenset({"campaign", "canvas"}),
        "salesforce": frozenset({"list_email", "flow"}),
    }
)


def open_source(
    name: str,
    settings: BrazeSettings | SalesforceSettings,
    *,
    clock: Clock,
    random: Random,
    proxy: str | None = None,
    ca_bundle: str | None = None,
) -> OpenSource:
    """Return the source of that name and kind, not yet connected to anything.

    It is polled by one thread at a time; `close` gives its connections back.
    """
    room = import_module(KINDS[settings.kind])
    source = room.connect(
        name, settings, clock=clock, random=random, proxy=proxy, ca_bundle=ca_bundle
    )
    return cast("OpenSource", source)
