import pytest

from connector.domain.findings import Place
from connector.mapping import tree
from connector.mapping.checks import Written
from connector.mapping.places import Problem

BAD = {
    # not YAML
    "a: [1, 2\n": '1:4: the "[" here is not closed: a "," or "]" is missing',
    "a: {b: 1\n": '1:4: the "{" here is not closed: a "," or "}" is missing',
    "a: 'x\n": "1:4: the quote opened here is not closed",
    'a: "x\n---\n': "1:4: the quote opened here is not closed",
    "a:\n\t- b\n": "2:1: a tab stands where only blanks may: indent with blanks",
    "a: @b\n": '1:4: text that starts with "@" must be in quotes',
    "a: `b`\n": '1:4: text that starts with "`" must be in quotes',
    "a: %b\n": '1:4: text that starts with "%" must be in quotes',
    "a: *\n": '1:4: text that starts with "*" must be in quotes',
    "a: & b\n": '1:4: text that starts with "&" must be in quotes',
    "a: !x!y z\n": '1:4: text that starts with "!" must be in quotes',
    "a: !<x\n": '1:4: text that starts with "!" must be in quotes',
    "a: b: c\n": '1:5: a ":" is not expected here: indent the line well, or put text that holds '
    '": " in quotes',
    "a: 1\n  b: 2\n": '2:4: a ":" is not expected here: indent the line well, or put text that '
    'holds ": " in quotes',
    "a: 1\nb\nc: 2\n": '2:1: this line lacks a ":" after its key',
    "a: - b\n": '1:4: a "-" is not expected here: put it on a line of its own, indented like the '
    "others",
    "a: ? b\n": '1:4: text that starts with "?" must be in quotes',
    'a: "\\q"\n': "1:6: a backslash in double quotes is special: use single quotes, or write it "
    "twice",
    'a: "\\xZZ"\n': "1:7: a backslash in double quotes is special: use single quotes, or write it "
    "twice",
    "a: 'it's'\n": "1:8: this text is not expected here: indent the line well, or put the whole "
    "text in quotes",
    "a:\n  - b\n c: 1\n": "3:2: this line is not indented like its neighbours",
    "a: [\n": "2:1: a value is missing here",
    "a: |x\n  b\n": '1:5: after "|" or ">" the text begins on the next line',
    "%YAML 3.0\n---\na: 1\n": '1:1: a line must not start with "%"',
    "%FOO\n%YAML x\n---\n": '2:7: a line must not start with "%"',
    'a: "\\UFFFFFFFF"\n': "1:1: the text that follows cannot be read as YAML",
    # more than one
    "a: 1\n---\nb: 2\n": "2:1: only one document may stand in a file: take out this one",
    "a: 1\n...\nb: 2\n": "3:1: only one document may stand in a file: take out this one",
    # YAML that is not for us
    "a: 1\nb: 2\na: 3\n": '3:1: duplicate key "a": it stands already in line 1; '
    "take out one of the two",
    'a: {b: 1, "b": 2}\n': '1:11: duplicate key "b": it stands already in line 1; '
    "take out one of the two",
    "a: &x 1\n": '1:4: text that starts with "&" must be in quotes: "&x" '
    "(YAML anchors are not supported)",
    "a: &x [b]\n": '1:4: text that starts with "&" must be in quotes: "&x" '
    "(YAML anchors are not supported)",
    "a: *Newsletter*\n": '1:4: text that starts with "*" must be in quotes: "*Newsletter*" '
    "(YAML aliases are not supported)",
    "*x : b\n": '1:1: text that starts with "*" must be in quotes: "*x" '
    "(YAML aliases are not supported)",
    "a: !x b\n": '1:4: text that starts with "!" must be in quotes (YAML tags are not supported)',
    "a: !!str b\n": '1:4: text that starts with "!" must be in quotes '
    "(YAML tags are not supported)",
    "<<: {a: 1}\n": '1:1: merge keys ("<<") are not supported: write the keys out',
    "? [a]\n: b\n": "1:3: a key must be text",
    "{a: b}: c\n": "1:1: a key must be text",
    ": x\n": "1:1: a key is empty",
    "~: x\n": "1:1: a key is empty",
    'a: "\\0"\n': "1:4: the text holds a character that cannot be shown (U+0000)",
    "a:\n": '1:1: "a" is empty; write a value, or take it out',
    "a:\n  - b\n  -\n": '3:4: item 2 of "a" is empty; write a value, or take it out',
    "a: NULL\n": '1:1: "a" is empty: put NULL in quotes if that text is meant',
    "[" * 21: "1:21: nested more than 20 deep",
    "- " * 30 + "a": "1:41: nested more than 20 deep",
    # no text at all
    "": '1:1: the file is empty: it begins with "version: 1"',
    "# nothing yet\n": '1:1: the file is empty: it begins with "version: 1"',
    "---\n": '1:1: the file is empty: it begins with "version: 1"',
    "a: b\nc: d\x07\n": "2:5: a control character (U+0007) must not stand here",
}


def _told(problems: list[Problem]) -> list[str]:
    file = Written("f", tree.Tree())
    return [str(file.found(problem)) for problem in problems]


@pytest.mark.parametrize("text", BAD)
def test_what_is_wrong_with_the_form(text: str) -> None:
    problems = tree.read(text.encode()).problems
    assert _told(problems) == [f"f:{BAD[text]}"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"a: b\r\nc: d\xe9\n", "f:2:5: the file is not UTF-8 here: save it as UTF-8"),
        ("a: \u00e9".encode() + b"\xff", "f:1:5: the file is not UTF-8 here: save it as UTF-8"),
        ("\ufeffa: b".encode() + b"\xff", "f:1:5: the file is not UTF-8 here: save it as UTF-8"),
        ("a: b".encode("utf-16"), "f:1:1: the file is not UTF-8: save it as UTF-8"),
        ("a: b".encode("utf-32"), "f:1:1: the file is not UTF-8: save it as UTF-8"),
        ("\ufeffa: b".encode("utf-16-be"), "f:1:1: the file is not UTF-8: save it as UTF-8"),
        (b"a: \xed\xa0\x80", "f:1:4: the file is not UTF-8 here: save it as UTF-8"),
    ],
)
def test_bytes_that_are_no_text(data: bytes, told: str) -> None:
    read = tree.read(data)
    assert _told(read.problems) == [told]
    assert read.value is None


def test_several_problems_of_form_are_all_told_and_the_rest_is_read() -> None:
    read = tree.read(b"a:\nb: &x 1\nb: {c: *y, ? [d, {e: f}] : g}\nh: i\n")
    assert _told(read.problems) == [
        'f:1:1: "a" is empty; write a value, or take it out',
        'f:2:4: text that starts with "&" must be in quotes: "&x" (YAML anchors are not supported)',
        'f:3:1: duplicate key "b": it stands already in line 2; take out one of the two',
        'f:3:8: text that starts with "*" must be in quotes: "*y" (YAML aliases are not supported)',
        "f:3:14: a key must be text",
    ]
    assert read.value == {"a": "", "b": "1", "h": "i"}


def test_text_stays_as_typed_in_every_style() -> None:
    read = tree.read(
        b"plain: no\ntime: 12:30\nzeros: 0123\nsingle: '~'\ndouble: \"a\\nb\"\n"
        b"block: |\n  one\n  two\nfolded: >-\n  one\n  two\nlong: one\n  two # not this\n"
    )
    assert read.problems == []
    assert read.value == {
        "plain": "no",
        "time": "12:30",
        "zeros": "0123",
        "single": "~",
        "double": "a\nb",
        "block": "one\ntwo\n",
        "folded": "one two",
        "long": "one two",
    }


def test_places() -> None:
    read = tree.read(b"a: 1\nlist:\n  - b: {c: 2}\n    d: 3\n  - '4'\n")
    assert read.keys[("list", 0, "b", "c")] == Place(3, 9)
    assert read.values == {
        (): Place(1, 1),
        ("a",): Place(1, 4),
        ("list",): Place(3, 3),
        ("list", 0): Place(3, 5),
        ("list", 0, "b"): Place(3, 8),
        ("list", 0, "b", "c"): Place(3, 12),
        ("list", 0, "d"): Place(4, 8),
        ("list", 1): Place(5, 5),
    }
    assert read.key_place(("list", 1)) == Place(5, 5)
    assert read.key_place(("list", 0, "d")) == Place(4, 5)
    assert read.place(("list", 0, "missing", "deeper")) == Place(3, 5)
