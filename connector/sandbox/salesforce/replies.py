"""What Salesforce's resources have in common: errors, records as they are written, addresses."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Any

from connector.sandbox.credentials import SALESFORCE_DOMAIN
from connector.sandbox.exchange import Request, Response, answer
from connector.sandbox.org import ORG_ID, USER_ID
from connector.sandbox.salesforce.match import Record, value_of
from connector.sandbox.world import World

INSTANCE = f"https://{SALESFORCE_DOMAIN}.salesforce.com"
LOGIN = "https://login.salesforce.com"


def problem(code: str, message: str) -> dict[str, str]:
    return {"message": message, "errorCode": code}


def error(status: int, code: str, message: str) -> Response:
    return answer([problem(code, message)], status)


def not_found() -> Response:
    return error(HTTPStatus.NOT_FOUND, "NOT_FOUND", "The requested resource does not exist")


def write_refused() -> Response:
    """Return the answer to a write: it fails the test that looks (facts: salesforce §6.6)."""
    message = "HTTP method not allowed; allowed are GET"
    response = error(HTTPStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message)
    return Response(response.status, response.body, refusal="a write to Salesforce")


def own_address(request: Request) -> str:
    """Return the address by which this very request reached the simulator."""
    host = request.header("host")
    return f"{'https' if host.endswith('.salesforce.com') else 'http'}://{host}"


def instance_url(world: World, request: Request) -> str:
    own = world.switches["salesforce.addresses"] == "own"
    return own_address(request) if own else INSTANCE


def identity_url(world: World, request: Request) -> str:
    own = world.switches["salesforce.addresses"] == "own"
    return f"{own_address(request) if own else LOGIN}/id/{ORG_ID}/{USER_ID}"


def written_row(record: Record, names: Sequence[str], version: int) -> dict[str, Any]:
    """Write a record with these of its fields, related ones as objects of their own."""
    row: dict[str, Any] = {"attributes": _attributes(record, version)}
    for name in names:
        head, _, rest = name.partition(".")
        if not rest:
            row[name] = record.shown.get(name, _written(value_of(record, name)))
            continue
        related = record.fields.get(head)
        if related is None:
            row[head] = None
            continue
        nested = row.setdefault(head, {"attributes": _attributes(related, version)})
        nested[rest] = related.shown.get(rest, _written(value_of(related, rest)))
    return row


def _attributes(record: Record, version: int) -> dict[str, str]:
    url = f"/services/data/v{version}.0/sobjects/{record.type}/{record.fields['Id']}"
    return {"type": record.type, "url": url}


def _written(value: Any) -> Any:
    """Write instants in UTC with a colon-less offset (facts: salesforce §1.0)."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    if isinstance(value, date):
        return value.isoformat()
    return value
