"""`connector status`."""

from datetime import datetime
from pathlib import Path

from connector.cli.verbs.shared import as_json, business_zone, opened, tables
from connector.clock import SystemClock
from connector.domain.attention import Attention, of_distribution, of_occurrence, worst_first
from connector.domain.distribution import OPEN, State
from connector.domain.plan import Mode
from connector.ledger import Ledger, Row
from connector.render import contract, views
from connector.render.table import Table

STILL_OPEN = OPEN - {State.MISSED, State.WITHDRAWN, State.REJECTED}


def run(config: Path, *, json: bool) -> int:
    """Show how things stand, from the ledger alone."""
    now = SystemClock().now()
    with opened(config) as (settings, ledger):
        rows = ledger.rows()
        found = [(row, told) for row in rows if (told := _attention(row, now))]
        if json:
            _json(ledger, rows, found, now)
            return 0
        zone = business_zone(settings)
        nearest = _nearest(rows, now)
        standing = [
            ("mode", _mode(ledger.mode())),
            ("ledger", f"{ledger.ledger_id}, generation {ledger.generation}"),
            *((state, count) for state, count in sorted(ledger.counts().items())),
            ("next commit by", views.local(nearest, zone) if nearest else ""),
        ]
        tables(
            views.fields("Status", standing),
            _remotes(ledger, now),
            _attentions(found),
        )
    return 0


def _mode(mode: Mode) -> str:
    if mode.rehearsal:
        return "rehearsal: nothing is posted (`connector live` ends it)"
    return f"live since {contract.stamp(mode.live_at)}"


def _attention(row: Row, now: datetime) -> Attention | None:
    if row.distribution is None:
        return of_occurrence(row.occurrence)
    return of_distribution(row.occurrence, row.distribution, now)


def _nearest(rows: tuple[Row, ...], now: datetime) -> datetime | None:
    coming = [
        row.distribution.commit_by
        for row in rows
        if row.distribution
        and row.distribution.state in STILL_OPEN
        and row.distribution.commit_by
        and row.distribution.commit_by > now
    ]
    return min(coming, default=None)


def _remotes(ledger: Ledger, now: datetime) -> Table:
    return Table(
        "Remotes",
        ("Remote", "Last asked", "Last read", "Trouble"),
        tuple(
            (
                name,
                views.ago(note.last_attempt_at, now),
                views.ago(note.last_good_at, now),
                note.trouble or "-",
            )
            for name, note in sorted(ledger.remotes().items())
        ),
        empty="none was asked yet: `connector run --once`",
    )


def _attentions(found: list[tuple[Row, Attention]]) -> Table:
    order = {id(told): index for index, told in enumerate(worst_first([t for _, t in found]))}
    ranked = sorted(found, key=lambda pair: order[id(pair[1])])
    return Table(
        "What wants a person",
        ("Severity", "Id", "Send", "What, and what to do"),
        tuple(
            (
                told.severity.value,
                row.distribution.id if row.distribution else "-",
                row.occurrence.send.name,
                str(told.reason),
            )
            for row, told in ranked
        ),
        empty="nothing",
    )


def _json(
    ledger: Ledger, rows: tuple[Row, ...], found: list[tuple[Row, Attention]], now: datetime
) -> None:
    mode = ledger.mode()
    as_json(
        {
            "rehearsal": mode.rehearsal,
            "live_at": contract.stamp(mode.live_at),
            "ledger_id": ledger.ledger_id,
            "generation": ledger.generation,
            "counts": dict(ledger.counts()),
            "next_commit_by": contract.stamp(_nearest(rows, now)),
            "remotes": {
                name: {
                    "last_attempt_at": contract.stamp(note.last_attempt_at),
                    "last_good_at": contract.stamp(note.last_good_at),
                    "trouble": note.trouble,
                }
                for name, note in ledger.remotes().items()
            },
            "attentions": [
                {
                    "severity": told.severity.value,
                    "code": told.reason.code,
                    "id": row.distribution.id if row.distribution else None,
                    "send_name": row.occurrence.send.name,
                    "told": str(told.reason),
                }
                for row, told in found
            ],
        }
    )
