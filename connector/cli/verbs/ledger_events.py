"""`connector ledger events`."""

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from connector.cli.verbs.shared import as_json as print_json
from connector.cli.verbs.shared import business_zone, opened, tables
from connector.ledger import EventRow
from connector.render import contract, views
from connector.render.table import Table


def run(config: Path, *, limit: int, as_json: bool) -> int:
    """Show the latest events, the last one last."""
    with opened(config) as (settings, ledger):
        found = ledger.events(limit=limit)
    if as_json:
        print_json([_fields(event) for event in found])
    else:
        tables(events_table(found, business_zone(settings)))
    return 0


def events_table(found: Sequence[EventRow], zone: ZoneInfo) -> Table:
    return Table(
        "Events",
        ("At", "Who", "What", "Of", "Before", "After", "Why"),
        tuple(
            (
                views.local(event.at, zone),
                event.who,
                event.verb,
                event.distribution or event.occurrence or "-",
                _value(event.before, zone),
                _value(event.after, zone),
                views.told(event.reason or "-", zone),
            )
            for event in found
        ),
        empty="none",
    )


def _value(text: str | None, zone: ZoneInfo) -> str:
    moment = views.kept(text) if text else None
    return views.local(moment, zone) if moment else views.told(text or "-", zone)


def _fields(event: EventRow) -> dict[str, object]:
    return {
        "id": event.id,
        "at": contract.stamp(event.at),
        "who": event.who,
        "verb": event.verb,
        "occurrence": event.occurrence,
        "distribution": event.distribution,
        "before": event.before,
        "after": event.after,
        "reason": event.reason,
    }
