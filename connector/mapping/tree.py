"""YAML to plain data in which every scalar is the text that was typed, with its places.

Nothing is constructed, so `no`, `12:30` and `0123` stay what they are, and nothing is nested or
repeated by reference. The parser's events are read one by one, so no depth exhausts the stack.
"""

from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)
from ruamel.yaml.events import CollectionEndEvent as EndEvent

from connector.domain.findings import Code, Place
from connector.domain.text import UNFIT
from connector.mapping import syntax
from connector.mapping.places import START, Path, Plain, Problem, subject

DEEPEST = 20
LONGEST = 1_000  # characters of a text
MOST = 200_000  # keys, texts, groups and lists: five thousand long rules have as many
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_EMPTY_FILE = Problem(START, Code.YAML, 'the file is empty: it begins with "version: 1"')


@dataclass(slots=True)
class Tree:
    """What a file says, where each key and each value stands, and what is wrong so far.

    `value` is None where nothing could be read; `ends` tells of a text where it ends, by where
    it begins, quotes included. `size` counts keys, texts, groups and lists, also those of the
    files read before it.
    """

    value: Plain | None = None
    lines: tuple[str, ...] = ()
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    ends: dict[Place, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    size: int = 0

    def key_place(self, path: Path) -> Place:
        """Return the place of a path's key; of an item in a list, its own."""
        return self.keys.get(path) or self.place(path)

    def place(self, path: Path) -> Place:
        """Return the place of a path's value, or of the nearest thing around it."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, START)

    def width(self, place: Place) -> int:
        """Return how many characters stand from a place to the end of its text in that line."""
        end = self.ends.get(place, place)
        last = end.column if end.line == place.line else len(self.line(place)) + 1
        return max(1, last - place.column)

    def line(self, place: Place) -> str:
        return self.lines[place.line - 1] if place.line <= len(self.lines) else ""


def read(data: bytes, *, before: int = 0, most: int = MOST) -> Tree:
    """Read a file's bytes; whatever is wrong with them stands in the tree's problems.

    At most so many keys and values are read, `before` of them in other files.
    """
    text = syntax.decode(data)
    if isinstance(text, Problem):
        return Tree(problems=[text])
    builder = _Builder(Tree(lines=syntax.lines(text), size=before), most)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            if not builder.take(event):
                break
    except (
        YAMLError,
        ArithmeticError,
        AssertionError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        # ruamel lets a few plain errors through (an escape beyond Unicode, say).
        builder.tree.problems.append(syntax.told(error, builder.reached))
        builder.tree.value = None
    tree = builder.tree
    if tree.value is None and not tree.problems:
        tree.problems.append(_EMPTY_FILE)
    return tree


@dataclass(slots=True)
class _Open:
    """A list or group that is being read; no path where it is only read past."""

    node: list[Plain] | dict[str, Plain]
    path: Path | None
    key: str | None = None
    wants_value: bool = False


class _Builder:
    def __init__(self, tree: Tree, most: int) -> None:
        self.tree = tree
        self.reached = START
        self._most = most
        self._open: list[_Open] = []
        self._documents = 0

    def take(self, event: Any) -> bool:
        """Take the next event; False where reading on makes no sense."""
        self.reached = _place(event.start_mark)
        match event:
            case DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    self._problem("only one document may stand in a file: take out this one")
                    return False
            case NodeEvent() if self._has_enough():
                return False
            case AliasEvent():
                self._alias(event)
            case NodeEvent():
                self._properties(event)
                return self._started(event)
            case EndEvent():
                self._open.pop()
            case _:
                pass
        return True

    def _has_enough(self) -> bool:
        self.tree.size += 1
        if self.tree.size <= self._most:
            return False
        self._problem(f"there are too many keys and values: at most {self._most:,} are read")
        self.tree.value = None
        return True

    def _started(self, event: Any) -> bool:
        match event:
            case ScalarEvent():
                self.tree.ends[self.reached] = _place(event.end_mark)
                self._scalar(event)
            case MappingStartEvent():
                self._push({})
            case SequenceStartEvent():
                self._push([])
        if len(self._open) > DEEPEST:
            self._problem(f"nested more than {DEEPEST} deep")
            self.tree.value = None
            return False
        return True

    def _alias(self, event: Any) -> None:
        top = self._wants_key()
        if top:
            top.wants_value, top.key = True, None
        path = None if top else self._put("")
        self._problem(
            f'text that starts with "*" must be in quotes: "*{event.anchor}" '
            "(YAML aliases are not supported)",
            path,
        )

    def _properties(self, event: Any) -> None:
        if event.anchor is not None:
            self._problem(
                f'text that starts with "&" must be in quotes: "&{event.anchor}" '
                "(YAML anchors are not supported)"
            )
        if event.tag is not None:
            self._problem(
                'text that starts with "!" must be in quotes (YAML tags are not supported)'
            )

    def _scalar(self, event: Any) -> None:
        text: str = event.value
        if len(text) > LONGEST:
            self._problem(f"a text has {len(text):,} characters, and may have {LONGEST:,}")
            text = text[:LONGEST]
        empty = not event.style and text in _NULLS
        if (unfit := UNFIT.search(text)) is not None:
            code = f"U+{ord(unfit[0]):04X}"
            self._problem(f"the text holds a character that cannot be shown ({code})")
        if self._wants_key():
            self._key(self._open[-1], text, plain=not event.style)
        elif self._open or not empty:
            path = self._put(text)
            if empty and path is not None:
                hint = f": put {text} in quotes if that text is meant" if text else ""
                place = self.tree.key_place(path)
                message = f"{subject(path)} is empty{hint}"
                fix = "" if hint else "write a value, or take it out"
                self.tree.problems.append(Problem(place, Code.VALUE, message, path, fix))

    def _wants_key(self) -> _Open | None:
        """Return the innermost group if what comes next is a key of it."""
        top = self._open[-1] if self._open else None
        return top if top and isinstance(top.node, dict) and not top.wants_value else None

    def _key(self, top: _Open, text: str, *, plain: bool) -> None:
        top.wants_value = True
        top.key = None
        if plain and text in _NULLS:
            self._problem("a key is empty")
        elif plain and text == "<<":
            self._problem('merge keys ("<<") are not supported: write the keys out')
        elif text in top.node and top.path is not None:
            first = self.tree.keys[(*top.path, text)]
            self._problem(
                f'duplicate key "{text}": it stands already in line {first.line}',
                fix="take out one of the two",
            )
        else:
            top.key = text
            if top.path is not None:
                self.tree.keys[(*top.path, text)] = self.reached

    def _push(self, node: list[Plain] | dict[str, Plain]) -> None:
        top = self._wants_key()
        if top:
            self._problem("a key must be text")
            top.wants_value, top.key = True, None
            self._open.append(_Open(node, None))
        else:
            self._open.append(_Open(node, self._put(node)))

    def _put(self, value: Plain) -> Path | None:
        """Put a value where it belongs and return its path; None where it belongs nowhere."""
        if not self._open:
            self.tree.value = value
            self.tree.values[()] = self.reached
            return ()
        top = self._open[-1]
        top.wants_value = False
        path: Path | None = None
        if isinstance(top.node, list):
            path = None if top.path is None else (*top.path, len(top.node))
            top.node.append(value)
        elif top.key is not None:
            path = None if top.path is None else (*top.path, top.key)
            top.node[top.key] = value
        if path is not None:
            self.tree.values[path] = self.reached
        return path

    def _problem(self, message: str, path: Path | None = None, fix: str = "") -> None:
        self.tree.problems.append(Problem(self.reached, Code.YAML, message, path, fix))


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)
