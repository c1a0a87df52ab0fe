"""The world of a simulation: one clock that only moves when told, and remotes without sockets."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache

from connector.clock import ShiftedClock
from connector.domain.reasons import reason
from connector.http.exchange import ExchangeError, Reach
from connector.sandbox.braze import braze
from connector.sandbox.exchange import Request, Response, Skin, answer
from connector.sandbox.punchh import SIGN_IN, punchh
from connector.sandbox.salesforce import TOKEN, salesforce
from connector.sandbox.world import World

REMOTES = {"braze_us": braze, "sf_core": salesforce, "punchh": punchh}
CAMPAIGNS = "/api2/dashboard/campaigns"


class Crash(BaseException):
    """The process ends here."""


class TrueClock(ShiftedClock):
    """The world's time: it stands still until somebody waits."""

    def __init__(self, start: datetime) -> None:
        super().__init__()
        self._now = start

    def now(self) -> datetime:
        return self._now

    def set(self, instant: datetime) -> None:
        self._now = max(self._now, instant)

    def advance(self, by: timedelta) -> None:
        self._now += by


class WorkerClock:
    """The worker's machine: its wall clock may be wrong by `off`; waits pass the world's time."""

    def __init__(self, true: TrueClock) -> None:
        self._true = true
        self._start = true.now()
        self.off = timedelta()

    def now(self) -> datetime:
        return self._true.now() + self.off

    def monotonic(self) -> float:
        return (self._true.now() - self._start).total_seconds()

    def wait(self, seconds: float) -> bool:
        self._true.advance(timedelta(seconds=max(0.0, seconds)))
        return False

    def interrupt(self) -> None:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens to matching requests: `after` lets the request take effect first."""

    kind: str
    remote: str
    method: str = "*"
    after: bool = False
    times: int = 1
    code: int = 503
    retry_after: int = 0

    def meets(self, remote: str, method: str) -> bool:
        return self.remote in ("*", remote) and self.method in ("*", method)


class Outside:
    """The three remotes behind one seam. `watch` sees each POST before it has any effect."""

    def __init__(self, start: datetime, seed: int) -> None:
        self.clock = TrueClock(start)
        self.world = World(self.clock, seed)
        self.skins: dict[str, Skin] = {name: make(self.world) for name, make in REMOTES.items()}
        self.troubles: list[Trouble] = []
        self.posts = 0
        self.exchanges = 0
        self.keys = dict.fromkeys(REMOTES, 0)  # the number of the key that each remote takes
        self.refusing: set[str] = set()  # where even that one has lost its rights
        self.asked: set[str] = set()  # since somebody last looked
        self.told: dict[str, datetime] = {}  # when each remote wants to be asked again
        self.refused: set[tuple[str, str]] = set()  # host and key that Punchh turned away
        self.resting: set[tuple[str, str]] = set()  # of these, what the worker has noted
        self.early: list[str] = []
        self.watch: Callable[[Request], None] = lambda _request: None
        self.trace: Callable[..., None] = lambda *_facts: None

    def answer(self, remote: str, asked: Request) -> Response:
        """Answer one request, or let its trouble happen."""
        self.exchanges += 1
        self.asked.add(remote)
        self.clock.advance(timedelta(milliseconds=40))
        self._note_early(remote, asked)
        if asked.method == "POST" and remote == "punchh":
            self.posts += 1
            self.watch(asked)
        response = self._answer(remote, asked)
        if remote == "punchh" and response.status in (401, 403):
            self.refused.add(_caller(asked))
        if response.status in (429, 503):
            for name, value in response.headers:
                if name == "Retry-After":
                    self.told[remote] = self.clock.now() + timedelta(seconds=int(value))
        dated = ("Date", _spelled(self.clock.now().replace(microsecond=0)))
        return replace(response, headers=(dated, *response.headers))

    def _note_early(self, remote: str, asked: Request) -> None:
        now = self.clock.now()
        if now < self.told.get(remote, now):
            self.early.append(f"{asked.method} {remote} at {now}, told {self.told[remote]}")
        if remote == "punchh" and _caller(asked) in self.resting:
            self.early.append(f"{asked.method} {remote} at {now}, with a key that was refused")

    def _answer(self, remote: str, asked: Request) -> Response:
        admitted = self._admitted(remote, asked)
        if admitted is None:
            self.trace(remote, asked.method, asked.path, "key")
            return _refusal(remote, asked)
        trouble = self._take(remote, asked.method)
        self.trace(remote, asked.method, asked.path, trouble)
        skin = self.skins[remote]
        return skin(admitted) if trouble is None else self._suffer(trouble, skin, admitted)

    def _admitted(self, remote: str, asked: Request) -> Request | None:
        """Return the request with the key as the skin knows it; None where it is not taken."""
        if remote in self.refusing:
            return None
        if remote == "sf_core":
            return asked
        key, _, number = asked.header("authorization").rpartition("-")
        if number != str(self.keys[remote]):
            return None
        return replace(asked, headers={**asked.headers, "authorization": key})

    def rest(self) -> None:
        """Take the refusals so far for noted by the worker: the key is not to be used again."""
        self.resting |= self.refused
        self.refused.clear()

    def _take(self, remote: str, method: str) -> Trouble | None:
        for place, one in enumerate(self.troubles):
            if one.meets(remote, method):
                if one.times <= 1:
                    del self.troubles[place]
                else:
                    self.troubles[place] = replace(one, times=one.times - 1)
                return one
        return None

    def _suffer(self, trouble: Trouble, skin: Skin, asked: Request) -> Response:  # noqa: C901  a row for each kind
        if trouble.kind == "refused":
            raise ExchangeError(Reach.NOT_CONNECTED, reason("exchange/no-connection"))
        usual = skin(asked) if trouble.after else None
        match trouble.kind:
            case "crash":
                raise Crash(f"{asked.method} {asked.path}")
            case "reset":
                raise ExchangeError(Reach.SENT, reason("exchange/broken"))
            case "silence":
                self.clock.advance(timedelta(seconds=20))
                raise ExchangeError(Reach.SENT, reason("exchange/no-answer"))
            case "truncate":
                raise ExchangeError(Reach.HEADERS, reason("exchange/broken"))
            case "oversize":
                raise ExchangeError(Reach.HEADERS, reason("exchange/too-large"), status=200)
            case "redirect":
                raise ExchangeError(
                    Reach.HEADERS, reason("exchange/redirect", status=302), status=302
                )
            case "html":
                page = b"<html>Just a moment</html>"
                return Response(200, page, content_type="text/html")
            case "garbage":
                return Response(200, b'{"campaign_id": 99511494, "start_time": "20')
            case "status":
                headers = (
                    (("Retry-After", str(trouble.retry_after)),) if trouble.retry_after else ()
                )
                return Response(trouble.code, b'{"error": "trouble"}', headers)
            case "delay":
                self.clock.advance(timedelta(seconds=9))
                return usual or skin(asked)
            case kind:
                raise AssertionError(kind)


def _caller(asked: Request) -> tuple[str, str]:
    return asked.header("host"), asked.header("authorization")


def _refusal(remote: str, asked: Request) -> Response:
    if remote == "punchh":
        return answer(SIGN_IN, 401)
    if remote == "braze_us":
        return answer({"message": "Invalid API key"}, 401)
    if asked.path == TOKEN:
        return answer({"error": "invalid_client"}, 400)
    return answer([{"errorCode": "INVALID_SESSION_ID", "message": "Session expired"}], 401)


@lru_cache(maxsize=64)
def _spelled(now: datetime) -> str:
    return format_datetime(now.astimezone(UTC), usegmt=True)
