"""Mapping files as texts, read and checked as `mappings check` does."""

from collections.abc import Sequence

from connector.domain.findings import Finding
from connector.domain.policy import Schedule
from connector.mapping.check import check
from connector.mapping.folder import MappingText
from connector.mapping.load import Reading, read_texts
from connector.mapping.lookup import Outside

SOURCES = frozenset({"braze_us", "sf_core"})


def reading(*texts: str) -> Reading:
    """Read texts as the files a.yaml, b.yaml …; a text without a head gets one."""
    files = [
        MappingText(name, _whole(text).encode(), name)
        for name, text in zip(("a.yaml", "b.yaml", "c.yaml"), texts, strict=False)
    ]
    return read_texts(files, schedule=Schedule(), sources=SOURCES)


def checked(*texts: str, outside: Outside | None = None) -> list[Finding]:
    return check(reading(*texts), SOURCES, outside)


def told(findings: Sequence[Finding]) -> list[str]:
    """Spell findings as `line:column code what stands there: message | fix`."""
    return [
        f"{one.where} {one.severity} {one.code} [{marked(one)}] {one.message} | {one.fix}"
        for one in findings
    ]


def marked(finding: Finding) -> str:
    """Return the text under the mark."""
    if finding.place is None:
        return ""
    start = finding.place.column - 1
    return finding.quote[start : start + finding.width]


def _whole(text: str) -> str:
    return text if "version:" in text else f"version: 1\n{text}"
