"""Findings for people: each with the line it is about, or as annotations of a pull request."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.cells import cell_len
from rich.text import Text

from connector.domain.findings import Finding, Severity
from connector.domain.text import printable

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_WIDEST = 96
_BEFORE = 60  # so much of a long line is shown before the place


def report(findings: Sequence[Finding]) -> Text:
    """Return what was found, file by file, each with its line and a mark under the place."""
    told = Text()
    for file, found in groupby(findings, key=lambda one: one.file):
        together = list(found)
        told.append(f"{printable(file)}: {counted(together)}\n", style="bold")
        for one in together:
            told.append_text(_one(one))
        told.append("\n")
    return told


def counted(findings: Sequence[Finding]) -> str:
    """Say how many there are of each severity: `2 errors, 1 note`."""
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(
        f"{counts[severity]} {severity}{'s' if counts[severity] > 1 else ''}"
        for severity in Severity
        if counts[severity]
    )


def annotations(findings: Sequence[Finding]) -> Iterator[str]:
    """Return each finding as GitHub's workflow command that marks the line in a pull request."""
    kinds = {Severity.NOTE: "notice"}
    for one in findings:
        line, column = one.place or (1, 1)
        place = f"file={_property(one.file)},line={line},col={column}"
        message = _data(one.message + (f"\n{one.fix}" if one.fix else ""))
        kind = kinds.get(one.severity, one.severity.value)
        yield f"::{kind} {place},title={_property(one.code)}::{message}"


def _one(finding: Finding) -> Text:
    told = Text(f"  {printable(finding.where)}: ")
    told.append(finding.severity, style=STYLES[finding.severity])
    told.append(f": {printable(finding.message)} ")
    told.append(f"[{finding.code}]\n", style="dim")
    number = str(finding.place.line) if finding.place else ""
    if finding.place and finding.quote.strip():
        line, before, width = _cut(finding.quote, finding.place.column - 1, finding.width)
        told.append(f"    {number} | {line}\n")
        told.append(f"    {' ' * len(number)} | {' ' * before}")
        told.append("^" * width + "\n", style=STYLES[finding.severity])
    if finding.fix:
        told.append(f"    {' ' * len(number)}   -> ", style="dim")
        told.append(f"{printable(finding.fix)}\n")
    return told


def _cut(line: str, start: int, width: int) -> tuple[str, int, int]:
    """Return as much of a line as fits, and where in it, in columns, the mark stands."""
    cut = 0
    if len(line) > _WIDEST or cell_len(line) > _WIDEST:
        cut = max(0, start - _BEFORE)
        line = line[cut : cut + _WIDEST]
    # A space for whatever shows nothing, so that the mark stands below it.
    shown = "".join(char if char.isprintable() else " " for char in line)
    before = cell_len(shown[: start - cut])
    meant = shown[start - cut : start - cut + width]
    return shown, before, max(1, cell_len(meant))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
