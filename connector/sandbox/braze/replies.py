"""What Braze's routes have in common: errors, stamps, pages, and reads that lag."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connector.sandbox.exchange import Request, Response, answer
from connector.sandbox.workspace import Broadcast
from connector.sandbox.world import World

PAGE = 100
Route = Callable[[World, Request], Response]


def error(world: World, status: int, message: str) -> Response:
    """Return an error; real bodies on these calls are unknown (facts: braze §5)."""
    match world.switches["braze.error_body"]:
        case "errors":
            return answer({"message": message, "errors": [message]}, status)
        case "empty":
            return Response(status)
        case "html":
            page = f"<!doctype html><h1>{message}</h1>".encode()
            return Response(status, page, content_type="text/html; charset=utf-8")
    return answer({"message": message}, status)


def read(world: World) -> Mapping[str, Broadcast]:
    """Return the broadcasts as this read shows them, which may be a little old (braze §4)."""
    if not world.switches["braze.lag_seconds"]:
        return world.braze.broadcasts
    return world.braze.saved.as_of(world.seen_at("braze"))


def visible(world: World) -> list[Broadcast]:
    return [broadcast for broadcast in read(world).values() if not broadcast.hidden]


def tags(world: World, texts: tuple[str, ...]) -> list[str | None]:
    """Write a list of tags, which may hold null (facts: braze §12)."""
    return [None, *texts] if world.switches["braze.null_tags"] else list(texts)


def laid_over(row: dict[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with what is to be shown instead, in the keys that it has."""
    return {key: shown.get(key, value) for key, value in row.items()}


def stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def page(world: World, request: Request, rows: list[Any]) -> list[Any]:
    """Return one page, 0-based, 100 rows, oldest first unless asked otherwise (braze §2)."""
    newest_first = request.query.get("sort_direction") == "desc"
    text = request.query.get("page", "0")
    number = int(text) if text.isdecimal() else 0
    start = number * PAGE + world.slid("braze", request.path, first=number == 0)
    return (rows[::-1] if newest_first else rows)[max(0, start) : start + PAGE]
