"""After each cycle: look at the ledger as people do, and have them told what wants them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from connector.app import Work
from connector.domain.attentions import LATELY, attentions, of_cycles
from connector.domain.left_out import left_out
from connector.domain.rules import RuleBook
from connector.domain.standing import FailedCycles, one_more
from connector.errors import ConnectorError
from connector.telemetry import Event, log
from connector.worker.observe import Interrupted
from connector.worker.tell import Teller
from connector.worker.view import View


class Watch:
    """Sees how things stand. `view` is what it saw last, `good` whether the last cycle was."""

    def __init__(self, work: Work) -> None:
        self._work, self._teller = work, Teller(work)
        self.view: View | None = None
        self.good = False
        self._counted: tuple[int, Mapping[str, int]] | None = None
        self._failed: FailedCycles | None = None
        self._known = self._noted = False

    def look(
        self,
        *,
        good: bool,
        book: RuleBook,
        why: str = "",
        problems: Sequence[str] = (),
        stale_since: datetime | None = None,
    ) -> None:
        """Look after a cycle, and tell; `why` says what went wrong with one that was not good.

        `problems` are those of the files that are not in `book`. What fails here is logged.
        Interrupted if told to stop meanwhile.
        """
        self.good = good
        self._count(None if good else why)
        try:
            self.view = self._seen(book, problems, stale_since)
            told = self._teller.tell(self.view.attentions, book, self.view.at, good=good)
            self.good = good and told
        except Interrupted:
            raise
        except Exception as error:  # noqa: BLE001  the daemon outlives a fault here too
            self.good = False
            _log(error)
            self._tell_unseen(book)

    def _count(self, trouble: str | None) -> None:
        """Keep how many cycles failed in a row, also over restarts, as far as that can be kept."""
        before = self._failed if self._known else self._kept()
        self._known = True
        now = self._work.clock.now()
        self._failed = None if trouble is None else one_more(before, trouble, now)
        if self._failed == before and self._noted:
            return
        try:
            self._work.ledger.note_cycles(self._failed)
            self._noted = True
        except Exception as error:  # noqa: BLE001  it is kept here, and written when that can be
            self._noted = False
            _log(error)

    def _kept(self) -> FailedCycles | None:
        try:
            found = self._work.ledger.failed_cycles()
            self._noted = True
        except Exception as error:  # noqa: BLE001  as above
            _log(error)
            return None
        return found

    def _tell_unseen(self, book: RuleBook) -> None:
        """Tell that cycles fail where nobody can see how things stand, but as they last stood."""
        failing = tuple(of_cycles(self._failed))
        if not failing:
            self._teller.beat()
            return
        before = self.view.attentions if self.view else ()
        codes = {one.reason.code for one in failing}
        found = (*failing, *(one for one in before if one.reason.code not in codes))
        if self.view is not None:
            self.view = replace(self.view, attentions=found)
        try:
            self._teller.tell(found, book, self._work.clock.now(), good=False)
        except Interrupted:
            raise
        except Exception as error:  # noqa: BLE001  as in a look
            _log(error)
            self._teller.beat()

    def _seen(self, book: RuleBook, problems: Sequence[str], stale_since: datetime | None) -> View:
        now, ledger = self._work.clock.now(), self._work.ledger
        standing, accepted = ledger.standing(since=now - LATELY), ledger.last_mappings()
        standing = replace(standing, cycles=self._failed)
        unread = left_out(standing.remotes, self._work.kinds, book)
        return View(
            at=now,
            mode=ledger.mode(),
            counts=self._counts(),
            remotes=standing.remotes,
            attentions=tuple(attentions(standing, self._work.schedule, now, problems, unread)),
            pauses=len(ledger.pauses(at=now)),
            mappings_at=accepted.accepted_at if accepted else None,
            stale_since=stale_since,
            next_commit_by=standing.next_commit_by(now),
            oldest=standing.oldest_to_come,
        )

    def _counts(self) -> Mapping[str, int]:
        """Count the whole ledger anew only where something happened: it may hold many years."""
        latest = self._work.ledger.head.number
        if self._counted is None or self._counted[0] != latest:
            self._counted = (latest, self._work.ledger.counts())
        return self._counted[1]


def _log(error: Exception) -> None:
    ours = isinstance(error, ConnectorError)
    log.error(Event.WATCH_FAILED, **({"reason": str(error)} if ours else {"exc_info": error}))
