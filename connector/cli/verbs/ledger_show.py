"""`connector ledger show`."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from connector.app import words_of
from connector.cli.verbs.ledger_events import events_table
from connector.cli.verbs.shared import opened, say_more, tables
from connector.cli.verbs.unclaimed import ready_rules, rules_as_they_are, say_ready
from connector.clock import SystemClock
from connector.domain.attention import of_row
from connector.domain.evidence import NO_EVIDENCE
from connector.domain.standing import Row
from connector.errors import RefusedError
from connector.render import contract, views
from connector.render.table import Table
from connector.render.words import Words, local


def run(config: Path, wanted: str) -> int:
    """Show what the ledger holds of one row, or of every row of a send."""
    with opened(config) as (settings, ledger):
        found = ledger.find(wanted)
        if not found.rows:
            raise RefusedError(f"the ledger has nothing called or numbered “{wanted}”")
        words, now = words_of(settings), SystemClock().now()
        for row in found.rows:
            tables(_row(row, words, now))
            if row.distribution is None:
                if (told := of_row(row, now)) and told.unclaimed:
                    book, _ = rules_as_they_are(settings, ledger)
                    say_ready(ready_rules([told.unclaimed], book, words))
                tables(events_table(ledger.events(occurrence=row.occurrence.key), words))
                continue
            id_ = row.distribution.id
            tables(
                views.attempts(ledger.attempts(id_), words),
                *(
                    [views.evidence(row.evidence, words.zone)]
                    if row.evidence != NO_EVIDENCE
                    else []
                ),
                events_table(ledger.events(distribution=id_), words),
            )
        say_more(found.more)
    return 0


def _last(row: Row, zone: ZoneInfo) -> str:
    when = row.occurrence.when
    last = when.last_delivery if when and row.distribution else None
    return local(last, zone) if last else ""


def _row(row: Row, words: Words, now: datetime) -> Table:
    shown = _for_people(contract.line(row, now, words), words.zone)
    when = row.occurrence.when
    return views.fields(
        row.occurrence.send.name,
        [
            *shown.items(),
            ("fires", f"{words.local(when.scheduled_for)} ({when.wall})" if when else ""),
            ("read so", words.sentence(when.reading) if when else ""),
            ("problem", words.whole(row.occurrence.send.problem)),
            ("its redeemable must outlive", _last(row, words.zone)),
            ("occurrence", row.occurrence.key),
            ("followed by", row.distribution and row.distribution.recommitted_as),
        ],
    )


def _for_people(line: contract.Fields, zone: ZoneInfo) -> contract.Fields:
    """Spell the instants of a line by the business's clock."""
    times = {name: datetime.fromisoformat(at) for name in contract.TIMES if (at := line[name])}
    return line | {name: local(at, zone) for name, at in times.items()}
