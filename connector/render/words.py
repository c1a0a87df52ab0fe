"""A reason in words, in the business's zone: the one place where people's sentences are made.

A text is a template over a reason's facts. It is put together as pieces, so that a page can set
commands and instants apart without ever reading a sentence again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import lru_cache
from string import Formatter
from zoneinfo import ZoneInfo

from connector.domain.reasons import Param, Reason, span
from connector.render.texts import SAID, TEXTS, Text

ANY_ID = "ID"  # stands in a command where no row's id is known
_MAY_MISS = ("?", "|")
_END = (".", "?", "!", "…")


class Kind(Enum):
    """What a piece of a sentence is."""

    PLAIN = auto()
    COMMAND = auto()
    INSTANT = auto()


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a sentence; an instant's piece has the instant `at`, aware, in UTC."""

    text: str
    kind: Kind = Kind.PLAIN
    at: datetime | None = None


Pieces = tuple[Piece, ...]


def local(moment: datetime | None, zone: ZoneInfo) -> str:
    """Spell an instant by the business's wall clock: `Sun 22 Nov 10:30 EST`."""
    return f"{moment.astimezone(zone):%a %d %b %H:%M %Z}" if moment else "-"


def plain(pieces: Iterable[Piece]) -> str:
    """Join pieces to a text; commands stand between backticks."""
    return "".join(f"`{one.text}`" if one.kind is Kind.COMMAND else one.text for one in pieces)


def commands(pieces: Iterable[Piece]) -> list[Piece]:
    return [piece for piece in pieces if piece.kind is Kind.COMMAND]


class Words:
    """Reasons in words, for people of one zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone

    def local(self, moment: datetime | None) -> str:
        """Spell an instant by the business's wall clock."""
        return local(moment, self.zone)

    def sentence(self, reason: Reason | None, id: str = ANY_ID) -> str:
        """Return what happened and why, without a full stop; "" without a reason."""
        return plain(self.sentence_pieces(reason, id))

    def next_step(self, reason: Reason | None, id: str = ANY_ID) -> str:
        """Return what to do next, without a full stop; "" where nothing is to be done.

        `id` is the row's whose commands it names.
        """
        return plain(self.step_pieces(reason, id))

    def whole(self, reason: Reason | None, id: str = ANY_ID) -> str:
        """Return both as full sentences."""
        return plain(self.whole_pieces(reason, id))

    def sentence_pieces(self, reason: Reason | None, id: str = ANY_ID) -> Pieces:
        return tuple(self._made(_text(reason).sentence, _facts(reason, id))) if reason else ()

    def step_pieces(self, reason: Reason | None, id: str = ANY_ID) -> Pieces:
        return tuple(self._made(_text(reason).next_step, _facts(reason, id))) if reason else ()

    def whole_pieces(self, reason: Reason | None, id: str = ANY_ID) -> Pieces:
        found: list[Piece] = []
        for part in (self.sentence_pieces(reason, id), self.step_pieces(reason, id)):
            if part:
                found += [Piece(" "), *part] if found else part
                if not plain(part).endswith(_END):
                    found.append(Piece("."))
        return tuple(found)

    def pieces(self, template: str, **facts: Param) -> Pieces:
        """Put a template of its own into words, such as a step that a page shows."""
        return tuple(self._made(template, {"id": ANY_ID, **facts}))

    def _made(self, template: str, facts: Mapping[str, Param]) -> Iterator[Piece]:
        command: list[str] | None = None
        for literal, field, spec in _tokens(template):
            for place, part in enumerate(literal.split("`")):
                if place:  # a backtick stood before it: a command begins or ends
                    if command is not None:
                        yield Piece("".join(command), Kind.COMMAND)
                    command = [] if command is None else None
                if part and command is not None:
                    command.append(part)
                elif part:
                    yield Piece(part)
            if field is None:
                continue
            value = facts.get(field) if spec.startswith(_MAY_MISS) else facts[field]
            pieces = self._spelled(value, spec, str(facts["id"]))
            if command is not None:
                command.append("".join(one.text for one in pieces))
            else:
                yield from pieces

    def _spelled(self, value: Param, spec: str, id: str) -> Iterator[Piece]:
        """Spell one fact. `?BEFORE|AFTER` go with one that is there; `|ELSE`: in its place."""
        if not spec.startswith(_MAY_MISS):
            yield from self._known(value, spec, id)
        elif spec[0] == "|":
            yield from (Piece(spec[1:]),) if value is None else self._known(value, "", id)
        elif value is not None:
            before, _, after = spec[1:].partition("|")
            yield Piece(before)
            yield from self._known(value, "", id)
            yield Piece(after)

    def _known(self, value: Param, spec: str, id: str) -> Iterator[Piece]:
        match value:
            case Reason():
                yield from self._nested(value, spec, id)
            case datetime():
                yield Piece(local(value, self.zone), Kind.INSTANT, value)
            case timedelta():
                yield Piece(span(value))
            case tuple() if spec == "resolve":
                yield from _resolving(value, id)
            case tuple():
                yield Piece(_LISTS[spec](value))
            case _:
                yield Piece(str(value))

    def _nested(self, why: Reason, spec: str, id: str) -> Iterator[Piece]:
        """Spell a reason within another: `step` is its next step, `step|ELSE` that or another.

        `whole` is both its sentences.
        """
        form, _, other = spec.partition("|")
        if form != "step":
            yield from self.sentence_pieces(why, id)
        if form in ("step", "whole") and (step := self.step_pieces(why, id)):
            yield from step if form == "step" else (Piece(". "), *step)
        elif other:
            yield Piece(other)


def _quoted(names: Iterable[object]) -> str:
    return ", ".join(f"“{name}”" for name in names)


_LISTS: Mapping[str, Callable[[Iterable[object]], str]] = {
    "": _quoted,
    "list": lambda names: ", ".join(map(str, names)),
    "and": lambda names: " and ".join(map(str, names)),
    "or": lambda names: " or ".join(map(str, names)),
    "count": lambda names: str(len(tuple(names))),
}


def _resolving(campaigns: Iterable[object], id: str) -> Iterator[Piece]:
    """Name the command that settles an unknown by each of several campaigns."""
    for place, campaign in enumerate(campaigns):
        if place:
            yield Piece(" or ")
        words = f"connector ledger resolve {id} --committed {campaign} --reason …"
        yield Piece(words, Kind.COMMAND)


_UNKNOWN = Text("{code}")


def _facts(reason: Reason, id: str) -> Mapping[str, Param]:
    return {"id": id, "code": reason.code, **reason.facts}


def _text(reason: Reason) -> Text:
    """Return the text of a reason; of one that no text is known for, its code."""
    return TEXTS.get(reason.key) or SAID.get(reason.variant) or _UNKNOWN


@lru_cache(maxsize=1024)
def _tokens(template: str) -> tuple[tuple[str, str | None, str], ...]:
    return tuple(
        (literal, field, spec or "") for literal, field, spec, _ in Formatter().parse(template)
    )
