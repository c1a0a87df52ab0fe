"""Who came in, who did not, and who may not: events of the ledger, and few of them in any flood.

The first of a kind within a window is an event at once. More of the same are only counted, and
become one event with their number when the window is over, or at the stop.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock

from connector.domain.reasons import reason
from connector.errors import LedgerError
from connector.ledger import EventRow
from connector.ledger.history import Verb
from connector.ledger.instants import spelled
from connector.telemetry import Event, log

WINDOW = timedelta(minutes=15)
MOST = 50  # of a kind, by name and address, in a window; all others are counted together
UNKNOWN, OTHERS = "unknown", "other addresses"
_CODES = {
    Verb.LOGIN_BEGAN: "login",
    Verb.LOGIN_FAILED: "login-failed",
    Verb.LOGIN_ENDED: "login-ended",
    Verb.REFUSED: "approvers-only",
}


@dataclass(frozen=True, slots=True)
class _Deed:
    verb: Verb
    who: str
    address: str
    path: str = ""


class Trail:
    """Writes down what people do at the door; `keep` adds events to the ledger.

    Names that are not configured are never kept: some are passwords in the wrong field.
    """

    def __init__(self, keep: Callable[[Sequence[EventRow]], None]) -> None:
        self._keep = keep
        self._lock = Lock()
        self._since: datetime | None = None
        self._more: dict[_Deed, int] = {}

    def came(self, name: str, address: str, now: datetime) -> None:
        self._note(_Deed(Verb.LOGIN_BEGAN, name, address), now)

    def failed(self, name: str | None, address: str, now: datetime) -> None:
        """Keep a failed login; without a `name` it was by one that is not known."""
        self._note(_Deed(Verb.LOGIN_FAILED, name or UNKNOWN, address), now)

    def left(self, name: str, address: str, now: datetime) -> None:
        self._note(_Deed(Verb.LOGIN_ENDED, name, address), now)

    def refused(self, name: str, address: str, path: str, now: datetime) -> None:
        """Keep that somebody who may only look wanted to act."""
        self._note(_Deed(Verb.REFUSED, name, address, path[:200]), now)

    def close(self, now: datetime) -> None:
        """Write down what was only counted so far."""
        with self._lock:
            self._write(self._counted(now))

    def _note(self, deed: _Deed, now: datetime) -> None:
        with self._lock:
            events = []
            if self._since is None or abs(now - self._since) >= WINDOW:
                events = self._counted(now)
                self._since = now
            if deed not in self._more and len(self._more) >= MOST:
                deed = replace(deed, who=UNKNOWN, address=OTHERS, path="")
            if deed in self._more:
                self._more[deed] += 1
            else:
                self._more[deed] = 0
                events.append(_event(deed, now))
            self._write(events)

    def _counted(self, now: datetime) -> list[EventRow]:
        """Begin a new window; return an event for each deed of the last one that came again."""
        found = [_event(deed, now, more, self._since) for deed, more in self._more.items() if more]
        self._more.clear()
        return found

    def _write(self, events: list[EventRow]) -> None:
        if not events:
            return
        try:
            self._keep(events)
        except LedgerError as error:  # the log has the rest: a full disk locks nobody out
            log.error(Event.WEB_TRAIL_FAILED, events=len(events), reason=str(error))


def _event(deed: _Deed, now: datetime, more: int = 0, since: datetime | None = None) -> EventRow:
    details: dict[str, object] = {"address": deed.address}
    if deed.path:
        details["path"] = deed.path
    code = _CODES[deed.verb]
    why = reason(code, address=deed.address)
    if more and since is not None:
        why = reason(f"{code}/more", address=deed.address, count=more, since=since)
        details |= {"count": more, "since": spelled(since)}
    return EventRow(now, deed.who, deed.verb, why, details=details)
