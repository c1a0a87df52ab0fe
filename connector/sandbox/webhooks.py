"""Punchh's outbound webhook: one `rewards` event for each guest, as facts: punchh §5 tells it.

Events come late, at least once and in no order. Each is signed over the receiver's path and the
body's bytes. Nothing is sent before somebody says where to.
"""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from connector.sandbox.accounts import Reward
from connector.sandbox.business import Campaign
from connector.sandbox.gifts import rewards_by
from connector.sandbox.hooks import Event, Posted, Receiver
from connector.sandbox.times import iso
from connector.sandbox.world import World

_TURN_SECONDS = 0.05
_TIMEOUT = 15.0
_SHORT, _LONG = (15, 45, 180), (60, 120, 300, 600, 1800, 3600, 7200)
_PROBES = (300, 300, *[7200] * 6)  # at 5 and 10 minutes, then six times every two hours
_BITS = 128


def send_to(world: World, receiver: Receiver) -> None:
    """Tell events to a receiver from now on, after a look whether it is there."""
    world.hooks.receiver, world.hooks.active = receiver, True
    world.hooks.waiting.insert(0, Event("", b"", world.now()))
    world.has_receiver.set()


def take_due(world: World) -> list[Event]:
    """Return what is to be told now, in the order in which it is told."""
    world.settle()
    hooks, now = world.hooks, world.now()
    for campaign in world.punchh.campaigns.values():
        if campaign.status == "finished" and campaign.campaign_id not in hooks.told:
            hooks.told.add(campaign.campaign_id)
            hooks.waiting += _events(world, campaign) if hooks.active else ()
    due = [event for event in hooks.waiting if event.due <= now]
    hooks.waiting = [event for event in hooks.waiting if event.due > now]
    match world.switches["punchh.webhook_order"]:
        case "reversed":
            due.reverse()
        case "shuffled":
            world.ids.random.shuffle(due)
    return due


def _events(world: World, campaign: Campaign) -> Iterator[Event]:
    lag = timedelta(seconds=world.switches["punchh.webhook_lag_seconds"])
    others = world.switches["punchh.webhook_guests"]
    for email, reward in list(rewards_by(world, campaign, others)):
        content_id = str(UUID(int=world.ids.random.getrandbits(_BITS), version=4))
        body = json.dumps(_told_of(world, content_id, email, reward), separators=(",", ":"))
        event = Event(content_id, body.encode(), reward.given_at + lag)
        yield from [event] * world.switches["punchh.webhook_copies"]


def _told_of(world: World, content_id: str, email: str, reward: Reward) -> dict[str, Any]:
    campaign_id = reward.campaign_id
    if world.switches["punchh.webhook_campaign"] == "other":
        campaign_id %= 1_000_000
    redeemable = world.punchh.redeemables.get(reward.redeemable_uuid)
    at = iso(reward.given_at.replace(microsecond=0))
    payload = {
        "campaign_id": campaign_id,
        "campaign_name": reward.campaign_name,
        "campaign_type": "MassGiftingCampaign",
        "created_at": at,
        "gift_reason": f"through {reward.campaign_name}",
        "gifted_for_id": campaign_id,
        "gifted_for_type": "Campaign",
        "name": redeemable.name if redeemable else "",
        "redeemable_id": redeemable.id if redeemable else None,
        "reward_id": reward.id,
        "status": "unredeemed",
        "updated_at": at,
        "user": {"email": email, "first_name": "Guest", "phone": "5550100", "user_id": 7},
    }
    unit = 1000 if world.switches["punchh.webhook_timestamp"] == "milliseconds" else 1
    return {
        "content_id": content_id,
        "timestamp": int(reward.given_at.timestamp() * unit),
        "business_id": 6,
        "business_uuid": "sandbox-business",
        "business_slug": "sandbox",
        "event_name": "rewards",
        "event_type": "",
        "action": "create",
        "payload": payload,
    }


def told(world: World, event: Event, status: int) -> None:
    """Note what came of a request; some answers make Punchh try again (facts: punchh §5)."""
    now, hooks = world.now(), world.hooks
    method = "POST" if event.body else "GET"
    hooks.posted.append(Posted(method, event.content_id, status, now))
    if not event.body:
        _probed(world, event, status)
        return
    waits = _SHORT if status in (408, 429) else _LONG if status == 0 or status >= 500 else ()
    if event.tries < len(waits):
        later = now + timedelta(seconds=waits[event.tries])
        hooks.waiting.append(replace(event, due=later, tries=event.tries + 1))


def _probed(world: World, probe: Event, status: int) -> None:
    """Try the URL again, now and then or because it failed; at last give it up (punchh §11)."""
    now, hooks = world.now(), world.hooks
    if status == HTTPStatus.OK:
        minutes = world.switches["punchh.webhook_ping_minutes"]
        if minutes:
            later = now + timedelta(minutes=minutes)
            hooks.waiting.append(replace(probe, due=later, tries=0))
    elif probe.tries < len(_PROBES):
        later = now + timedelta(seconds=_PROBES[probe.tries])
        hooks.waiting.append(replace(probe, due=later, tries=probe.tries + 1))
    else:
        hooks.active = False
        hooks.waiting.clear()


def post(receiver: Receiver, event: Event, *, signed: bool = True) -> int:
    """Make one request and return its status, 0 where nobody answered."""
    place = urlsplit(receiver.url)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=_TIMEOUT)
    headers = {"Content-Type": "application/json"}
    if signed:
        headers |= receiver.proof(event.body)
    try:
        method = "POST" if event.body else "GET"
        connection.request(method, receiver.target, event.body or None, headers)
        reply = connection.getresponse()
        reply.read()
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()
    return reply.status


class Poster:
    """A thread that tells what is due, while there is somebody to tell."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-webhooks", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._world.has_receiver.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while self._world.has_receiver.wait() and not self._stopping.wait(_TURN_SECONDS):
            try:
                self._turn()
            except Exception:  # noqa: BLE001  a simulator that crashed must not look like a vendor
                self._world.note_error()

    def _turn(self) -> None:
        with self._world.lock:
            receiver = self._world.hooks.receiver
            due = take_due(self._world) if receiver else []
            proves_itself = self._world.switches["punchh.webhook_probe_signed"]
        for event in due:
            if receiver is None or self._stopping.is_set():
                return
            status = post(receiver, event, signed=bool(event.body) or proves_itself)
            with self._world.lock:
                told(self._world, event, status)
