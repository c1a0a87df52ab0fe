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


def test_a_browser_is_known_by_the_name_that_logged_in_there_and_the_password_it_had() -> None:
    office = sessions()
    cookie = office.device("ada", "hash-1")
    key = office.read_device(cookie, "ada", PROOFS.get)
    assert key
    assert office.read_device(cookie, "vic", PROOFS.get) is None
    assert office.read_device(cookie, "ada", {"ada": "hash-2"}.get) is None
    assert office.read_device(office.device("ada", "hash-1"), "ada", PROOFS.get) != key
    session = office.cookie(office.begin("ada", NOW), "hash-1")
    assert office.read_device(session, "ada", PROOFS.get) is None
    assert office.read(cookie, PROOFS.get, NOW) is None


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
    assert sessions().read_device(cookie, "ada", PROOFS.get) is None


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
