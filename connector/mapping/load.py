"""Mapping files to a RuleBook, or every problem of every file at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from connector.domain.findings import Code, Finding, Severity, in_reading_order
from connector.domain.names import normalise
from connector.domain.policy import Schedule
from connector.domain.rules import MappingFile, Rule, RuleBook
from connector.errors import ConfigError
from connector.mapping import checks, folder, tree, words
from connector.mapping.checks import Written
from connector.mapping.folder import MappingText
from connector.mapping.places import START, Problem


@dataclass(frozen=True, slots=True)
class Reading:
    """A set of files as read: the rules, or else all that keeps the files from being a set.

    `passed_over` reports files beside them that are not read but may have been meant to be.
    """

    files: tuple[Written, ...]
    texts: tuple[MappingText, ...]
    findings: tuple[Finding, ...]
    accepted: RuleBook | None
    passed_over: tuple[Finding, ...] = ()

    @property
    def book(self) -> RuleBook:
        """The rules; ConfigError with a line `file:line:column: message` for each problem."""
        if self.accepted is None:
            raise ConfigError([str(finding) for finding in self.findings])
        return self.accepted


def read(path: Path, *, schedule: Schedule, sources: frozenset[str] | None = None) -> Reading:
    """Read a mapping file, or a folder of them as one set.

    `schedule` is what a rule's own times must fit; `sources` are the configured names, None where
    they are not known. An empty or missing folder is a problem, and so is a set without a rule.
    """
    texts, findings = folder.collect(path)
    return read_texts(texts, findings, schedule=schedule, sources=sources)


def read_texts(
    texts: Sequence[MappingText],
    beside: Sequence[Finding] = (),
    *,
    schedule: Schedule,
    sources: frozenset[str] | None = None,
) -> Reading:
    """Do what `read` does with files that were read before (a set kept in the ledger).

    `beside` are the findings of reading their bytes.
    """
    unread = [finding for finding in beside if finding.severity is Severity.ERROR]
    files = _read_each(texts)
    found = [file.found(problem) for file in files for problem in file.tree.problems]
    models: list[MappingFile] = []
    for file in files:
        if file.tree.value is not None:
            model, problems = words.check(file.tree)
            found += map(file.found, problems)
            models += [model] if model else []
    for file, problem in checks.together(files, schedule, sources):
        found.append(file.found(problem))
    findings = [*unread, *sorted(found, key=in_reading_order)]
    if not findings and not any(model.rules for model in models):
        none = Problem(START, Code.FILE, "there is no rule in any mapping file")
        findings = [file.found(none) for file in files[:1]]
        findings = findings or [Finding("mappings", None, Code.FILE, "there is no mapping file")]
    book = None if findings else _joined(models, files, folder.digest(texts))
    passed_over = tuple(finding for finding in beside if finding not in unread)
    return Reading(tuple(files), tuple(texts), tuple(findings), book, passed_over)


def _read_each(texts: Sequence[MappingText]) -> list[Written]:
    """Read the files, up to the one in which there are too many keys and values."""
    files: list[Written] = []
    size = 0
    for text in texts:
        found = tree.read(text.data, before=size, most=tree.MOST)
        files.append(Written(text.shown, found))
        size = max(size, found.size)
        if size > tree.MOST:
            break
    return files


def _joined(models: Sequence[MappingFile], files: Sequence[Written], digest: str) -> RuleBook:
    rules: list[Rule] = []
    places: dict[str, str] = {}
    segments: dict[str, str] = {}
    for model, file in zip(models, files, strict=True):
        for index, rule in enumerate(model.rules):
            rules.append(rule)
            places[rule.name] = file.told(file.tree.place(("rules", index)))
        for audience, segment in model.segments.items():
            segments.setdefault(normalise(audience), segment)
    return RuleBook(tuple(rules), segments, digest, places)
