"""The mapping files line by line, with what is wrong beside each, kept until a file changes."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from connector.domain.findings import Finding
from connector.domain.rules import RuleBook
from connector.mapping.folder import MappingText
from connector.mapping.syntax import BREAK
from connector.render.findings import counted

LINES = 20_000  # of all files together: a page with more is of no use to anybody
WIDTH = 500  # characters of a line


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    text: str
    comment: str
    rule: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is shown; `left` is how many more lines it has."""

    name: str
    lines: tuple[Line, ...]
    left: int
    counted: str


@dataclass(frozen=True, slots=True)
class Listing:
    """All files, and the findings that stand beside none of the lines shown."""

    files: tuple[File, ...]
    loose: tuple[Finding, ...]


def listed(
    texts: Sequence[MappingText], book: RuleBook | None, findings: Sequence[Finding]
) -> Listing:
    """Part the files into lines, and put each rule and each finding beside its own."""
    rules = {}
    for rule, place in (book.places if book else {}).items():
        shown, line, _ = place.rsplit(":", 2)
        rules[shown, int(line)] = rule
    beside: dict[tuple[str, int], list[Finding]] = defaultdict(list)
    by_file: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_file[finding.file].append(finding)
        beside[finding.file, finding.place.line if finding.place else 0].append(finding)
    files, room = [], LINES
    for text in texts:
        typed = text.data.decode("utf-8", "replace")
        lines = tuple(
            Line(
                number,
                *_parted(line[:WIDTH] + "…" * (len(line) > WIDTH)),
                rules.get((text.shown, number), ""),
                tuple(beside.pop((text.shown, number), ())),
            )
            for number, line in enumerate(islice(_lines(typed), room), 1)
        )
        left = sum(1 for _ in islice(_lines(typed), len(lines), None))
        files.append(File(text.name, lines, left, counted(by_file[text.shown])))
        room -= len(lines)
    return Listing(tuple(files), tuple(one for left in beside.values() for one in left))


def _lines(text: str) -> Iterator[str]:
    start = 0
    for end in BREAK.finditer(text):
        yield text[start : end.start()]
        start = end.end()
    if start < len(text) or not text:
        yield text[start:]


def _parted(text: str) -> tuple[str, str]:
    """Part a line of YAML into its words and its comment, for the eye alone.

    A `#` that one quote alone follows stands within quotes.
    """
    quotes = text.count('"') + text.count("'")
    for at, char in enumerate(text):
        if char in "\"'":
            quotes -= 1
        elif char == "#" and quotes != 1 and (at == 0 or text[at - 1].isspace()):
            return text[:at], text[at:]
    return text, ""
