"""`connector mappings check`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from connector import telemetry
from connector.app import read_rules, read_settings, remotes
from connector.cli.verbs.shared import say
from connector.clock import SystemClock, randomness
from connector.domain import resolve
from connector.domain.match import match
from connector.domain.names import normalise
from connector.domain.offer import Catalog
from connector.domain.rules import Rule, RuleBook
from connector.domain.send import Send
from connector.errors import ConfigError


def run(config: Path, *, live: bool) -> int:
    """Load the files as the worker does; with `live`, look their names up too."""
    telemetry.quiet()
    settings = read_settings(config)
    book = read_rules(settings)
    if live:
        clock = SystemClock()
        with remotes(settings, clock, randomness()) as (sources, punchh):
            problems = list(_unknown_names(book, punchh.catalog()))
            sends = [
                send
                for source in sources.values()
                for send in source.poll(clock.now(), frozenset()).sends
            ]
        if problems:
            raise ConfigError(problems)
        for line in _idle(book, sends):
            say(line)
    say(f"{len(book.rules)} rules are fine" + (", and Punchh knows their names" if live else ""))
    return 0


def _unknown_names(book: RuleBook, catalog: Catalog) -> Iterator[str]:
    for rule in book.rules:
        for told in _of_rule(rule, book, catalog):
            yield f"{book.places[rule.name]}: rule {rule.name}: {told}"
    for audience, segment in book.segments.items():
        _, reason = resolve.segment(segment, catalog)
        if reason:
            yield f"segments: {audience}: {reason}"


def _idle(book: RuleBook, sends: Sequence[Send]) -> Iterator[str]:
    """Name the rules and audiences that no scheduled send has now; that need not be wrong."""
    claimed = {found.rule.name for send in sends if (found := match(send, book)).rule}
    seen = {normalise(audience) for send in sends for audience in send.audiences}
    for rule in book.rules:
        if rule.name not in claimed:
            yield f"{book.places[rule.name]}: note: rule {rule.name} claims no scheduled send now"
    for audience in sorted(book.segments.keys() - seen):
        yield f"segments: note: no scheduled send has the audience “{audience}” now"


def _of_rule(rule: Rule, book: RuleBook, catalog: Catalog) -> Iterator[str]:
    for wanted in rule.segments:
        named = book.segment_for(wanted) if isinstance(wanted, str) else wanted
        _, reason = resolve.segment(named, catalog)
        if reason:
            yield str(reason)
    for offer in rule.redeemables:
        _, reason = resolve.redeemable(offer, catalog)
        if reason:
            yield str(reason)
