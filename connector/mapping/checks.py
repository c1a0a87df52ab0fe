"""What only shows when all files, the settings and the sources are seen together.

The checks look at the plain data, so that they speak even where another key is still wrong.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from pydantic import ValidationError

from connector.domain.durations import parse_duration
from connector.domain.findings import Code, Finding, Place
from connector.domain.names import normalise, ranked
from connector.domain.policy import Schedule, check_commit_ahead, check_lead
from connector.mapping.places import Path, Plain, Problem
from connector.mapping.tree import Tree

MOST_RULES = 5_000
_FEWER = "let patterns with * take the place of rules that differ in a name alone"


@dataclass(frozen=True, slots=True)
class Written:
    """A file as its errors call it, and what stands in it."""

    shown: str
    tree: Tree

    def found(self, problem: Problem) -> Finding:
        """Return a problem of this file as people are told it."""
        return Finding(
            self.shown,
            problem.place,
            problem.code,
            problem.message,
            problem.fix,
            problem.severity,
            self.tree.line(problem.place),
            problem.width or self.tree.width(problem.place),
        )

    def told(self, place: Place) -> str:
        return f"{self.shown}:{place.line}:{place.column}"


def together(
    files: Sequence[Written], schedule: Schedule, sources: frozenset[str] | None
) -> Iterator[tuple[Written, Problem]]:
    """Find all that keeps files, each of which may be well by itself, from being one set."""
    yield from few_enough(files)
    yield from unique_names(files)
    yield from one_translation(files)
    if sources is not None:
        yield from known_sources(files, sources)
    yield from times_fit(files, schedule)


def rules_of(tree: Tree) -> Iterator[tuple[Path, dict[str, Plain]]]:
    rules = tree.value.get("rules") if isinstance(tree.value, dict) else None
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, dict):
            yield ("rules", index), rule


def translations_of(tree: Tree) -> Iterator[tuple[str, str]]:
    """Return the entries of `segments` that are texts: audience name, Punchh segment name."""
    table = tree.value.get("segments") if isinstance(tree.value, dict) else None
    for audience, segment in table.items() if isinstance(table, dict) else ():
        if isinstance(segment, str) and audience.strip() and segment.strip():
            yield audience, segment


def few_enough(files: Sequence[Written]) -> Iterator[tuple[Written, Problem]]:
    """Find the first rule too many: each is tried on every send, and held against the others."""
    several = ((file, path) for file in files for path, _ in rules_of(file.tree))
    for file, path in islice(several, MOST_RULES, MOST_RULES + 1):
        message = f"there are too many rules: at most {MOST_RULES:,} are read"
        yield file, Problem(file.tree.place(path), Code.FILE, message, fix=_FEWER)


def unique_names(files: Sequence[Written]) -> Iterator[tuple[Written, Problem]]:
    """Find rules that bear the name of an earlier one."""
    first: dict[str, str] = {}
    for file in files:
        for path, rule in rules_of(file.tree):
            name = rule.get("name")
            if not isinstance(name, str) or not name.strip():
                continue
            place = file.tree.place((*path, "name"))
            other = first.setdefault(normalise(name), file.told(place))
            if other != file.told(place):
                message = f'the rule name "{name}" is taken already at {other}'
                yield file, Problem(place, Code.TAKEN, message, fix="give one another name")


def one_translation(files: Sequence[Written]) -> Iterator[tuple[Written, Problem]]:
    """Find audiences that `segments` translates to several segments."""
    first: dict[str, tuple[str, str]] = {}
    for file in files:
        for audience, segment in translations_of(file.tree):
            place = file.tree.key_place(("segments", audience))
            other, where = first.setdefault(normalise(audience), (segment, file.told(place)))
            if normalise(other) != normalise(segment):
                message = f'"{audience}" is "{segment}" here, but "{other}" at {where}'
                yield file, Problem(place, Code.TAKEN, message, fix="keep one of the two")


def known_sources(
    files: Sequence[Written], sources: frozenset[str]
) -> Iterator[tuple[Written, Problem]]:
    """Find rules that name a source the configuration does not have."""
    known = {normalise(source) for source in sources}
    for file in files:
        for path, rule in rules_of(file.tree):
            match = rule.get("match")
            source = match.get("source") if isinstance(match, dict) else None
            if not isinstance(source, str) or not source.strip() or "*" in source or "?" in source:
                continue
            if normalise(source) not in known:
                place = file.tree.place((*path, "match", "source"))
                message = f'no source is named "{source}"'
                yield file, Problem(place, Code.SOURCE, message, fix=_sources(source, sources))


def _sources(source: str, sources: frozenset[str]) -> str:
    near = ranked(source, sources, 1)
    if near:
        return 'did you mean "{}" ({} % alike)?'.format(*near[0])
    return f"configured: {', '.join(sorted(sources))}" if sources else "none is configured"


def times_fit(files: Sequence[Written], schedule: Schedule) -> Iterator[tuple[Written, Problem]]:
    """Find rules whose own times do not fit together or with the settings."""
    for file in files:
        for path, rule in rules_of(file.tree):
            for key, message in _misfits(_own_times(rule), schedule):
                yield file, Problem(file.tree.key_place((*path, key)), Code.TIMES, message)


def _own_times(rule: dict[str, Plain]) -> dict[str, timedelta]:
    found = {}
    for key in ("lead_time", "min_lead", "commit_ahead"):
        try:
            found[key] = parse_duration(rule.get(key))
        except ValueError:
            continue
    return found


def _misfits(own: dict[str, timedelta], schedule: Schedule) -> Iterator[tuple[str, str]]:
    lead = own.get("lead_time", schedule.lead_time)
    fit = True
    try:
        check_lead(lead, own.get("min_lead", schedule.min_lead))
    except ValueError as error:
        fit = False
        yield "min_lead" if "min_lead" in own else "lead_time", str(error)
    try:
        check_commit_ahead(own.get("commit_ahead", schedule.commit_ahead), schedule.poll_seconds)
    except ValueError as error:
        fit = False
        yield "commit_ahead", str(error)
    if own and fit:
        try:
            Schedule.model_validate({**schedule.model_dump(), **own})
        except ValidationError as error:
            told = "; ".join(str(one["ctx"]["error"]) for one in error.errors())
            yield "lead_time" if "lead_time" in own else next(iter(own)), f"schedule.{told}"
