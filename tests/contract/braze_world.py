"""Braze's literal rows, and the broadcasts behind them."""

from typing import Any

from tests.contract.rows import Ask, Shape

SCHEDULED = "/messages/scheduled_broadcasts"
CAMPAIGN = "11111111-2222-3333-4444-555555555555"
CANVAS = "99999999-2222-3333-4444-555555555555"
NEW_YORK = "America/New_York"
FRIDAY = "2026-03-06T16:00:00Z"  # 11:00 in New York
FAR = "2026-06-03T00:00:00Z"


def broadcast(**changes: Any) -> Shape:
    """Return a campaign for Friday, 11:00 in New York, with changes."""
    fields: dict[str, Any] = {
        "id": CAMPAIGN,
        "kind": "campaign",
        "name": "Friday Fries",
        "tags": ("offer", "punchh:segment=VIP Guests"),
        "timing": "company",
        "at": FRIDAY,
        "created": "2026-02-01T08:00:00Z",
        "edited": "2026-02-02T09:30:15Z",
    }
    return fields | changes


def row(**changes: Any) -> dict[str, Any]:
    """Return the row by which the campaign shows."""
    fields = {
        "name": "Friday Fries",
        "id": CAMPAIGN,
        "type": "Campaign",
        "tags": ["offer", "punchh:segment=VIP Guests"],
        "next_send_time": "2026-03-06T11:00:00-05:00",
        "schedule_type": NEW_YORK,
    }
    return fields | changes


def scheduled(*rows: Any) -> dict[str, Any]:
    return {"scheduled_broadcasts": list(rows)}


def ask(end_time: str = FAR, **more: Any) -> Ask:
    return Ask(path=SCHEDULED, params={"end_time": end_time} | more)


def details(**changes: Any) -> dict[str, Any]:
    """Return a campaign's details: no id, no audience (facts: braze §2)."""
    fields: dict[str, Any] = {
        "message": "success",
        "created_at": "2026-02-01T08:00:00+00:00",
        "updated_at": "2026-02-02T09:30:15+00:00",
        "archived": False,
        "draft": False,
        "enabled": True,
        "has_post_launch_draft": False,
        "name": "Friday Fries",
        "description": "",
        "schedule_type": "date",
        "channels": ["email"],
        "first_sent": None,
        "last_sent": None,
        "tags": ["offer", "punchh:segment=VIP Guests"],
        "teams": [],
        "messages": {},
        "conversion_behaviors": [],
    }
    return fields | changes
