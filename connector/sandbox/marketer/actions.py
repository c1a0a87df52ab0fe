"""The buttons that a marketer presses, by name (facts: braze §8, §10.8; salesforce §6.5)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from connector.sandbox.fields import ControlError, Fields
from connector.sandbox.marketer import braze, salesforce
from connector.sandbox.marketer.sends import Send, put, save
from connector.sandbox.org import (
    FLOW,
    FLOW_DEFINITION,
    FLOW_VERSION,
    LIST_EMAIL,
    SOURCE,
    Flow,
    ListEmail,
    Source,
)
from connector.sandbox.workspace import Broadcast
from connector.sandbox.world import World

Act = Callable[[World, Send, Fields], Send]


def act_on(world: World, send: Send, action: str, fields: Fields) -> Send:
    """Press a button; ControlError where it is not there, or the send is not in that state."""
    if action not in ACTIONS:
        raise ControlError(f"there is no action {action}: see GET /", 404)
    left = ACTIONS[action][1](world, send, fields)
    fields.done()
    return left


def _refusal(send: Send, told: str) -> ControlError:
    return ControlError(f"{send.name} {told}")


def _launch(world: World, send: Send, _fields: Fields) -> Send:
    """Let a draft go live, or a post-launch draft take the place of what runs."""
    if isinstance(send, Broadcast):
        if send.draft is not None and send.status == "live":
            return save(world, replace(send.draft, status="live", draft=None))
        if send.status == "draft":
            return save(world, replace(send, status="live"))
    elif send.status == "Draft":
        return save(world, _scheduled(send))
    raise _refusal(send, "is no draft and has none")


def _scheduled(send: ListEmail | Flow) -> ListEmail | Flow:
    if isinstance(send, ListEmail):
        return salesforce.dated(replace(send, status="Scheduled"))
    return replace(send, status="Scheduled")


def _stop(world: World, send: Send, _fields: Fields) -> Send:
    if isinstance(send, Broadcast) and send.status == "live":
        return save(world, replace(send, status="stopped"))
    if isinstance(send, Flow) and not send.paused:
        return save(world, replace(send, paused=True))
    raise _refusal(send, "is nothing that runs and can be stopped")


def _resume(world: World, send: Send, _fields: Fields) -> Send:
    """Let it go on; what was missed meanwhile is not sent (facts: braze §8)."""
    if isinstance(send, Broadcast) and send.status == "stopped":
        return save(world, replace(send, status="live"))
    if isinstance(send, Flow) and send.paused:
        return save(world, replace(send, paused=False))
    raise _refusal(send, "is not stopped")


def _relaunch(world: World, send: Send, fields: Fields) -> Send:
    """Launch what was stopped, archived or cancelled, as if for the first time."""
    if isinstance(send, Broadcast):
        if send.status in ("stopped", "archived"):
            return _launch(world, save(world, replace(send, status="draft")), fields)
    elif send.status == "Canceled":
        return save(world, _scheduled(send))
    raise _refusal(send, "is not stopped, archived or cancelled")


def _archive(world: World, send: Send, _fields: Fields) -> Send:
    if not isinstance(send, Broadcast):
        raise _refusal(send, "cannot be archived: delete it")
    return save(world, replace(send, status="archived"))


def _reschedule(world: World, send: Send, fields: Fields) -> Send:
    by = fields.minutes("by")
    if send.at is None:
        raise _refusal(send, "has no time to move from")
    try:
        at = send.at + timedelta(minutes=by)
    except OverflowError:
        raise ControlError("by is too large") from None
    if isinstance(send, Broadcast):
        return save(world, replace(send, at=at, raw=None))
    return save(world, replace(send, at=at))


def _draft(world: World, send: Send, fields: Fields) -> Send:
    """Save a post-launch draft: nothing that runs changes (facts: braze §8)."""
    if not isinstance(send, Broadcast) or send.status != "live":
        raise _refusal(send, "is no broadcast that runs")
    draft = braze.edited(send.draft or send, fields)
    return save(world, replace(send, draft=replace(draft, draft=None)))


def _duplicate(world: World, send: Send, _fields: Fields) -> Send:
    """Make a draft with a new id and `Copy of` before its name (facts: braze §8)."""
    now, ids, name = world.now(), world.ids, f"Copy of {send.name}"
    copy = replace(send, name=name, created=now, edited=now, hidden=False, row={})
    match copy:
        case Broadcast():
            tags = copy.tags if world.switches["braze.copies_tags"] else ()
            fresh = replace(copy, id=ids.uuid(), tags=tags, status="draft", draft=None)
            return put(world, fresh)
        case ListEmail():
            sources = tuple(Source(ids.salesforce(SOURCE), one.target) for one in copy.sources)
            mail = replace(copy, id=ids.salesforce(LIST_EMAIL), sources=sources)
            return put(world, replace(mail, status="Draft", deleted=False))
        case Flow():
            version = ids.salesforce(FLOW_VERSION)
            flow = replace(copy, id=ids.salesforce(FLOW), version_id=version)
            flow = replace(
                flow,
                definition=ids.salesforce(FLOW_DEFINITION)[:15],
                api_name=salesforce.api_name(world),
            )
            return put(world, replace(flow, status="Draft", deleted=False, paused=False))


def _drop_out(world: World, send: Send, fields: Fields) -> Send:
    world.left_out[send.id] = fields.whole("polls", 1)
    return send


ACTIONS: dict[str, tuple[str, Act]] = {
    "launch": ("a draft goes live; a live send's post-launch draft replaces what runs", _launch),
    "stop": ("stop a broadcast, pause a flow", _stop),
    "resume": ("what was stopped or paused goes on", _resume),
    "relaunch": ("launch again what was stopped, archived or cancelled", _relaunch),
    "archive": ("archive a broadcast", _archive),
    "reschedule": ('{"by": minutes}, earlier or later', _reschedule),
    "draft": ("save a post-launch draft: the fields of PATCH", _draft),
    "duplicate": ("make a draft “Copy of …” with a new id", _duplicate),
    "drop-out": ('{"polls": 1}: the lists lack it so many times, and show it again', _drop_out),
}
