"""What pages work with: the ledger beside the running worker, the rules in force, the time."""

import hmac
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

from connector.app import MappingSets, open_ledger, words_of
from connector.clock import Clock, Random
from connector.domain.findings import Finding
from connector.domain.rules import RuleBook
from connector.errors import ConfigError
from connector.ledger import Ledger
from connector.ledger.committer import trace
from connector.ledger.store import path_of
from connector.mapping.check import check
from connector.mapping.folder import MappingText, collect, digest, stamp
from connector.mapping.load import read_texts
from connector.settings import Settings, WebSettings
from connector.telemetry import Event, log
from connector.web.listing import Listing, listed
from connector.web.sessions import Sessions, secret_beside
from connector.web.shared import SharedPages
from connector.web.throttle import Throttle
from connector.web.trail import Trail
from connector.web.turns import Turns
from connector.web.visitors import Visitors

REREAD_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Files:
    """The mapping files as they are now.

    `problems` are what keeps them from being taken (there is no book then), a line each; the
    `listing` has all that a check says of them.
    """

    digest: str
    book: RuleBook | None
    problems: Sequence[str]
    listing: Listing


class Site:
    """The settings, and one open ledger that is opened anew when its file was replaced.

    `[web]` is read again by `reread` while the pages are served: who may come, and as what, counts
    at once. Everything else counts from the next start on.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        random: Random,
        reread: Callable[[], Settings] | None = None,
    ) -> None:
        self.settings, self.clock, self._random = settings, clock, random
        self.problems: tuple[str, ...] = ()  # of the configuration as it is now
        self.throttle, self.exports = Throttle(clock.monotonic), Turns()
        self.shared = SharedPages(clock, random)
        self._settings_changes = 0
        self._reread, self._read_at = reread, clock.monotonic()
        self._reading = Lock()
        self.words = words_of(settings)
        self.zone = self.words.zone
        self._lock = Lock()
        self._ledger = open_ledger(settings)
        self._book: tuple[str, RuleBook | None] | None = None  # by the digest of its set
        self._checking = Lock()
        self._files: Files | None = None
        self._seen: tuple[str, Sequence[Finding]] | None = None
        self._login_ended = lru_cache(maxsize=1024)(_login_ended)
        self.visitors = self._knowing(settings.web)
        self.trail = Trail(lambda events: self.ledger().note(events))

    def refresh(self, *, now: bool = False) -> None:
        """Read `[web]` again, once a second at most unless `now`.

        Where that fails, what was in force stays, and `problems` says why.
        """
        if self._reread is None or not self._reading.acquire(blocking=now):
            return
        try:
            at = self.clock.monotonic()
            if now or at - self._read_at >= REREAD_SECONDS:
                self._read_at = at
                self._take(self._reread())
        except ConfigError as error:
            if error.problems != self.problems:
                log.error(Event.WEB_SETTINGS_INVALID, problems=list(error.problems))
                self._settings_changes += 1
            self.problems = error.problems
        finally:
            self._reading.release()

    def _take(self, fresh: Settings) -> None:
        self._settings_changes += bool(self.problems)
        self.problems = ()
        here = {"host": self.settings.web.host, "port": self.settings.web.port}
        web = fresh.web.model_copy(update=here)  # the socket stays where it is
        if web == self.settings.web:
            return
        self.visitors = self._knowing(web)
        self.settings = self.settings.model_copy(update={"web": web})
        self._settings_changes += 1
        log.info(Event.WEB_SETTINGS_READ, users=sorted(web.users))

    def _knowing(self, web: WebSettings) -> Visitors:
        secret = (
            web.secret.get_secret_value().encode()
            if web.secret
            else secret_beside(
                Path(self.settings.ledger.url.removeprefix("sqlite:///")), self._random
            )
        )
        # A copied configuration has the same secret and users: each ledger has its own logins.
        bound = hmac.digest(secret, self._ledger.ledger_id.encode(), "sha256")
        sessions = Sessions(bound, self._random, idle=web.session_idle, longest=web.session_length)
        return Visitors(
            web,
            sessions,
            self._ledger.ledger_id,
            lambda login: self._login_ended(*self._ledger_now(), login),
        )

    def ledger(self) -> Ledger:
        """Return the ledger; LedgerError where it is gone, hurt, busy or newer than we are."""
        return self._ledger_now()[0]

    def version(self) -> Hashable:
        """Return what changes with all that pages show; LedgerError as above.

        Only the time does not, nor a worker's crash.
        """
        worker = trace(path_of(self.settings.ledger.url))
        folder = stamp(Path(self.settings.mappings.path))
        return (*self._ledger_now(), worker, folder, self._settings_changes)

    def _ledger_now(self) -> tuple[Ledger, int]:
        """Return the ledger and its version."""
        with self._lock:
            version = self._ledger.version()
            if version is None:
                self._ledger.close()
                self._ledger = open_ledger(self.settings)
                version = self._ledger.version() or 0
            return self._ledger, version

    def close(self) -> None:
        self.trail.close(self.clock.now())
        self._ledger.close()

    def rules_in_force(self) -> RuleBook | None:
        """Return the mapping set accepted last, before the first that of the files.

        None where it cannot be read any more.
        """
        ledger = self.ledger()
        kept, known = ledger.last_mappings(), self._book
        if kept is None:
            return self.files().book
        if known is None or known[0] != kept.digest:
            known = self._book = kept.digest, MappingSets(self.settings, ledger).accepted()
        return known[1]

    def files(self) -> Files:
        """Return the mapping files as they are now; what they say is read only when it changed.

        Once, however many ask meanwhile: a large set takes seconds.
        """
        texts, unread = collect(Path(self.settings.mappings.path))
        seen = (digest(texts), unread)
        with self._checking:
            if self._files is None or self._seen != seen:
                self._files, self._seen = self._checked(texts, unread, seen[0]), seen
            return self._files

    def _checked(
        self, texts: Sequence[MappingText], unread: Sequence[Finding], named: str
    ) -> Files:
        sources = frozenset(self.settings.sources)
        reading = read_texts(texts, unread, schedule=self.settings.schedule, sources=sources)
        book, problems = reading.accepted, [str(each) for each in reading.findings]
        found = listed(texts, book, check(reading, sources))
        return Files(named, book, problems if book is None else (), found)


def _login_ended(ledger: Ledger, _version: int, login: str) -> bool:
    return ledger.login_ended(login)
