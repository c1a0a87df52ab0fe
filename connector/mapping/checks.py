"""What only shows when all files, the settings and the sources are seen together.

The checks look at the plain data, so that they speak even where another key is still wrong.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pydantic import ValidationError

from connector.domain.durations import parse_duration
from connector.domain.names import nearest, normalise
from connector.domain.policy import Schedule, check_commit_ahead, check_lead
from connector.mapping.places import Path, Place, Plain, Problem
from connector.mapping.tree import Tree


@dataclass(frozen=True, slots=True)
class Written:
    """A file as its errors call it, and what stands in it."""

    shown: str
    tree: Tree


def rules_of(tree: Tree) -> Iterator[tuple[Path, dict[str, Plain]]]:
    rules = tree.value.get("rules") if isinstance(tree.value, dict) else None
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, dict):
            yield ("rules", index), rule


def unique_names(files: Sequence[Written]) -> Iterator[tuple[Written, Problem]]:
    """Find rules that bear the name of an earlier one."""
    first: dict[str, str] = {}
    for file in files:
        for path, rule in rules_of(file.tree):
            name = rule.get("name")
            if not isinstance(name, str) or not name.strip():
                continue
            place = file.tree.place((*path, "name"))
            other = first.setdefault(normalise(name), _told(file, place))
            if other != _told(file, place):
                yield file, Problem(place, f'the rule name "{name}" is taken already at {other}')


def one_translation(files: Sequence[Written]) -> Iterator[tuple[Written, Problem]]:
    """Find audiences that `segments` translates to several segments."""
    first: dict[str, tuple[str, str]] = {}
    for file in files:
        table = file.tree.value.get("segments") if isinstance(file.tree.value, dict) else None
        for audience, segment in table.items() if isinstance(table, dict) else ():
            if not isinstance(segment, str) or not audience.strip() or not segment.strip():
                continue
            place = file.tree.key_place(("segments", audience))
            other, where = first.setdefault(normalise(audience), (segment, _told(file, place)))
            if normalise(other) != normalise(segment):
                message = f'"{audience}" is "{segment}" here, but "{other}" at {where}'
                yield file, Problem(place, message)


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
                yield file, Problem(place, _no_source(source, sources))


def _no_source(source: str, sources: frozenset[str]) -> str:
    near = nearest(source, sources, 1)
    if near:
        return f'no source is named "{source}"; did you mean "{near[0]}"?'
    told = f"configured: {', '.join(sorted(sources))}" if sources else "none is configured"
    return f'no source is named "{source}"; {told}'


def times_fit(files: Sequence[Written], schedule: Schedule) -> Iterator[tuple[Written, Problem]]:
    """Find rules whose own times do not fit together or with the settings."""
    for file in files:
        for path, rule in rules_of(file.tree):
            for key, message in _misfits(_own_times(rule), schedule):
                yield file, Problem(file.tree.key_place((*path, key)), message)


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


def _told(file: Written, place: Place) -> str:
    return f"{file.shown}:{place.line}:{place.column}"
