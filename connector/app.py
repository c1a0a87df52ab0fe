"""From settings to objects: the only module that knows the classes."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

from connector import settings as settings_module
from connector.clock import Clock
from connector.domain.policy import Policy, Safety, Schedule
from connector.domain.rules import RuleBook
from connector.errors import RemoteError
from connector.http.wire import Line
from connector.ledger import Ledger
from connector.mapping.folder import fingerprint
from connector.mapping.load import load
from connector.ports import Loyalty, Source
from connector.punchh.client import Punchh
from connector.settings import Settings
from connector.sources import open_source


@dataclass(frozen=True)
class Work:
    """What a cycle works with: the ledger, the remotes, and what was set for them.

    `resting` are remotes that refused our key: until when they are left alone, and what they said.
    """

    ledger: Ledger
    sources: Mapping[str, Source]
    loyalty: Loyalty
    clock: Clock
    random: Random
    schedule: Schedule
    safety: Safety
    resting: dict[str, tuple[datetime, RemoteError]] = field(default_factory=dict)

    @property
    def policy(self) -> Policy:
        """The settings that decisions read, with the loyalty platform's clock as last seen."""
        return Policy(self.schedule, self.safety, self.loyalty.terms, self.loyalty.skew)


def read_settings(path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the configuration and its variables; ConfigError with every problem."""
    return settings_module.load(path, environment)


def read_rules(settings: Settings) -> RuleBook:
    """Read the mapping files; ConfigError with every problem."""
    return load(
        Path(settings.mappings.path),
        schedule=settings.schedule,
        sources=frozenset(settings.sources),
    )


def rules_fingerprint(settings: Settings) -> str:
    """Return a text that changes whenever the mapping files do."""
    return fingerprint(Path(settings.mappings.path))


@contextmanager
def remotes(
    settings: Settings, clock: Clock, random: Random
) -> Iterator[tuple[Mapping[str, Source], Punchh]]:
    """Open every source and Punchh, and close them in the end. Nothing is asked yet."""
    http = settings.http
    with ExitStack() as stack:
        sources: dict[str, Source] = {}
        for name, one in settings.sources.items():
            source = open_source(
                name, one, clock=clock, random=random, proxy=http.proxy, ca_bundle=http.ca_bundle
            )
            stack.callback(source.close)
            sources[name] = source
        line = Line("punchh", clock, random, proxy=http.proxy, ca_bundle=http.ca_bundle)
        punchh = Punchh(settings.punchh, line)
        stack.callback(punchh.close)
        yield sources, punchh


@contextmanager
def workplace(settings: Settings, clock: Clock, random: Random) -> Iterator[Work]:
    """Open the ledger and the remotes for a cycle; LedgerError where the ledger refuses."""
    with (
        Ledger.open(settings.ledger.url) as ledger,
        remotes(settings, clock, random) as (sources, punchh),
    ):
        yield Work(ledger, sources, punchh, clock, random, settings.schedule, settings.safety)
