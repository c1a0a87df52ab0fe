"""Passwords, cookies, tokens and the count of wrong guesses, each by itself."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.clock import randomness
from connector.errors import ConfigError
from connector.settings.web import HASH
from connector.web import passwords
from connector.web.sessions import Session, Sessions, secret_beside
from connector.web.throttle import MOST_BY_ADDRESS, MOST_BY_NAME, WHILE, Throttle

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=12)
PROOFS = {"": "", "ada": "hash-1"}


def sessions(secret: bytes = b"s" * 32) -> Sessions:
    return Sessions(secret, randomness(), idle=IDLE, longest=LONGEST)


# --- passwords


def test_a_password_fits_its_hash_and_no_other() -> None:
    kept = passwords.hashed("wörd of mine", randomness())
    assert HASH.fullmatch(kept)
    assert passwords.fits("wörd of mine", kept)
    assert not passwords.fits("word of mine", kept)
    assert passwords.hashed("wörd of mine", randomness()) != kept


@pytest.mark.parametrize(
    "kept", [None, "", "scrypt:1:1:1:x:y", "scrypt:3:8:1:" + "A" * 22 + ":" + "A" * 43]
)
def test_nobody_and_nonsense_fit_nothing(kept: str | None) -> None:
    assert not passwords.fits("", kept)
    assert not passwords.fits("x" * 5000, kept)


# --- cookies


def test_a_cookie_brings_its_session_back() -> None:
    office = sessions()
    session = office.begin("ada", NOW)
    cookie = office.cookie(session, "hash-1")
    assert office.read(cookie, PROOFS.get, NOW + timedelta(minutes=29)) == session


@pytest.mark.parametrize(
    ("proofs", "after"),
    [
        ({"ada": "hash-2"}, timedelta()),
        ({}, timedelta()),
        (PROOFS, IDLE),
        (PROOFS, LONGEST),
    ],
    ids=["another password", "no such name any more", "idle", "too long"],
)
def test_a_cookie_ends(proofs: dict[str, str], after: timedelta) -> None:
    office = sessions()
    cookie = office.cookie(office.begin("ada", NOW), "hash-1")
    assert office.read(cookie, proofs.get, NOW + after) is None


def test_a_renewed_cookie_still_ends_when_the_login_is_too_old() -> None:
    office = sessions()
    began = office.begin("ada", NOW)
    at = NOW + LONGEST - timedelta(minutes=1)
    seen = office.renewed(Session(began.id, "ada", NOW, at - timedelta(minutes=2)), at)
    assert seen is not None
    cookie = office.cookie(seen, "hash-1")
    assert office.read(cookie, PROOFS.get, at) == seen
    assert office.read(cookie, PROOFS.get, NOW + LONGEST) is None


def test_a_fresh_cookie_is_not_renewed() -> None:
    office = sessions()
    assert office.renewed(office.begin("ada", NOW), NOW + timedelta(seconds=59)) is None


def test_nobody_comes_back_after_a_logout() -> None:
    office = sessions()
    session = office.begin("ada", NOW)
    office.end(session, NOW)
    assert office.read(office.cookie(session, "hash-1"), PROOFS.get, NOW) is None


def test_another_secret_reads_nothing() -> None:
    cookie = sessions().cookie(sessions().begin("ada", NOW), "hash-1")
    assert sessions(b"t" * 32).read(cookie, PROOFS.get, NOW) is None


def test_a_cookie_changed_anywhere_is_none() -> None:
    office = sessions()
    cookie = office.cookie(office.begin("", NOW), "")
    payload, _, signature = cookie.partition(".")
    id_, _, *rest = json.loads(base64.urlsafe_b64decode(payload))
    forged = base64.urlsafe_b64encode(json.dumps([id_, "ada", *rest]).encode()).decode()
    assert office.read(f"{forged}.{signature}", PROOFS.get, NOW) is None
    for place in range(0, len(cookie), 5):
        other = "A" if cookie[place] != "A" else "B"
        changed = cookie[:place] + other + cookie[place + 1 :]
        assert office.read(changed, PROOFS.get, NOW) is None


def _as_cookie(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode() + ".x"


anything = st.recursive(st.none() | st.integers() | st.text(), st.lists)
told = anything.map(lambda value: _as_cookie(json.dumps(value).encode()))


@given(st.text() | st.binary().map(_as_cookie) | told)
def test_no_cookie_is_a_fault(cookie: str) -> None:
    assert sessions().read(cookie, PROOFS.get, NOW) is None


# --- tokens


def test_a_token_is_of_one_session_and_one_name() -> None:
    office = sessions()
    one, other = office.begin("ada", NOW), office.begin("ada", NOW)
    assert office.is_token(one, office.token(one))
    assert not office.is_token(other, office.token(one))
    assert not office.is_token(Session(one.id, "vic", NOW, NOW), office.token(one))
    assert not office.is_token(one, "")
    assert not office.is_token(one, "ü" * 43)


# --- the secret


def test_the_secret_is_kept_beside_the_ledger_for_its_owner_alone(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    secret = secret_beside(ledger, randomness())
    path = tmp_path / "ledger.db.web-secret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(secret) >= 32
    assert secret_beside(ledger, randomness()) == secret


def test_a_secret_that_others_may_read_or_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    secret_beside(ledger, randomness())
    path = tmp_path / "ledger.db.web-secret"
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="others may read it"):
        secret_beside(ledger, randomness())
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(ConfigError, match="cut short"):
        secret_beside(ledger, randomness())


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be kept"):
        secret_beside(tmp_path / "none" / "ledger.db", randomness())
    assert list(tmp_path.iterdir()) == []


# --- guesses


class Hands:
    """A monotonic clock that is set by hand."""

    at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_a_name_that_failed_often_has_to_wait_and_no_other() -> None:
    hands = Hands()
    throttle = Throttle(hands)
    for _ in range(MOST_BY_NAME):
        assert throttle.wait("ada", "1.1.1.1") == 0
        throttle.failed("ada", "1.1.1.1")
    assert throttle.wait("ada", "1.1.1.1") == WHILE
    assert throttle.wait("vic", "1.1.1.1") == 0
    assert throttle.wait("ada", "2.2.2.2") == 0
    hands.at += WHILE
    assert throttle.wait("ada", "1.1.1.1") == 0


def test_an_address_that_failed_often_has_to_wait_for_every_name() -> None:
    throttle = Throttle(Hands())
    for number in range(MOST_BY_ADDRESS):
        throttle.failed(f"name-{number}", "1.1.1.1")
    assert throttle.wait("ada", "1.1.1.1") > 0
    assert throttle.wait("ada", "2.2.2.2") == 0


def test_who_got_in_starts_anew() -> None:
    throttle = Throttle(Hands())
    for _ in range(MOST_BY_NAME - 1):
        throttle.failed("ada", "1.1.1.1")
    throttle.passed("ada", "1.1.1.1")
    throttle.failed("ada", "1.1.1.1")
    assert throttle.wait("ada", "1.1.1.1") == 0


def test_strangers_cannot_fill_the_memory() -> None:
    throttle = Throttle(Hands())
    for number in range(12_000):
        throttle.failed("x" * 300, f"10.0.{number // 250}.{number % 250}")
    assert len(throttle._failures) <= 10_000
