"""docs/security.md is true: its tests exist, and no exception from the S rules is missing."""

import re
from collections import Counter

import pytest

from tests.support.console import ROOT

TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
TESTS = sorted(set(re.findall(r"`(\w+/test_\w+\.py)::(test_\w+)`", TEXT)))
NOQA = re.compile(r"# noqa: (S\d{3})\b")


@pytest.mark.parametrize(("file", "name"), TESTS)
def test_every_test_that_shows_something_is_there(file: str, name: str) -> None:
    text = (ROOT / "tests" / file).read_text(encoding="utf-8")
    assert re.search(rf"^(async )?def {name}\(", text, re.MULTILINE)


def test_every_point_is_answered_once() -> None:
    cells = re.findall(r"^\| ([\d., ]+) \|", TEXT, re.MULTILINE)
    points = Counter(point for cell in cells for point in cell.split(", "))
    assert len(points) > 200
    assert [point for point, number in points.items() if number > 1] == []


def test_every_exception_from_the_security_rules_is_explained() -> None:
    told = set(re.findall(r"^\| `(connector/[\w/]+\.py)` \| (S\d{3}) \|", TEXT, re.MULTILINE))
    found = {
        (str(path.relative_to(ROOT)), rule)
        for path in (ROOT / "connector").rglob("*.py")
        if "sandbox" not in path.parts
        for rule in NOQA.findall(path.read_text(encoding="utf-8"))
    }
    assert told == found
