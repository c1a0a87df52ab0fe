"""The loop: while the bell has rung, do a cycle; else wait."""

from contextlib import suppress

import schedule

from connector.app import Work
from connector.clock import Clock
from connector.domain.standstill import Beat, is_right, stood_still
from connector.errors import ConnectorError, LedgerBusyError
from connector.telemetry import Event, log
from connector.worker.cycle import run_cycle, trouble_of
from connector.worker.observe import Interrupted
from connector.worker.pulse import Pulse
from connector.worker.rulekeeper import RuleKeeper
from connector.worker.watch import Watch

TURN_SECONDS = 0.5


class Daemon:
    """Runs cycles until it is told to stop.

    What is due comes from the ledger, so a missed ring costs nothing; `schedule` only rings.
    """

    def __init__(
        self, work: Work, rules: RuleKeeper, clock: Clock, watch: Watch, pulse: Pulse
    ) -> None:
        self._work, self._rules, self._clock = work, rules, clock
        self._watch, self._pulse = watch, pulse
        self._rung = True
        self._reload = False
        self._right: Beat | None = None  # when the clock was last known to be right

    def ring(self) -> None:
        self._rung = True

    def reload(self) -> None:
        """Take the mapping files anew at the next turn, settled or not."""
        self._reload = self._rung = True

    def run(self) -> None:
        """Work until interrupted; an error of one cycle is told and the next one tried.

        LedgerBusyError ends it: another worker has the right to commit.
        """
        bell = self._bell()
        log.info(Event.WORKER_STARTED, sources=sorted(self._work.sources))
        self._pulse.started()
        try:
            while not self._clock.wait(0):
                bell.run_pending()
                if (bell.idle_seconds or 0) > self._work.schedule.poll_seconds:
                    bell = self._bell()  # the wall clock, which `schedule` goes by, was set back
                if self._rung:
                    self._rung = False
                    self._turn()
                else:
                    self._clock.wait(TURN_SECONDS)
                self._pulse.turned()
        finally:
            self._pulse.stopping()
            log.info(Event.WORKER_STOPPED)

    def _bell(self) -> schedule.Scheduler:
        bell = schedule.Scheduler()
        bell.every(self._work.schedule.poll_seconds).seconds.do(self.ring)
        return bell

    def _turn(self) -> None:
        """Do a cycle, and look at what came of it."""
        at_once, self._reload = self._reload, False
        with suppress(Interrupted):
            trouble = self._cycle(at_once=at_once)
            rules = self._rules
            self._watch.look(
                good=trouble is None,
                why=trouble or "",
                book=rules.book,
                problems=rules.problems,
                stale_since=rules.stale_since,
            )
        if self._watch.view is not None:
            self._pulse.told(self._watch.view.status)

    def _cycle(self, *, at_once: bool) -> str | None:
        """Do a cycle; return why it did not come to its end, None where it did."""
        try:
            self._mind_the_clock()
            report = run_cycle(self._work, self._rules.refresh(at_once=at_once))
            self._mind_the_clock()
            self._right = self._beat() if is_right(report.observation.notes) else None
        except (Interrupted, LedgerBusyError):
            raise
        except Exception as error:  # noqa: BLE001  the daemon outlives a fault in one cycle
            ours = isinstance(error, ConnectorError)
            log.error(
                Event.CYCLE_FAILED, **({"reason": str(error)} if ours else {"exc_info": error})
            )
            return trouble_of(error)
        return None

    def _beat(self) -> Beat:
        return Beat(self._clock.now(), self._clock.monotonic())

    def _mind_the_clock(self) -> None:
        """Go back to rehearsal where the machine stood still: it may be a snapshot, put back."""
        why = stood_still(self._right, self._beat()) if self._right else None
        if why is not None and self._work.ledger.suspect(why, at=self._clock.now()):
            log.critical(Event.LEDGER_ROLLED_BACK, reason=self._work.words.whole(why))
        if why is not None:
            self._right = None  # said once
