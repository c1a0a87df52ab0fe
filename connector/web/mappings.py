"""The mapping files as they are, with what is wrong beside the lines and what each rule claims."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from connector.domain.browsing import Claims
from connector.domain.findings import Finding
from connector.render.findings import counted
from connector.web.guard import Ask, Draft
from connector.web.site import Files

CLAIMS = 6
_COMMENT = re.compile(r"(?:^|(?<=\s))#(?![^\"']*[\"'][^\"']*$).*$")


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    text: str
    comment: str
    rule: str
    claims: Claims | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class File:
    name: str
    shown: str
    lines: tuple[Line, ...]
    counted: str


def mappings(ask: Ask) -> Draft:
    """Show the files."""
    ledger, files = ask.ledger, ask.site.files()
    accepted, claims = ledger.mappings_in_force(), ledger.claims(CLAIMS)
    shown = [_file(text.name, text.shown, text.data, files, claims) for text in files.texts]
    placed = {(file.shown, line.number) for file in shown for line in file.lines}
    return ask.page(
        "mappings.html",
        folder=ask.site.settings.mappings.path,
        files=shown,
        loose=[one for one in files.findings if _line(one) not in placed],
        accepted=accepted,
        in_force=accepted is not None and accepted.digest == files.digest,
        broken=files.book is None,
        rules=len(files.book.rules) if files.book else 0,
        claims=claims,
    )


def _file(
    name: str,
    shown: str,
    data: bytes,
    files: Files,
    claims: Mapping[str, Claims],
) -> File:
    places = files.book.places if files.book else {}
    told = {rule: place.rsplit(":", 2) for rule, place in places.items()}
    by_line = {int(line): rule for rule, (file, line, _) in told.items() if file == shown}
    here = [one for one in files.findings if one.file == shown]
    lines = tuple(
        Line(
            number,
            *_parted(text),
            by_line.get(number, ""),
            claims.get(by_line[number], Claims(0)) if number in by_line else None,
            tuple(one for one in here if _line(one) == (shown, number)),
        )
        for number, text in enumerate(data.decode("utf-8", "replace").splitlines() or [""], 1)
    )
    return File(name, shown, lines, counted(here))


def _line(finding: Finding) -> tuple[str, int]:
    return finding.file, finding.place.line if finding.place else 0


def _parted(text: str) -> tuple[str, str]:
    """Part a line of YAML into its words and its comment, for the eye alone."""
    found = _COMMENT.search(text)
    return (text[: found.start()], text[found.start() :]) if found else (text, "")
