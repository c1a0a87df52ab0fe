"""Today: how the connector fares, what needs a decision, what is coming, and what was given."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.app import kinds_of
from connector.domain.attention import Attention, Severity
from connector.domain.attentions import LATELY, attentions, held_against
from connector.domain.distribution import Distribution
from connector.domain.left_out import left_out
from connector.domain.reasons import CAPS, REHEARSAL
from connector.domain.rules import RuleBook
from connector.domain.standing import Standing
from connector.errors import LedgerError
from connector.ledger.committer import holder
from connector.ledger.store import path_of
from connector.render.timeline import timeline
from connector.settings import Settings
from connector.web import vitals
from connector.web.guard import Ask, Draft
from connector.web.site import Files
from connector.web.vitals import Level, Vital

AHEAD, BEHIND = timedelta(days=7), timedelta(minutes=30)
LANES, HELD, GIVEN, TOLD = 30, 12, 8, 40
_NOT_FOR_A_PERSON = (REHEARSAL, "paused", "stale")  # these end without anybody's yes
_LAST = datetime.max.replace(tzinfo=UTC)
SAID = {
    "paused": "Paused: what is due there is held.",
    "resumed": "Resumed; remotes are asked again by the next cycle.",
    "approved": "Approved; the next cycle takes it up.",
}


def today(ask: Ask, *, refused: str = "", status: int = 200) -> Draft:
    """Show the day; `refused` says why a word just said was not taken."""
    ledger, now, settings = ask.ledger, ask.now, ask.site.settings
    standing, files = ledger.wanting(since=now - LATELY, now=now), ask.site.files()
    book, cells = ask.site.rules_in_force(), _vitals(ask, standing, files)
    unread = left_out(standing.remotes, kinds_of(settings), book)
    found = attentions(standing, settings.schedule, now, files.problems, unread)
    return ask.page(
        "today.html",
        status=status,
        refused=refused,
        said=SAID.get(ask.query("said"), ""),
        vitals=cells,
        worker=cells[0],
        well=all(cell.level in (Level.GOOD, Level.NEW) for cell in cells),
        problems=ask.site.problems,
        most=TOLD,
        ids={row.id for row in standing.rows},
        tally=ledger.tally(),
        given=ledger.given_lately(GIVEN),
        mode=ledger.mode(),
        pauses=ledger.pauses(at=now),
        remotes=_remotes(standing, ask),
        sources=sorted(settings.sources),
        rules=sorted(rule.name for rule in book.rules) if book else [],
        form=ask.form,
        **_decisions(ask, standing, found),
        **_coming(ask, book),
    )


def _decisions(ask: Ask, standing: Standing, found: Sequence[Attention]) -> dict[str, Any]:
    """Return what waits for a person: not what one has approved since the last plan."""
    offers = {row.id: row.distribution for row in standing.rows if row.distribution}
    held = ask.ledger.held(_NOT_FOR_A_PERSON, HELD + len(found))
    waiting = {row.id: row.distribution for row in held if row.distribution}
    approved = ask.ledger.approved({**offers, **waiting}.values())
    left = [one for one in found if one.subject not in approved]
    shown = {one.subject for one in left}
    return {
        "offers": offers,
        "approved": approved,
        "open": _urgent_first([one for one in left if one.acknowledged_by is None], offers),
        "noted": [one for one in left if one.acknowledged_by is not None],
        "held": [row for row in held if row.id not in shown][:HELD],
        "capped": any(
            offer.reason.code in CAPS and id_ not in approved for id_, offer in waiting.items()
        ),
    }


def _vitals(ask: Ask, standing: Standing, files: Files) -> tuple[Vital, ...]:
    """Return how the connector itself fares."""
    ledger, settings, now = ask.ledger, ask.site.settings, ask.now
    accepted, schedule = ledger.last_mappings(), settings.schedule
    in_force = accepted is not None and accepted.digest == files.digest
    since = accepted.accepted_at if accepted else None
    rules = vitals.Files(len(files.problems), since, in_force)
    return (
        vitals.worker(standing.remotes, schedule, now, at_work=_at_work(settings)),
        vitals.remotes(standing.remotes, schedule, now),
        vitals.mappings(rules, now),
        vitals.alerts(sorted(settings.alerts.channels), standing.channels, now),
        vitals.backup(ledger.backed_up_at, now, used=ledger.generation > 0),
    )


def _at_work(settings: Settings) -> bool:
    """Say whether a worker holds the right to commit; where nobody can tell, its cycles do."""
    try:
        return holder(path_of(settings.ledger.url)) is not None
    except LedgerError:
        return True


def _coming(ask: Ask, book: RuleBook | None) -> dict[str, Any]:
    until = ask.now + AHEAD
    rows, number = ask.ledger.upcoming(ask.now - BEHIND, until, LANES)
    usual = ask.site.settings.schedule.commit_ahead
    ahead = {rule.name: rule.commit_ahead for rule in book.rules} if book else {}
    own = {name: length for name, length in ahead.items() if length is not None}
    picture = timeline(rows, own, usual, ask.now, until, ask.site.zone)
    return {"picture": picture, "coming": number}


def _urgent_first(told: Sequence[Attention], offers: Mapping[str, Distribution]) -> list[Attention]:
    """Put those first, among the equally bad, for which the least time is left; each once."""

    def rank(one: Attention) -> tuple[bool, bool, datetime]:
        offer = offers.get(one.subject)
        by = offer.commit_by if offer else None
        return (one.severity is not Severity.CRITICAL, by is None, by or _LAST)

    once: dict[str, Attention] = {}  # an unknown near its deadline is told of twice
    for one in sorted(told, key=rank):
        once.setdefault(one.subject, one)
    return list(once.values())


def _remotes(standing: Standing, ask: Ask) -> list[dict[str, Any]]:
    oldest = ask.now - ask.site.settings.schedule.max_snapshot_age
    return [
        {
            "note": note,
            "against": held_against(note, ask.now),
            "stale": note.last_good_at is None or note.last_good_at < oldest,
        }
        for _, note in sorted(standing.remotes.items())
    ]
