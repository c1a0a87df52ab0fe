"""The breakings of `sabotage.py` still break something: each finds its text exactly once."""

import pytest

from tests.faults.sabotage import ROOT, SABOTAGES, Sabotage


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda sabotage: sabotage.name)
def test_a_breaking_finds_its_text_and_its_tests(sabotage: Sabotage) -> None:
    for edit in sabotage.edits:
        assert (ROOT / edit.path).read_text("utf-8").count(edit.before) == 1
        assert edit.after != edit.before
    for path in sabotage.tests:
        assert (ROOT / path).is_file()
