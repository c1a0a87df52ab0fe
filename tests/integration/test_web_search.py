"""The Ledger page's search finds what `explain` finds, in whatever case and accents it is typed."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.distribution import Decision
from connector.domain.names import folded, normalise
from connector.ledger import Ledger, browse, conditions
from tests.support.ledger import a_distribution, a_plan, an_entry, an_occurrence, new_ledger
from tests.support.pages import Reader, Served, configured, served

HOUR = timedelta(hours=1)
NAMES = ("Crème Brûlée Friday", "CRÈME BRÛLÉE MONDAY", "Smørrebrød", "Straße 100%", "Two_Cities")
BARE = ("Crème Newsletter", "İstanbul Weekend", "Flash\u00a0Sale")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, now = tmp_path_factory.mktemp("model"), datetime.now(UTC).replace(microsecond=0)
    (folder / "mappings").mkdir()
    with new_ledger(folder) as ledger:
        for number, name in enumerate((*NAMES, *BARE)):
            send = an_occurrence(f"s{number}", at=now + (number + 1) * HOUR)
            send = replace(send, send=replace(send.send, name=name))
            if name in BARE:
                ledger.record(a_plan(an_entry(replace(send, decision=Decision.UNMAPPED))), at=now)
            else:
                ledger.record(a_plan(an_entry(send, a_distribution(send))), at=now)
    return folder


@pytest.fixture(scope="module")
def pages(model: Path) -> Iterator[Served]:
    with served(configured(model)) as found:
        yield found


@pytest.fixture(scope="module")
def ada(pages: Served) -> Reader:
    return pages.known()


def shown(ada: Reader, text: str, **more: str) -> set[str]:
    reply = ada.session.get(f"{ada.address}/ledger", params={"text": text, **more}, timeout=20)
    assert reply.status_code == 200
    return {name for name in (*NAMES, *BARE) if f">{name}<" in reply.text}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("CRÈME", {NAMES[0], NAMES[1], BARE[0]}),
        ("creme", {NAMES[0], NAMES[1], BARE[0]}),
        ("Creme*monday", {NAMES[1]}),
        (normalize("NFD", "brûlée"), {NAMES[0], NAMES[1]}),
        ("smorrebrod", {NAMES[2]}),
        ("STRASSE 100%", {NAMES[3]}),
        ("100_", set()),
        ("two_c", {NAMES[4]}),
        ("istanbul", {BARE[1]}),
        ("  flash   sale ", {BARE[2]}),
        ("newsletter", {BARE[0]}),
        ("nothing of the kind", set()),
    ],
)
def test_names_are_found_however_they_are_typed(ada: Reader, text: str, found: set[str]) -> None:
    assert shown(ada, text) == found
    assert shown(ada, text, show="sends") == found & set(BARE)
    assert shown(ada, text, state="waiting") == found & set(NAMES)


def test_what_explain_finds_is_found_here(pages: Served, ada: Reader) -> None:
    ledger = pages.site.ledger()
    for row in ledger.rows():
        send = row.occurrence.send
        for text in (row.id, row.occurrence.key, send.send_id, send.name, f" {send.name.upper()} "):
            if ledger.find(text.strip()).rows:
                assert send.name in shown(ada, text), text


def test_sends_without_an_offer_beyond_the_first_are_a_click_away(
    ada: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.web.history.BARE", 1)
    text = ada.get("/ledger?text=e").text
    address = text.split('id="bare"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    assert address == "/ledger?text=e&show=sends"
    assert all(f">{name}<" in ada.get(address).text for name in (BARE[0], BARE[1]))


def test_an_exact_name_is_found_beyond_where_the_search_was_cut_short(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conditions, "NARROW", 2)
    monkeypatch.setattr(conditions, "NAMES", 2)
    monkeypatch.setattr(browse, "WINDOW", 2)
    folder = shutil.copytree(model, tmp_path / "shop")
    with served(configured(folder)) as pages:
        ada = pages.known()
        assert shown(ada, NAMES[0]) == {NAMES[0]}  # the last of them all
        assert shown(ada, BARE[0]) == {BARE[0]}
        assert shown(ada, NAMES[0].upper()) == set()
        assert "Look on" in ada.words("/ledger?text=creme")


names = st.text(max_size=12)


@given(names, names)
def test_names_that_are_equal_are_searched_alike(one: str, other: str) -> None:
    assert folded(folded(one)) == folded(one)
    assert folded(normalise(one)) == folded(one)
    if normalise(one) == normalise(other):
        assert folded(one) == folded(other)


def test_a_ledger_opened_by_another_program_needs_nothing_of_ours(model: Path) -> None:
    with Ledger.open(f"sqlite:///{model}/ledger.db") as ledger:
        for table in ("index", "view", "trigger"):
            with ledger._store.reading() as tx:
                made = tx.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = ?", (table,))
                assert not [sql for (sql,) in made if sql and "folded" in sql]
