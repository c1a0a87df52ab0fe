"""The outside world, in one value: three vendors, one clock, one lock."""

import threading
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from connector.clock import ShiftedClock
from connector.sandbox.business import Business
from connector.sandbox.faults import Faults
from connector.sandbox.hooks import Hooks
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
        self.has_receiver = threading.Event()
        self._seed = seed
        self._scenario: Callable[[World], None] | None = None
        self._clear()

    def _clear(self) -> None:
        self.started = self.now()
        self.ids = Ids(self._seed)
        self.dice = Random(self._seed)
        self.left_out: dict[str, int] = {}
        self._slid: dict[str, int] = {}
        self.braze = Workspace(self.switches)
        self.salesforce = Org(self.switches)
        self.punchh = Business(self.switches)
        self.hooks = Hooks()

    def now(self) -> datetime:
        return self.clock.now()

    def settle(self) -> None:
        """Let happen what is due by now: messages go out, campaigns gift their segments."""
        now = self.now()
        self.braze.settle(now)
        self.salesforce.settle(now)
        self.punchh.settle(now)

    def seen_at(self, remote: str) -> datetime:
        """Return the moment whose saved state a read of that remote shows (facts: braze §4).

        A read is up to `lag_seconds` old, each another age: a new value may give way to the old
        one again.
        """
        lag = self.switches[f"{remote}.lag_seconds"]
        return self.now() - timedelta(seconds=self.dice.uniform(0, lag) if lag else 0)

    def leaves_out(self, remote: str, send_id: str) -> bool:
        """Say whether this one reading of a list lacks that row, without any reason."""
        if self.left_out.get(send_id, 0) > 0:
            self.left_out[send_id] -= 1
            return True
        percent = self.switches[f"{remote}.dropout_percent"]
        return bool(percent) and self.dice.uniform(0, 100) < percent

    def slid(self, remote: str, listing: str, *, first: bool) -> int:
        """Return by how many rows a list has moved since its reader asked for its first page.

        A row taken out of an earlier page lets the next page begin one row later, and the reader
        miss one; a row added lets it begin one earlier, and show one twice.
        """
        percent = self.switches[f"{remote}.pages_move_percent"]
        if first or not percent:
            self._slid.pop(listing, None)
        elif self.dice.uniform(0, 100) < percent:
            how = self.switches["wire.pages_move_by"]
            step = self.dice.choice((1, -1)) if how == "either" else 1 if how == "taken" else -1
            self._slid[listing] = self._slid.get(listing, 0) + step
        return self._slid.get(listing, 0)

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
