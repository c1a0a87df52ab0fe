"""Rules to paste for the sends that no rule claims.

Nothing is guessed that could give a wrong offer: what comes near stands in comments, with how
alike it is, and a redeemable that nobody has chosen is one that Punchh does not have.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from connector.domain import resolve
from connector.domain.distribution import Decision
from connector.domain.match import match
from connector.domain.names import normalise
from connector.domain.offer import Catalog
from connector.domain.reasons import Reason
from connector.domain.rules import RuleBook
from connector.domain.send import Send
from connector.domain.text import CALL, REPLACED, one_line
from connector.mapping.lint import CHOOSE

FEW = 5  # rules are shown beside what is told of their sends
_UNTAGGED = "It names no audience: tag it with one, or name the segment here"
_NAME = 60  # a rule's name is cut to so many letters
_SEVERAL = 10  # segments of one name are listed
_NULLS = ("", "null")
_RELATED = 55  # a redeemable is rarely called like its send: so many percent alike are worth a look


@dataclass(frozen=True, slots=True)
class Suggester:
    """What the rules for sends are made from.

    `spelled` tells an instant to a person, and `worded` a reason.
    """

    book: RuleBook
    catalog: Catalog | None
    spelled: Callable[[datetime], str]
    worded: Callable[[Reason], str] = attrgetter("key")

    def unclaimed(self, sends: Sequence[Send]) -> list[tuple[Send, ...]]:
        """Return the sends that no rule claims: together those of one name in one source."""
        found: dict[tuple[str, str], list[Send]] = {}
        for send in sends:
            if match(send, self.book).decision is Decision.UNMAPPED:
                found.setdefault((send.source, normalise(send.name)), []).append(send)
        return sorted((tuple(sorted(one, key=_fires)) for one in found.values()), key=_first)

    def ready(self, sends: Sequence[Send]) -> str:
        """Return the mapping file for some sends, where they are told of; "" if all are claimed.

        It holds the first few of their rules, and says so where there are more.
        """
        groups = self.unclaimed(sends)
        if not groups:
            return ""
        lines = [*self.file(groups[:FEW])]
        if left := len(groups[FEW:]):
            lines += ["", f"  # {left} more: `connector mappings suggest` writes them all"]
        return "\n".join(lines)

    def file(self, groups: Sequence[Sequence[Send]]) -> Iterator[str]:
        """Return the lines of a mapping file with a rule for each group."""
        yield "version: 1"
        yield "rules:"
        taken = {normalise(rule.name) for rule in self.book.rules}
        last: dict[str, int] = {}
        for index, sends in enumerate(groups):
            if index:
                yield ""
            name = _unused(sends[0], taken, last)
            taken.add(normalise(name))
            yield from self._rule(name, sends)

    def _rule(self, name: str, sends: Sequence[Send]) -> Iterator[str]:
        send = sends[0]
        yield f"  # {quoted(send.name)}: {send.kind} in {send.source}, {self._when(sends)}"
        if send.tags:
            yield f"  #   tags: {', '.join(map(quoted, send.tags))}"
        if send.problem:
            yield f"  #   problem: {quoted(one_line(self.worded(send.problem)))}"
        yield f"  - name: {name}"
        yield f"    match: {{{_conditions(send)}}}"
        audiences = {normalise(each): each for one in sends for each in one.audiences}
        for audience in audiences.values():
            yield from self._audience(audience)
        if not audiences:
            told = "Name the segment here" if send.problem else _UNTAGGED
            yield f"    # {told}."
            yield from self._segments(send.name)
        yield f"    redeemable: {CHOOSE}"
        if self.catalog is not None:
            for near, score in self.catalog.redeemable_names.ranked(send.name, least=_RELATED):
                yield f"    # redeemable: {quoted(near)}  # {score} % alike"
        yield '    # Or, in place of the redeemable:  ignore: "why no offer goes with it"'

    def _when(self, sends: Sequence[Send]) -> str:
        when = sends[0].when
        told = f"fires {self.spelled(when.scheduled_for)}" if when else "without a time"
        return told + (f", and {len(sends) - 1} more of that name" if len(sends) > 1 else "")

    def _audience(self, audience: str) -> Iterator[str]:
        name = self.book.segment_for(audience)
        if self.catalog is None:
            told = "that name" if normalise(name) == normalise(audience) else quoted(name)
            asked = f"is looked up in Punchh by {told}; or else:"
            yield f"    # Its audience {quoted(audience)} {asked}"
            yield from self._segments(name)
            return
        unread = resolve.unread_segments(name, self.catalog)
        match resolve.segments(name, self.catalog):
            case (_,) | () if unread:
                yield f"    # Its audience {quoted(audience)} may be a segment that cannot be read"
                yield f"    # in Punchh's list: {unread[0].shown}"
                yield "    # segment: {id: …}"
            case (one,):
                known = f"segment {quoted(one.name)} in Punchh ({one.segment_id})"
                yield f"    # Its audience {quoted(audience)} is {known}: no `segment` is needed."
            case ():
                yield f"    # Its audience {quoted(audience)} is no segment in Punchh. Nearest:"
                yield from self._segments(name)
            case several:
                yield f"    # Several segments in Punchh are named {quoted(name)}. One of:"
                for one in several[:_SEVERAL]:
                    yield f"    # segment: {{id: {one.segment_id}}}"

    def _segments(self, wanted: str) -> Iterator[str]:
        near = self.catalog.segment_names.ranked(wanted) if self.catalog else ()
        for name, score in near:
            yield f"    # segment: {quoted(name)}  # {score} % alike"
        if not near:
            yield '    # segment: "its name in Punchh"'


def _plain(text: str) -> str:
    """Return a simple word as it is, unless YAML would take it for nothing."""
    return quoted(text) if text in _NULLS else text


def quoted(text: str) -> str:
    """Return a text in YAML's double quotes, on one line, whatever it holds.

    It may stand in a chat message: nothing in it calls people there, or ends a block of code.
    """
    escaped = CALL.sub(lambda found: f"\\x{ord(found[0]):02X}", "".join(map(_escaped, text)))
    return f'"{escaped}"'


def _escaped(char: str) -> str:
    if char == "`":
        return "\\x60"
    if char in '"\\':
        return f"\\{char}"
    if char == " " or (char.isprintable() and char != "\ufeff"):
        return char
    return f"\\U{ord(char):08X}"


def _conditions(send: Send) -> str:
    """Return the keys by which a rule matches a send: by its name, if it has one."""
    key, text = ("send", send.name) if send.name.strip() else ("id", send.send_id)
    return f"source: {_plain(send.source)}, {key}: {_pattern(text)}"


def _pattern(text: str) -> str:
    """Return a pattern that a text fits, with a `?` for what a file or a pattern must not hold."""
    typed = "".join(" " if char.isspace() else char for char in text)
    return quoted("".join("?" if _wild(char) else char for char in typed))


def _wild(char: str) -> bool:
    lost = char == REPLACED
    return lost or unicodedata.category(char) in ("Cc", "Cs") or "*" in normalise(char)


def _unused(send: Send, taken: set[str], last: dict[str, int]) -> str:
    """Return a name for a rule that no other has; `last` keeps the last number of each stem."""
    plain = unicodedata.normalize("NFKD", send.name).encode("ascii", "ignore").decode().lower()
    stem = "-".join(re.findall("[a-z0-9]+", plain))[:_NAME].strip("-") or "send"
    number = last.get(stem, 1)
    name = stem if number == 1 else f"{stem}-{number}"
    while normalise(name) in taken or name in _NULLS:
        number += 1
        name = f"{stem}-{number}"
    last[stem] = number
    return name


def _fires(send: Send) -> tuple[bool, float]:
    return (send.when is None, send.when.first_delivery.timestamp() if send.when else 0.0)


def _first(sends: Sequence[Send]) -> tuple[tuple[bool, float], str]:
    return _fires(sends[0]), sends[0].name
