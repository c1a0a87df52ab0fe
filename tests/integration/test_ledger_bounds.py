"""What people ask of a long history costs no more for what they are not shown."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connector.cli.verbs import ledger_list
from connector.domain.distribution import Occurrence
from connector.ledger import Ledger, reads, views
from tests.support.console import clean_environment, inside
from tests.support.ledger import NOW, a_distribution, a_plan, an_entry, an_occurrence, new_ledger
from tests.support.pages import CONFIG
from tests.support.steps import steps

DAY = timedelta(days=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path) as opened:
        yield opened


def _daily(count: int, name: str = "Daily fries", send_id: str = "s1") -> list[Occurrence]:
    """Return so many firings of one name, each a day after the other; every third has no offer."""
    found = [an_occurrence(send_id, at=NOW + DAY * number) for number in range(1, count + 1)]
    return [replace(one, send=replace(one.send, name=name)) for one in found]


def _record(ledger: Ledger, occurrences: list[Occurrence]) -> None:
    entries = [
        an_entry(one, *([a_distribution(one)] if number % 3 else []))
        for number, one in enumerate(occurrences)
    ]
    ledger.record(a_plan(*entries), at=NOW)


def test_of_a_name_that_many_bear_the_latest_are_found_and_the_rest_are_counted(
    ledger: Ledger,
) -> None:
    many = _daily(12)
    _record(ledger, [*many, *_daily(2, "Daily  FRIES", "s2")])
    found = ledger.find(" daily fries ", most=5)
    assert [row.occurrence.key for row in found.rows] == [one.key for one in many[-5:]]
    assert found.more == 9
    assert ledger.find("s1", most=5) == found.__class__(found.rows, 7)
    assert ledger.find("s1", most=12).more == 0
    assert len(ledger.find("s1", most=12).rows) == 12
    assert ledger.find(many[0].key, most=5).rows[0].occurrence == many[0]
    assert ledger.find("nothing such", most=5) == reads.Found()


def test_what_is_not_shown_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "NAMES", 10)
    asked: dict[str, Callable[[Ledger], object]] = {
        "a name": lambda ledger: ledger.find("Daily fries", most=3),
        "an id": lambda ledger: ledger.find("s1", most=3),
        "a list": lambda ledger: ledger.latest_rows(most=3),
        "names": lambda ledger: ledger.latest_names(),
        "the mapping set": lambda ledger: ledger.last_mappings(),
    }
    work: dict[str, list[int]] = {what: [] for what in asked}
    for count in (20, 80):
        (tmp_path / str(count)).mkdir()
        with new_ledger(tmp_path / str(count)) as ledger:
            _record(ledger, _daily(count))
            ledger.accept_mappings("d1", {"a.yaml": "#" * count}, at=NOW)
            for what, ask in asked.items():
                ask(ledger)
                work[what].append(steps(lambda ask=ask, ledger=ledger: ask(ledger)))  # type: ignore[misc]
    assert {what: few == many for what, (few, many) in work.items()} == dict.fromkeys(asked, True)


def test_a_list_shows_the_latest_rows_in_their_order(ledger: Ledger) -> None:
    _record(ledger, _daily(7))
    rows = ledger.rows()
    found = ledger.latest_rows(most=3)
    assert (found.rows, found.more) == (rows[-3:], 4)
    waiting = ledger.latest_rows("waiting", most=3)
    assert (waiting.rows, waiting.more) == (ledger.rows("waiting")[-3:], 1)
    assert ledger.latest_rows(most=7).more == 0


def test_people_are_told_how_many_they_are_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_list, "MOST", 4)
    with new_ledger(tmp_path) as ledger:
        _record(ledger, _daily(25))
    (tmp_path / "connector.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "mappings").mkdir()
    rule = "version: 1\nrules: [{name: fries, match: {send: '*'}, ignore: x}]\n"
    (tmp_path / "mappings" / "a.yaml").write_text(rule, encoding="utf-8")

    def printed(*words: str) -> str:
        done = inside(tmp_path, "--config", "connector.toml", *words, variables=clean_environment())
        assert done.code == 0, done
        return done.out

    shown = printed("ledger", "list")
    assert "21 earlier rows are not shown: `connector ledger export`" in shown
    whole = printed("ledger", "list", "--json")
    assert len(json.loads(whole)) == 25
    assert whole == json.dumps(json.loads(whole), indent=2, ensure_ascii=False) + "\n"
    assert printed("ledger", "list", "--state", "rejected", "--json") == "[]\n"
    for verb in (("ledger", "show"), ("explain",)):
        for text in ("daily fries", "s1"):
            assert "5 earlier occurrences are not shown" in printed(*verb, text)
