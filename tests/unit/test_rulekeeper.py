from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from connector.domain.rules import RuleBook
from connector.errors import ConfigError, LedgerError
from connector.worker.rulekeeper import SETTLING, RuleKeeper
from tests.support.clocks import FixedClock
from tests.support.planning import NOW, book

SECOND = timedelta(seconds=1)


class Folder:
    """A mapping folder whose content is one word; `bad` cannot be read, None is no folder."""

    def __init__(self) -> None:
        self.content: str | None = "first"
        self.clock = FixedClock(NOW)
        self.loads = 0
        self.path = Path("mappings")
        self.kept: list[RuleBook] = []
        self.keeper = self.started()

    def started(self, *, at_once: bool = False) -> RuleKeeper:
        return RuleKeeper(self, self.clock, at_once=at_once)

    def fingerprint(self) -> str:
        if self.content is None:
            raise ConfigError(["there is no folder"])
        return self.content

    def load(self) -> tuple[RuleBook, Mapping[str, str]]:
        self.loads += 1
        if self.content in {None, "bad"}:
            raise ConfigError([f"the folder is {self.content}", "twice"])
        return replace(book(), digest=self.content or ""), {}

    def accept(self, book: RuleBook, files: Mapping[str, str], at: datetime) -> None:
        assert (files, at) == ({}, self.clock.now())
        self.kept.append(book)

    def accepted(self) -> RuleBook | None:
        return self.kept[-1] if self.kept else None

    @property
    def history(self) -> list[str]:
        return [one.digest for one in self.kept]

    def after(self, wait: timedelta, *, at_once: bool = False) -> str:
        self.clock.advance(wait)
        return self.keeper.refresh(at_once=at_once).digest


@pytest.fixture
def folder() -> Folder:
    return Folder()


def test_an_unchanged_folder_is_read_once(folder: Folder) -> None:
    assert [folder.after(SETTLING) for _ in range(3)] == ["first"] * 3
    assert folder.loads == 1


def test_a_change_is_taken_when_it_has_settled_for_thirty_seconds(folder: Folder) -> None:
    assert timedelta(seconds=30) == SETTLING
    folder.content = "second"
    assert folder.after(SECOND) == "first"
    assert folder.after(SETTLING - SECOND) == "first"
    assert folder.after(SECOND) == "second"
    assert folder.after(SETTLING) == "second"
    assert folder.loads == 2


def test_each_further_change_starts_the_settling_anew(folder: Folder) -> None:
    for content in ("second", "third"):
        folder.content = content
        assert folder.after(SETTLING - SECOND) == "first"
    assert folder.after(SETTLING) == "third"


def test_what_was_changed_and_changed_back_is_not_read_again(folder: Folder) -> None:
    folder.content = "second"
    folder.after(SECOND)
    folder.content = "first"
    assert [folder.after(SETTLING) for _ in range(2)] == ["first"] * 2
    assert folder.loads == 1


@pytest.mark.parametrize("at_once", [True, False])
def test_a_folder_that_changes_while_it_is_read_is_taken_only_when_it_has_settled(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    """Half of a swap is no set that anybody wrote: what was seen must be what is taken."""
    folder.content = "second"
    folder.after(SECOND)
    seen = iter(["second", "third"])
    with monkeypatch.context() as swapping:
        swapping.setattr(folder, "fingerprint", lambda: next(seen))
        swapping.setattr(folder, "content", "half of each")
        assert folder.after(SETTLING, at_once=at_once) == "first"
        assert folder.after(SECOND) == "first"
    folder.content = "third"
    assert folder.after(SETTLING - SECOND) == "first"
    assert folder.after(SECOND) == "third"
    assert (folder.history, folder.keeper.problems) == (["first", "third"], ())


def test_told_to_it_takes_a_change_at_once(folder: Folder) -> None:
    folder.content = "second"
    assert folder.after(timedelta(0), at_once=True) == "second"
    assert folder.after(SETTLING) == "second"
    assert folder.loads == 2


@pytest.mark.parametrize("content", ["bad", None])
@pytest.mark.parametrize("at_once", [True, False])
def test_a_bad_or_vanished_folder_leaves_the_last_good_set_in_force_and_says_so(
    folder: Folder, content: str | None, at_once: bool
) -> None:
    folder.content = content
    folder.after(SECOND)
    assert folder.after(SETTLING, at_once=at_once) == "first"
    assert list(folder.keeper.problems) == [f"the folder is {content}", "twice"]
    assert [folder.after(SETTLING) for _ in range(3)] == ["first"] * 3
    assert folder.loads == 2
    folder.content = "mended"
    folder.after(SECOND)
    assert folder.keeper.problems
    assert folder.after(SETTLING) == "mended"
    assert not folder.keeper.problems


def test_back_to_the_set_in_force_the_problems_are_gone(folder: Folder) -> None:
    for content in ("bad", "first"):
        folder.content = content
        folder.after(SECOND)
        folder.after(SETTLING)
    assert (folder.keeper.book.digest, folder.keeper.problems) == ("first", ())


def test_each_set_is_kept_when_it_comes_into_force_and_not_before(folder: Folder) -> None:
    assert folder.history == ["first"]
    folder.content = "second"
    folder.after(SETTLING - SECOND)
    assert folder.history == ["first"]
    folder.after(SETTLING)
    folder.content = "bad"
    folder.after(SECOND)
    folder.after(SETTLING)
    assert folder.history == ["first", "second"]


@pytest.mark.parametrize("content", ["bad", None])
@pytest.mark.parametrize("at_once", [True, False])
def test_a_start_with_a_bad_folder_falls_back_to_the_set_accepted_last(
    folder: Folder, content: str | None, at_once: bool
) -> None:
    folder.content = content
    folder.keeper = folder.started(at_once=at_once)
    assert folder.keeper.book.digest == "first"
    assert list(folder.keeper.problems) == [f"the folder is {content}", "twice"]
    assert folder.after(SETTLING) == "first"
    folder.content = "mended"
    folder.after(SECOND)
    assert folder.after(SETTLING) == "mended"
    assert (folder.keeper.problems, folder.history) == ((), ["first", "mended"])


def test_a_start_waits_for_a_changed_folder_to_settle_unless_told_to_take_it(
    folder: Folder,
) -> None:
    folder.content = "second"
    folder.keeper = folder.started()
    assert folder.after(SETTLING - SECOND) == "first"
    assert folder.after(SECOND) == "second"
    folder.content = "third"
    assert folder.started(at_once=True).book.digest == "third"
    assert folder.history == ["first", "second", "third"]


def test_a_set_that_could_not_be_kept_is_not_taken_but_tried_again(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.content = "second"
    folder.after(SECOND)
    monkeypatch.setattr(folder, "accept", full_disk)
    with pytest.raises(LedgerError):
        folder.after(SETTLING)
    assert folder.keeper.book.digest == "first"
    monkeypatch.undo()
    assert folder.after(SECOND) == "second"


def full_disk(*_: object) -> None:
    raise LedgerError("the disk is full")


def test_a_bad_folder_at_the_first_start_is_an_error(folder: Folder) -> None:
    folder.kept.clear()
    folder.content = "bad"
    with pytest.raises(ConfigError, match="the folder is bad"):
        folder.started()
