"""Lists and details of campaigns and Canvases (facts: braze §2)."""

from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from connector.sandbox.braze.replies import (
    Route,
    error,
    laid_over,
    page,
    read,
    stamp,
    tags,
    visible,
)
from connector.sandbox.exchange import Request, Response, answer
from connector.sandbox.workspace import Broadcast
from connector.sandbox.world import World


def listing(kind: str, word: str) -> Route:
    """Return the route that lists all of a kind, under that word."""

    def route(world: World, request: Request) -> Response:
        archived = request.query.get("include_archived") == "true"
        rows = [
            _entry(world, broadcast)
            for broadcast in visible(world)
            if broadcast.kind == kind
            and (archived or broadcast.status != "archived")
            and _edited_since(broadcast, request.query.get("last_edit.time[gt]", ""))
        ]
        return answer({"message": "success", word: page(world, request, rows)})

    return route


def _edited_since(broadcast: Broadcast, text: str) -> bool:
    try:
        since = datetime.fromisoformat(text)
    except ValueError:  # absent or unreadable: no filter
        return True
    return broadcast.edited > (since if since.tzinfo else since.replace(tzinfo=UTC))


def _entry(world: World, broadcast: Broadcast) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": broadcast.id,
        "last_edited": stamp(broadcast.edited),
        "name": broadcast.name,
        "tags": tags(world, broadcast.tags),
    }
    if broadcast.kind == "campaign":
        row["is_api_campaign"] = broadcast.timing == "api"
    return laid_over(row, broadcast.row)


def details(kind: str) -> Route:
    """Return the route that tells all of one send of a kind."""

    def route(world: World, request: Request) -> Response:
        broadcast = _find(world, request.query.get(f"{kind}_id", ""))
        if broadcast is None or broadcast.kind != kind:
            status = world.switches["braze.unknown_id_status"]
            return error(world, status, f"Invalid {kind.capitalize()} ID")
        drafted = request.query.get("post_launch_draft_version") == "true"
        version = broadcast.draft if drafted and broadcast.draft else broadcast
        body = laid_over(_detail(world, broadcast, version), version.row)
        body |= dict.fromkeys(world.switches["braze.details_null"])
        absent = world.switches["braze.details_absent"]
        body = {key: value for key, value in body.items() if key not in absent}
        return answer({"message": "success", **body})

    return route


def _find(world: World, wanted: str) -> Broadcast | None:
    """Find a broadcast by the id that is shown of it."""
    broadcast = read(world).get(wanted)
    if broadcast is not None:
        return None if broadcast.hidden else broadcast
    return next((sent for sent in visible(world) if sent.row.get("id") == wanted), None)


def _detail(world: World, broadcast: Broadcast, version: Broadcast) -> dict[str, Any]:
    """Describe a broadcast without id and audience: the API shows neither (facts: braze §0).

    What it says may be what its post-launch draft says, as `version` (facts: braze §2).
    """
    sent = world.braze.sent(broadcast.id)
    first, last = (sent[0].first, sent[-1].first) if sent else (None, None)
    common: dict[str, Any] = {
        "created_at": stamp(broadcast.created),
        "updated_at": stamp(broadcast.edited),
        "archived": broadcast.status == "archived",
        "draft": broadcast.status == "draft",
        "enabled": broadcast.status == "live",
        "has_post_launch_draft": broadcast.draft is not None,
        "name": version.name,
        "description": "",
        # Not the vocabulary of scheduled_broadcasts; only "date" was ever seen (braze §1).
        "schedule_type": {"action": "action", "api": "api"}.get(broadcast.timing, "date"),
        "channels": ["email"],
        "tags": tags(world, version.tags),
        "teams": [],
    }
    if broadcast.kind == "canvas":
        entries = {"first_entry": stamp(first), "last_entry": stamp(last)}
        return common | entries | {"variants": [], "steps": []}
    message: dict[str, Any] = {"channel": "email", "name": None, "subject": version.name}
    message |= {"body": "", "extras": {}}
    messages = {str(uuid5(NAMESPACE_URL, broadcast.id)): message}
    sends = {"first_sent": stamp(first), "last_sent": stamp(last)}
    return common | sends | {"messages": messages, "conversion_behaviors": []}
