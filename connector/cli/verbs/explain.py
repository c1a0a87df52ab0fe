"""`connector explain`."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from connector import telemetry
from connector.app import policy_of, read_rules, words_of
from connector.cli.verbs.shared import opened, say, say_more, tables, told_unreadable
from connector.cli.verbs.unclaimed import ready_rules, say_ready
from connector.clock import SystemClock, randomness
from connector.domain.distribution import Decision
from connector.domain.match import match, trace
from connector.domain.names import nearest, normalise
from connector.domain.policy import Policy
from connector.domain.rules import RuleBook
from connector.domain.send import Send
from connector.domain.standing import Row
from connector.ledger import Ledger
from connector.render import instants, views
from connector.settings import Settings
from connector.worker.look import look


def run(config: Path, wanted: str) -> int:
    """Show how the rules read a send; the ledger knows it, or the sources are asked."""
    telemetry.quiet()
    with opened(config) as (settings, ledger):
        book = read_rules(settings)
        known = ledger.find(wanted)
        sends = _each_once(known.rows)
        if not sends:
            shown = _in_sources(settings)
            sends = [send for send in shown if _is(send, wanted)]
            if not sends:
                near = nearest(wanted, ledger.latest_names() | {send.name for send in shown})
                hint = f"; did you mean {', '.join(near)}?" if near else ""
                say(f"no send is called or numbered “{wanted}”{hint}")
                return 1
        for send in sends:
            _explain(send, book, settings, ledger)
        say_more(known.more)
    return 0


def _each_once(rows: Iterable[Row]) -> list[Send]:
    """Return each send once, as last read."""
    found = {row.occurrence.key: row.occurrence for row in rows}
    latest = {
        one.send.series: one for one in sorted(found.values(), key=lambda one: one.first_seen_at)
    }
    return [one.send for one in latest.values()]


def _in_sources(settings: Settings) -> Sequence[Send]:
    seen = look(settings, SystemClock(), randomness())
    told_unreadable(seen.unreadable, words_of(settings))
    return seen.sends


def _is(send: Send, wanted: str) -> bool:
    return wanted == send.send_id or normalise(wanted) == normalise(send.name)


def _policy(settings: Settings, ledger: Ledger) -> Policy:
    punchh = ledger.remotes().get("punchh")
    return policy_of(settings, punchh.skew if punchh else timedelta())


def _explain(send: Send, book: RuleBook, settings: Settings, ledger: Ledger) -> None:
    words, now = words_of(settings), SystemClock().now()
    found = match(send, book)
    held = ledger.find(send.send_id)
    earlier = f" (without {held.more:,} earlier occurrences)" if held.more else ""
    rows = [(row.occurrence, row.distribution) for row in held.rows]
    tables(
        views.fields(
            send.name,
            [
                ("source", send.source),
                ("kind", send.kind),
                ("id", send.send_id),
                ("tags", ", ".join(send.tags)),
                ("audience", " + ".join(send.audiences)),
                ("problem", words.whole(send.problem)),
                ("the rules say", words.whole(found.reason)),
            ],
        ),
        views.trials(send.name, trace(send, book)),
        instants.table(send.when, found.rule, _policy(settings, ledger), words, now),
        views.ledger(rows, words, now, title=f"Its offers in the ledger{earlier}"),
    )
    if found.decision is Decision.UNMAPPED:
        say_ready(ready_rules([send], book, words))
