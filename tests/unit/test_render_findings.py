"""How findings look: the line, the mark under the place, and the marks on a pull request."""

from rich.cells import cell_len

from connector.domain.findings import Code, Finding, Place, Severity
from connector.render.findings import annotations, counted, report

ONE = Finding(
    "m/a.yaml", Place(12, 17), Code.NO_SEGMENT, "Punchh has no segment named “x”",
    "did you mean “y”?", Severity.ERROR, "    redeemable: x y # z", 3,
)  # fmt: skip


def test_a_finding_has_its_line_a_mark_and_what_to_do() -> None:
    assert report([ONE]).plain == (
        "m/a.yaml: 1 error\n"
        "  m/a.yaml:12:17: error: Punchh has no segment named “x” [no-segment]\n"
        "    12 |     redeemable: x y # z\n"
        "       |                 ^^^\n"
        "         -> did you mean “y”?\n"
        "\n"
    )


def test_without_a_place_there_is_no_line() -> None:
    whole = Finding("m", None, Code.FILE, "holds no mapping file (*.yaml)")
    assert report([whole]).plain == (
        "m: 1 error\n  m: error: holds no mapping file (*.yaml) [file]\n\n"
    )


def test_files_follow_each_other_with_their_counts() -> None:
    note = Finding("b.yaml", Place(1, 1), Code.IDLE, "idle", severity=Severity.NOTE, quote="a")
    warning = Finding("b.yaml", Place(2, 1), Code.TWICE, "twice", severity=Severity.WARNING)
    shown = report([ONE, note, warning, warning]).plain.splitlines()
    assert [line for line in shown if not line.startswith(" ")] == [
        "m/a.yaml: 1 error", "", "b.yaml: 2 warnings, 1 note", "",
    ]  # fmt: skip
    assert counted([ONE, note, warning]) == "1 error, 1 warning, 1 note"
    assert counted([]) == ""


def _marked(quote: str, column: int, width: int) -> tuple[str, str]:
    """Return what stands above the mark, by the columns of a terminal."""
    finding = Finding("f", Place(1, column), Code.VALUE, "m", quote=quote, width=width)
    _, _, line, mark, *_ = report([finding]).plain.splitlines()
    start, count = mark.index("^"), mark.count("^")
    at = "".join(char for n, char in enumerate(line) if start <= cell_len(line[:n]) < start + count)
    return line, at


def test_the_mark_stands_under_the_place_whatever_is_before_it() -> None:
    assert _marked("send: VIP Guests", 7, 10)[1] == "VIP Guests"
    assert _marked("日本: 寿司 x", 5, 2)[1] == "寿司"
    assert _marked("a:\tb", 4, 1) == ("    1 | a: b", "b")
    assert _marked("a: \x1b[31mred", 4, 1)[0] == "    1 | a:  [31mred"
    line, at = _marked("a" * 300 + "HERE" + "b" * 300, 301, 4)
    assert at == "HERE"
    assert len(line) < 110
    assert _marked("short", 40, 1)[0] == "    1 | short"


def test_marks_on_a_pull_request() -> None:
    two = Finding(
        "a,b:c.yaml", Place(1, 2), Code.IDLE, "50 %\nmore", severity=Severity.NOTE, fix=""
    )
    whole = Finding("m", None, Code.FILE, "gone")
    assert list(annotations([ONE, two, whole])) == [
        (
            "::error file=m/a.yaml,line=12,col=17,title=no-segment::"
            "Punchh has no segment named “x”%0Adid you mean “y”?"
        ),
        "::notice file=a%2Cb%3Ac.yaml,line=1,col=2,title=idle::50 %25%0Amore",
        "::error file=m,line=1,col=1,title=file::gone",
    ]
