"""`connector explain`."""

from collections.abc import Sequence
from pathlib import Path

from connector import telemetry
from connector.app import read_rules
from connector.cli.verbs.shared import business_zone, opened, say, tables, told_unreadable
from connector.clock import SystemClock, randomness
from connector.domain.match import match, trace
from connector.domain.names import nearest, normalise
from connector.domain.rules import RuleBook
from connector.domain.send import Send
from connector.ledger import Ledger
from connector.render import views
from connector.settings import Settings
from connector.worker.look import look


def run(config: Path, wanted: str) -> int:
    """Show how the rules read a send; the ledger knows it, or the sources are asked."""
    telemetry.quiet()
    with opened(config) as (settings, ledger):
        book = read_rules(settings)
        sends = _in_ledger(ledger, wanted)
        if not sends:
            shown = _in_sources(settings)
            sends = [send for send in shown if _is(send, wanted)]
            if not sends:
                names = [row.occurrence.send.name for row in ledger.rows()]
                near = nearest(wanted, [*names, *(send.name for send in shown)])
                hint = f"; did you mean {', '.join(near)}?" if near else ""
                say(f"no send is called or numbered “{wanted}”{hint}")
                return 1
        for send in sends:
            _explain(send, book, settings, ledger)
    return 0


def _in_ledger(ledger: Ledger, wanted: str) -> list[Send]:
    """Return each send once, as last read."""
    found = {row.occurrence.key: row.occurrence for row in ledger.find(wanted)}
    latest = {
        one.send.series: one for one in sorted(found.values(), key=lambda one: one.first_seen_at)
    }
    return [one.send for one in latest.values()]


def _in_sources(settings: Settings) -> Sequence[Send]:
    seen = look(settings, SystemClock(), randomness())
    told_unreadable(seen.unreadable)
    return seen.sends


def _is(send: Send, wanted: str) -> bool:
    return wanted == send.send_id or normalise(wanted) == normalise(send.name)


def _explain(send: Send, book: RuleBook, settings: Settings, ledger: Ledger) -> None:
    zone = business_zone(settings)
    when = send.when
    rows = [(row.occurrence, row.distribution) for row in ledger.find(send.send_id)]
    tables(
        views.fields(
            send.name,
            [
                ("source", send.source),
                ("kind", send.kind),
                ("id", send.send_id),
                ("tags", ", ".join(send.tags)),
                ("audience", " + ".join(send.audiences)),
                ("fires", f"{views.local(when.scheduled_for, zone)} ({when.wall})" if when else ""),
                ("first message", views.local(when.first_delivery, zone) if when else ""),
                ("problem", send.problem or ""),
                ("the rules say", match(send, book).reason),
            ],
        ),
        views.trials(send.name, trace(send, book)),
        views.ledger(rows, zone, SystemClock().now(), title="Its offers in the ledger"),
    )
