"""Test guests whose accounts can be looked into, and where the webhook goes."""

from dataclasses import asdict
from typing import Any

from connector.sandbox.accounts import Account
from connector.sandbox.control.call import Call, Verbs
from connector.sandbox.fields import ControlError
from connector.sandbox.gifts import rewards_of
from connector.sandbox.hooks import Receiver
from connector.sandbox.times import iso
from connector.sandbox.webhooks import send_to
from connector.sandbox.world import World


def _accounts(world: World, _call: Call) -> Any:
    found = world.punchh.accounts.values()
    return {"accounts": [_account_view(world, account) for account in found]}


def _account_view(world: World, account: Account) -> dict[str, Any]:
    return {
        "email": account.email,
        "token": account.token,
        "segments": {str(id_): iso(since) for id_, since in account.segments.items()},
        "rewards": [
            asdict(reward) | {"given_at": iso(reward.given_at)}
            for reward in rewards_of(world, account)
        ],
    }


def _save_account(world: World, call: Call) -> Any:
    """Make a guest, or put one into other segments; who was in one stays in it since then."""
    fields = call.fields()
    email = fields.text("email")
    before = world.punchh.accounts.get(email)
    token = fields.text("token", before.token if before else None)
    names = fields.texts("segments")
    fields.done()
    number = before.number if before else len(world.punchh.accounts) + 1
    known = before.segments if before else {}
    segments = {id_: known.get(id_, world.now()) for id_ in map(_segment(world), names)}
    account = Account(email, token, number, segments)
    world.punchh.accounts[email] = account
    return _account_view(world, account)


def _segment(world: World) -> Any:
    def id_of(name: str) -> int:
        for segment in world.punchh.segments.values():
            if name in (segment.name, str(segment.id)):
                return segment.id
        raise ControlError(f"there is no segment {name}", 404)

    return id_of


def _webhook(world: World, _call: Call) -> Any:
    hooks = world.hooks
    return {
        "url": hooks.receiver.url if hooks.receiver else None,
        "active": hooks.active,
        "waiting": [
            {"content_id": one.content_id, "due": iso(one.due), "tries": one.tries}
            for one in hooks.waiting
        ],
        "posted": [asdict(one) | {"at": iso(one.at)} for one in hooks.posted],
    }


def _set_webhook(world: World, call: Call) -> Any:
    fields = call.fields()
    receiver = Receiver(
        url=fields.text("url"),
        client=fields.text("client", ""),
        secret=fields.text("secret", ""),
        token=fields.text("token", ""),
    )
    fields.done()
    if not receiver.url.startswith("http://127.0.0.1:"):
        raise ControlError("url must be on this machine: http://127.0.0.1:PORT/…")
    send_to(world, receiver)
    return _webhook(world, call)


VERBS: Verbs = {
    "GET /accounts": ("test guests, and the rewards in their accounts", _accounts),
    "POST /accounts": ('{"email": text, "token": text, "segments": [name]}', _save_account),
    "GET /webhook": ("where rewards are told of, what waits, what was told", _webhook),
    "POST /webhook": ('{"url": text, "client": text, "secret": text} or token', _set_webhook),
}
