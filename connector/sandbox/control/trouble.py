"""Trouble to order, everything unknown as a switch, and what was asked."""

import json
import re
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, get_args

from connector.sandbox.control.call import Call, Verbs
from connector.sandbox.exchange import Headers
from connector.sandbox.faults import Fault, Kind
from connector.sandbox.fields import ControlError, Fields
from connector.sandbox.times import iso
from connector.sandbox.world import World

_REMOTES = ("braze", "salesforce", "punchh", "*")
_SECONDS = {"drip": 0.01, "informational": 0.0}
_LATIN_1 = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def _faults(world: World, _call: Call) -> Any:
    return {"faults": [_fault_view(fault) for fault in world.faults.waiting()]}


def _fault_view(fault: Fault) -> dict[str, Any]:
    return asdict(fault) | {"headers": dict(fault.headers)}


def _create_fault(world: World, call: Call) -> Any:
    fields = call.fields()
    kind: Kind = fields.choice("kind", get_args(Kind))
    body = fields.take("body", "")
    fault = Fault(
        kind=kind,
        remote=fields.choice("remote", _REMOTES, "*"),
        method=fields.text("method", "*").upper(),
        path=fields.text("path", "*"),
        times=fields.whole("times", 1),
        skip=fields.whole("skip", 0),
        after=fields.flag("after"),
        code=_code(fields, kind),
        body=body if isinstance(body, str) else json.dumps(body),
        headers=_headers(fields),
        seconds=fields.seconds("seconds", _SECONDS.get(kind, 1.0)),
        headers_sent=fields.flag("headers_sent"),
        location=fields.text("location", ""),
        size=fields.whole("size", 20_000_000),
    )
    fields.done()
    return _fault_view(world.faults.add(fault))


def _code(fields: Fields, kind: Kind) -> int:
    informational = kind == "informational"
    code = fields.whole("code", HTTPStatus.EARLY_HINTS if informational else 500)
    if code not in (range(100, 200) if informational else range(200, 1000)):
        raise ControlError(f"code cannot be {code} for {kind}")
    return code


def _headers(fields: Fields) -> Headers:
    headers = fields.take("headers", {})
    if not isinstance(headers, dict):
        raise ControlError("headers must be an object of texts")
    found = tuple((str(name), str(value)) for name, value in headers.items())
    if not all(_LATIN_1.fullmatch(text) for pair in found for text in pair):
        raise ControlError("headers must be texts of one line in Latin-1")
    return found


def _clear_faults(world: World, _call: Call) -> Any:
    world.faults.clear()
    return {"faults": []}


def _switches(world: World, _call: Call) -> Any:
    return {"switches": world.switches.rows()}


def _set_switches(world: World, call: Call) -> Any:
    try:
        world.switches.set(call.body if isinstance(call.body, dict) else {})
    except ValueError as error:
        raise ControlError(str(error)) from None
    return {"switches": world.switches.rows()}


def _requests(world: World, _call: Call) -> Any:
    rows = [asdict(row) | {"at": iso(row.at)} for row in world.requests.rows()]
    return {"requests": rows, "errors": list(world.errors)}


def _clear_requests(world: World, _call: Call) -> Any:
    world.requests.clear()
    return {"requests": []}


def _end_sessions(world: World, _call: Call) -> Any:
    ended = len(world.salesforce.sessions)
    world.salesforce.sessions.clear()
    return {"ended": ended}


VERBS: Verbs = {
    "GET /faults": ("the faults that wait for a request", _faults),
    "POST /faults": ("order a fault: kind, remote, method, path, times, after …", _create_fault),
    "DELETE /faults": ("forget all faults", _clear_faults),
    "GET /switches": ("everything unknown about the vendors, with its value", _switches),
    "POST /switches": ('{"punchh.clamp": 100}', _set_switches),
    "GET /requests": ("every request to the three vendors", _requests),
    "DELETE /requests": ("empty the request log", _clear_requests),
    "DELETE /sessions": ("end every Salesforce session", _end_sessions),
}
