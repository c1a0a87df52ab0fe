"""The rows of the matrix: every remote call of the worker, and what can come of one."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from typing import Any

from tests.support import spoils
from tests.support.faultserver import Asked, Points, Told

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BRAZE, SALESFORCE, PUNCHH = "braze_us", "sf_core", "punchh"


class Read(StrEnum):
    """What comes of a spoiled GET or login."""

    FINE = "fine"  # nobody notices
    DARK = "dark"  # the remote could not be read, and that is told
    DIM = "dim"  # it was read, and some of its rows say nothing that can be acted upon
    LOST = "lost"  # an answer that nobody can tell from the truth: nothing more than DIM


class Post(StrEnum):
    """What comes of a spoiled commit: the row's state and its reason's code."""

    COMMITTED = "committed: committed"
    UNKNOWN = "unknown: unknown"
    NOT_SENT = "waiting: not-sent"
    THROTTLED = "waiting: throttled"
    TOO_SOON = "waiting: start-too-soon"
    ACCOUNT = "waiting: account"
    FEATURE_OFF = "waiting: feature-off"
    NO_SEGMENT = "rejected: no-segment"
    NO_REDEEMABLE = "rejected: no-redeemable"
    EXPIRED = "rejected: redeemable-expired"
    REJECTED = "rejected: rejected"

    @property
    def state(self) -> str:
        return self.value.partition(": ")[0]

    @property
    def code(self) -> str:
        return self.value.partition(": ")[2]

    @property
    def definitive(self) -> bool:
        """True where Punchh's answer says that nothing was made."""
        return self not in (Post.COMMITTED, Post.UNKNOWN)

    @property
    def ends_cycle(self) -> bool:
        return self not in (Post.COMMITTED, Post.TOO_SOON) and self.state != "rejected"


# --- calls ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Call:
    """One remote call: how it is known, what it carries, and whose rows hang on it.

    `opener` is the call before it on the same remote (None: it is the first). `rows`, `id` and
    `value` say where its answer's rows are and what they hold.
    """

    name: str
    remote: str
    points: Points
    opener: Points | None = None
    hangs: frozenset[str] = frozenset()
    rows: spoils.Rows = field(default=lambda root: [root])
    id: str = ""
    value: str = ""
    listed: bool = False  # rows stand in a list, which may be empty or null
    paged: bool = False  # one row a page in Salesforce
    gone: bool = False  # there is a send that vanished, so that its details are asked for
    effect: bool | None = None  # of the commit: whether the campaign was made before the fault

    @property
    def is_post(self) -> bool:
        return self.effect is not None


def _path(path: str, **query: str) -> Points:
    return lambda asked: asked.path == path and query.items() <= asked.query.items()


def _later(path: str) -> Points:
    return lambda asked: asked.path == path and asked.query["page"] != "1"


def _soql(begin: str) -> Points:
    return lambda asked: asked.query.get("q", "").startswith(begin)


def _next_page(asked: Asked) -> bool:
    return "/query/01g" in asked.path


def _post(asked: Asked) -> bool:
    return asked.method == "POST" and asked.path == "/api2/dashboard/campaigns"


def _records(root: Any) -> list[Any]:
    return list(root["records"])


_LOGIN = _path("/services/oauth2/token")
_SCHEDULED = _path("/messages/scheduled_broadcasts")
_MAILS = _soql("SELECT Id, Name, Status, ScheduledDate FROM ListEmail ")
_TARGETS = _soql("SELECT Id, ListEmailId, SourceListId")
_NAMES = _soql("SELECT Id, Name FROM ListView")
_FLOWS = _soql("SELECT Id, Name, ProgressStatus")
_STATUSES = _soql("SELECT Id, Status, IsDeleted FROM ListEmail")
LAST_PAGE = "3"  # seven rows, five a page: two that overlap, and the empty one that ends a list
_SEGMENTS, _REDEEMABLES = "/api2/dashboard/segments", "/api2/dashboard/redeemables"
MAILS = frozenset({"Mail One", "Mail Two"})
BROADCASTS = frozenset({"Braze One", "Braze Two"})
FLOWS = frozenset({"Flow One"})
ALL = MAILS | BROADCASTS | FLOWS
GONE = {BRAZE: "Gone Broadcast", SALESFORCE: "Gone Mail"}
OF = {BRAZE: BROADCASTS, SALESFORCE: MAILS | FLOWS, PUNCHH: ALL}

CALLS = {
    call.name: call
    for call in (
        Call("braze-scheduled", BRAZE, _SCHEDULED, None, BROADCASTS,
             lambda root: list(root["scheduled_broadcasts"]), "id", "next_send_time", listed=True),
        Call("braze-details", BRAZE, _path("/campaigns/details"), _SCHEDULED,
             id="draft", value="enabled", gone=True),
        Call("sf-login", SALESFORCE, _LOGIN, None, MAILS | FLOWS,
             id="access_token", value="instance_url"),
        Call("sf-list-emails", SALESFORCE, _MAILS, _LOGIN, MAILS,
             _records, "Id", "ScheduledDate", listed=True),
        Call("sf-next-page", SALESFORCE, _next_page, _MAILS, MAILS,
             _records, "Id", "ScheduledDate", listed=True, paged=True),
        Call("sf-recipients", SALESFORCE, _TARGETS, _MAILS, MAILS,
             _records, "ListEmailId", "SourceListId", listed=True),
        Call("sf-names", SALESFORCE, _NAMES, _TARGETS, MAILS,
             _records, "Id", "Name", listed=True),
        Call("sf-flows", SALESFORCE, _FLOWS, _NAMES, FLOWS,
             _records, "Id", "ScheduledStartDate", listed=True),
        Call("sf-confirm", SALESFORCE, _STATUSES, _FLOWS, frozenset(),
             _records, "Id", "Status", listed=True, gone=True),
        Call("punchh-segments-1", PUNCHH, _path(_SEGMENTS, page="1"), None, ALL,
             list, "segment_id", "name", listed=True),
        Call("punchh-segments-n", PUNCHH, _later(_SEGMENTS), _path(_SEGMENTS, page="1"),
             ALL, list, "segment_id", "name", listed=True),
        Call("punchh-redeemables-1", PUNCHH, _path(_REDEEMABLES, page="1"),
             _path(_SEGMENTS, page=LAST_PAGE), ALL, list, "redeemable_uuid", "name", listed=True),
        Call("punchh-redeemables-n", PUNCHH, _later(_REDEEMABLES),
             _path(_REDEEMABLES, page="1"), ALL, list, "redeemable_uuid", "name", listed=True),
        Call("punchh-post/before", PUNCHH, _post, _path(_REDEEMABLES, page=LAST_PAGE),
             id="campaign_id", value="campaign_id", effect=False),
        Call("punchh-post/after", PUNCHH, _post, _path(_REDEEMABLES, page=LAST_PAGE),
             id="campaign_id", value="campaign_id", effect=True),
    )
}  # fmt: skip
FIRST = "Braze One"  # its commit is the first, so the one that is spoiled


def canned(asked: Asked) -> Told:
    """Return what Punchh would have answered to a commit that never came to it."""
    sent = json.loads(asked.body)
    start = datetime.fromisoformat(sent["start_time"])
    told = {
        "campaign_id": 990_001,
        "external_source_id": sent["external_campaign_id"],
        "start_time": f"{start:%Y-%m-%d %I:%M %p}",
        "timezone": "Etc/UTC",
    }
    headers = (spoils.JSON, ("Date", format_datetime(NOW, usegmt=True)))
    return Told(200, headers, json.dumps(told, separators=(",", ":")).encode())
