"""The whole sandbox on its four ports."""

from types import TracebackType
from typing import Self

from connector.sandbox.braze import braze
from connector.sandbox.control import control
from connector.sandbox.punchh import punchh
from connector.sandbox.salesforce import salesforce
from connector.sandbox.scenario import restaurant
from connector.sandbox.server import Remote
from connector.sandbox.webhooks import Poster
from connector.sandbox.world import World

# PORT+3 is kept for Marketing Cloud Engagement.
_PLACES = {"control": 0, "braze": 1, "salesforce": 2, "punchh": 4}
_SKINS = {"control": control, "braze": braze, "salesforce": salesforce, "punchh": punchh}


class Sandbox:
    """The simulators, listening on 127.0.0.1 from `start` to `stop`.

    Control has PORT, Braze PORT+1, Salesforce PORT+2, Punchh PORT+4; port 0 takes four free
    ones. A taken port raises OSError naming it. With `scenario`, the world is filled with the
    restaurant brand at once.
    """

    def __init__(
        self, port: int = 8800, *, world: World | None = None, scenario: bool = True
    ) -> None:
        self.world = world or World()
        self.world.stage(restaurant if scenario else None)
        self._port = port
        self._remotes: dict[str, Remote] = {}
        self._poster: Poster | None = None

    def start(self) -> Self:
        """Listen on every port, or on none."""
        try:
            for name, place in _PLACES.items():
                port = self._port + place if self._port else 0
                skin = _SKINS[name](self.world)
                watched = name != "control"
                self._remotes[name] = Remote(name, skin, self.world, port=port, watched=watched)
        except OSError:
            self.stop()
            raise
        for remote in self._remotes.values():
            remote.start()
        self._poster = Poster(self.world)
        self._poster.start()
        return self

    def stop(self) -> None:
        """Close every socket; a wait inside a fault ends at once."""
        if self._poster is not None:
            self._poster.stop()
        for remote in self._remotes.values():
            remote.stop()
        self._remotes.clear()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def control_url(self) -> str:
        return self._remotes["control"].url

    @property
    def braze_url(self) -> str:
        return self._remotes["braze"].url

    @property
    def salesforce_url(self) -> str:
        return self._remotes["salesforce"].url

    @property
    def punchh_url(self) -> str:
        return self._remotes["punchh"].url
