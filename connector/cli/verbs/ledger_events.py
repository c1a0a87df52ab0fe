"""`connector ledger events`."""

from collections.abc import Sequence
from pathlib import Path

from connector.app import words_of
from connector.cli.verbs.shared import as_json as print_json
from connector.cli.verbs.shared import opened, tables
from connector.ledger import EventRow
from connector.ledger.history import SAID
from connector.render import contract, views
from connector.render.table import Table
from connector.render.words import ANY_ID, Words


def run(config: Path, *, limit: int, as_json: bool) -> int:
    """Show the latest events, the last one last."""
    with opened(config) as (settings, ledger):
        found, words = ledger.events(limit=limit), words_of(settings)
    if as_json:
        print_json([_fields(event, words) for event in found])
    else:
        tables(events_table(found, words))
    return 0


def events_table(found: Sequence[EventRow], words: Words) -> Table:
    return Table(
        "Events",
        ("At", "Who", "What", "Of", "Before", "After", "Why"),
        tuple(
            (
                words.local(event.at),
                f"{event.who}\n({event.os_user})" if event.verb in SAID else event.who,
                f"{event.verb} {event.details.get('verb', '')}".strip(),
                event.distribution or event.occurrence or "-",
                _value(event.before, words),
                _value(event.after, words),
                why(event, words) or "-",
            )
            for event in found
        ),
        empty="none",
    )


def _value(text: str | None, words: Words) -> str:
    moment = views.kept(text) if text else None
    return words.local(moment) if moment else text or "-"


def why(event: EventRow, words: Words) -> str:
    """Return what a person typed, or what the program found."""
    if isinstance(event.reason, str):
        return event.reason
    return words.whole(event.reason, event.distribution or ANY_ID)


def _fields(event: EventRow, words: Words) -> dict[str, object]:
    return {
        "id": event.id,
        "at": contract.stamp(event.at),
        "who": event.who,
        "verb": event.verb,
        "occurrence": event.occurrence,
        "distribution": event.distribution,
        "before": event.before,
        "after": event.after,
        "reason": why(event, words),
        "details": event.details,
        "os_user": event.os_user,
        "digest": event.digest,
    }
