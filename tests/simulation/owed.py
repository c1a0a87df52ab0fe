"""What a quiet month owes: each send that could be seen in good time gets its offers."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from connector.sandbox.world import World
from tests.simulation.brand import OFFERS, TAG, Showing

IN_GOOD_TIME = timedelta(minutes=40)
HORIZON = timedelta(days=7)


class Owed:
    """Collects, by send and first delivery, the segment and the redeemables that are due."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._found: dict[tuple[str, datetime], tuple[Any, ...]] = {}

    def note(self, showings: Iterable[Showing]) -> None:
        """Write down what each send that is shown now is owed."""
        business = self._world.punchh
        for showing in showings:
            send = showing.send
            redeemables = OFFERS.get(send.name.split()[0])
            seen = max(showing.since, showing.first - HORIZON)
            audience = self._audience(send)
            if redeemables is None or audience is None or showing.first - seen < IN_GOOD_TIME:
                continue
            segment = next(s.id for s in business.segments.values() if s.name == audience)
            uuids = tuple(r.uuid for r in business.redeemables.values() if r.name in redeemables)
            self._found[send.id, showing.first] = (segment, uuids)

    def until(self, now: datetime) -> dict[tuple[str, datetime], tuple[Any, ...]]:
        """Return what is owed of the firings that are over."""
        return {key: one for key, one in self._found.items() if key[1] < now}

    def _audience(self, send: Any) -> str | None:
        for tag in getattr(send, "tags", ()):
            if tag.startswith(TAG):
                return str(tag.removeprefix(TAG))
        targets = self._world.salesforce.targets
        for source in getattr(send, "sources", ()):
            return targets[source.target].name
        segment = getattr(send, "segment", None)
        return targets[segment].name if segment else None
