"""After each cycle: look at the ledger as people do, and have them told what wants them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from connector.app import Work
from connector.domain.attentions import LATELY, attentions
from connector.domain.rules import RuleBook
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

    def look(
        self,
        *,
        good: bool,
        book: RuleBook,
        problems: Sequence[str] = (),
        stale_since: datetime | None = None,
    ) -> None:
        """Look after a cycle, and tell; `problems` are those of the files that are not in `book`.

        What fails here is logged. Interrupted if told to stop meanwhile.
        """
        self.good = good
        try:
            self.view = self._seen(problems, stale_since)
            self._teller.tell(self.view.attentions, book, self.view.at, good=good)
        except Interrupted:
            raise
        except Exception as error:  # noqa: BLE001  the daemon outlives a fault here too
            self.good = False
            ours = isinstance(error, ConnectorError)
            told = {"reason": str(error)} if ours else {"exc_info": error}
            log.error(Event.WATCH_FAILED, **told)
            self._teller.beat(good=False)

    def _seen(self, problems: Sequence[str], stale_since: datetime | None) -> View:
        now, ledger = self._work.clock.now(), self._work.ledger
        standing, accepted = ledger.standing(since=now - LATELY), ledger.last_mappings()
        return View(
            at=now,
            mode=ledger.mode(),
            counts=self._counts(),
            remotes=standing.remotes,
            attentions=tuple(attentions(standing, self._work.schedule, now, problems)),
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
