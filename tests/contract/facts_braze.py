"""What scheduled_broadcasts answers (facts: braze §1)."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from tests.contract.braze_world import (
    CAMPAIGN,
    CANVAS,
    SCHEDULED,
    ask,
    broadcast,
    row,
    scheduled,
)
from tests.contract.facts_braze_export import EXPORT
from tests.contract.rows import Ask, Confidence, Fact, Failed, Polled

_fact = partial(Fact, section="braze §1", confidence="CONFIRMED")
AT = "2026-03-06T16:00:00Z"
ONE = Polled(sends=(("campaign", CAMPAIGN, "Friday Fries", AT),), audiences=("VIP Guests",))
NONE = Polled(sends=())


def _one(first: str | None) -> Polled:
    sends = (("campaign", CAMPAIGN, "Friday Fries", first),)
    return Polled(sends=sends, audiences=("VIP Guests",))


REQUEST = (
    _fact(
        id="braze-1-end-time-required",
        told="end_time is required; nothing else is.",
        ask=Ask(path=SCHEDULED),
        status=400,
        body={"message": "end_time is required and must be ISO 8601"},
        shaped=frozenset({"message"}),
        ours=Failed(),
    ),
    _fact(
        id="braze-1-end-time-is-midnight",
        told="end_time counts as midnight UTC: its clock part is no cut-off.",
        world=(broadcast(),),
        ask=ask("2026-03-06T23:59:59Z"),
        body=scheduled(),
        ours=NONE,
    ),
    _fact(
        id="braze-1-end-time-next-day",
        told="The midnight after a send shows it.",
        world=(broadcast(),),
        ask=ask("2026-03-07T00:00:00Z"),
        body=scheduled(row()),
        ours=ONE,
    ),
    _fact(
        id="braze-1-window-from-now",
        told="The window begins now: what is past does not show.",
        world=(broadcast(at="2026-03-02T11:59:00Z"),),
        ask=ask(),
        body=scheduled(),
        ours=NONE,
    ),
    _fact(
        id="braze-1-no-pages",
        told="There is no page, limit or filter: everything comes in one answer.",
        world=tuple(broadcast(id=f"id-{n}", name=f"Send {n}") for n in range(101)),
        ask=ask(page="1", limit="1"),
        body=scheduled(*(row(id=f"id-{n}", name=f"Send {n}") for n in range(101))),
        ours=Polled(
            sends=tuple(("campaign", f"id-{n}", f"Send {n}", AT) for n in range(101)),
            audiences=("VIP Guests",),
        ),
    ),
    _fact(
        id="braze-1-permission",
        told="The permission is messages.schedule_broadcasts; without it the answer is 403.",
        switches={"braze.missing_permissions": ("messages.schedule_broadcasts",)},
        ask=ask(),
        status=403,
        body={"message": "Access Denied"},
        shaped=frozenset({"message"}),
        ours=Failed(account=True),
    ),
    _fact(
        id="braze-3-wrong-key",
        section="braze §3",
        told="A wrong key, or the right one on another cluster, is 401.",
        ask=Ask(path=SCHEDULED, params={"end_time": "2026-06-03T00:00:00Z"}, key=False),
        status=401,
        body={"message": "Invalid API key"},
        shaped=frozenset({"message"}),
        ours=Failed(account=True),
    ),
)

RESPONSE = (
    _fact(
        id="braze-1-six-keys",
        told="A row has exactly six keys, none of them an audience; no message stands on top.",
        world=(broadcast(),),
        ask=ask(),
        body={
            "scheduled_broadcasts": [
                {
                    "name": "Friday Fries",
                    "id": "11111111-2222-3333-4444-555555555555",
                    "type": "Campaign",
                    "tags": ["offer", "punchh:segment=VIP Guests"],
                    "next_send_time": "2026-03-06T11:00:00-05:00",
                    "schedule_type": "America/New_York",
                }
            ]
        },
        ours=ONE,
    ),
    _fact(
        id="braze-1-message-on-top",
        confidence="INFERRED",
        told="A message on top, as the export endpoints have it, changes nothing.",
        world=(broadcast(),),
        switches={"braze.message_key": True},
        ask=ask(),
        body=scheduled(row()) | {"message": "success"},
        ours=ONE,
    ),
    _fact(
        id="braze-1-type-canvas",
        told="A Canvas is Canvas, with a capital.",
        world=(broadcast(id=CANVAS, kind="canvas"),),
        ask=ask(),
        body=scheduled(row(id=CANVAS, type="Canvas")),
        ours=Polled(sends=(("canvas", CANVAS, "Friday Fries", AT),), audiences=("VIP Guests",)),
    ),
    _fact(
        id="braze-1-empty",
        confidence="INFERRED",
        told="Nothing scheduled is an empty list.",
        ask=ask(),
        body=scheduled(),
        ours=NONE,
    ),
    _fact(
        id="braze-1-any-order",
        confidence="INFERRED",
        told="The rows stand in no order.",
        world=(broadcast(), broadcast(id=CANVAS, kind="canvas", at="2026-03-05T16:00:00Z")),
        switches={"braze.order": "reversed"},
        ask=ask(),
        body=scheduled(
            row(id=CANVAS, type="Canvas", next_send_time="2026-03-05T11:00:00-05:00"), row()
        ),
        ours=Polled(
            sends=(
                ("canvas", CANVAS, "Friday Fries", "2026-03-05T16:00:00Z"),
                ("campaign", CAMPAIGN, "Friday Fries", AT),
            ),
            audiences=("VIP Guests",),
        ),
    ),
)


def _spelled(
    id: str, text: str, confidence: Confidence = "INFERRED", first: str = AT, **fields: Any
) -> Fact:
    """Return a spelling of next_send_time, in a schedule by the company's clock unless told."""
    shown = {"next_send_time": text} | fields.pop("shown", {})
    return _fact(
        id=f"braze-1-{id}",
        confidence=confidence,
        told=f"next_send_time may read {text}.",
        world=(broadcast(**fields),),
        ask=ask(),
        body=scheduled(row(**shown)),
        ours=_one(first),
    )


_local = {"timing": "local", "shown": {"schedule_type": "local_time_zones"}}
_smart = {"timing": "intelligent", "shown": {"schedule_type": "intelligent_delivery"}}
EASTERN = "Eastern Time (US & Canada)"
DIALECTS = (
    _spelled("dialect-plain", "2026-03-06 11:00:00", "CONFIRMED", dialect="plain"),
    _spelled("dialect-offset", "2026-03-06T11:00:00-05:00", "CONFIRMED", dialect="offset"),
    _spelled("dialect-z", "2026-03-06T16:00:00Z", dialect="z"),
    _spelled("dialect-compact-offset", "2026-03-06T11:00:00-0500", dialect="offset_compact"),
    _spelled("dialect-abbreviation", "2026-03-06 11:00:00 EST", dialect="abbreviation"),
    _spelled(
        "rails-zone-name",
        "2026-03-06 11:00:00",
        dialect="plain",
        zone=EASTERN,
        shown={"schedule_type": EASTERN},
    ),
    _spelled(
        "local-time-zones",
        "2026-03-06 11:00:00",
        "CONFIRMED",
        "2026-03-05T21:00:00Z",
        dialect="plain",
        at="2026-03-06T11:00:00",
        **_local,
    ),
    _spelled(
        "local-time-zones-with-t",
        "2026-03-06T11:00:00",
        "CONFIRMED",
        "2026-03-05T21:00:00Z",
        at="2026-03-06T11:00:00",
        **_local,
    ),
    _spelled(
        "intelligent-delivery",
        "2026-03-06 11:00:00",
        "CONFIRMED",
        "2026-03-05T10:00:00Z",
        dialect="plain",
        at="2026-03-06T11:00:00",
        **_smart,
    ),
)


def _shows(id: str, told: str, confidence: Confidence = "CONFIRMED", **fields: Any) -> Fact:
    shown = fields.pop("shown", {})
    return _fact(
        id=f"braze-1-shows-{id}",
        confidence=confidence,
        told=told,
        world=(broadcast(**fields),),
        ask=ask(),
        body=scheduled(row(**shown)),
        ours=_one(AT) if "type" not in shown else None,
    )


def _hides(id: str, told: str, confidence: Confidence = "INFERRED", **fields: Any) -> Fact:
    return _fact(
        id=f"braze-1-hides-{id}",
        confidence=confidence,
        told=told,
        world=(broadcast(**fields),),
        ask=ask(),
        body=scheduled(),
        ours=NONE,
    )


SHOWN = (
    _fact(
        id="braze-12-null-tags-in-scheduled-broadcasts",
        section="braze §12",
        confidence="INFERRED",
        told="A row's tags may hold null, since it is one store of tags.",
        world=(broadcast(),),
        switches={"braze.null_tags": True},
        ask=ask(),
        body=scheduled(row(tags=[None, "offer", "punchh:segment=VIP Guests"])),
        ours=None,
    ),
    _shows("scheduled-campaign", "A campaign scheduled in the dashboard shows."),
    _shows(
        "canvas-entry",
        "A Canvas shows once, for its entry.",
        kind="canvas",
        shown={"type": "Canvas"},
    ),
    _shows(
        "recurring-once",
        "A recurring send shows once, with its next occurrence only.",
        recurring="daily",
    ),
    _hides("api-scheduled", "What the API scheduled is not shown.", "CONFIRMED", timing="api"),
    _hides(
        "action-based", "An action-based send has no instant to show.", timing="action", at=None
    ),
    _hides("draft", "A draft is not shown.", status="draft"),
    _hides("stopped", "A stopped send is not shown.", status="stopped"),
    _hides("archived", "An archived send is not shown.", status="archived"),
    _hides(
        "sent-at-launch", "What goes out at launch never shows ahead.", at="2026-03-02T12:00:00Z"
    ),
)


def _series(
    id: str, told: str, text: str | None, confidence: Confidence = "CONFIRMED", **fields: Any
) -> Fact:
    """Return a recurring send that shows by a next_send_time, or does not show."""
    rows = [row(next_send_time=text)] if text else []
    first = datetime.fromisoformat(text).astimezone(UTC).isoformat() if text else None
    return _fact(
        id=f"braze-8-{id}",
        section="braze §8",
        confidence=confidence,
        told=told,
        world=(broadcast(**fields),),
        ask=ask(),
        body=scheduled(*rows),
        ours=_one(first) if first else NONE,
    )


SERIES = (
    _series(
        "rolls-on",
        "The row of a recurring send moves on to its next occurrence.",
        "2026-03-03T06:00:00-05:00",
        at="2026-02-20T11:00:00Z",
        recurring="daily",
    ),
    _series(
        "keeps-its-wall-clock",
        "A recurring send keeps its wall clock over a change of summer time.",
        "2026-03-13T11:00:00-04:00",
        at="2026-02-13T16:00:00Z",
        recurring="monthly",
    ),
    _series(
        "monthly-31",
        "A monthly send of the 31st goes on the last day of a shorter month.",
        "2026-03-31T11:00:00-04:00",
        at="2026-01-31T16:00:00Z",
        recurring="monthly",
    ),
    _series(
        "end-date-inclusive",
        "The end date of a recurring send is its last day.",
        "2026-03-02T11:00:00-05:00",
        at="2026-02-20T16:00:00Z",
        recurring="daily",
        ends="2026-03-02",
    ),
    _series(
        "ended",
        "After its end date a recurring send shows no more.",
        None,
        "INFERRED",
        at="2026-02-20T16:00:00Z",
        recurring="daily",
        ends="2026-03-01",
    ),
)
FACTS = (*REQUEST, *RESPONSE, *DIALECTS, *SHOWN, *SERIES, *EXPORT)
