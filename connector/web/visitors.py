"""Who asks for a page: known by a cookie, or named by the reverse proxy that we believe."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from connector.settings import WebSettings
from connector.settings.types import LOOPBACK
from connector.settings.web import pages_id
from connector.web import passwords
from connector.web.addresses import client_of, within
from connector.web.sessions import Session, Sessions
from connector.web.shield import host_name

_NOBODY = ""
_DEVICE_SECONDS = 90 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is known. `renew` is the session whose cookie must be sent anew, if any.

    `proof` is what the session is bound to: it changes with the password.
    """

    name: str
    role: str
    session: Session
    proof: str | None = field(repr=False)
    renew: Session | None = None
    by_proxy: bool = False

    @property
    def may_act(self) -> bool:
        return self.role == "approver"


class UnknownNameError(Exception):
    """The reverse proxy vouches for somebody whom the configuration does not know."""


class Visitors:
    """Knows people by what [web] says of them. `ended` says whether a session was logged out."""

    def __init__(
        self,
        settings: WebSettings,
        sessions: Sessions,
        ledger_id: str,
        ended: Callable[[str], bool],
    ) -> None:
        self.settings, self.sessions, self._ended = settings, sessions, ended
        # Cookies know no ports: each ledger's pages have a name of their own.
        self.pages = pages_id(ledger_id)

    def known(self, request: Request, now: datetime) -> Visitor | None:
        """Return who asks, None where nobody has logged in; UnknownNameError (see there)."""
        session, vouched = self._session(request, now), self._vouched(request)
        name = vouched or (session.name if session else _NOBODY)
        user, proof = self.settings.users.get(name), self._proof(name)
        if vouched is not None:
            if user is None:
                raise UnknownNameError(vouched)
            if session is None or session.name != vouched:
                session = self.sessions.begin(vouched, now)
                return Visitor(name, user.role, session, proof, session, by_proxy=True)
        elif session is None or user is None or user.password_hash is None:
            return None  # without a hash, somebody is known through the proxy alone
        renew = self.sessions.renewed(session, now)
        return Visitor(name, user.role, session, proof, renew, by_proxy=vouched is not None)

    def anybody(self, like: Visitor, name: str) -> Visitor:
        """Return whom a page is made for that all who may do the same are shown."""
        session = Session("", name, like.session.began, like.session.seen)
        return replace(like, name=name, session=session, proof=None, renew=None)

    def nobody(self, request: Request, now: datetime) -> tuple[Session, bool]:
        """Return the session of a browser before its login, and whether it is new."""
        session = self._session(request, now)
        if session is not None and session.name == _NOBODY:
            return session, False
        return self.sessions.begin(_NOBODY, now), True

    def log_in(self, name: str, password: str, now: datetime) -> Session | None:
        """Return a new session, None where name or password are wrong. It takes a while.

        For a name without a hash it takes as long as for one that has it, which may be of an
        older cost: else the time would tell who is known.
        """
        hashes = {
            known: user.password_hash.get_secret_value()
            for known, user in self.settings.users.items()
            if user.password_hash is not None
        }
        kept = hashes.get(name) or next(iter(hashes.values()), None)
        if not passwords.fits(password, kept) or name not in hashes:
            return None
        return self.sessions.begin(name, now)

    def still(self, visitor: Visitor) -> bool:
        """Say whether somebody who was known has the same role and password still, and a login."""
        user = self.settings.users.get(visitor.name)
        same = user is not None and user.role == visitor.role
        same = same and self._proof(visitor.name) == visitor.proof
        return same and not self._ended(visitor.session.id)

    def address(self, request: Request) -> str:
        """Return whom a request comes from; behind believed proxies, whom those name."""
        return self.way(request)[0]

    def way(self, request: Request) -> tuple[str, int]:
        """Return the same, and how many steps back from its peer that is."""
        forwarded = request.headers.getlist("x-forwarded-for")
        return client_of(_peer(request), forwarded, self.settings.proxies)

    def proxied(self, request: Request) -> bool:
        """Say whether a believed proxy asks."""
        return within(_peer(request), self.settings.proxies)

    def elsewhere(self, request: Request) -> str | None:
        """Return where to log in instead, if a cookie set here would not come back."""
        plain = host_name(request.headers) in LOOPBACK and not self.proxied(request)
        return self.settings.public_url if self.settings.over_tls and plain else None

    def device(self, request: Request, name: str) -> str | None:
        """Return the id of a browser by which this name logged in before, else None."""
        cookie = request.cookies.get(self._named(request, "-device"), "")
        return self.sessions.read_device(cookie, name, self._proof)

    def send_device(self, request: Request, response: Response, name: str) -> None:
        """Let the browser be known again by whoever logs in with this name."""
        proof = self._proof(name)
        if proof is not None and self.device(request, name) is None:
            cookie = self.sessions.device(name, proof)
            self._set(request, response, cookie, "-device", max_age=_DEVICE_SECONDS)

    def send_cookie(self, request: Request, response: Response, session: Session) -> None:
        proof = self._proof(session.name)
        if proof is not None:
            self._set(request, response, self.sessions.cookie(session, proof))

    def drop_cookie(self, request: Request, response: Response) -> None:
        self._set(request, response, "", max_age=0)

    def _set(
        self,
        request: Request,
        response: Response,
        value: str,
        kind: str = "",
        *,
        max_age: int | None = None,
    ) -> None:
        response.set_cookie(
            self._named(request, kind),
            value,
            max_age=max_age,
            path="/",
            secure=self._secure(request),
            httponly=True,
            samesite="strict",
        )

    def _named(self, request: Request, kind: str = "") -> str:
        name = f"connector-{self.pages}{kind}"
        return f"__Host-{name}" if self._secure(request) else name

    def _secure(self, request: Request) -> bool:
        """Say whether a cookie goes over https alone; only on this very machine it need not."""
        return self.settings.over_tls or host_name(request.headers) not in LOOPBACK

    def _session(self, request: Request, now: datetime) -> Session | None:
        cookie = request.cookies.get(self._named(request))
        found = self.sessions.read(cookie, self._proof, now) if cookie else None
        if found is None or found.name == _NOBODY:
            return found
        return None if self._ended(found.id) else found

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
        if header is None or not self.proxied(request):
            return None
        names = {name.strip() for name in request.headers.getlist(header)} - {""}
        if len(names) > 1:
            raise UnknownNameError(", ".join(sorted(names)))
        return names.pop() if names else None


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""
