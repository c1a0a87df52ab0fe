"""What is wrong with a file that is not YAML, in one plain sentence."""

import re
from typing import Any

from ruamel.yaml.error import MarkedYAMLError

from connector.domain.findings import Code, Place
from connector.mapping.places import START, Problem

_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"  # YAML's own set
)
BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")  # where YAML ends a line
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
QUOTE_IT = 'text that starts with "{0}" must be in quotes'

# What ruamel says (context, then problem) -> what we say, and whether at the context's place.
_SENTENCES: tuple[tuple[str, str, bool], ...] = (
    (r"found character '\\t'", "a tab stands where only blanks may: indent with blanks", False),
    (r"found character (['\"])(?P<char>.)\1 that cannot start", QUOTE_IT, False),
    (r"scanning an alias", QUOTE_IT.format("*"), True),
    (r"scanning an anchor", QUOTE_IT.format("&"), True),
    (r"(scanning|parsing) a tag|undefined tag handle", QUOTE_IT.format("!"), True),
    (
        r"mapping values are not allowed|unexpected ':'",
        'a ":" is not expected here: indent the line well, or put text that holds ": " in quotes',
        False,
    ),
    (r"could not find expected ':'", 'this line lacks a ":" after its key', True),
    (
        r"sequence entries are not allowed",
        'a "-" is not expected here: put it on a line of its own, indented like the others',
        False,
    ),
    (r"mapping keys are not allowed", QUOTE_IT.format("?"), False),
    (r"expected ',' or '\]'", 'the "[" here is not closed: a "," or "]" is missing', True),
    (r"expected ',' or '\}'", 'the "{{" here is not closed: a "," or "}}" is missing', True),
    (r"quoted scalar found unexpected", "the quote opened here is not closed", True),
    (
        r"unknown escape|hexdecimal",
        "a backslash in double quotes is special: use single quotes, or write it twice",
        False,
    ),
    (
        r"expected <block end>, but found '<scalar>'",
        "this text is not expected here: indent the line well, or put the whole text in quotes",
        False,
    ),
    (
        r"expected <block end>|more indented follow up",
        "this line is not indented like its neighbours",
        False,
    ),
    (r"node content", "a value is missing here", False),
    (r"scanning a block scalar", 'after "|" or ">" the text begins on the next line', False),
    (r"directive|incompatible YAML|tag handle", 'a line must not start with "%"', False),
    (r"document (start|end)", "only one document may stand in a file", False),
)


def decode(data: bytes) -> str | Problem:
    """Return a file's text, or what keeps it from being text."""
    if data.startswith(_WIDE_MARKS):
        return Problem(START, Code.YAML, "the file is not UTF-8: save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8")
        return Problem(_end(before), Code.YAML, "the file is not UTF-8 here: save it as UTF-8")
    found = _FORBIDDEN.search(text)
    if found:
        return Problem(
            _end(text[: found.start()]),
            Code.YAML,
            f"a control character (U+{ord(found[0]):04X}) must not stand here",
        )
    return text


def told(error: Exception, reached: Place) -> Problem:
    """Put a parser's error into a sentence; `reached` is where it last was well."""
    if not isinstance(error, MarkedYAMLError):
        return Problem(reached, Code.YAML, "the text that follows cannot be read as YAML")
    said = f"{error.context or ''} {error.problem or ''}"
    for pattern, sentence, at_context in _SENTENCES:
        found = re.search(pattern, said, re.DOTALL)
        if found:
            marks = [error.context_mark, error.problem_mark]
            mark = marks[0] if at_context and marks[0] else marks[1]
            message = sentence.format(found.groupdict().get("char"))
            return Problem(_place(mark, reached), Code.YAML, message)
    message = f"this is not YAML: {error.problem}"
    return Problem(_place(error.problem_mark, reached), Code.YAML, message)


def _place(mark: Any, otherwise: Place) -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark else otherwise


def lines(text: str) -> tuple[str, ...]:
    """Return a text's lines as YAML and its parser count them."""
    return tuple(BREAK.split(text))


def _end(text: str) -> Place:
    above = lines(text)
    return Place(len(above), len(above[-1]) + 1)
