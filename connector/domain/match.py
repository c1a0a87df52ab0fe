"""Which rule claims a send, which offers that makes, and why other rules did not."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TypeAlias

from connector.domain import reasons
from connector.domain.distribution import Decision
from connector.domain.names import matcher, normalise, opening
from connector.domain.reasons import Reason
from connector.domain.rules import (
    Match as Conditions,
)
from connector.domain.rules import (
    RedeemableRef,
    RedeemableUuid,
    Rule,
    RuleBook,
    SegmentId,
    SegmentRef,
)
from connector.domain.send import Send


@dataclass(frozen=True, slots=True)
class Wanted:
    """One offer that a rule wants for a send, before names are looked up in Punchh.

    `audience` is the source's own name (several joined by ` + `), None where it names none.
    `segment` is Punchh's name after translation, or an id; None where no audience is known.
    """

    audience: str | None
    segment: SegmentRef | None
    redeemable: RedeemableRef

    @property
    def wanted_segment(self) -> str:
        """The segment's part of a distribution's identity: a normalised name or `id:123`."""
        match self.segment:
            case None:
                return ""
            case SegmentId(id=number):
                return f"id:{number}"
            case name:
                return normalise(name)

    @property
    def wanted_redeemable(self) -> str:
        """The redeemable's part of a distribution's identity: a normalised name or `uuid:…`."""
        match self.redeemable:
            case RedeemableUuid(uuid=uuid):
                return f"uuid:{normalise(uuid)}"
            case name:
                return normalise(name)


@dataclass(frozen=True, slots=True)
class Match:
    """What the rules say of a send; `left_out` are audiences its rule's `audience` does not fit."""

    decision: Decision
    rule: Rule | None
    reason: Reason
    wanted: tuple[Wanted, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """One rule tried on a send: where it stands, and why it did not match (empty: it did)."""

    rule: str
    place: str
    why_not: tuple[str, ...]


# A send's texts under the keys of a rule's `match`, normalised once for all rules.
_Seen: TypeAlias = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Test:
    """One condition of a rule; it holds where its pattern fits one of the send's texts."""

    key: str
    pattern: str
    finds: Callable[[str], object]

    def holds(self, seen: _Seen) -> bool:
        finds = self.finds
        for text in seen[self.key]:  # noqa: SIM110 - the hottest loop of a cycle
            if finds(text):
                return True
        return False


@dataclass(frozen=True, slots=True, eq=False)
class _Rules:
    """A book's rules as a cache's key: the very same tuple, since comparing all would cost more."""

    rules: tuple[Rule, ...]

    def __hash__(self) -> int:
        return id(self.rules)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Rules) and other.rules is self.rules


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The tests of each rule, and the rules by how the id or the name of their sends begins.

    `lengths` are those of the beginnings, by key.
    """

    tests: tuple[tuple[_Test, ...], ...]
    by_opening: Mapping[tuple[str, str], Sequence[int]]
    lengths: Mapping[str, Collection[int]]

    def worth_a_try(self, seen: _Seen) -> Sequence[int]:
        """Return the numbers of the rules that may match, in their order."""
        found = [self.by_opening.get(_ANY, ())]
        for key, lengths in self.lengths.items():
            text = seen[key][0]
            found += (self.by_opening.get((key, text[:length]), ()) for length in lengths)
        several = [numbers for numbers in found if numbers]
        return sorted(chain(*several)) if len(several) > 1 else (*several, ())[0]


_ANY = ("", "")


def match(send: Send, book: RuleBook) -> Match:
    """Return what the first matching rule says of a send."""
    seen, prepared = _seen(send), _prepared(_Rules(book.rules))
    for number in prepared.worth_a_try(seen):
        for test in prepared.tests[number]:
            if not test.holds(seen):
                break
        else:
            return _said(book.rules[number], send, book)
    return Match(Decision.UNMAPPED, None, reasons.unmapped(send.audiences, send.problem))


def trace(send: Send, book: RuleBook) -> tuple[Trial, ...]:
    """Return every rule tried, in order, up to and including the first that matches."""
    seen = _seen(send)
    trials = []
    for rule, tests in zip(book.rules, _prepared(_Rules(book.rules)).tests, strict=True):
        why_not = tuple(
            _told(test.key, test.pattern, send) for test in tests if not test.holds(seen)
        )
        trials.append(Trial(rule.name, book.places.get(rule.name, ""), why_not))
        if not why_not:
            break
    return tuple(trials)


def _seen(send: Send) -> _Seen:
    return {
        "source": (normalise(send.source),),
        "kind": (normalise(send.kind),),
        "send": (normalise(send.name),),
        "id": (normalise(send.send_id),),
        "tags": tuple(normalise(tag) for tag in send.tags),
        "audience": tuple(normalise(audience) for audience in send.audiences),
    }


@lru_cache(maxsize=4)
def _prepared(key: _Rules) -> _Prepared:
    by_opening: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, rule in enumerate(key.rules):
        by_opening[_opening(rule.match)].append(number)
    lengths: dict[str, set[int]] = defaultdict(set)
    for name, text in by_opening.keys() - {_ANY}:
        lengths[name].add(len(text))
    return _Prepared(tuple(tuple(_tests(rule.match)) for rule in key.rules), by_opening, lengths)


def _opening(given: Conditions) -> tuple[str, str]:
    """Return how the id or the name of every send begins that a rule can match."""
    for key in ("id", "send"):
        pattern: str | None = getattr(given, key)
        if begins := opening(pattern or ""):
            return key, begins
    return _ANY


def _tests(given: Conditions) -> Iterator[_Test]:
    for key in ("source", "kind", "send", "id", "tags", "audience"):
        patterns = getattr(given, key) or ()
        for pattern in (patterns,) if isinstance(patterns, str) else patterns:
            yield _Test(key, pattern, matcher(pattern))


def _said(rule: Rule, send: Send, book: RuleBook) -> Match:
    """Return what a rule that matches makes of a send."""
    if rule.ignore is not None:
        return Match(Decision.IGNORED, rule, reasons.ignored(rule.name, rule.ignore))
    taken, left_out = _narrowed(rule.match.audience, send.audiences)
    wanted = _merged(_wanted(rule, taken, book))
    return Match(Decision.CLAIMED, rule, reasons.claimed(rule.name), wanted, left_out)


def _told(key: str, pattern: str, send: Send) -> str:
    match key:
        case "tags" if "*" in pattern or "?" in pattern:
            return f'no tag fits "{pattern}"'
        case "tags":
            return f'tag "{pattern}" is missing'
        case "audience" if send.audiences:
            names = ", ".join(f'"{name}"' for name in send.audiences)
            return f'no audience fits "{pattern}" (the send names {names})'
        case "audience":
            return f'the send names no audience that could fit "{pattern}"'
        case _:
            texts = {
                "source": send.source,
                "kind": send.kind,
                "send": send.name,
                "id": send.send_id,
            }
            return f'{key} "{texts[key]}" does not fit "{pattern}"'


def _narrowed(
    pattern: str | None, audiences: Iterable[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Part the audiences, each once, into those a rule is about and the rest."""
    finds = matcher(pattern) if pattern is not None else None
    once = {normalise(audience): audience for audience in reversed(tuple(audiences))}
    taken: list[str] = []
    left_out: list[str] = []
    for normal, audience in reversed(once.items()):
        fitting = finds is None or finds(normal) is not None
        (taken if fitting else left_out).append(audience)
    return tuple(taken), tuple(left_out)


def _wanted(rule: Rule, audiences: tuple[str, ...], book: RuleBook) -> Iterator[Wanted]:
    pairs: list[tuple[str | None, SegmentRef | None]]
    if rule.segments:
        together = " + ".join(audiences) or None
        pairs = [
            (together, book.segment_for(one) if isinstance(one, str) else one)
            for one in rule.segments
        ]
    else:
        pairs = [(audience, book.segment_for(audience)) for audience in audiences]
    for audience, segment in pairs or [(None, None)]:
        for redeemable in rule.redeemables:
            yield Wanted(audience, segment, redeemable)


def _merged(several: Iterable[Wanted]) -> tuple[Wanted, ...]:
    """Make one of those with one identity; it then stands for the audiences of all of them."""
    found: dict[tuple[str, str], Wanted] = {}
    for one in several:
        identity = (one.wanted_segment, one.wanted_redeemable)
        first = found.setdefault(identity, one)
        if first.audience and one.audience and first.audience != one.audience:
            joined = dict.fromkeys([*first.audience.split(" + "), *one.audience.split(" + ")])
            found[identity] = Wanted(" + ".join(joined), first.segment, first.redeemable)
    return tuple(found.values())
