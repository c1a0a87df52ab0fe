"""Salesforce's literal records, and the sends behind them."""

from typing import Any

from tests.contract.rows import Ask, Shape

QUERY = "/services/data/v62.0/query/"
QUERY_ALL = "/services/data/v62.0/queryAll/"
MAIL, MAIL_2 = "0XB5f0000000001GAA", "0XB5f0000000002GAA"
SOURCE, SOURCE_2 = "0XC5f0000000001GAA", "0XC5f0000000002GAA"
VIEW, CAMPAIGN, TOPIC = "00B5f0000000001EAA", "7015f0000000001AAA", "0TO5f0000000001GAA"
FLOW, VERSION, SEGMENT = "2aF5f0000000001EAA", "2aG5f0000000001EAA", "1sg5f0000000001AAA"
AT, AT_WRITTEN = "2026-03-06T16:00:00Z", "2026-03-06T16:00:00.000+0000"
MADE, MADE_WRITTEN = "2026-02-01T08:00:00Z", "2026-02-01T08:00:00.000+0000"


def mail(**changes: Any) -> Shape:
    """Return a list email for Friday, 16:00 in UTC, that goes to one list view."""
    fields = {
        "id": MAIL,
        "name": "Friday Fries",
        "at": AT,
        "created": MADE,
        "edited": MADE,
        "sources": ((SOURCE, VIEW),),
    }
    return {"mail": fields | changes}


def flow(**changes: Any) -> Shape:
    """Return a segment-triggered flow for the same hour."""
    fields = {
        "id": FLOW,
        "name": "Win-back Flow",
        "at": AT,
        "created": MADE,
        "edited": MADE,
        "version_id": VERSION,
        "segment": SEGMENT,
        "definition": "3005f0000000001",
        "api_name": f"flow_{CAMPAIGN}_1769932800000",
    }
    return {"flow": fields | changes}


def target(id: str, kind: str, name: str, **more: Any) -> Shape:
    return {"target": {"id": id, "type": kind, "name": name, "created": MADE} | more}


VIP = target(VIEW, "ListView", "VIP Guests")
LAPSED = target(SEGMENT, "MarketSegment", "Lapsed Guests")


def ask(soql: str, path: str = QUERY, **more: Any) -> Ask:
    return Ask(path=path, params={"q": soql}, **more)


def records(*rows: Any) -> dict[str, Any]:
    """Return a whole answer in one page."""
    return {"totalSize": len(rows), "done": True, "records": list(rows)}


def row(of: str, id: str, **fields: Any) -> dict[str, Any]:
    """Return a record with its attributes before its fields."""
    url = f"/services/data/v62.0/sobjects/{of}/{id}"
    return {"attributes": {"type": of, "url": url}, **fields}


def refusal(code: str, message: str = "") -> list[dict[str, str]]:
    """Return an error, which is an array; its message is told by `shaped` to be any text."""
    return [{"message": message, "errorCode": code}]
