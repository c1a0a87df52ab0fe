"""The canaries: whether each is in its segment, and whether Punchh takes its token.

Once anything is refused nothing more is asked, and after another failure nothing of that kind:
ten refused logins within ten minutes block the address (facts: punchh §7).
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import Enum, auto
from typing import TypeVar

from connector.app import Work
from connector.clock import Clock
from connector.domain import canary as look
from connector.domain.checkup import Check, Level, fine, membership, part_of, warning
from connector.domain.guest import Canary
from connector.domain.landing import CanaryNote, unanswered
from connector.domain.offer import Catalog
from connector.errors import RemoteError
from connector.ports import Loyalty
from connector.worker.observe import keep_refusal
from connector.worker.verify import examine

Answer = TypeVar("Answer")


class Call(Enum):
    """What is asked: by the admin's key, or by the canary's token."""

    MEMBERSHIP = auto()
    ACCOUNT = auto()


def tried(
    loyalty: Loyalty, lists: Catalog | RemoteError | None, clock: Clock, work: Work | None
) -> Iterator[Check]:
    """Try each canary; of what is found only a refusal is written down."""
    if not loyalty.canaries:
        return
    if not isinstance(lists, Catalog):
        step = "Mend what keeps Punchh from being read, then `connector doctor` again"
        yield warning("canaries", "untried", f"not tried: {', '.join(loyalty.canaries)}", step)
        return
    round_ = _Round(loyalty, lists, clock.now(), work)
    for canary in loyalty.canaries.values():
        yield from round_.visit(canary)


class _Round:
    """One walk over the canaries."""

    def __init__(
        self, loyalty: Loyalty, catalog: Catalog, now: datetime, work: Work | None
    ) -> None:
        self._loyalty, self._catalog, self._now, self._work = loyalty, catalog, now, work
        self._before = work.ledger.canaries() if work else {}
        self._over: set[Call] = set()

    def visit(self, canary: Canary) -> Iterator[Check]:
        key = self._work.key_of(f"canary:{canary.name}") if self._work else ""
        note = look.met(self._before.get(canary.name), canary, key, self._catalog)
        yield self._membership(canary, note)
        yield self._account(note, key)

    def _membership(self, canary: Canary, note: CanaryNote) -> Check:
        segment_id = look.segment_of(canary, self._catalog)
        if segment_id is None or not canary.checkable:
            return membership(canary, note)
        loyalty, now = self._loyalty, self._now
        answer = self._asked(Call.MEMBERSHIP, lambda: examine(loyalty, note, segment_id, now))
        if answer is None:
            return _untried(note, f"nobody asked if it is in “{canary.segment}”")
        if not isinstance(answer, RemoteError):
            return membership(canary, answer)
        if answer.account and self._work:
            keep_refusal(self._work, answer)
        return Check(
            Level.FAILS if answer.account else Level.WARNING, part_of(note.name), answer.reason
        )

    def _account(self, note: CanaryNote, key: str) -> Check:
        of = part_of(note.name)
        if note.refused_key is not None and (known := unanswered(note)) is not None:
            return Check(Level.FAILS, of, known)
        answer = self._asked(Call.ACCOUNT, lambda: self._loyalty.rewards(note.name))
        if answer is None:
            return _untried(note, "its token was not tried")
        if not isinstance(answer, RemoteError):
            held = f"{len(answer)} reward{'s' * (len(answer) != 1)}"
            return fine(of, "account", f"its token is taken; its account holds {held}")
        if answer.account and self._work:
            self._work.ledger.canary_refused(look.unread(note, answer.reason, key, self._now))
        return Check(Level.FAILS, of, answer.reason)

    def _asked(self, call: Call, task: Callable[[], Answer]) -> Answer | RemoteError | None:
        """Ask once; None where what failed before forbids it."""
        if call in self._over:
            return None
        try:
            return task()
        except RemoteError as error:
            self._over |= set(Call) if error.account else {call}
            return error


def _untried(note: CanaryNote, told: str) -> Check:
    step = "Mend what failed above, then `connector doctor` again"
    return warning(part_of(note.name), "untried", told, step)
