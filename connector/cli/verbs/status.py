"""`connector status`."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connector.app import read_rules
from connector.cli.verbs.shared import as_json, business_zone, opened, tables
from connector.clock import SystemClock
from connector.domain.attention import (
    Attention,
    noted,
    of_distribution,
    of_occurrence,
    worst_first,
)
from connector.domain.breaker import commits_left_alone, reads_left_alone
from connector.domain.distribution import OPEN, State
from connector.domain.keys import occurrence_id
from connector.domain.plan import Mode
from connector.domain.reasons import Reason, source_shrunken
from connector.errors import ConfigError
from connector.ledger import Ledger, RemoteNote, Row
from connector.render import contract, views
from connector.render.table import Table
from connector.settings import Settings

PUNCHH = "punchh"
STILL_OPEN = OPEN - {State.MISSED, State.WITHDRAWN, State.REJECTED}


def run(config: Path, *, json: bool) -> int:
    """Show how things stand, from the ledger alone."""
    now = SystemClock().now()
    with opened(config) as (settings, ledger):
        rows = ledger.rows()
        notes = ledger.acknowledgements()
        found = [
            (row, noted(told, notes.get(_id(row))))
            for row in rows
            if (told := _attention(row, now))
        ]
        accepted, problems = ledger.last_mappings(), _problems(settings)
        if json:
            _json(ledger, rows, found, now, problems)
            return 0
        zone = business_zone(settings)
        nearest = _nearest(rows, now)
        standing = [
            ("mode", _mode(ledger.mode())),
            ("ledger", f"{ledger.ledger_id}, generation {ledger.generation}"),
            *((state, count) for state, count in sorted(ledger.counts().items())),
            ("next commit by", views.local(nearest, zone) if nearest else ""),
            ("mappings", f"accepted {views.local(accepted.accepted_at, zone)}" if accepted else ""),
            ("mapping trouble", _fallback(problems)),
            ("wants a person", sum(told.acknowledged_by is None for _, told in found)),
        ]
        paused = [_paused_table(ledger, zone, now)] if ledger.pauses(at=now) else []
        tables(
            *paused,
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


def _id(row: Row) -> str:
    return row.distribution.id if row.distribution else occurrence_id(row.occurrence.key)


def _problems(settings: Settings) -> Sequence[str]:
    """Return what is wrong with the mapping files as they are now."""
    try:
        read_rules(settings)
    except ConfigError as error:
        return error.problems
    return ()


def _fallback(problems: Sequence[str]) -> str:
    if not problems:
        return ""
    return (
        f"{problems[0]} ({len(problems)} in all); the set accepted last stays in force. "
        "`connector mappings check` names them"
    )


def _paused_table(ledger: Ledger, zone: ZoneInfo, now: datetime) -> Table:
    return Table(
        "Paused",
        ("What", "Who", "Since", "Until", "Why", "Ended by"),
        tuple(
            (
                one.of,
                one.who,
                views.local(one.at, zone),
                views.local(one.until, zone) if one.until else "-",
                one.why,
                f"connector resume{one.arguments} --reason …",
            )
            for one in ledger.pauses(at=now)
        ),
    )


def _held_against(note: RemoteNote, now: datetime) -> Reason | None:
    """Return why a remote is left alone or not believed, None where all is well with it."""
    alone = commits_left_alone if note.name == PUNCHH else reads_left_alone
    if told := alone(note.name, note.breaker, now):
        return told
    if note.shrunk_at is not None and note.name != PUNCHH:
        return source_shrunken(note.name, note.shrunk_at)
    return None


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
        ("Remote", "Last asked", "Last read", "Trouble", "Left alone"),
        tuple(
            (
                name,
                views.ago(note.last_attempt_at, now),
                views.ago(note.last_good_at, now),
                note.trouble or "-",
                str(_held_against(note, now) or "-"),
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
        ("Severity", "Id", "Send", "What, and what to do", "Acknowledged"),
        tuple(
            (
                told.severity.value,
                _id(row),
                row.occurrence.send.name,
                told.reason.of(_id(row)),
                f"by {told.acknowledged_by}" if told.acknowledged_by else "-",
            )
            for row, told in ranked
        ),
        empty="nothing",
    )


def _json(
    ledger: Ledger,
    rows: tuple[Row, ...],
    found: list[tuple[Row, Attention]],
    now: datetime,
    problems: Sequence[str],
) -> None:
    mode, accepted = ledger.mode(), ledger.last_mappings()
    as_json(
        {
            "rehearsal": mode.rehearsal,
            "live_at": contract.stamp(mode.live_at),
            "ledger_id": ledger.ledger_id,
            "generation": ledger.generation,
            "counts": dict(ledger.counts()),
            "next_commit_by": contract.stamp(_nearest(rows, now)),
            "mappings": {
                "digest": accepted.digest if accepted else None,
                "accepted_at": contract.stamp(accepted.accepted_at if accepted else None),
                "problems": list(problems),
            },
            "pauses": [
                {
                    "scope": one.scope.value,
                    "name": one.name or None,
                    "at": contract.stamp(one.at),
                    "who": one.who,
                    "why": one.why,
                    "until": contract.stamp(one.until),
                }
                for one in ledger.pauses(at=now)
            ],
            "remotes": {
                name: {
                    "last_attempt_at": contract.stamp(note.last_attempt_at),
                    "last_good_at": contract.stamp(note.last_good_at),
                    "trouble": note.trouble,
                    "breaker": _breaker_json(note, now),
                }
                for name, note in ledger.remotes().items()
            },
            "attentions": [
                {
                    "severity": told.severity.value,
                    "code": told.reason.code,
                    "id": row.distribution.id if row.distribution else None,
                    "send_name": row.occurrence.send.name,
                    "told": told.reason.of(_id(row)),
                    "acknowledged_by": told.acknowledged_by,
                }
                for row, told in found
            ],
        }
    )


def _breaker_json(note: RemoteNote, now: datetime) -> dict[str, Any]:
    """Return what is held against a remote; `told` is null where it may be asked."""
    breaker, told = note.breaker, _held_against(note, now)
    return {
        "failed_reads": breaker.failed_reads,
        "unknown_commits": breaker.unknown_commits,
        "refused": breaker.refused_key is not None,
        "since": contract.stamp(breaker.since),
        "why": breaker.why,
        "read_after": contract.stamp(breaker.read_after),
        "commit_after": contract.stamp(breaker.commit_after),
        "not_before": contract.stamp(breaker.not_before),
        "shrunk_at": contract.stamp(note.shrunk_at),
        "told": str(told) if told else None,
    }
