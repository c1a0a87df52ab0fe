"""Mapping files to a RuleBook, or every problem of every file at once."""

from collections.abc import Sequence
from pathlib import Path

from connector.domain.names import normalise
from connector.domain.policy import Schedule
from connector.domain.rules import MappingFile, Rule, RuleBook
from connector.errors import ConfigError
from connector.mapping import checks, folder, tree, words
from connector.mapping.checks import Written
from connector.mapping.folder import MappingText
from connector.mapping.places import Problem


def load(path: Path, *, schedule: Schedule, sources: frozenset[str] | None = None) -> RuleBook:
    """Read a mapping file, or a folder of them as one set.

    `schedule` is what a rule's own times must fit; `sources` are the configured names, None where
    they are not known. Raises ConfigError with a line `file:line:column: message` for each
    problem; an empty or missing folder is one, and so is a set without a rule.
    """
    return load_set(path, schedule=schedule, sources=sources)[0]


def load_set(
    path: Path, *, schedule: Schedule, sources: frozenset[str] | None = None
) -> tuple[RuleBook, tuple[MappingText, ...]]:
    """Do what `load` does, and return the very files too from which the book was made."""
    texts, unread = folder.collect(path)
    return _book(texts, unread, schedule, sources), texts


def load_texts(
    texts: Sequence[MappingText], *, schedule: Schedule, sources: frozenset[str] | None = None
) -> RuleBook:
    """Do what `load` does with files that were read before (a set kept in the ledger)."""
    return _book(texts, [], schedule, sources)


def _book(
    texts: Sequence[MappingText],
    unread: list[str],
    schedule: Schedule,
    sources: frozenset[str] | None,
) -> RuleBook:
    files = [Written(text.shown, tree.read(text.data)) for text in texts]
    problems: dict[str, list[Problem]] = {file.shown: list(file.tree.problems) for file in files}
    models: list[MappingFile] = []
    for file in files:
        if file.tree.value is not None:
            model, found = words.check(file.tree)
            problems[file.shown] += found
            models += [model] if model else []
    for file, problem in _together(files, schedule, sources):
        problems[file.shown].append(problem)
    lines = [*unread, *_lines(problems)]
    if not lines and not any(model.rules for model in models):
        lines = [f"{file.shown}:1:1: there is no rule in any mapping file" for file in files[:1]]
    if lines or not files:
        raise ConfigError(lines or ["there is no mapping file"])
    return _joined(models, files, folder.digest(texts))


def _together(
    files: Sequence[Written], schedule: Schedule, sources: frozenset[str] | None
) -> list[tuple[Written, Problem]]:
    return [
        *checks.unique_names(files),
        *checks.one_translation(files),
        *(checks.known_sources(files, sources) if sources is not None else ()),
        *checks.times_fit(files, schedule),
    ]


def _lines(problems: dict[str, list[Problem]]) -> list[str]:
    return [
        problem.told(shown)
        for shown, found in problems.items()
        for problem in sorted(found, key=lambda problem: problem.place)
    ]


def _joined(models: Sequence[MappingFile], files: Sequence[Written], digest: str) -> RuleBook:
    rules: list[Rule] = []
    places: dict[str, str] = {}
    segments: dict[str, str] = {}
    for model, file in zip(models, files, strict=True):
        for index, rule in enumerate(model.rules):
            place = file.tree.place(("rules", index))
            rules.append(rule)
            places[rule.name] = f"{file.shown}:{place.line}:{place.column}"
        for audience, segment in model.segments.items():
            segments.setdefault(normalise(audience), segment)
    return RuleBook(tuple(rules), segments, digest, places)
