"""Kinds of send that an account does not show, and the rules that may be waiting for one."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from connector.domain.names import fits
from connector.domain.reasons import Reason, reason
from connector.domain.rules import RuleBook
from connector.domain.standing import RemoteNote

SHOWN = 3  # rules that are named in a sentence


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One kind that was never read from a source, though the source was.

    `rules` are those that could claim such a send; `named` is true where one asks for the kind.
    """

    source: str
    kind: str
    rules: tuple[str, ...]
    named: bool


def left_out(
    remotes: Mapping[str, RemoteNote], kinds: Mapping[str, Collection[str]], book: RuleBook | None
) -> tuple[LeftOut, ...]:
    """Return what is left out and could bring an offer; `kinds` are looked for, by source."""
    return tuple(
        unread
        for source, wanted in sorted(kinds.items())
        if (note := remotes.get(source)) is not None and note.last_good_at is not None
        for kind in sorted(set(wanted) - note.kinds)
        if book is not None and (unread := wanted_by(book, source, kind)).rules
    )


def wanted_by(book: RuleBook, source: str, kind: str) -> LeftOut:
    """Say which rules could claim a send of that kind and source, whatever else they ask for."""
    rules = [
        rule
        for rule in book.rules
        if rule.ignore is None
        and (rule.match.source is None or fits(rule.match.source, source))
        and (rule.match.kind is None or fits(rule.match.kind, kind))
    ]
    named = any(rule.match.kind is not None for rule in rules)
    return LeftOut(source, kind, tuple(rule.name for rule in rules), named)


def asked_for(kinds: Collection[LeftOut]) -> Iterator[LeftOut]:
    """Give those that a rule asks for by name: others may never come in such an account."""
    return (kind for kind in kinds if kind.named)


def why_left_out(unread: LeftOut) -> Reason:
    rules, source, kind = unread.rules[:SHOWN], unread.source, unread.kind
    if (more := len(unread.rules) - SHOWN) > 0:
        return reason("kind-left-out/several", kind=kind, source=source, rules=rules, more=more)
    return reason("kind-left-out/awaited", kind=kind, source=source, rules=rules)
