"""`query` and `queryAll`: the first page, and the pages after it (facts: salesforce §1.0)."""

import re
from datetime import timedelta
from typing import Any

from connector.sandbox.exchange import Request, Response, answer
from connector.sandbox.org import Cursor
from connector.sandbox.salesforce.match import run
from connector.sandbox.salesforce.replies import written_row
from connector.sandbox.salesforce.rows import records
from connector.sandbox.salesforce.schema import resolved
from connector.sandbox.salesforce.soql import COUNT, SoqlError, parse
from connector.sandbox.world import World

_SMALLEST_BATCH, _LARGEST_BATCH = 200, 2000
_CURSOR_LIFE = timedelta(days=2)


def answered(world: World, request: Request, version: int, resource: str, locator: str) -> Response:
    """Answer a query, or return the page that a locator names."""
    if locator:
        return _more(world, version, resource, locator)
    query = resolved(world, parse(request.query.get("q", "")), version)
    found = run(query, records(world, query.table, deleted=resource == "queryAll"))
    if query.fields == (COUNT,):
        return answer({"totalSize": len(found), "done": True, "records": []})
    rows = tuple(written_row(record, query.fields, version) for record in found)
    cursor = Cursor(rows, world.now(), _page_size(world, request))
    locator = world.ids.salesforce("01g")
    if len(rows) > cursor.page_size:
        world.salesforce.cursors[locator] = cursor
    return _page(cursor, f"/services/data/v{version}.0/{resource}/{locator}", 0)


def _page_size(world: World, request: Request) -> int:
    wanted = re.search(r"batchSize=(\d+)", request.header("sforce-query-options"))
    size: int = world.switches["salesforce.page_size"]
    if wanted is None:
        return size
    return min(size, max(_SMALLEST_BATCH, min(_LARGEST_BATCH, int(wanted[1]))))


def _more(world: World, version: int, resource: str, locator: str) -> Response:
    name, _, start = locator.rpartition("-")
    cursor = world.salesforce.cursors.get(name)
    if cursor is None or not start.isdigit() or world.now() - cursor.opened > _CURSOR_LIFE:
        raise SoqlError("INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(cursor, f"/services/data/v{version}.0/{resource}/{name}", int(start))


def _page(cursor: Cursor, url: str, start: int) -> Response:
    end = start + cursor.page_size
    done = end >= len(cursor.rows)
    body: dict[str, Any] = {"totalSize": len(cursor.rows), "done": done}
    if not done:
        body["nextRecordsUrl"] = f"{url}-{end}"
    return answer(body | {"records": cursor.rows[start:end]})
