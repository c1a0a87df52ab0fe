"""The canaries: whether each is in its segment, and whether Punchh takes its token.

Once anything is refused nothing more is asked, and after another failure nothing of that kind:
ten refused logins within ten minutes block the address (facts: punchh §7).
"""

from collections.abc import Callable, Iterable, Iterator
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
from connector.worker.observe import PUNCHH, keep_refusal, side_by_side
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
        yield _untried("untried", loyalty.canaries)
        return
    round_ = _Round(loyalty, lists, clock, work)
    for canary in loyalty.canaries.values():
        yield from round_.visit(canary)
    if round_.unfinished:
        yield _untried("untried/unfinished", round_.unfinished)


def _untried(key: str, names: Iterable[str]) -> Check:
    return warning("canaries", key, canaries=tuple(names))


class _Round:
    """One walk over the canaries; `unfinished` are those of which something was not asked."""

    def __init__(self, loyalty: Loyalty, catalog: Catalog, clock: Clock, work: Work | None) -> None:
        self._loyalty, self._catalog, self._clock, self._work = loyalty, catalog, clock, work
        self._now = clock.now()
        self._before = work.ledger.canaries() if work else {}
        self._over: set[Call] = set()
        self.unfinished: dict[str, None] = {}

    def visit(self, canary: Canary) -> Iterator[Check]:
        key = self._work.key_of(f"canary:{canary.name}") if self._work else ""
        note = look.met(self._before.get(canary.name), canary, key, self._catalog)
        for found in (self._membership(canary, note), self._account(note, key)):
            if found is None:
                self.unfinished[canary.name] = None
            else:
                yield found

    def _membership(self, canary: Canary, note: CanaryNote) -> Check | None:
        segment_id = look.segment_of(canary, self._catalog)
        if segment_id is None or not canary.checkable:
            return membership(canary, note)
        loyalty, now = self._loyalty, self._now
        answer = self._asked(Call.MEMBERSHIP, lambda: examine(loyalty, note, segment_id, now))
        if answer is None:
            return None
        if not isinstance(answer, RemoteError):
            return membership(canary, answer)
        if answer.account and self._work:
            keep_refusal(self._work, answer)
        level = Level.FAILS if answer.account else Level.WARNING
        return Check(level, part_of(canary.name), answer.reason)

    def _account(self, note: CanaryNote, key: str) -> Check | None:
        of = part_of(note.name)
        if note.refused_key is not None and (known := unanswered(note)) is not None:
            return Check(Level.FAILS, of, known)
        answer = self._asked(Call.ACCOUNT, lambda: self._loyalty.rewards(note.name))
        if answer is None:
            return None
        if not isinstance(answer, RemoteError):
            count = len(answer)
            return fine(of, "account/taken" if count == 1 else "account/taken-several", count=count)
        if answer.account and self._work and not self._work.ledger.read_only:
            self._work.ledger.canary_refused(look.unread(note, answer.reason, key, self._now))
        return Check(Level.FAILS, of, answer.reason)

    def _asked(self, call: Call, task: Callable[[], Answer]) -> Answer | RemoteError | None:
        """Ask once; None where what failed before forbids it."""
        if call in self._over:
            return None
        answer: Answer | RemoteError = side_by_side({PUNCHH: task}, self._clock)[PUNCHH]
        if isinstance(answer, RemoteError):
            self._over |= set(Call) if answer.account else {call}
        return answer
