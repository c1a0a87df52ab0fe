"""What an item of a story does to the world, to the office, and to what people say."""

from datetime import datetime, timedelta
from typing import Any

from connector.errors import RefusedError
from tests.simulation.brand import Brand
from tests.simulation.guards import Guards
from tests.simulation.invariants import Watch, require
from tests.simulation.office import Office
from tests.simulation.outside import Crash, Outside, Trouble
from tests.simulation.people import People


class Happenings:
    """Lets things happen, a method for each kind; the rest are what people do and say."""

    def __init__(
        self,
        outside: Outside,
        brand: Brand,
        office: Office,
        watch: Watch,
        guards: Guards,
        people: People,
    ) -> None:
        self._outside, self._brand, self._office = outside, brand, office
        self._watch, self._guards, self._people = watch, guards, people
        self._seams: list[str] = []
        self.down_until: datetime = outside.clock.now()

    def befall(self, what: str, given: dict[str, Any]) -> None:
        """Let an item happen now; a person's refused word is an answer like any other.

        The number of a send only tells the time of what does not happen to that send itself.
        """
        method = getattr(self, f"_on_{what}", None)
        if method is not None:
            method(**{key: one for key, one in given.items() if key != "number"})
        elif what in self._people.verbs:
            self._say(what, given)
        else:
            self._brand.act(what, given)

    def seam(self, name: str) -> None:
        """Crash where the story says so."""
        if name in self._seams:
            self._seams.remove(name)
            self._outside.trace("crash", name)
            raise Crash(name)

    def all_over(self) -> None:
        """End all trouble: the last day of a story."""
        self._seams.clear()
        self._outside.troubles.clear()
        self._outside.refusing.clear()
        self._forgive()
        self._office.clock.off = timedelta()
        self.down_until = self._outside.clock.now()
        if self._office.rules.book is None:
            self._office.rules.put(0)

    def _say(self, verb: str, given: dict[str, Any]) -> None:
        if verb == "unpause" and given["scope"] == "punchh":
            self._forgive()
        try:
            self._people.say(verb, given)
        except RefusedError:
            return

    def _forgive(self) -> None:
        self._outside.resting.clear()
        self._guards.forgiven = self._office.clock.now()

    # --- mapping files

    def _on_rules(self, book: int) -> None:
        self._office.rules.put(book)

    def _on_spoil_rules(self, how: str) -> None:
        self._office.rules.spoil(how)

    # --- remotes, their keys and hosts

    def _on_trouble(self, **given: Any) -> None:
        self._outside.troubles.append(Trouble(**given))

    def _on_skew(self, seconds: int) -> None:
        self._outside.world.switches.set({"punchh.skew_seconds": seconds})

    def _on_refuse_key(self, remote: str) -> None:
        self._outside.refusing.add(remote)

    def _on_restore_key(self, remote: str) -> None:
        self._outside.refusing.discard(remote)

    def _on_replace_key(self, remote: str) -> None:
        self._outside.refusing.discard(remote)
        self._outside.keys[remote] += 1
        self._reconfigured(self._office.typed.keys, remote)

    def _on_move_host(self, remote: str) -> None:
        self._reconfigured(self._office.typed.hosts, remote)

    def _reconfigured(self, typed: dict[str, int], remote: str) -> None:
        typed[remote] += 1
        self._office.configure()
        self._office.stop()

    # --- the worker's machine

    def _on_seam(self, name: str) -> None:
        self._seams.append(name)

    def _on_restart(self) -> None:
        self._office.stop()

    def _on_outage(self, minutes: int) -> None:
        self._office.stop()
        self.down_until = self._outside.clock.now() + timedelta(minutes=minutes)

    def _on_rival(self) -> None:
        require(self._office.rival(), "a second worker is refused")

    def _on_step(self, seconds: int) -> None:
        self._office.clock.off = timedelta(seconds=seconds)

    def _on_backup(self) -> None:
        self._office.back_up()

    def _on_restore(self) -> None:
        if self._office.restore():
            self._watch.restored()
            self._forgive()
