"""What the loader accepts, though it is hardly what its writer meant.

Like the loader's own checks, these look at the plain data, so that they speak even where another
key is still wrong.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from pydantic import ValidationError

from connector.domain.findings import Code, Finding, Place, Severity
from connector.domain.lookalikes import Odd, in_curly_quotes, odd
from connector.domain.names import fits, normalise, ranked
from connector.domain.rules import Match, Rule
from connector.domain.send import KINDS
from connector.domain.shadow import Earlier, covers
from connector.mapping.checks import Written, rules_of, translations_of
from connector.mapping.places import Path, Plain, Problem, form, subject
from connector.mapping.tree import Tree

CHOOSE = "CHOOSE A REDEEMABLE"  # stands in a suggested rule until somebody has chosen
_OFFER_KEYS = tuple(
    key
    for key in Rule.model_fields
    if key not in ("name", "match", "segment", "redeemable", "ignore")
)
_GLUED = re.compile(r"[ \t]+#(?=[^\s#])")  # a comment does not begin so; a part of a name may
_COMMENT = re.compile(r"(^|\s)#.*")


def lint(files: Sequence[Written], sources: Collection[str] = ()) -> Iterator[Finding]:
    """Find all of that in a set of files; `sources` are the configured names."""
    for file in files:
        tree = file.tree
        for found in (_odd_characters(tree), _outer_blanks(tree), _cut_short(tree)):
            yield from map(file.found, found)
        yield from map(file.found, _of_rules(tree, sources))
    yield from _shadowed(files, sources)
    yield from _translations(files)


def _warning(place: Place, code: Code, message: str, fix: str) -> Problem:
    return Problem(place, code, message, fix=fix, severity=Severity.WARNING)


# --- characters -------------------------------------------------------------------------------


def _texts(tree: Tree) -> Iterator[tuple[Path, Place, str]]:
    """Return every key and every text of a file, but for those that are free prose."""
    for path, place in tree.keys.items():
        yield path, place, str(path[-1])
    for path, place in tree.values.items():
        value = _at(tree.value, path)
        if isinstance(value, str) and value and path[-1:] != ("ignore",):
            yield path, place, value


def _at(value: Plain | None, path: Path) -> Plain | None:
    for step in path:
        value = value[step] if value is not None else None  # type: ignore[index]
    return value


def _odd_characters(tree: Tree) -> Iterator[Problem]:
    if tree.value is None:  # one of them may be what hinders the reading
        pieces = [[(Place(n, 1), _COMMENT.sub("", line))] for n, line in enumerate(tree.lines, 1)]
    else:
        pieces = [list(_typed(tree, place)) for _, place, _ in _texts(tree)]
        yield from _curly_quotes(tree)
    for piece in pieces:
        found = [
            (Place(start.line, start.column + one.index), one)
            for start, text in piece
            for one in odd(text)
        ]
        if found:
            yield _odd(*found[0], len(found) - 1)


def _typed(tree: Tree, start: Place) -> Iterator[tuple[Place, str]]:
    """Return the pieces of lines that a text takes up as it was typed."""
    end = tree.ends.get(start, start)
    for number in range(start.line, end.line + 1):
        first = start.column if number == start.line else 1
        last = end.column - 1 if number == end.line else None
        yield Place(number, first), tree.line(Place(number, 1))[first - 1 : last]


def _odd(place: Place, one: Odd, others: int) -> Problem:
    more = f"; {others} more such characters follow" if others else ""
    match one.instead:
        case "":
            message = f"a character that shows nothing stands here ({one.told}){more}"
            fix = "delete it, or type the text anew"
        case " ":
            message = f"this blank is no plain one ({one.told}){more}"
            fix = "type a plain blank in its place"
        case letter:
            message = f'this "{one.char}" only looks like a Latin "{letter}" ({one.told}){more}'
            fix = f'type "{letter}" in its place'
    return replace(_warning(place, Code.LOOK_ALIKE, message, fix), width=1)


def _curly_quotes(tree: Tree) -> Iterator[Problem]:
    for _, place, text in _texts(tree):
        if in_curly_quotes(text):
            message = f"the quotes {text[0]} {text[-1]} are taken for a part of the name"
            fix = f'use straight ones: "{text[1:-1]}"'
            yield _warning(place, Code.LOOK_ALIKE, message, fix)


def _outer_blanks(tree: Tree) -> Iterator[Problem]:
    for _, place, text in _texts(tree):
        bare = text.rstrip("\n").strip(" \t")
        if bare and bare != text.rstrip("\n"):
            where = "before" if text[0] in " \t" else "after"
            message = f"a blank stands within the quotes {where} the text"
            fix = f'write "{bare}": names are compared without outer blanks'
            yield _warning(place, Code.BLANKS, message, fix)


def _cut_short(tree: Tree) -> Iterator[Problem]:
    """Find names of which a part is taken for a comment: `10% off #1`."""
    for path, place, _ in _texts(tree):
        end = tree.ends.get(place, place)
        typed_plain = tree.line(place)[place.column - 1 : place.column] not in ('"', "'")
        found = _GLUED.match(tree.line(end), end.column - 1)
        if path in tree.values and typed_plain and found:
            message = 'a comment begins at this "#": what follows is no part of the text before it'
            fix = 'put the whole text into quotes if it is, else leave a blank after the "#"'
            at = Place(end.line, found.end())
            yield replace(_warning(at, Code.COMMENT, message, fix), width=1)


# --- one rule ---------------------------------------------------------------------------------


def _of_rules(tree: Tree, sources: Collection[str]) -> Iterator[Problem]:
    for path, rule in rules_of(tree):
        yield from _no_effect(tree, path, rule)
        yield from _unchosen(tree, path, rule)
        match = rule.get("match")
        for above, group in ((path, rule), ((*path, "match"), match)):
            yield from _repeated(tree, above, group if isinstance(group, dict) else {})
        if isinstance(match, dict):
            yield from _never_fits(tree, (*path, "match"), match, sources)


def _no_effect(tree: Tree, path: Path, rule: dict[str, Plain]) -> Iterator[Problem]:
    if "ignore" in rule:
        for key in _OFFER_KEYS:
            if key in rule:
                message = f'"{key}" has no effect in a rule with "ignore"'
                yield _warning(tree.key_place((*path, key)), Code.NO_EFFECT, message, "take it out")
    elif "several" in rule and isinstance(rule.get("segment"), str | dict):
        message = '"several" has no effect in a rule with one segment'
        yield _warning(tree.key_place((*path, "several")), Code.NO_EFFECT, message, "take it out")


def _unchosen(tree: Tree, path: Path, rule: dict[str, Plain]) -> Iterator[Problem]:
    if rule.get("redeemable") == CHOOSE:
        place = tree.place((*path, "redeemable"))
        fix = "write the redeemable's name as it is in Punchh"
        yield Problem(place, Code.CHOOSE, "no redeemable is chosen yet", fix=fix)


def _repeated(tree: Tree, path: Path, group: dict[str, Plain]) -> Iterator[Problem]:
    for key, items in group.items():
        seen: set[str] = set()
        for index, item in enumerate(items if isinstance(items, list) else ()):
            named = normalise(item) if isinstance(item, str) else repr(item)
            if named in seen and form(item) != "a list":
                at = (*path, key, index)
                message = f"{subject(at)} stands in the list already"
                yield _warning(tree.place(at), Code.TWICE, message, "take it out")
            seen.add(named)


def _never_fits(
    tree: Tree, path: Path, match: dict[str, Plain], sources: Collection[str]
) -> Iterator[Problem]:
    kind, source = match.get("kind"), match.get("source")
    if isinstance(kind, str) and kind.strip() and not any(fits(kind, one) for one in KINDS):
        near = ranked(kind, KINDS, 1)
        fix = f'did you mean "{near[0][0]}"?' if near else f"there are {', '.join(KINDS)}"
        message = f'no send is of the kind "{kind}": the rule can never match'
        yield _warning(tree.place((*path, "kind")), Code.NO_EFFECT, message, fix)
    wild = isinstance(source, str) and ("*" in source or "?" in source)
    if wild and sources and not any(fits(str(source), one) for one in sources):
        message = f'no source fits "{source}": the rule can never match'
        fix = f"configured: {', '.join(sorted(sources))}"
        yield _warning(tree.place((*path, "source")), Code.SOURCE, message, fix)


# --- all of them together ---------------------------------------------------------------------


def _shadowed(files: Sequence[Written], sources: Collection[str]) -> Iterator[Finding]:
    """Find rules that can claim nothing, because an earlier one takes all that they fit."""
    earlier = Earlier(sources)
    called: list[str] = []
    for file in files:
        for path, rule in rules_of(file.tree):
            try:
                match = Match.model_validate(rule.get("match"))
            except ValidationError:
                continue
            name, place = str(rule.get("name")), file.tree.place((*path, "name"))
            number = earlier.first_covering(match)
            if earlier.exhausted:
                yield file.found(_not_compared(place))
                return
            if number is None:
                earlier.add(match)
                called.append(f'rule "{name}" ({file.told(place)})')
            else:
                same = covers(match, earlier.rule(number), sources)
                yield file.found(_hidden(place, same=same, other=called[number]))


def _not_compared(place: Place) -> Problem:
    message = "from this rule on, it is not checked whether an earlier rule takes all that it fits"
    fix = "begin patterns with plain text rather than a wildcard: too many rules look alike"
    return Problem(place, Code.SHADOWED, message, fix=fix, severity=Severity.NOTE)


def _hidden(place: Place, *, same: bool, other: str) -> Problem:
    if same:
        message = f"this rule fits the very sends that {other} claims before it"
        fix = 'take one of the two out, or let their "match" differ'
    else:
        message = f"this rule can claim nothing: {other} comes first and takes all that it fits"
        fix = "move this rule above that one, or take it out"
    return _warning(place, Code.SHADOWED, message, fix)


def _translations(files: Sequence[Written]) -> Iterator[Finding]:
    """Find entries of `segments` that say nothing, or nothing new."""
    first: dict[str, tuple[str, str]] = {}
    for file in files:
        for audience, segment in translations_of(file.tree):
            place = file.tree.key_place(("segments", audience))
            before = first.setdefault(normalise(audience), (normalise(segment), file.told(place)))
            if normalise(audience) == normalise(segment):
                message = f'"{audience}" is translated to itself'
                fix = "take the entry out: names that are equal need none"
                yield file.found(_warning(place, Code.NO_EFFECT, message, fix))
            elif before[1] != file.told(place) and before[0] == normalise(segment):
                message = f'"{audience}" is translated already at {before[1]}'
                yield file.found(_warning(place, Code.TWICE, message, "take one of the two out"))
