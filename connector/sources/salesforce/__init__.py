"""Scheduled list emails and flows of one Salesforce org (facts: salesforce §0 A and B, §1)."""

from random import Random

from connector.clock import Clock
from connector.http.wire import Line
from connector.settings import SalesforceSettings
from connector.sources.salesforce.session import Org
from connector.sources.salesforce.source import SalesforceSource

__all__ = ["SalesforceSource", "connect"]


def connect(
    name: str,
    settings: SalesforceSettings,
    *,
    clock: Clock,
    random: Random,
    proxy: str | None,
    ca_bundle: str | None,
) -> SalesforceSource:
    """Return the org as a source; it logs in at the first poll."""
    line = Line(name, clock, random, proxy=proxy, ca_bundle=ca_bundle, endpoint=settings.endpoint)
    return SalesforceSource(name, settings, Org(line, settings))
