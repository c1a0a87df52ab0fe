"""Every fact that the code cites is in `docs/facts`, under the number by which it is cited."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHEETS = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "docs" / "facts").glob("*.md"))
}
INDEX = "README"
NAMES = "punchh|braze|salesforce|marketing[-_ ]cloud"
OURS = sorted(
    path
    for folder in ("connector", "tests")
    for ending in ("py", "md")
    for path in (ROOT / folder).rglob(f"*.{ending}")
    if path != Path(__file__)
)

# `§4`, `§4.7`, `§1.0b`, and behind them ` row 11`, ` A`, ` C13`, ` A-D`, ` C3-9`, ` A and B`
REFERENCE = re.compile(
    r"§(?P<section>\d+(?:\.\d+)?[a-z]?)"
    r"(?: (?:(?P<row>row \d+)"
    r"|(?P<letter>[A-Z])(?P<item>\d*)(?:(?:-| and )(?P<last>[A-Z]|\d+))?)\b)?"
)
JOINED = re.compile(r"(?:,|;|-|,? and)? ?")
NAMED = re.compile(rf"(?:\b({NAMES})|\b(RFC \d+)|([\w-]+)) $", re.IGNORECASE)


def _flat(text: str) -> str:
    """Join wrapped lines, comment marks included: a citation may stand on two lines."""
    return re.sub(r"\s*\n\s*(?:#+ )?", " ", text)


def _stem(name: str) -> str:
    return re.sub("[_ ]", "-", name.lower())


def _parts(found: re.Match[str]) -> Iterator[str]:
    section, letter, last = found["section"], found["letter"], found["last"]
    yield section
    if found["row"]:
        yield f"{section} {found['row']}"
    if letter:
        yield f"{section} {letter}{found['item']}"
    if last:
        yield f"{section} {last if last.isalpha() else letter + last}"


def _citations(text: str, home: str | None = None) -> Iterator[tuple[str, str]]:
    """Yield sheet and reference of each `§`; what no sheet's name precedes is `home`'s.

    Without a home it is that of the sheet named last before it, and another word right before it
    stays as it is: a citation of `brace §1` must not pass as one of another sheet.
    """
    flat = _flat(text)
    sheet, end = "", 0
    for found in REFERENCE.finditer(flat):
        between, end = flat[end : found.start()], found.end()
        named = NAMED.search(between)
        if sheet and JOINED.fullmatch(between):
            pass
        elif named and named[2]:
            sheet = ""  # a section of an RFC
        elif named and named[1]:
            sheet = _stem(named[1])
        elif home:
            sheet = home
        elif named:
            sheet = named[3]
        else:
            before = re.findall(rf"\b({NAMES})\b", flat[: found.start()])
            sheet = _stem(before[-1]) if before else "?"
        if sheet:
            yield from ((sheet, part) for part in _parts(found))


def _sections(sheet: str) -> frozenset[str]:
    """Return what can be cited: headings, and the numbered items and rows under them."""
    there: set[str] = set()
    section = letter = ""
    for line in sheet.splitlines():
        if heading := re.match(r"#{2,3} (\d+(?:\.\d+)?[a-z]?)(?: ([A-Z]))?\. ", line):
            section, letter = heading[1], heading[2] or ""
            there |= {section, f"{section} {letter}".strip()}
        elif item := re.match(r"(?:\| )?(\d+)(?:\. | \|)", line):
            there |= {f"{section}.{item[1]}", f"{section} row {item[1]}"}
            there |= {f"{section} {letter}{item[1]}"} if letter else set()
        elif row := re.match(r"\| ([A-Z]\d?) \|", line):
            there.add(f"{section} {row[1]}")
    return frozenset(there)


SECTIONS = {name: _sections(text) for name, text in SHEETS.items() if name != INDEX}


def _missing(text: str, home: str | None = None) -> list[str]:
    return [
        f"{sheet} §{part}"
        for sheet, part in _citations(text, home)
        if part not in SECTIONS.get(sheet, ())
    ]


def test_what_the_code_cites_is_in_a_sheet() -> None:
    problems, count = [], 0
    for path in OURS:
        name = str(path.relative_to(ROOT))  # before the text: a folder may name the sheet, too
        text = f"{name}\n{path.read_text(encoding='utf-8')}"
        count += sum(1 for _ in _citations(text))
        problems += [f"{name}: {found}" for found in _missing(text)]
    assert problems == []
    assert count >= 300


@pytest.mark.parametrize(
    "text",
    [
        "facts: brace §1",
        "facts: punchh §99",
        "facts: braze §6.9",
        "facts: braze §1, §98",
        "facts: braze §1-§97",
        "facts: braze §4;\n    # punchh §96",
        "facts: punchh §8 row 95",
        "facts: punchh §9 Z, in its order",
        "facts: punchh §9 A-Z",
        "facts: punchh §9 C94",
        "facts: punchh §9 C3-93",
        "facts: salesforce §6.92",
        "facts: salesforce §0 A and Z",
        'Switch("braze.roll", "when it moves on (§91)")',
        "connector/sources/marketing_cloud/rows.py\nas the sheet says (§90.1)",
        "a bare (§1)",
    ],
)
def test_a_citation_of_nothing_is_found(text: str) -> None:
    assert len(_missing(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "facts: punchh §9 A-D, §9 C13 and §9 E",
        "facts: braze §1-§5, §10 and §12; salesforce §6.5",
        "(facts: marketing-cloud §4.5; marketing cloud §7.2)",
        "connector/sources/marketing_cloud/rows.py\nas the sheet says (§7.2)",
        "RFC 9110 §15.2 and RFC 9112 §6",
    ],
)
def test_a_citation_of_something_is_not(text: str) -> None:
    assert _missing(text) == []


def _anchor(heading: str) -> str:
    kept = "".join(c for c in heading.lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


def _anchors(text: str) -> list[str]:
    return [_anchor(found) for found in re.findall(r"^#{1,3} (.+)$", text, re.MULTILINE)]


@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_leads_where_it_says(name: str) -> None:
    text = SHEETS[name]
    if name != INDEX:
        assert _missing(text, name) == []
    for file, anchor in re.findall(r"\]\(([\w./-]*)#([^)]+)\)", text):
        assert anchor in _anchors(SHEETS[Path(file or f"{name}.md").stem])
    for file in re.findall(r"\]\(([\w./-]+)\)", text):
        assert (ROOT / "docs" / "facts" / file).is_file()


@pytest.mark.parametrize("name", [name for name in SHEETS if name != INDEX])
def test_a_sheet_begins_with_all_its_sections(name: str) -> None:
    text = SHEETS[name]
    before, contents, rest = re.split(r"^## Contents$|^(?=## 0\.)", text, flags=re.MULTILINE)
    assert before.startswith("# ")
    assert re.findall(r"\]\(#([^)]+)\)", contents) == _anchors(rest)
    assert f"({name}.md)" in SHEETS[INDEX]


@pytest.mark.parametrize("name", SHEETS)
def test_lines_are_short_outside_tables(name: str) -> None:
    lines = SHEETS[name].splitlines()
    assert [line for line in lines if len(line) > 100 and not line.startswith("|")] == []
