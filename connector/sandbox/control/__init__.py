"""The sandbox's own API: the clock, the marketer's hand, the truth, and trouble to order.

No vendor has it. JSON in and out; 400 with one sentence for what cannot be done.
"""

from datetime import timedelta
from typing import Any, get_args

from connector.sandbox.control import catalog, proof, sends, trouble
from connector.sandbox.control.call import Call, Verbs
from connector.sandbox.exchange import Request, Response, Skin, answer
from connector.sandbox.faults import Kind
from connector.sandbox.fields import ControlError
from connector.sandbox.times import iso
from connector.sandbox.world import World


def control(world: World) -> Skin:
    """Return the skin of the control API."""

    def skin(request: Request) -> Response:
        try:
            with world.lock:
                world.settle()
                return answer(_reply(world, request))
        except ControlError as error:
            return answer({"error": str(error)}, error.status)

    return skin


def _reply(world: World, request: Request) -> Any:
    parts = request.path.strip("/").split("/")
    key, id_ = f"{request.method} /{'/'.join(parts)}", ""
    if key not in VERBS and len(parts) > 1:
        id_ = parts[1]
        key = f"{request.method} /{'/'.join([parts[0], 'ID', *parts[2:]])}"
    if key not in VERBS:
        raise ControlError(f"there is no {request.method} {request.path}: see GET /", 404)
    return VERBS[key][1](world, Call(id_, request.query, _body(request)))


def _body(request: Request) -> Any:
    if not request.body:
        return {}
    try:
        return request.json()
    except ValueError:
        raise ControlError("the body is not JSON") from None


def _verbs(world: World, _call: Call) -> Any:
    verbs = {key: line for key, (line, _) in VERBS.items()}
    return {**verbs, "faults": get_args(Kind), "switches": world.switches.lines()}


# Clock


def _clock(world: World, _call: Call) -> Any:
    return {"now": iso(world.now())}


def _set_clock(world: World, call: Call) -> Any:
    fields = call.fields()
    moment = fields.instant("set")
    by = fields.seconds("advance", 0.0)
    fields.done()
    if moment is not None:
        world.clock.set(moment)
    try:
        world.clock.advance(timedelta(seconds=by))
    except OverflowError:
        raise ControlError("advance is too large") from None
    world.settle()
    return {"now": iso(world.now())}


def _reset(world: World, _call: Call) -> Any:
    world.reset()
    return {"now": iso(world.now())}


VERBS: Verbs = {
    "GET /": ("these lines, all kinds of faults and all switches", _verbs),
    "GET /clock": ("the world's time", _clock),
    "POST /clock": ('{"set": "2026-03-01T12:00:00Z"} or {"advance": seconds}', _set_clock),
    **sends.VERBS,
    **catalog.VERBS,
    **proof.VERBS,
    **trouble.VERBS,
    "POST /reset": ("back to the seeded scenario; the clock goes on", _reset),
}
