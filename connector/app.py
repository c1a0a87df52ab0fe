"""From settings to objects: the only module that knows the classes."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from connector import settings as settings_module
from connector.alerts import open_channel
from connector.alerts.heartbeat import open_heartbeat
from connector.clock import Clock
from connector.domain.channels import Routes
from connector.domain.distribution import Attempt, Distribution
from connector.domain.guest import Basket
from connector.domain.policy import Policy, Safety, Schedule, allowance
from connector.domain.rules import RuleBook
from connector.errors import LedgerError
from connector.http.wire import Line
from connector.ledger import Ledger
from connector.ledger.wording import Worded, Wording
from connector.mapping import basket, load
from connector.mapping.folder import MappingText, fingerprint
from connector.mapping.load import Reading
from connector.points import Point, point
from connector.ports import Channel, Heartbeat, Loyalty, Right, Source
from connector.punchh.client import Punchh, terms_of
from connector.punchh.guests import Guests
from connector.render.words import Words
from connector.settings import SalesforceSettings, Settings
from connector.sources import SENDS, open_source


@dataclass(frozen=True)
class Outlets:
    """Where people are told, who is told where and how often, and the dead man's switch.

    `zone` is the business's: people are told times by its clock.
    """

    channels: Mapping[str, Channel] = field(default_factory=dict)
    routes: Routes = Routes()  # noqa: RUF009  a frozen value
    repeat_after: timedelta = timedelta(hours=24)
    heartbeat: Heartbeat | None = None


class NoRight:
    """What a process has that only looks."""

    def renew(self) -> bool:
        raise LedgerError("this process did not take the right to commit")

    def prove(self) -> None:
        self.renew()


def words_of(settings: Settings) -> Words:
    """Return how people of the business are told reasons: in its zone."""
    return Words(ZoneInfo(settings.punchh.timezone))


def wording_of(settings: Settings) -> Wording:
    """Return how the ledger writes reasons down for readers of plain SQL."""
    words = words_of(settings)
    return lambda reason, row: Worded(words.sentence(reason, row), words.next_step(reason, row))


@dataclass(frozen=True)
class Work:
    """What a cycle works with: the ledger, the remotes, and what was set for them.

    `keys` are fingerprints of what each remote is called with: they change when that does. `kinds`
    are those of the sends that each source looks for. Without the `right` to commit there is no
    cycle, and no POST. `unwritten` are ended attempts, with their rows, that the ledger could not
    take yet.
    """

    ledger: Ledger
    sources: Mapping[str, Source]
    loyalty: Loyalty
    clock: Clock
    random: Random
    schedule: Schedule
    safety: Safety
    keys: Mapping[str, str] = field(default_factory=dict)
    outlets: Outlets = Outlets()
    kinds: Mapping[str, frozenset[str]] = field(default_factory=dict)
    right: Right = field(default_factory=NoRight)
    unwritten: list[tuple[Distribution, Attempt]] = field(default_factory=list)
    words: Words = Words(ZoneInfo("UTC"))  # noqa: RUF009  a value

    def key_of(self, remote: str) -> str:
        return self.keys.get(remote, "")

    def skew_of(self, remote: str) -> timedelta:
        """How far a remote's clock is ahead of ours (behind: negative), as last measured."""
        return self.sources[remote].skew if remote in self.sources else self.loyalty.skew

    def not_before_of(self, remote: str) -> datetime | None:
        """The instant before which a remote last asked not to be called."""
        if remote in self.sources:
            return self.sources[remote].not_before
        return self.loyalty.not_before

    @property
    def policy(self) -> Policy:
        """The settings that decisions read, with the loyalty platform's clock as last seen."""
        skew = allowance(self.loyalty.skew)
        return Policy(self.schedule, self.safety, self.loyalty.terms, skew)


def read_settings(path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the configuration and its variables; ConfigError with every problem."""
    point(Point.CONFIG_READING)
    found = settings_module.load(path, environment)
    point(Point.CONFIG_READ)
    return found


def read_rules(settings: Settings) -> RuleBook:
    """Read the mapping files; ConfigError with every problem."""
    return read_mappings(settings).book


def read_mappings(settings: Settings) -> Reading:
    """Read the mapping files, with all that is wrong with them."""
    point(Point.MAPPINGS_READING)
    found = load.read(
        Path(settings.mappings.path),
        schedule=settings.schedule,
        sources=frozenset(settings.sources),
    )
    point(Point.MAPPINGS_READ)
    return found


def read_basket(path: Path) -> Basket:
    """Read a basket file; ConfigError with every problem."""
    return basket.read(path)


@dataclass(frozen=True)
class MappingSets:
    """The mapping files as they are, and the set of them that the ledger kept last."""

    settings: Settings
    ledger: Ledger

    @property
    def path(self) -> Path:
        return Path(self.settings.mappings.path)

    def fingerprint(self) -> str:
        """Return a text that changes whenever the files do; ConfigError where there are none."""
        return fingerprint(self.path)

    def load(self) -> tuple[RuleBook, Mapping[str, str]]:
        """Read the files, and return their texts by name too; ConfigError with every problem."""
        reading = read_mappings(self.settings)
        return reading.book, {text.name: text.data.decode() for text in reading.texts}

    def accept(self, book: RuleBook, files: Mapping[str, str], at: datetime) -> None:
        """Keep a set as the one in force."""
        self.ledger.accept_mappings(book.digest, files, at=at)

    def accepted(self) -> RuleBook | None:
        """Return the set kept last; None without one, or where the settings no longer fit it."""
        kept = self.ledger.last_mappings()
        if kept is None:
            return None
        files = self.ledger.mapping_files(kept.digest)
        texts = [MappingText(name, text.encode(), name) for name, text in files.items()]
        sources = frozenset(self.settings.sources)
        return load.read_texts(texts, schedule=self.settings.schedule, sources=sources).accepted


def world_of(settings: Settings) -> Mapping[str, str]:
    """Return which account each remote is: its host, or the Salesforce My Domain."""
    sources = {
        name: one.domain.lower()
        if isinstance(one, SalesforceSettings)
        else urlsplit(one.base_url).netloc.lower()
        for name, one in settings.sources.items()
    }
    return {**sources, "punchh": urlsplit(settings.punchh.base_url).netloc.lower()}


def kinds_of(settings: Settings) -> Mapping[str, frozenset[str]]:
    """Return which kinds of send each source looks for."""
    return {name: SENDS[source.kind] for name, source in settings.sources.items()}


def open_ledger(settings: Settings, *, whole: bool = False, runtime: Path | None = None) -> Ledger:
    """Open the ledger of a configuration, in the words of its people."""
    return Ledger.open(
        settings.ledger.url,
        whole=whole,
        wording=wording_of(settings),
        mark=settings.ledger.mark_path,
        runtime=runtime,
    )


@contextmanager
def guests(settings: Settings, clock: Clock, random: Random) -> Iterator[Guests]:
    """Open Punchh as the configured test guests see it, and close it in the end."""
    http = settings.http
    line = Line("punchh", clock, random, proxy=http.proxy, ca_bundle=http.ca_bundle)
    found = Guests(settings.punchh, line)
    try:
        yield found
    finally:
        found.close()


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
def outlets(settings: Settings, clock: Clock, random: Random) -> Iterator[Outlets]:
    """Open every channel and the dead man's switch. Nothing is told yet."""
    alerts, http = settings.alerts, settings.http
    common: Any = {
        "clock": clock,
        "random": random,
        "proxy": http.proxy,
        "ca_bundle": http.ca_bundle,
    }
    with ExitStack() as stack:
        channels: dict[str, Channel] = {}
        for name, one in alerts.channels.items():
            channel = open_channel(name, one, **common)
            stack.callback(channel.close)
            channels[name] = channel
        heartbeat = open_heartbeat(settings.heartbeat, **common)
        if heartbeat is not None:
            stack.callback(heartbeat.close)
        yield Outlets(channels, alerts.routes, alerts.repeat_after, heartbeat)


@contextmanager
def workplace(
    settings: Settings,
    clock: Clock,
    random: Random,
    *,
    whole: bool = False,
    runtime: Path | None = None,
) -> Iterator[Work]:
    """Open ledger, remotes and channels for a cycle; LedgerError where the ledger refuses.

    Whoever is to commit wants the ledger `whole`, and a `runtime` folder for its second mark.
    """
    with (
        open_ledger(settings, whole=whole, runtime=runtime) as ledger,
        remotes(settings, clock, random) as (sources, punchh),
        outlets(settings, clock, random) as told,
    ):
        yield Work(
            ledger,
            sources,
            punchh,
            clock,
            random,
            settings.schedule,
            settings.safety,
            key_fingerprints(settings, ledger.ledger_id),
            told,
            kinds=kinds_of(settings),
            words=words_of(settings),
        )


def policy_of(settings: Settings, skew: timedelta) -> Policy:
    """Return what decisions read, where nothing is asked of Punchh: its clock as last measured."""
    return Policy(settings.schedule, settings.safety, terms_of(settings.punchh), allowance(skew))


# What the admin's calls to Punchh do not use: to change it says nothing of a refused key.
_OTHER_KEYS = {"client", "secret", "guest_user_agent", "canary_within", "canaries", "webhook"}


def key_fingerprints(settings: Settings, ledger_id: str) -> Mapping[str, str]:
    """Return for every remote and canary a short hash of its settings, keys included."""
    punchh = settings.punchh
    signed = [punchh.base_url, punchh.client, punchh.secret]
    return {
        **{name: _hashed(ledger_id, one.model_dump()) for name, one in settings.sources.items()},
        "punchh": _hashed(ledger_id, punchh.model_dump(exclude=_OTHER_KEYS)),
        **{
            f"canary:{name}": _hashed(ledger_id, *signed, one.model_dump())
            for name, one in punchh.canaries.items()
        },
    }


def _hashed(ledger_id: str, *settings: object) -> str:
    told = json.dumps([ledger_id, *settings], default=_revealed, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _revealed(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
