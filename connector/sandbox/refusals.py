"""The envelopes in which Punchh refuses, as seen on its siblings (facts: punchh §4.3, §11)."""

from http import HTTPStatus
from typing import Any

from connector.sandbox.exchange import Response, answer
from connector.sandbox.world import World

NO_PERMISSION = {"no_permission_error": "Insufficient Privileges to access this resource"}
NOT_AVAILABLE = {
    "error": "Sorry, this functionality is not available. Please contact your administrator."
}
INVALID_SUBSCRIPTION = {"invalid_subscription": "Your subscription does not include this call."}


def refused(world: World, errors: str | dict[str, str]) -> Response:
    """Return a 422; a sentence without a key is one of the whole record, or of its name."""
    body = _envelope(world.switches["punchh.refusal_shape"], errors)
    return answer(body, HTTPStatus.UNPROCESSABLE_ENTITY)


def _envelope(shape: str, errors: str | dict[str, str]) -> dict[str, Any]:
    if isinstance(errors, str):
        key, sentence = ("name" if errors.startswith("Name ") else "base"), errors
    else:
        ((key, sentence),) = errors.items()
    match shape:
        case "key_list":
            return {"errors": {key: [sentence]}}
        case "list":
            return {"errors": [sentence]}
        case "base_list":
            return {"errors": {"base": [sentence]}}
        case "bare_base":
            return {"base": [sentence]}
        case "bare_key_list":
            return {key: [sentence]}
        case "message":
            return {"message": sentence}
    return {"errors": errors}


def of_the_account(world: World) -> Response | None:
    """Refuse an admin who may not use the dashboard's API, or a business that lacks the call."""
    if not world.switches["punchh.dashboard_access"]:
        return answer(NO_PERMISSION, HTTPStatus.FORBIDDEN)
    match world.switches["punchh.account_refusal"]:
        case "not_available":
            return answer(NOT_AVAILABLE, HTTPStatus.FORBIDDEN)
        case "invalid_subscription":
            return answer(INVALID_SUBSCRIPTION, HTTPStatus.NOT_ACCEPTABLE)
    return None
