"""What the lists and the details answer (facts: braze §2)."""

from functools import partial
from typing import Any

from tests.contract.braze_world import CAMPAIGN, CANVAS, broadcast, details
from tests.contract.rows import Ask, Confidence, Fact, Failed, Live, Shape

_fact = partial(Fact, section="braze §2", confidence="CONFIRMED", ours=None)
STAMP = "2026-02-02T09:30:15+00:00"
TAGS = ["offer", "punchh:segment=VIP Guests"]
MANY = tuple(broadcast(id=f"id-{n:03d}", name=f"Send {n:03d}") for n in range(101))
CANVAS_SENT = broadcast(id=CANVAS, kind="canvas")


def _entry(id: str = CAMPAIGN, name: str = "Friday Fries") -> dict[str, Any]:
    return {
        "id": id,
        "last_edited": STAMP,
        "name": name,
        "tags": TAGS,
        "is_api_campaign": False,
    }


def _canvas_entry() -> dict[str, Any]:
    return {"id": CANVAS, "last_edited": STAMP, "name": "Friday Fries", "tags": TAGS}


def _entries(*numbers: int) -> list[Any]:
    return [_entry(f"id-{n:03d}", f"Send {n:03d}") for n in numbers]


def _list(id: str, told: str, of: str, rows: list[Any], **more: Any) -> Fact:
    path = {
        "campaigns": "/campaigns/list",
        "canvases": "/canvas/list",
        "segments": "/segments/list",
    }
    return _fact(
        id=f"braze-2-{id}",
        told=told,
        ask=Ask(path=path[of], params=more.pop("params", {})),
        body={"message": "success", of: rows},
        **more,
    )


LISTS = (
    _list(
        "campaigns-envelope",
        "A campaign's row has five keys; last_edited is written with +00:00.",
        "campaigns",
        [_entry()],
        world=(broadcast(),),
    ),
    _list(
        "first-page-is-0",
        "Pages are counted from 0 and hold 100 rows, the oldest first.",
        "campaigns",
        _entries(*range(100)),
        world=MANY,
        params={"page": 0},
    ),
    _list(
        "no-page-is-page-0",
        "Without page the first one comes.",
        "campaigns",
        _entries(*range(100)),
        world=MANY,
    ),
    _list(
        "second-page-is-1",
        "Page 1 is the second.",
        "campaigns",
        _entries(100),
        world=MANY,
        params={"page": 1},
    ),
    _list(
        "newest-first",
        "sort_direction=desc turns the order round.",
        "campaigns",
        _entries(*range(100, 0, -1)),
        world=MANY,
        params={"sort_direction": "desc"},
    ),
    _list(
        "past-end",
        "A page past the end is 200 and empty.",
        "campaigns",
        [],
        world=MANY,
        params={"page": 2},
        confidence="INFERRED",
    ),
    _list(
        "archived-left-out",
        "Archived campaigns are left out unless asked for.",
        "campaigns",
        [],
        world=(broadcast(status="archived"),),
    ),
    _list(
        "archived-asked-for",
        "include_archived=true shows them.",
        "campaigns",
        [_entry()],
        world=(broadcast(status="archived"),),
        params={"include_archived": "true"},
    ),
    _list(
        "edited-since",
        "last_edit.time[gt] leaves out what was edited before.",
        "campaigns",
        [],
        world=(broadcast(),),
        params={"last_edit.time[gt]": "2026-02-02T09:30:15"},
    ),
    _list(
        "canvases-envelope",
        "A Canvas's row has four keys, in a list named canvases.",
        "canvases",
        [_canvas_entry()],
        world=(CANVAS_SENT,),
    ),
    _list(
        "stopped-canvas-listed",
        "A stopped Canvas is listed as long as it is not archived.",
        "canvases",
        [_canvas_entry()],
        world=(broadcast(id=CANVAS, kind="canvas", status="stopped"),),
    ),
    _list(
        "segments-envelope",
        "A segment's row has four keys, and nothing says who uses it.",
        "segments",
        [{"id": "seg-1", "name": "VIP", "analytics_tracking_enabled": False, "tags": []}],
        world=({"segment": "seg-1", "name": "VIP"},),
    ),
    _list(
        "segments-unknown-parameters",
        "The segments' list takes no notice of parameters that it does not have.",
        "segments",
        [{"id": "seg-1", "name": "VIP", "analytics_tracking_enabled": False, "tags": []}],
        world=({"segment": "seg-1", "name": "VIP"},),
        params={"include_archived": "false", "last_edit.time[gt]": "2099-01-01T00:00:00"},
    ),
)


def _look(
    id: str,
    told: str,
    body: Shape,
    live: bool | None,
    confidence: Confidence = "CONFIRMED",
    *,
    kind: str = "campaign",
    **fields: Any,
) -> Fact:
    """Return a look at a campaign's or Canvas's details."""
    path = "/campaigns/details" if kind == "campaign" else "/canvas/details"
    id_ = CAMPAIGN if kind == "campaign" else CANVAS
    return _fact(
        id=f"braze-2-{id}",
        confidence=confidence,
        told=told,
        world=(broadcast(id=id_, kind=kind, **fields),),
        ask=Ask(path=path, params={f"{kind}_id": id_}),
        body=body,
        shaped=frozenset({"messages"}),
        ours=None if live is None else Live(kind=kind, live=live),
    )


_canvas_details = {
    key: value
    for key, value in details(first_entry=None, last_entry=None, variants=[], steps=[]).items()
    if key not in ("first_sent", "last_sent", "messages", "conversion_behaviors")
}

PENDING = broadcast(name="Friday Fries anew", tags=("vip",), at="2026-03-09T16:00:00Z")
DETAILS = (
    _look(
        "details-fields",
        "The details echo no id and tell no audience and no next send; not sent yet is null.",
        details(),
        live=True,
    ),
    _look(
        "details-draft",
        "A draft says so.",
        details(draft=True, enabled=False),
        live=False,
        confidence="INFERRED",
        status="draft",
    ),
    _look(
        "details-stopped",
        "A stopped campaign is not enabled.",
        details(enabled=False),
        live=False,
        confidence="INFERRED",
        status="stopped",
    ),
    _look(
        "details-archived",
        "An archived campaign says so.",
        details(archived=True, enabled=False),
        live=False,
        confidence="INFERRED",
        status="archived",
    ),
    _look(
        "details-pending-change",
        "A post-launch draft is only told of: the live version goes on.",
        details(has_post_launch_draft=True),
        live=True,
        draft=PENDING,
    ),
    _fact(
        id="braze-2-details-post-launch-draft",
        told="post_launch_draft_version=true shows what the draft says.",
        world=(broadcast(draft=PENDING),),
        ask=Ask(
            path="/campaigns/details",
            params={"campaign_id": CAMPAIGN, "post_launch_draft_version": "true"},
        ),
        body=details(has_post_launch_draft=True, name="Friday Fries anew", tags=["vip"]),
        shaped=frozenset({"messages"}),
    ),
    _fact(
        id="braze-2-details-no-post-launch-draft",
        confidence="INFERRED",
        told="Where there is no draft, asking for it shows the live version.",
        world=(broadcast(),),
        ask=Ask(
            path="/campaigns/details",
            params={"campaign_id": CAMPAIGN, "post_launch_draft_version": "true"},
        ),
        body=details(),
        shaped=frozenset({"messages"}),
    ),
    _look(
        "canvas-details-fields",
        "A Canvas has entries, variants and steps, and no entry schedule.",
        _canvas_details,
        live=True,
        kind="canvas",
    ),
    _fact(
        id="braze-1-id-is-that-of-details",
        section="braze §1",
        told="The id of a row is the one that details take.",
        world=(broadcast(),),
        ask=Ask(path="/campaigns/details", params={"campaign_id": CAMPAIGN}),
        body=details(),
        shaped=frozenset({"messages"}),
        ours=Live(kind="campaign", live=True),
    ),
    _fact(
        id="braze-5-unknown-id",
        section="braze §5",
        confidence="INFERRED",
        told="An id that nobody knows is 400, with a message.",
        ask=Ask(path="/campaigns/details", params={"campaign_id": CAMPAIGN}),
        status=400,
        body={"message": "Invalid Campaign ID"},
        shaped=frozenset({"message"}),
        ours=Live(kind="campaign", live=False),
    ),
    _fact(
        id="braze-3-details-permission",
        section="braze §3",
        told="Details have a permission of their own.",
        world=(broadcast(),),
        switches={"braze.missing_permissions": ("campaigns.details",)},
        ask=Ask(path="/campaigns/details", params={"campaign_id": CAMPAIGN}),
        status=403,
        body={"message": "Access Denied"},
        shaped=frozenset({"message"}),
        ours=Failed(account=True, of="confirm"),
    ),
    _fact(
        id="braze-2-segment-descriptions",
        told="description is the filters in words, text_description what the marketer typed.",
        world=({"segment": "seg-1", "name": "VIP"},),
        ask=Ask(path="/segments/details", params={"segment_id": "seg-1"}),
        body={
            "message": "success",
            "created_at": STAMP,
            "updated_at": STAMP,
            "name": "VIP",
            "description": "Last used these apps more than 0 times",
            "text_description": "",
            "tags": [],
            "teams": [],
        },
        shaped=frozenset({"created_at", "updated_at"}),
    ),
)
SEGMENT = {"segment": "seg-1", "name": "VIP"}


def _series(id: str, told: str, days: tuple[str, ...], **params: Any) -> Fact:
    return _fact(
        id=f"braze-12-{id}",
        section="braze §12",
        told=told,
        world=(SEGMENT,),
        ask=Ask(path="/segments/data_series", params={"segment_id": "seg-1", **params}),
        body={"message": "success", "data": [{"time": day, "size": 1000} for day in days]},
        shaped=frozenset({"size"}),
    )


def _optional(id: str, told: str, switch: str, body: Shape) -> Fact:
    return _fact(
        id=f"braze-12-details-{id}",
        section="braze §12",
        told=told,
        world=(broadcast(),),
        switches={switch: ("archived", "draft", "enabled", "has_post_launch_draft", "tags")},
        ask=Ask(path="/campaigns/details", params={"campaign_id": CAMPAIGN}),
        body=body,
        shaped=frozenset({"messages"}),
    )


OPTIONAL = {"archived", "draft", "enabled", "has_post_launch_draft", "tags"}
ADDITIONS = (
    _fact(
        id="braze-12-null-tags-in-campaigns-list",
        section="braze §12",
        told="A list of tags may hold null.",
        world=(broadcast(),),
        switches={"braze.null_tags": True},
        ask=Ask(path="/campaigns/list"),
        body={"message": "success", "campaigns": [_entry() | {"tags": [None, *TAGS]}]},
    ),
    _fact(
        id="braze-12-null-tags-in-segments-list",
        section="braze §12",
        told="So may a segment's.",
        world=(SEGMENT,),
        switches={"braze.null_tags": True},
        ask=Ask(path="/segments/list"),
        body={
            "message": "success",
            "segments": [
                {"id": "seg-1", "name": "VIP", "analytics_tracking_enabled": False, "tags": [None]}
            ],
        },
    ),
    _optional(
        "optional-absent",
        "Five keys of details may be absent.",
        "braze.details_absent",
        {key: value for key, value in details().items() if key not in OPTIONAL},
    ),
    _optional(
        "optional-null",
        "Or null.",
        "braze.details_null",
        details() | dict.fromkeys(OPTIONAL),
    ),
    _series(
        "sizes-day-by-day",
        "A segment's size is told for each day, up to today.",
        ("2026-02-28", "2026-03-01", "2026-03-02"),
        length=3,
    ),
    _series(
        "sizes-up-to-a-day",
        "Or up to another day.",
        ("2026-01-30", "2026-01-31"),
        length=2,
        ending_at="2026-01-31T12:00:00Z",
    ),
)
EXPORT = (*LISTS, *DETAILS, *ADDITIONS)
