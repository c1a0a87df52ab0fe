"""Scheduled campaigns and Canvases of one Braze workspace (facts: braze §1, §3)."""

from random import Random

from connector.clock import Clock
from connector.http.client import Client
from connector.http.wire import Line
from connector.settings import BrazeSettings
from connector.sources.braze.reader import BrazeSource

__all__ = ["BrazeSource", "connect"]


def connect(
    name: str,
    settings: BrazeSettings,
    *,
    clock: Clock,
    random: Random,
    proxy: str | None,
    ca_bundle: str | None,
) -> BrazeSource:
    """Return the workspace as a source; nothing is asked before the first poll."""
    line = Line(name, clock, random, proxy=proxy, ca_bundle=ca_bundle)
    key = settings.api_key.get_secret_value()
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
    return BrazeSource(name, settings, Client(line, settings.base_url, headers))
