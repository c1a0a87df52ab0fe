"""Who a browser is: a signed cookie, and for each word it sends a token bound to that cookie."""

import base64
import binascii
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connector.clock import Random
from connector.errors import ConfigError
from connector.ledger.files import create_private, open_read_only, private_folder

_FRESH = timedelta(minutes=1)  # a cookie is renewed no more often than that


@dataclass(frozen=True, slots=True)
class Session:
    """One browser's stay. Nobody (an empty name) has one too, so that a login has its token.

    Instants are aware, in UTC: `began` is the login, `seen` when the cookie was last renewed.
    """

    id: str
    name: str
    began: datetime
    seen: datetime


class Sessions:
    """Issues and reads cookies. What a name's cookies are signed with changes with its password.

    That a session was ended is not known here: the ledger keeps it.
    """

    def __init__(
        self, secret: bytes, random: Random, *, idle: timedelta, longest: timedelta
    ) -> None:
        self._secret, self._random = secret, random
        self._idle, self._longest = idle, longest

    def begin(self, name: str, now: datetime) -> Session:
        """Begin a session with an id of its own: one from before the login says nothing."""
        return Session(f"{self._random.getrandbits(128):032x}", name, now, now)

    def cookie(self, session: Session, known_by: str) -> str:
        """Spell a session as a cookie; `known_by` is what proves the name, such as its hash."""
        fields = [session.id, session.name, session.began.timestamp(), session.seen.timestamp()]
        return self._spelled("session", fields, known_by)

    def read(
        self, cookie: str, known_by: Callable[[str], str | None], now: datetime
    ) -> Session | None:
        """Return the session of a cookie, None where it is forged, over, or of no known name."""
        fields = self._read("session", cookie, known_by)
        try:
            key, name, *instants = fields
            began, seen = (datetime.fromtimestamp(instant, UTC) for instant in instants)
        except (ValueError, TypeError, OverflowError, OSError):
            return None
        session = Session(key, name, began, seen)
        if now - session.began >= self._longest or now - session.seen >= self._idle:
            return None
        return session

    def device(self, name: str, known_by: str) -> str:
        """Spell a cookie that says: somebody logged in by this name with this browser before."""
        key = f"{self._random.getrandbits(128):032x}"
        return self._spelled("device", [key, name], known_by)

    def read_device(
        self, cookie: str, name: str, known_by: Callable[[str], str | None]
    ) -> str | None:
        """Return the id of a browser by which this name logged in before, else None."""
        key, *names = self._read("device", cookie, known_by) or [None]
        return key if names == [name] else None

    def renewed(self, session: Session, now: datetime) -> Session | None:
        """Return the session as seen now, None where its cookie is still fresh."""
        return replace(session, seen=now) if now - session.seen >= _FRESH else None

    def token(self, session: Session) -> str:
        """Return what a form of this session must carry."""
        return self._signed("form", session.id, session.name)

    def is_token(self, session: Session, given: str) -> bool:
        expected = self.token(session).encode()
        return hmac.compare_digest(expected, given.encode("utf-8", "replace"))

    def _spelled(self, kind: str, fields: Sequence[Any], known_by: str) -> str:
        payload = base64.urlsafe_b64encode(json.dumps(fields).encode()).decode()
        return f"{payload}.{self._signed(kind, payload, known_by)}"

    def _read(self, kind: str, cookie: str, known_by: Callable[[str], str | None]) -> Sequence[Any]:
        """Return the fields of a cookie, an id and a name first; () where it is not ours."""
        payload, _, signature = cookie.partition(".")
        try:
            fields = json.loads(base64.b64decode(payload, altchars=b"-_", validate=True))
            key, name = fields[:2]
        except (ValueError, TypeError, LookupError, binascii.Error, RecursionError):
            return ()
        proof = known_by(name) if isinstance(key, str) and isinstance(name, str) else None
        if proof is None:
            return ()
        expected = self._signed(kind, payload, proof)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            return ()
        return list(fields)

    def _signed(self, *parts: str) -> str:
        message = json.dumps(parts).encode()
        digest = hmac.new(self._secret, message, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def secret_beside(ledger: Path, random: Random) -> bytes:
    """Return the secret kept beside a ledger, made at the first time; nobody else may read it."""
    path = ledger.with_name(f"{ledger.name}.web-secret")
    try:
        if not os.path.lexists(path):
            _make(path, random)
        return _kept(path)
    except OSError as error:
        told = f"{path}: cannot be kept ({error.strerror}). Look at the folder, or set web.secret"
        raise ConfigError([told]) from None


def _make(path: Path, random: Random) -> None:
    """Put a new secret there, whole, unless another process was faster."""
    with private_folder(path) as folder, suppress(FileExistsError):
        draft = folder / path.name
        with os.fdopen(create_private(draft), "wb") as file:
            file.write(random.randbytes(32).hex().encode() + b"\n")
        os.link(draft, path, follow_symlinks=False)


def _kept(path: Path) -> bytes:
    """Read it. Somebody who replaced it, or linked it to a known file, could forge a login."""
    with os.fdopen(open_read_only(path), "rb") as file:
        status = os.fstat(file.fileno())
        secret = file.read(1024).strip()
    if status.st_uid not in {path.parent.stat().st_uid, os.geteuid()}:
        raise ConfigError([f"{path}: belongs to another user. Remove it, or set web.secret"])
    if status.st_mode & 0o077:
        raise ConfigError([f"{path}: others may read it: `chmod 600` it, or set web.secret"])
    if len(secret) < 32:
        raise ConfigError([f"{path}: is cut short. Remove it, and everybody logs in anew"])
    return secret
