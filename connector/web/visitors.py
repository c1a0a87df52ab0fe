"""Who asks for a page: known by a cookie, or named by the reverse proxy that we believe."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from connector.clock import Clock
from connector.settings import WebSettings
from connector.settings.types import LOOPBACK
from connector.web import passwords
from connector.web.sessions import Session, Sessions
from connector.web.shield import host_name
from connector.web.throttle import Throttle

_NOBODY = ""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is known. `renew` is the session whose cookie must be sent anew, if any."""

    name: str
    role: str
    session: Session
    renew: Session | None = None
    by_proxy: bool = False

    @property
    def may_act(self) -> bool:
        return self.role == "approver"


class UnknownNameError(Exception):
    """The reverse proxy vouches for somebody whom the configuration does not know."""


class Visitors:
    """Knows people by what [web] says of them."""

    def __init__(
        self, settings: WebSettings, sessions: Sessions, clock: Clock, ledger_id: str
    ) -> None:
        self.settings, self.sessions = settings, sessions
        self.throttle = Throttle(clock.monotonic)
        # Cookies know no ports: each ledger's pages have a name of their own.
        self._cookie = f"connector-{hashlib.sha256(ledger_id.encode()).hexdigest()[:8]}"

    def known(self, request: Request, now: datetime) -> Visitor | None:
        """Return who asks, None where nobody has logged in; UnknownNameError (see there)."""
        if (vouched := self._vouched(request)) is not None:
            user = self.settings.users.get(vouched)
            if user is None:
                raise UnknownNameError(vouched)
            session = self._session(request, now)
            if session is None or session.name != vouched:
                session = self.sessions.begin(vouched, now)
                return Visitor(vouched, user.role, session, session, by_proxy=True)
            renew = self.sessions.renewed(session, now)
            return Visitor(vouched, user.role, session, renew, by_proxy=True)
        session = self._session(request, now)
        if session is None or session.name == _NOBODY:
            return None
        user = self.settings.users[session.name]
        if user.password_hash is None:  # known through the proxy alone
            return None
        return Visitor(session.name, user.role, session, self.sessions.renewed(session, now))

    def nobody(self, request: Request, now: datetime) -> tuple[Session, bool]:
        """Return the session of a browser before its login, and whether it is new."""
        session = self._session(request, now)
        if session is not None and session.name == _NOBODY:
            return session, False
        return self.sessions.begin(_NOBODY, now), True

    def log_in(self, name: str, password: str, now: datetime) -> Session | None:
        """Return a new session, None where name or password are wrong. It takes a while."""
        user = self.settings.users.get(name)
        kept = user.password_hash if user else None
        if not passwords.fits(password, kept.get_secret_value() if kept else None):
            return None
        return self.sessions.begin(name, now)

    def address(self, request: Request) -> str:
        """Return where a request came from; behind a believed proxy, what that says."""
        peer = request.client.host if request.client else ""
        if self._believed(peer):
            told = request.headers.getlist("x-forwarded-for")
            last = told[-1].rpartition(",")[2].strip() if told else ""
            return last or peer
        return peer

    def send_cookie(self, request: Request, response: Response, session: Session) -> None:
        proof = self._proof(session.name)
        if proof is not None:
            self._set(request, response, self.sessions.cookie(session, proof))

    def drop_cookie(self, request: Request, response: Response) -> None:
        self._set(request, response, "", max_age=0)

    def _set(
        self, request: Request, response: Response, value: str, max_age: int | None = None
    ) -> None:
        response.set_cookie(
            self._name(request.headers),
            value,
            max_age=max_age,
            path="/",
            secure=not _on_loopback(request.headers),
            httponly=True,
            samesite="strict",
        )

    def _name(self, headers: Headers) -> str:
        return self._cookie if _on_loopback(headers) else f"__Host-{self._cookie}"

    def _session(self, request: Request, now: datetime) -> Session | None:
        cookie = request.cookies.get(self._name(request.headers))
        return self.sessions.read(cookie, self._proof, now) if cookie else None

    def _proof(self, name: str) -> str | None:
        """Return what a name's cookies are bound to: with another password they are void."""
        if name == _NOBODY:
            return ""
        user = self.settings.users.get(name)
        if user is None:
            return None
        return user.password_hash.get_secret_value() if user.password_hash else "proxy"

    def _vouched(self, request: Request) -> str | None:
        header = self.settings.proxy_user_header
        if header is None or not self._believed(request.client.host if request.client else ""):
            return None
        told = {name.strip() for name in request.headers.getlist(header)} - {""}
        if len(told) > 1:
            raise UnknownNameError(", ".join(sorted(told)))
        return told.pop() if told else None

    def _believed(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self.settings.proxies)


def _on_loopback(headers: Headers) -> bool:
    """Say whether the browser runs on this very machine: only there are the pages plain http."""
    return host_name(headers) in LOOPBACK
