"""The outside world, in one value: three vendors, one clock, one lock."""

import threading
import traceback
from collections.abc import Callable
from datetime import datetime

from connector.clock import ShiftedClock
from connector.sandbox.business import Business
from connector.sandbox.faults import Faults
from connector.sandbox.ids import Ids
from connector.sandbox.org import Org
from connector.sandbox.requestlog import RequestLog
from connector.sandbox.switches import Switches
from connector.sandbox.workspace import Workspace


class World:
    """Braze, Salesforce and Punchh as they really are, whatever their APIs show.

    The same seed gives the same ids. Nothing runs by itself: `settle` brings everything up to
    the clock whenever somebody looks. Hold `lock` while reading or changing anything.
    """

    def __init__(self, clock: ShiftedClock | None = None, seed: int = 7) -> None:
        self.clock = clock or ShiftedClock()
        self.lock = threading.RLock()
        self.switches = Switches()
        self.faults = Faults()
        self.requests = RequestLog()
        self.errors: list[str] = []
        self._seed = seed
        self._scenario: Callable[[World], None] | None = None
        self._clear()

    def _clear(self) -> None:
        self.started = self.now()
        self.ids = Ids(self._seed)
        self.braze = Workspace()
        self.salesforce = Org()
        self.punchh = Business(self.switches)

    def now(self) -> datetime:
        return self.clock.now()

    def settle(self) -> None:
        """Let happen what is due by now: messages go out, campaigns gift their segments."""
        now = self.now()
        self.braze.settle(now)
        self.punchh.settle(now)

    def stage(self, scenario: Callable[["World"], None] | None) -> None:
        """Fill the world, now and after every reset."""
        self._scenario = scenario
        with self.lock:
            if scenario is not None:
                scenario(self)

    def reset(self) -> None:
        """Empty everything, switches, faults and log too, and stage the scenario anew.

        The clock goes on from where it is.
        """
        with self.lock:
            self.switches.reset()
            self.faults.clear()
            self.requests.clear()
            self._clear()
            self.stage(self._scenario)

    def note_error(self) -> None:
        """Keep the present exception: a simulator that crashed must not look like a vendor."""
        self.errors.append(traceback.format_exc())
