"""What pages work with: the ledger beside the running worker, the rules in force, the time."""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from zoneinfo import ZoneInfo

from connector.app import MappingSets
from connector.clock import Clock, Random
from connector.domain.findings import Finding
from connector.domain.rules import RuleBook
from connector.errors import ConfigError
from connector.ledger import Ledger
from connector.mapping.check import check
from connector.mapping.folder import MappingText, collect, digest
from connector.mapping.load import read_texts
from connector.settings import Settings, WebSettings
from connector.telemetry import Event, log
from connector.web.sessions import Sessions, secret_beside
from connector.web.throttle import Throttle
from connector.web.turns import Turns
from connector.web.visitors import Visitors

REREAD_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Files:
    """The mapping files as they are now.

    `findings` are all that a check tells of them, `problems` those that keep them from being taken
    (there is no book then), a line each.
    """

    texts: tuple[MappingText, ...]
    book: RuleBook | None
    problems: Sequence[str]
    findings: Sequence[Finding]

    @property
    def digest(self) -> str:
        return digest(self.texts)


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
        self._reread, self._read_at = reread, clock.monotonic()
        self._reading = Lock()
        self.zone = ZoneInfo(settings.punchh.timezone)
        self._lock = Lock()
        self._ledger = Ledger.open(settings.ledger.url, whole=False)
        self._book: RuleBook | None = None
        self._files: Files | None = None
        self._seen: tuple[str, Sequence[Finding]] | None = None
        self.visitors = self._knowing(settings.web)

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
            self.problems = error.problems
        finally:
            self._reading.release()

    def _take(self, fresh: Settings) -> None:
        self.problems = ()
        here = {"host": self.settings.web.host, "port": self.settings.web.port}
        web = fresh.web.model_copy(update=here)  # the socket stays where it is
        if web == self.settings.web:
            return
        self.visitors = self._knowing(web)
        self.settings = self.settings.model_copy(update={"web": web})
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
            web, sessions, self._ledger.ledger_id, lambda login: self.ledger().login_ended(login)
        )

    def ledger(self) -> Ledger:
        """Return the ledger; LedgerError where it is gone, hurt, busy or newer than we are."""
        with self._lock:
            if not self._ledger.unchanged():
                self._ledger.close()
                self._ledger = Ledger.open(self.settings.ledger.url, whole=False)
            return self._ledger

    def close(self) -> None:
        self._ledger.close()

    def rules_in_force(self) -> RuleBook | None:
        """Return the mapping set accepted last, before the first that of the files.

        None where it cannot be read any more.
        """
        ledger = self.ledger()
        kept = ledger.last_mappings()
        if kept is None:
            return self.files().book
        if self._book is None or self._book.digest != kept.digest:
            self._book = MappingSets(self.settings, ledger).accepted()
        return self._book

    def files(self) -> Files:
        """Return the mapping files as they are now; what they say is read only when it changed."""
        texts, unread = collect(Path(self.settings.mappings.path))
        seen = (digest(texts), unread)
        if self._files is None or self._seen != seen:
            sources = frozenset(self.settings.sources)
            reading = read_texts(texts, unread, schedule=self.settings.schedule, sources=sources)
            problems = [] if reading.accepted else [str(each) for each in reading.findings]
            self._files = Files(texts, reading.accepted, problems, check(reading, sources))
            self._seen = seen
        return self._files
