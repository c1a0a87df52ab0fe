"""The marketers' verbs as they type them: check, suggest, diff; looking changes nothing."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.domain.message import PASTE
from connector.mapping.lint import CHOOSE
from tests.support.console import WHY, Shop, opened

UNCLAIMED = "Double Points Tuesday"
BAD = """\
version: 1
segments:
  Gold: VIP Guets
rules:
  - name: first
    match: {source: braze_s, send: "Friday Fries*"}
    redeemable: Free Medium Frise
  - name: second
    match: {source: braze_us, sent: x}
    redeemable: Free Taco
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One shop for all of these: they only look, and put back what they edit."""
    with opened(tmp_path_factory.mktemp("marketers") / "shop") as found:
        found.live()
        yield found
        assert found.posts() == 0


@pytest.fixture(autouse=True)
def untouched(shop: Shop) -> Iterator[None]:
    """Look that no verb changes the ledger or calls Punchh to commit, and tidy up after it."""
    ledger, files = shop.ledger.read_bytes(), _files(shop)
    yield
    assert shop.ledger.read_bytes() == ledger
    shutil.rmtree(shop.mapping.parent)
    shop.mapping.parent.mkdir()
    for name, data in files.items():
        (shop.mapping.parent / name).write_bytes(data)
    shop.heal()


def _files(shop: Shop) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in shop.mapping.parent.iterdir()}


def _change(shop: Shop, before: str, after: str) -> None:
    text = shop.mapping.read_text(encoding="utf-8")
    assert before in text
    shop.mapping.write_text(text.replace(before, after, 1), encoding="utf-8")


# --- check ------------------------------------------------------------------------------------


def test_everything_wrong_is_told_at_once_with_the_line_and_a_mark(shop: Shop) -> None:
    (shop.mapping.parent / "bad.yaml").write_text(BAD)
    done = shop.inside("mappings", "check")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[:12] == [
        "mappings/bad.yaml: 2 errors",
        (
            '  mappings/bad.yaml:6:21: error: no source is named "braze_s" [source]'
        ),
        '    6 |     match: {source: braze_s, send: "Friday Fries*"}',
        "      |                     ^^^^^^^",
        '        -> did you mean "braze_us" (93 % alike)?',
        '  mappings/bad.yaml:9:31: error: unknown key "sent" [key]',
        "    9 |     match: {source: braze_us, sent: x}",
        "      |                               ^^^^",
        '        -> did you mean "send"?',
        "",
        ("2 errors; what each word in [ ] means is told in the guide, README.md beside the example "
        "mappings"),
    ]  # fmt: skip


def test_live_finds_names_and_sends_too_and_what_could_be_read_is_checked(shop: Shop) -> None:
    (shop.mapping.parent / "bad.yaml").write_text(BAD)
    done = shop.inside("mappings", "check", "--live")
    assert (done.code, done.out) == (2, "")
    codes = re.findall(r"^  (\S+): (\w+): .* \[(\S+)\]$", done.err, re.MULTILINE)
    assert codes == [
        ("mappings/bad.yaml:3:9", "error", "no-segment"),
        ("mappings/bad.yaml:6:21", "error", "source"),
        ("mappings/bad.yaml:7:17", "error", "no-redeemable"),
        ("mappings/bad.yaml:9:31", "error", "key"),
    ]
    assert "-> did you mean “Free Medium Fries”" in done.err


def test_warnings_alone_are_shown_and_the_files_are_fit_for_use(shop: Shop) -> None:
    done = shop.inside("mappings", "check", "--live")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line for line in lines if "warning:" in line] == [
        (
            "  mappings/restaurant.yaml:47:11: warning: it claims “Taco Tuesday”, whose audience "
            "“Taco Loverz” is no segment in Punchh [audience]"
        ),
        (
            "  mappings/restaurant.yaml:51:11: warning: it claims “Family Night”, whose audience "
            "“Families” is the name of 2 segments in Punchh [audience]"
        ),
    ]
    assert lines[-1] == "18 rules can be used, and Punchh knows the names in them"
    assert shop.inside("mappings", "check").out == "18 rules are fine\n"


def test_a_remote_that_cannot_be_read_is_told_and_the_rest_is_checked(shop: Shop) -> None:
    shop.fault("status", code=500, times=99)
    done = shop.inside("mappings", "check", "--live")
    assert done.code == 1
    assert done.out == "18 rules are fine\n"
    assert done.err.startswith("connector: could not be read: punchh: ")
    shop.heal()
    shop.fault("status", "braze", code=500, times=99)
    done = shop.inside("mappings", "check", "--live")
    assert done.code == 1
    assert "[idle]" not in done.out
    assert done.err.startswith("connector: could not be read: braze_us: ")


def test_marks_for_a_pull_request(shop: Shop) -> None:
    (shop.mapping.parent / "bad.yaml").write_text(BAD)
    done = shop.inside("mappings", "check", "--format", "github")
    assert (done.code, done.err) == (2, "")
    assert done.out.splitlines() == [
        (
            "::error file=mappings/bad.yaml,line=6,col=21,title=source::no source is named "
            '"braze_s"%0Adid you mean "braze_us" (93 %25 alike)?'
        ),
        (
            '::error file=mappings/bad.yaml,line=9,col=31,title=key::unknown key "sent"%0A'
            'did you mean "send"?'
        ),
    ]


# --- suggest ----------------------------------------------------------------------------------


def test_suggested_rules_are_a_mapping_file(shop: Shop) -> None:
    _change(shop, 'match: {send: "Taco Tuesday*"}', 'match: {send: "Taco Monday*"}')
    done = shop.inside("mappings", "suggest")
    assert (done.code, done.err) == (0, "")
    assert "no rule claims 2 of the 20 scheduled sends" in done.out.splitlines()[0]
    assert '    # segment: "Taco Lovers"  # 90 % alike' in done.out.splitlines()
    (shop.mapping.parent / "suggested.yaml").write_text(done.out)
    checked = shop.inside("mappings", "check")
    assert checked.code == 2
    assert checked.err.count("error: no redeemable is chosen yet [choose]") == 2
    planned = shop.inside("plan", "--json").json()
    blocked = [row for row in planned["distributions"] if row["redeemable"] == CHOOSE]
    assert {row["action"] for row in blocked} == {"block"}
    again = shop.inside("mappings", "suggest")
    assert again.out.endswith("a rule claims each of the 20 scheduled sends, or skips it.\n")


def test_one_file_of_rules_stands_wherever_an_unclaimed_send_is_told_of(tmp_path: Path) -> None:
    with opened(tmp_path / "shop") as shop:
        shop.live()
        shop.once()
        ready = shop.ok("status", "--json").json()["ready_rules"]
        for words in (("status",), ("explain", UNCLAIMED), ("ledger", "show", UNCLAIMED)):
            assert f"{PASTE}:\n\n{ready}\n" in shop.ok(*words).out
        pasted = shop.mapping.parent / "pasted.yaml"
        pasted.write_text(ready.replace(CHOOSE, "Free Taco"))
        shop.ok("mappings", "check", "--live")
        told = shop.ok("status", "--json").json()
        assert told["ready_rules"] is None, "the files as they are claim it"
        pasted.write_text("version: 1\nrules: [\n")
        told = shop.ok("status", "--json").json()
        assert told["ready_rules"] == ready, "by the set accepted last"
        pasted.unlink()
        assert PASTE not in shop.ok("ledger", "show", "Lunch Push").out
        assert PASTE not in shop.ok("explain", "Lunch Push").out


def test_it_works_before_there_is_a_ledger(shop: Shop) -> None:
    shop.configure("[mappings]", '[ledger]\nurl = "sqlite:///none.db"\n[mappings]')
    try:
        for words in (("mappings", "suggest"), ("mappings", "check", "--live")):
            assert shop.inside(*words).code == 0
        done = shop.inside("mappings", "diff", "mappings")
        assert (done.code, done.out) == (1, "")
        assert "there is none. `connector init` makes one" in done.err
        assert not (shop.config.parent / "none.db").exists()
    finally:
        shop.configure('[ledger]\nurl = "sqlite:///none.db"\n', "")


# --- diff -------------------------------------------------------------------------------------


def _git(shop: Shop, *words: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(  # noqa: S603  a test's own repository
        ["git", "-C", str(shop.folder), *who, *words],  # noqa: S607
        check=True, capture_output=True, env=clean,
    )  # fmt: skip


@pytest.fixture
def committed(shop: Shop) -> Iterator[Shop]:
    """The mapping files are committed in a repository of their own."""
    _git(shop, "init", "-q")
    _git(shop, "add", "mappings")
    _git(shop, "commit", "-qm", "as they were")
    yield shop
    shutil.rmtree(shop.folder / ".git")


def test_what_an_edit_would_change(committed: Shop) -> None:
    shop = committed
    unchanged = shop.ok("mappings", "diff", "HEAD")
    assert unchanged.out.endswith("0 of 20 scheduled sends change.\n")
    _change(shop, "redeemable: Free Coffee", "redeemable: Free Taco")
    _change(shop, 'match: {send: "Lunch*"}', 'match: {send: "Brunch*"}')
    polls = _requests(shop)
    shop.inside("plan")
    one_plan = _requests(shop) - polls
    told = shop.inside("mappings", "diff", "HEAD", "--json").json()
    assert [(one["send_name"], one["change"]) for one in told["changes"]] == [
        ("Lunch Push", "offer dropped"),
        ("Sunrise Coffee", "other offer"),
    ]
    assert told["changes"][1]["before"]["redeemable"] == "Free Coffee"
    assert told["changes"][1]["after"]["redeemable"] == "Free Taco"
    asked = _requests(shop) - polls - one_plan
    assert 0 < asked <= one_plan, "the remotes are asked once for both plans"
    table = shop.inside("mappings", "diff", "HEAD").out
    assert "2 of 20 scheduled sends change (offer dropped: 1, other offer: 1)." in table


def _requests(shop: Shop) -> int:
    """Count what was asked of the remotes, but for the details by which `plan` finds drafts."""
    with shop.box.world.lock:
        rows = shop.box.world.requests.rows()
    return sum("/details" not in str(row) for row in rows)


def test_a_comment_for_a_pull_request(committed: Shop) -> None:
    shop = committed
    _change(shop, "redeemable: Free Coffee", "redeemable: Free Taco")
    done = shop.inside("mappings", "diff", "HEAD", "--format", "markdown")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith("### What changes against HEAD, as of ")
    assert lines[2] == "| Send | Change | Before | After | Why |"
    assert lines[4].startswith("| Sunrise Coffee<br>message ")
    assert lines[4].count(" | ") == 4
    assert lines[-1] == "1 of 20 scheduled sends change (other offer: 1)."


def test_against_another_folder_or_file(shop: Shop) -> None:
    other = shop.folder / "other"
    shutil.copytree(shop.mapping.parent, other)
    _change(shop, "lead_time: 45m ", "lead_time: 50m ")
    for path in ("other", "other/restaurant.yaml"):
        told = shop.inside("mappings", "diff", path, "--json").json()
        assert [(one["send_name"], one["change"]) for one in told["changes"]] == [
            ("Sunrise Coffee", "other time")
        ]
    shutil.rmtree(other)


def test_wrong_words_and_wrong_files_are_told_in_one_line_each(committed: Shop) -> None:
    shop = committed
    wrong = {
        "nope": "nope: is no revision of the repository of mappings, nor a file",
        "HEAD~5": "HEAD~5: is no revision of the repository of mappings, nor a file",
        "config": "config: holds no mapping file (*.yaml)",
    }
    for word, told in wrong.items():
        done = shop.inside("mappings", "diff", word)
        assert (done.code, done.out, done.err) == (2, "", f"connector: {told}\n")
    _change(shop, "version: 1", "version: 2")
    _git(shop, "commit", "-qam", "a mistake")
    _change(shop, "version: 2", "version: 3")
    done = shop.inside("mappings", "diff", "HEAD")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        'connector: HEAD:mappings/restaurant.yaml:9:10: "version" must be 1, not "2"',
        'connector: mappings/restaurant.yaml:9:10: "version" must be 1, not "3"',
    ]


# --- what the ledger knows --------------------------------------------------------------------


def test_a_redeemable_that_punchh_refused_is_told_by_the_next_check(tmp_path: Path) -> None:
    with opened(tmp_path / "shop") as shop:
        shop.live()
        shop.once()
        done = shop.inside("mappings", "check", "--live")
        (line,) = [line for line in done.out.splitlines() if "[refused]" in line]
        assert line.startswith(
            "  mappings/restaurant.yaml:57:17: warning: Punchh refused “Summer Wings” for “Last "
            "Call Wings” on "
        )
        assert line.endswith(
            "has expired, or does before the offer starts: “Redeemable is expired” [refused]"
        )
        assert done.code == 0
        # A source that cannot be read is suggested for as the ledger knows it.
        shop.fault("status", "braze", code=500, times=99)
        suggested = shop.inside("mappings", "suggest")
        assert suggested.code == 1
        assert 'send: "Double Points Tuesday"' in suggested.out
        assert suggested.err.splitlines()[0] == (
            "connector: what could not be read is told as the ledger knows it"
        )
        # What is committed does not change with the rules; what waits does.
        shutil.copytree(shop.mapping.parent, shop.folder / "before")
        shop.heal()
        shop.inside("resume", "--source", "braze_us", *WHY)
        _change(shop, "redeemable: Free Coffee", "redeemable: Free Taco")
        _change(shop, "redeemable: Holiday Shake", "redeemable: Free Taco")
        told = shop.inside("mappings", "diff", "before", "--json").json()["changes"]
        assert [(one["send_name"], one["change"], one["after"]["action"]) for one in told] == [
            ("Sunrise Coffee", "offer added", "hold"),
            ("Holiday Shake", "other offer", "wait"),
        ]
