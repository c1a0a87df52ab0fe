"""What the pages show and what a word on them does, over a real socket and a real ledger."""

import csv
import html
import io
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.app import read_rules
from connector.domain.breaker import Breaker
from connector.domain.distribution import Decision, Occurrence, State
from connector.domain.evidence import GiftEvent, Sighting
from connector.domain.match import match
from connector.domain.offer import Verdict
from connector.domain.plan import Entry
from connector.domain.policy import Schedule
from connector.domain.reasons import approval_required, unmapped
from connector.domain.standing import RemoteNote
from connector.ledger import Ledger, store
from connector.mapping.folder import MappingText, fingerprint
from connector.mapping.lint import CHOOSE
from connector.mapping.load import read_texts
from connector.render import contract
from tests.support.ledger import a_distribution, a_plan, an_attempt, an_entry, an_occurrence
from tests.support.ledger import ended as settled_with
from tests.support.pages import Reader, Served, configured, served
from tests.support.words import saying

NASTY = "<script>alert('x')</script> & \"quotes\" `code`"
MAPPING = """\
version: 1
rules:
  - name: fries
    match: {send: "Send*"}   # all of them
    redeemable: Fries
  - name: never
    match: {send: "Nothing"}
    ignore: it never comes
"""
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def folder(model: Path, tmp_path: Path) -> Path:
    """Return a shop's folder of its own, with a ledger that holds one offer of each kind."""
    return shutil.copytree(model, tmp_path / "shop")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, now: datetime) -> Path:
    tmp_path = tmp_path_factory.mktemp("model")
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "all.yaml").write_text(MAPPING, encoding="utf-8")
    with Ledger.create(f"sqlite:///{tmp_path}/ledger.db", ledger_id="L1", at=now) as ledger:
        ledger.go_live(at=now, who="test", nothing_given_yet=True)
        for name, state in (("held", State.HELD), ("waiting", State.WAITING)):
            _planned(ledger, name, now, state)
        _tried(ledger, "unknown", now, Verdict.UNKNOWN, State.UNKNOWN)
        _tried(ledger, "rejected", now, Verdict.REJECTED, State.REJECTED)
        _tried(ledger, "committed", now, Verdict.COMMITTED, State.COMMITTED, 4711)
        bare = an_occurrence("bare", at=now + 5 * HOUR)
        bare = replace(
            bare,
            send=replace(bare.send, name=NASTY, audiences=(NASTY,)),
            decision=Decision.UNMAPPED,
            rule=None,
            reason=unmapped((NASTY,)),
        )
        ledger.record(a_plan(an_entry(bare)), at=now)
        ledger.note_remotes(
            [
                RemoteNote("braze_us", now, now),
                RemoteNote("punchh", now, now - HOUR, saying("unreadable", NASTY)),
            ]
        )
    return tmp_path


def _planned(ledger: Ledger, name: str, now: datetime, state: State) -> str:
    send = _send(name, now)
    offer = a_distribution(send, state=state)
    if state is State.HELD:
        offer = replace(offer, reason=approval_required("fries"))
    ledger.record(a_plan(an_entry(send, offer)), at=now)
    return offer.id


def _send(name: str, now: datetime) -> Occurrence:
    return an_occurrence(name, at=now + 3 * HOUR)


def _tried(
    ledger: Ledger,
    name: str,
    now: datetime,
    verdict: Verdict,
    state: State,
    campaign_id: int | None = None,
) -> None:
    waiting = ledger.distribution(_planned(ledger, name, now, State.WAITING))
    attempt = an_attempt(waiting, at=now - HOUR)
    intent = ledger.begin(waiting, attempt)
    ledger.settle(*settled_with(intent, attempt, verdict, state, campaign_id))


@pytest.fixture
def pages(folder: Path) -> Iterator[Served]:
    with served(configured(folder)) as found:
        yield found


@pytest.fixture
def ada(pages: Served) -> Reader:
    return pages.known()


def id_of(pages: Served, name: str) -> str:
    found = pages.site.ledger().find(f"Send {name}").rows
    return found[0].id


# --- what is shown


def test_today_starts_with_what_needs_a_decision(pages: Served, ada: Reader) -> None:
    said = ada.words("/")
    assert said.index("Needs a decision") < said.index("The next seven days")
    for told in ("Send unknown unknown", "Send held held deadline", "Punchh", "4711"):
        assert told in said or told == "4711"
    assert "Live but no worker is running now" in said
    assert "2h38m left" in said or "2h37m left" in said
    assert f'href="/sends/{id_of(pages, "unknown")}"' in ada.get("/").text


def test_today_shows_an_empty_ledger_calmly(tmp_path: Path, now: datetime) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "all.yaml").write_text(MAPPING, encoding="utf-8")
    Ledger.create(f"sqlite:///{tmp_path}/ledger.db", ledger_id="L1", at=now).close()
    with served(configured(tmp_path)) as pages:
        reader = pages.known()
        said = reader.words("/")
        for told in ("No cycle has run yet", "Rehearsal", "Nothing was given yet", "No remote"):
            assert told in said
        assert "The ledger is empty" in reader.words("/ledger")
        assert "No offer in these days" in reader.words("/ledger/charts")


def test_a_send_is_shown_whole(pages: Served, ada: Reader) -> None:
    said = ada.words(f"/sends/{id_of(pages, 'unknown')}")
    for told in (
        "What the source said", "braze_us", "1 rule tried, in order", "fries matches",
        "Support > Schedules", "Attempts", "reached replied", "attempt settled",
        "Say what became of it", "u-1",
    ):  # fmt: skip
        assert told in said
    assert ada.get("/sends/nothing").status_code == 404


def test_gifts_that_were_seen_are_shown_with_what_they_want(
    pages: Served, ada: Reader, now: datetime
) -> None:
    ledger, id_ = pages.site.ledger(), id_of(pages, "unknown")
    mark = str(ledger.distribution(id_).external_campaign_id)
    for n, campaign in enumerate((4801, 4802)):
        ledger.hear(GiftEvent(f"e-{n}", now, mark, campaign), at=now)
    seen = Sighting(id_of(pages, "committed"), "vip", now, now, campaigns=(4803,))
    ledger.note_sightings([seen], [])
    said = ada.words(f"/sends/{id_}")
    for told in ("Gifts seen", "1 gifts of campaign 4801", "for this one offer (4801 and 4802)"):
        assert told in said
    said = ada.words(f"/sends/{seen.distribution}")
    assert "canary vip no gift of it, but of campaign 4803" in said
    assert "If it is one campaign with two numbers, guests have the offer" in said
    assert "4803 instead of 4711" in ada.words("/")


def test_instants_are_told_by_the_businesss_clock_and_in_utc(
    pages: Served, ada: Reader, now: datetime
) -> None:
    text = ada.get(f"/sends/{id_of(pages, 'held')}").text
    stamp = contract.stamp(now + 3 * HOUR)
    assert f'datetime="{stamp}"' in text
    assert f">{stamp}<" in text
    local = (now + 3 * HOUR).astimezone(pages.site.zone)
    assert f"{local:%a %d %b %H:%M %Z}" in text


def test_whatever_comes_from_outside_is_escaped(pages: Served, ada: Reader) -> None:
    bare = next(row for row in pages.site.ledger().rows("unmapped"))
    for path in ("/", "/ledger?show=sends", f"/sends/{bare.id}", "/ledger?text=" + NASTY):
        text = ada.get(path).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


def test_a_send_that_no_rule_claims_comes_with_a_rule_to_paste(pages: Served, ada: Reader) -> None:
    bare = next(row for row in pages.site.ledger().rows("unmapped"))
    (shown,) = re.findall(r'<pre class="paste"[^>]*>(.*?)</pre>', _page(ada, bare.id), re.DOTALL)
    text = html.unescape(shown)
    book = read_texts([MappingText("m", text.encode(), "m")], schedule=Schedule()).book
    assert match(bare.occurrence.send, book).decision is Decision.CLAIMED
    assert book.rules[0].redeemable == CHOOSE
    assert 'class="paste"' not in _page(ada, id_of(pages, "held"))


def _page(reader: Reader, id_: str) -> str:
    return reader.get(f"/sends/{id_}").text


def test_the_pages_show_no_key(pages: Served, ada: Reader) -> None:
    for path in ("/", "/ledger", "/mappings", f"/sends/{id_of(pages, 'held')}"):
        assert "canary" not in ada.get(path).text


def test_reading_writes_nothing(pages: Served, ada: Reader, folder: Path) -> None:
    def content() -> list[str]:
        with closing(sqlite3.connect(f"file:{folder}/ledger.db?mode=ro", uri=True)) as raw:
            return list(raw.iterdump())

    before = content()
    for path in ("/", "/ledger", "/ledger/charts", "/ledger/export.json", "/mappings"):
        assert ada.get(path).status_code == 200
    assert content() == before


# --- what is said


def test_a_held_offer_is_approved_under_the_name_of_who_said_it(pages: Served, ada: Reader) -> None:
    offer = id_of(pages, "held")
    done = ada.say(f"/sends/{offer}/approve", reason="it is meant")
    assert (done.status_code, done.headers["location"]) == (303, f"/sends/{offer}?said=approve")
    told = pages.site.ledger().events(distribution=offer)[-1]
    assert (told.who, told.verb, told.reason) == ("ada", "approved", "it is meant")
    said = ada.words(done.headers["location"])
    assert "Approved, as it stands now" in said
    assert "it is meant" in said.lower()


@pytest.mark.parametrize(
    ("became", "state"),
    [("committed", "committed"), ("not-committed", "waiting"), ("abandon", "rejected")],
)
def test_an_unknown_is_resolved(pages: Served, ada: Reader, became: str, state: str) -> None:
    offer = id_of(pages, "unknown")
    done = ada.say(f"/sends/{offer}/resolve", became=became, campaign_id="99", reason="I looked")
    assert done.status_code == 303
    assert pages.site.ledger().distribution(offer).state.value == state
    said = ada.words(f"/sends/{offer}")
    assert ("may still take the lost request" in said) == (became == "not-committed")


def test_a_rejected_offer_is_tried_again_and_an_abandoned_one_only_by_an_express_word(
    pages: Served, ada: Reader
) -> None:
    offer = id_of(pages, "rejected")
    assert ada.say(f"/sends/{offer}/retry", reason="mended").status_code == 303
    given_up = id_of(pages, "unknown")
    ada.say(f"/sends/{given_up}/resolve", became="abandon", reason="too late")
    refused = ada.say(f"/sends/{given_up}/retry", reason="after all")
    assert refused.status_code == 409
    assert "Punchh may hold" in refused.text
    done = ada.say(f"/sends/{given_up}/retry", reason="after all", although="yes")
    assert done.status_code == 303


def test_an_attention_is_taken_note_of(pages: Served, ada: Reader) -> None:
    bare = next(row for row in pages.site.ledger().rows("unmapped"))
    assert ada.say(f"/sends/{bare.id}/acknowledge", reason="no offer").status_code == 303
    assert "1 more that somebody took note of" in ada.words("/")
    again = ada.say(f"/sends/{id_of(pages, 'waiting')}/acknowledge", reason="so")
    assert (again.status_code, "nothing of it wants a person" in again.text) == (409, True)


def test_an_offer_is_made_again_when_its_send_moved(
    pages: Served, ada: Reader, now: datetime
) -> None:
    offer = id_of(pages, "committed")
    send = _send("committed", now)
    assert send.send.when
    later = replace(send.send.when, first_delivery=now + 9 * HOUR, scheduled_for=now + 9 * HOUR)
    moved = replace(send, send=replace(send.send, when=later))
    pages.site.ledger().record(a_plan(Entry(moved, send, ())), at=now)
    assert "Have it made again for the new time" in ada.words(f"/sends/{offer}")
    refused = ada.say(f"/sends/{offer}/recommit", reason="moved")
    assert (refused.status_code, "guests get two" in refused.text) == (409, True)
    assert ada.say(f"/sends/{offer}/recommit", reason="moved", cancelled="yes").status_code == 303
    assert "followed by" in ada.words(f"/sends/{offer}")


def test_a_refusal_is_told_and_the_form_is_kept(pages: Served, ada: Reader) -> None:
    offer = id_of(pages, "waiting")
    reply = ada.say(f"/sends/{offer}/approve", reason="please")
    assert reply.status_code == 409
    assert "only what is held can be approved" in reply.text
    unknown = id_of(pages, "unknown")
    reply = ada.say(f"/sends/{unknown}/resolve", became="committed", campaign_id="x1",
                    reason="I saw it")  # fmt: skip
    assert reply.status_code == 409
    assert ">I saw it</textarea>" in reply.text
    assert "Give the campaign" in reply.text


def test_no_word_without_a_reason(pages: Served, ada: Reader) -> None:
    events = len(pages.site.ledger().events())
    offer = id_of(pages, "held")
    for path in (f"/sends/{offer}/approve", "/pauses", "/pauses/end", "/held/approve"):
        reply = ada.say(path, reason="   ", what="all")
        assert reply.status_code == 422
        assert "Say why" in reply.text
    assert len(pages.site.ledger().events()) == events


def test_something_is_paused_and_goes_on(pages: Served, ada: Reader) -> None:
    for what in ("rule:fries", "source:braze_us", "punchh", "all"):
        assert ada.say("/pauses", what=what, until="2h", reason="wrong fries").status_code == 303
    found = pages.site.ledger().pauses(at=pages.clock.now())
    assert [one.of for one in found] == ["rule fries", "source braze_us", "punchh", "everything"]
    assert all(one.who == "ada" and one.until for one in found)
    said = ada.words("/")
    assert "Paused: rule fries" in said
    assert "Wrong fries" in said or "wrong fries" in said
    assert ada.say("/pauses/end", what="rule:fries", reason="right now").status_code == 303
    assert len(pages.site.ledger().pauses(at=pages.clock.now())) == 3


def test_a_pause_of_nothing_is_refused(pages: Served, ada: Reader) -> None:
    for what in ("rule:nix", "source:nix", "nix", "all:x", "rule:", ""):
        assert ada.say("/pauses", what=what, until="", reason="so").status_code == 409
    assert ada.say("/pauses", what="all", until="9y", reason="so").status_code == 409
    assert pages.site.ledger().pauses(at=pages.clock.now()) == ()


def test_a_remote_left_alone_is_asked_again(pages: Served, ada: Reader, now: datetime) -> None:
    ledger = pages.site.ledger()
    refused = Breaker(refused_key="k", since=now, why=saying("a", "the key was refused"))
    ledger.change_breaker("punchh", lambda _: refused)
    assert "the key was refused" in ada.words("/")
    assert ada.say("/pauses/end", what="punchh", reason="new key").status_code == 303
    assert ledger.remotes()["punchh"].breaker == Breaker()


# --- the ledger as a table


def test_the_table_is_filtered_sorted_and_found_in(pages: Served, ada: Reader) -> None:
    assert "Send unknown" in ada.words("/ledger?state=unknown")
    assert "Send held" not in ada.words("/ledger?state=unknown")
    assert "Send committed" in ada.words("/ledger?text=4711")
    assert "Send held" not in ada.words("/ledger?text=4711")
    assert "Send held" in ada.words("/ledger?rule=fries&source=braze_us&sort=changed&dir=up")
    assert "No results" in ada.words("/ledger?rule=nix")
    assert "Send held" not in ada.words("/ledger?until=2020-01-01")
    assert 'aria-sort="ascending"' in ada.get("/ledger?dir=up").text


def test_an_address_that_was_changed_is_told(ada: Reader) -> None:
    for query in ("state=nix", "since=nonsense", "since=0001-01-01", "until=9999-12-31",
                  "after=x~y"):  # fmt: skip
        assert ada.get(f"/ledger?{query}").status_code == 400


def test_all_parts_are_reached_page_by_page(
    pages: Served, ada: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.web.history.LINES", 2)
    seen, path = "", "/ledger"
    for _ in range(9):
        text = ada.get(path).text
        seen += text
        if 'rel="next"' not in text:
            break
        path = text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    for name in ("held", "waiting", "unknown", "rejected", "committed"):
        assert seen.count(f">Send {name}<") == 1


def test_what_fits_is_taken_along_as_a_file(pages: Served, ada: Reader, now: datetime) -> None:
    rows = [row for row in pages.site.ledger().rows() if row.distribution]
    fields = {
        row.id: contract.row(row.occurrence, row.distribution, now, pages.site.words)
        for row in rows
    }
    by_json = {one["id"]: one for one in ada.get("/ledger/export.json").json()}
    lines = ada.get("/ledger/export.ndjson").text.splitlines()
    by_line = {one["id"]: one for one in map(json.loads, lines)}
    for found in (by_json, by_line):
        assert found.keys() == fields.keys()
        assert {one["send_name"] for one in found.values()} == {
            one["send_name"] for one in fields.values()
        }
    reply = ada.get("/ledger/export.csv?state=committed")
    assert "attachment" in reply.headers["content-disposition"]
    (only,) = csv.DictReader(io.StringIO(reply.text))
    assert (only["campaign_id"], only["state"]) == ("4711", "committed")
    assert ada.get("/ledger/export.csv?state=withdrawn").text.count("\n") == 1
    assert ada.get("/ledger/export.json?state=withdrawn").json() == []
    assert ada.get("/ledger/export.xml").status_code == 404


def test_the_charts_tell_their_numbers_as_tables_too(ada: Reader, now: datetime) -> None:
    text = ada.words("/ledger/charts")
    assert "By state" in text
    assert "By redeemable" in text
    assert "committed 1" in text
    assert "Fries" in text


# --- the mapping files


def test_the_files_are_shown_with_what_each_rule_claims(
    pages: Served, ada: Reader, folder: Path, now: datetime
) -> None:
    ledger = pages.site.ledger()
    book = read_rules(pages.site.settings)
    assert "changed" in ada.words("/mappings")
    ledger.accept_mappings(fingerprint(folder / "mappings"), {"all.yaml": MAPPING}, at=now)
    assert book.digest == fingerprint(folder / "mappings")
    said = ada.words("/mappings")
    assert "in force since" in said
    assert "5 coming sends" in said
    assert "no coming send" in said


def test_mistakes_stand_beside_their_lines(ada: Reader, folder: Path) -> None:
    path = folder / "mappings" / "all.yaml"
    path.write_text(MAPPING.replace("redeemable: Fries", "redeemabel: Fries"), encoding="utf-8")
    text = ada.get("/mappings").text
    row = text.split('<tr class="error">')[1].split("</tr>")[0]
    assert ">5</th>" in row
    assert "redeemabel" in row
    assert "column 5" in row
    assert "not taken" in text
    assert "mistake" in ada.words("/")
    path.unlink()
    assert ada.get("/mappings").status_code == 200
    assert "holds no mapping file" in ada.words("/mappings")


# --- when the ledger is not as it was


def test_a_ledger_that_is_gone_is_one_clear_page(ada: Reader, folder: Path) -> None:
    (folder / "ledger.db").rename(folder / "away.db")
    reply = ada.get("/ledger")
    assert reply.status_code == 503
    assert "is gone but its mark" in reply.text
    (folder / "away.db").rename(folder / "ledger.db")
    assert ada.get("/ledger").status_code == 200


def test_a_ledger_put_in_its_place_is_opened_anew(
    pages: Served, ada: Reader, folder: Path, now: datetime
) -> None:
    copy = folder / "copy.db"
    pages.site.ledger().back_up(copy)
    for suffix in ("-wal", "-shm"):
        (folder / f"ledger.db{suffix}").unlink(missing_ok=True)
    copy.replace(folder / "ledger.db")
    assert ada.get("/ledger").status_code == 200
    assert "Send held" in ada.words("/ledger")


def test_a_newer_ledger_is_one_clear_page(ada: Reader, folder: Path) -> None:
    with closing(sqlite3.connect(folder / "ledger.db")) as raw:
        raw.execute("CREATE TABLE of_the_future (x)")
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.commit()
    reply = ada.get("/")
    assert reply.status_code == 503
    assert "Run the newer program" in reply.text


def test_a_busy_ledger_is_one_clear_page(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_BUSY_SECONDS", 0.1)
    with served(configured(folder)) as pages:
        ada = pages.known()
        with closing(sqlite3.connect(folder / "ledger.db", isolation_level=None)) as raw:
            raw.execute("BEGIN IMMEDIATE")
            assert ada.get("/ledger").status_code == 200
            reply = ada.say("/pauses", what="all", reason="so")
            assert reply.status_code == 503
            assert "locked" in reply.text
            raw.execute("ROLLBACK")
        assert ada.say("/pauses", what="all", reason="so").status_code == 303


def test_a_fault_is_one_page_that_shows_nothing_and_is_logged(
    pages: Served,
    ada: Reader,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def broken(*_: object) -> None:
        secret = "canary-in-a-variable"  # noqa: F841
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(Ledger, "tally", broken)
    reply = ada.get("/ledger")
    assert reply.status_code == 500
    assert "A fault of the connector itself" in reply.text
    assert "ZeroDivisionError" not in reply.text
    assert "canary" not in capfd.readouterr().err
    assert ada.get("/mappings").status_code == 200
