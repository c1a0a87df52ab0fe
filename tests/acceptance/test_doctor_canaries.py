"""`connector doctor` and the canaries: which of them proves something."""

from collections.abc import Callable

import pytest

from connector.cli.verbs.sandbox import PROOF
from connector.sandbox import CANARY_EMAIL, CANARY_TOKEN, PUNCHH_CLIENT, PUNCHH_KEY, PUNCHH_SECRET
from connector.sandbox.accounts import Account
from connector.sandbox.business import Segment
from tests.support.console import Done, Shop, keys_in_files

GUEST, TOKEN = "gold@example.com", "a-token-of-gold"
SECRETS = (CANARY_EMAIL, CANARY_TOKEN, GUEST, TOKEN, PUNCHH_CLIENT, PUNCHH_KEY, PUNCHH_SECRET)


def of_canaries(done: Done) -> list[str]:
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    return [line for line in lines if line.split()[1].startswith("canar")]


def asked(shop: Shop, part: str) -> int:
    with shop.box.world.lock:
        return sum(part in row.path for row in shop.box.world.requests.rows())


@pytest.fixture
def watched(live_shop: Shop) -> Shop:
    live_shop.config.write_text(live_shop.config.read_text() + PROOF)
    return live_shop


def add(shop: Shop, name: str, segment: str = "VIP Guests", *, email: bool = True) -> None:
    """Configure a canary that Punchh knows, and that is in no segment."""
    with shop.box.world.lock:
        shop.box.world.punchh.accounts[GUEST] = Account(GUEST, TOKEN, 2)
    own = f'email = "{GUEST}"\n' if email else ""
    table = f'[punchh.canaries.{name}]\nsegment = "{segment}"\ntoken = "{TOKEN}"\n{own}'
    shop.config.write_text(shop.config.read_text() + table)


def test_each_canary_is_told_of_by_its_name_and_nothing_of_its_guest(watched: Shop) -> None:
    shop = watched
    before = shop.tables()
    done = shop.run("doctor")
    assert (done.code, done.err) == (0, "")
    assert of_canaries(done) == [
        "ok canary vip it is in its segment “VIP Guests”.",
        "ok canary vip its token is taken; its account holds 0 rewards.",
    ]
    add(shop, "outside")
    add(shop, "misspelled", "VIP Gests")
    add(shop, "twice", "Twins")
    add(shop, "shy", email=False)
    with shop.box.world.lock:
        for number in (1, 2):
            shop.box.world.punchh.segments[number] = Segment(number, "Twins", 5)
    found = shop.run("doctor")
    taken = "its token is taken; its account holds 0 rewards."
    assert (found.code, found.err) == (1, "")
    assert of_canaries(found)[2:] == [
        (
            "fails canary outside canary outside is not in segment “VIP Guests”, so it proves "
            "nothing. Put it in there in Punchh, which takes a moment to show, or correct "
            "punchh.canaries.outside.segment or .email."
        ),
        f"ok canary outside {taken}",
        (
            "fails canary misspelled canary misspelled is to watch “VIP Gests”, and Punchh has no "
            "segment so named (near: “VIP Guests”). Correct punchh.canaries.misspelled.segment, "
            "or the name in Punchh."
        ),
        f"ok canary misspelled {taken}",
        (
            "fails canary twice canary twice is to watch “Twins”, and Punchh has 2 segments so "
            "named. Correct punchh.canaries.twice.segment, or the name in Punchh."
        ),
        f"ok canary twice {taken}",
        (
            "ok canary shy whether it is in “VIP Guests” is not asked, "
            "since punchh.canaries.shy.email is not set."
        ),
        f"ok canary shy {taken}",
    ]
    told = shop.inside("--debug", "doctor", "--json")
    assert [one["code"] for one in told.json() if one["of"] == "canary outside"] == [
        "canary-outside",
        "account",
    ]
    assert shop.tables() == before
    shown = done.out + found.out + told.out + told.err
    assert not [secret for secret in SECRETS if secret in shown]


def wrong_token(shop: Shop) -> None:
    shop.configure(f'"{CANARY_TOKEN}"', '"not-it"')


def wrong_secret(shop: Shop) -> None:
    shop.configure(f'"{PUNCHH_SECRET}"', '"not-it"')


REFUSALS = {
    wrong_token: (
        "Punchh does not know the token of canary vip (401). "
        "Sign the guest in again and set punchh.canaries.vip.token."
    ),
    wrong_secret: (
        "Punchh refused the signature (412). "
        "Check punchh.client and punchh.secret: both belong to this business and host."
    ),
}


@pytest.mark.parametrize(("spoil", "told"), REFUSALS.items(), ids=["token", "secret"])
def test_what_a_canary_asks_with_is_refused_once_and_nothing_is_asked_after_it(
    watched: Shop, spoil: Callable[[Shop], None], told: str
) -> None:
    shop = watched
    add(shop, "gold")
    good = shop.config.read_text()
    spoil(shop)
    found = shop.run("doctor")
    assert (found.code, found.err) == (1, "")
    assert of_canaries(found) == [
        "ok canary vip it is in its segment “VIP Guests”.",
        f"fails canary vip GET /api/auth/rewards: {told}",
        (
            "warning canaries not tried to the end, for what failed above: gold. "
            "Mend that, then `connector doctor` again."
        ),
    ]
    with shop.box.world.lock:
        last = [row for row in shop.box.world.requests.rows() if row.remote == "punchh"][-1]
    assert last.path == "/api/auth/rewards"
    known = shop.inside("doctor")
    line = (
        f"fails canary vip canary vip could not be asked: GET /api/auth/rewards: {told} "
        "It is left alone until that, or another of its settings, changes."
    )
    assert line in of_canaries(known)
    assert "canary-unread" in shop.inside("status", "--json").out
    assert "not-it" not in found.out + known.out
    assert keys_in_files(shop.folder) == []
    shop.config.write_text(good)
    mended = of_canaries(shop.inside("doctor"))
    assert "ok canary vip its token is taken; its account holds 0 rewards." in mended
    assert shop.posts() == 0


def test_a_refused_admin_key_leaves_the_canaries_unasked(watched: Shop) -> None:
    shop = watched
    shop.configure(f'"{PUNCHH_KEY}"', '"not-it"')
    for _ in range(2):
        found = shop.inside("doctor")
        assert found.code == 1
        assert of_canaries(found) == [
            (
                "warning canaries not tried, for what failed above: vip. "
                "Mend that, then `connector doctor` again."
            )
        ]
    assert asked(shop, "/api") == 1


@pytest.mark.parametrize(("code", "refused"), [(401, True), (403, False), (404, False)])
def test_a_closed_address_is_no_failure_and_a_refused_key_there_is_kept(
    watched: Shop, code: int, refused: bool
) -> None:
    shop = watched
    body = '{"error": "You need to sign in or sign up before continuing."}'
    shop.fault("status", path="*in_segment*", code=code, body=body)
    found = shop.inside("doctor")
    assert found.code == int(refused)
    first = of_canaries(found)[0]
    assert first.startswith("fails canary vip" if refused else "warning canary vip")
    assert f"({code})" in first
    assert asked(shop, "/api/auth/rewards") == int(not refused)
    kept = shop.query("SELECT count(*) FROM remote WHERE refused_key IS NOT NULL")
    assert kept == [(int(refused),)]
