"""Records by their ids, one or many, and several reads in one request."""

import json
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connector.sandbox.exchange import Request, Response, answer
from connector.sandbox.salesforce.match import LONG_ID, SHORT_ID, Record, plain
from connector.sandbox.salesforce.replies import error, not_found, write_refused, written_row
from connector.sandbox.salesforce.rows import records
from connector.sandbox.salesforce.schema import Kind, path
from connector.sandbox.world import World

_MOST_RECORDS, _MOST_PARTS = 2000, 25
_BAD_BODY = "The request body cannot be read as this resource wants it"


def single(world: World, request: Request, version: int, kind: Kind, id_: str) -> Response:
    """Return one record with the fields that are asked for, else with all that are visible."""
    names = [name for name in request.query.get("fields", "").split(",") if name]
    fields = _fields(world, version, kind, names)
    record = _by_id(world, kind).get(_key(id_))
    if record is None:
        return not_found()
    if record.fields["IsDeleted"]:
        return error(HTTPStatus.NOT_FOUND, "ENTITY_IS_DELETED", "entity is deleted")
    return answer(written_row(record, fields, version))


def several(world: World, request: Request, version: int, kind: Kind) -> Response:
    """Return many records of an object, null for each that is not there: a POST that reads."""
    try:
        body = request.json()
        ids, names = list(body["ids"]), [str(name) for name in body["fields"]]
    except (ValueError, TypeError, KeyError):
        return error(HTTPStatus.BAD_REQUEST, "JSON_PARSER_ERROR", _BAD_BODY)
    if len(ids) > _MOST_RECORDS:
        message = f"at most {_MOST_RECORDS} records"
        return error(HTTPStatus.BAD_REQUEST, "EXCEEDED_ID_LIMIT", message)
    fields = _fields(world, version, kind, names)
    by_id = _by_id(world, kind)
    found = (by_id.get(_key(str(id_))) for id_ in ids)
    return answer(
        [
            None
            if record is None or record.fields["IsDeleted"]
            else written_row(record, fields, version)
            for record in found
        ]
    )


def batch(world: World, request: Request, ask: Callable[[World, Request], Response]) -> Response:
    """Answer several reads in one request; a write among them is refused as one."""
    try:
        parts = [(part["method"], part["url"]) for part in request.json()["batchRequests"]]
    except (ValueError, TypeError, KeyError):
        return error(HTTPStatus.BAD_REQUEST, "JSON_PARSER_ERROR", _BAD_BODY)
    if len(parts) > _MOST_PARTS:
        message = f"at most {_MOST_PARTS} requests"
        return error(HTTPStatus.BAD_REQUEST, "LIMIT_EXCEEDED", message)
    if any(method != "GET" for method, _ in parts):
        return write_refused()
    replies = [ask(world, _part(request, str(url))) for _, url in parts]
    results: list[dict[str, Any]] = [
        {"statusCode": reply.status, "result": json.loads(reply.body)} for reply in replies
    ]
    failed = any(reply.status >= HTTPStatus.BAD_REQUEST for reply in replies)
    return answer({"hasErrors": failed, "results": results})


def _part(request: Request, url: str) -> Request:
    """Return the request that a part of a batch stands for."""
    target = urlsplit(url if url.startswith("/services/") else f"/services/data/{url.lstrip('/')}")
    return Request(
        method="GET",
        path=target.path,
        query=dict(parse_qsl(target.query, keep_blank_values=True)),
        headers=request.headers,
        body=b"",
        client=request.client,
        target=url,
    )


def _fields(world: World, version: int, kind: Kind, names: Sequence[str]) -> list[str]:
    if not names:
        return [field.name for field in kind.fields]
    return list(dict.fromkeys(path(world, kind, name, version)[0] for name in names))


def _by_id(world: World, kind: Kind) -> dict[str, Record]:
    return {_key(row.fields["Id"]): row for row in records(world, kind.name, deleted=True)}


def _key(id_: str) -> str:
    """Return what an id is found by, in its short form or its long one."""
    return str(plain(id_, "Id")) if len(id_) in (SHORT_ID, LONG_ID) else ""
