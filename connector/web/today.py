"""Today: what needs a decision, what is coming, what was given, and how everybody fares."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.responses import Response

from connector.app import kinds_of
from connector.domain.attention import Attention, Severity
from connector.domain.attentions import LATELY, attentions, held_against
from connector.domain.distribution import Distribution
from connector.domain.left_out import left_out
from connector.domain.reasons import CAPS, REHEARSAL
from connector.domain.standing import Standing
from connector.render.timeline import timeline
from connector.web.guard import Ask

AHEAD, BEHIND = timedelta(days=7), timedelta(minutes=30)
LANES, HELD, GIVEN, TOLD = 30, 12, 8, 40
_NOT_FOR_A_PERSON = (REHEARSAL, "paused", "stale")  # these end without anybody's yes
_LAST = datetime.max.replace(tzinfo=UTC)
SAID = {
    "paused": "Paused: what is due there is held.",
    "resumed": "Resumed; remotes are asked again by the next cycle.",
    "approved": "Approved; the next cycle takes it up.",
}


def today(ask: Ask, *, refused: str = "", status: int = 200) -> Response:
    """Show the day; `refused` says why a word just said was not taken."""
    ledger, now, settings = ask.ledger, ask.now, ask.site.settings
    standing = ledger.wanting(since=now - LATELY, now=now)
    files, accepted = ask.site.files(), ledger.last_mappings()
    book = ask.site.rules_in_force()
    unread = left_out(standing.remotes, kinds_of(settings), book)
    told = attentions(standing, settings.schedule, now, files.problems, unread)
    wanting = {one.subject for one in told}
    offers = {row.id: row.distribution for row in standing.rows if row.distribution}
    held = ledger.held(_NOT_FOR_A_PERSON, HELD + len(wanting))
    return ask.page(
        "today.html",
        status=status,
        refused=refused,
        said=SAID.get(ask.query("said"), ""),
        open=_urgent_first([one for one in told if one.acknowledged_by is None], offers),
        noted=[one for one in told if one.acknowledged_by is not None],
        most=TOLD,
        ids={row.id for row in standing.rows},
        offers=offers,
        held=[row for row in held if row.id not in wanting][:HELD],
        capped=sum(row.distribution.reason.code in CAPS for row in held if row.distribution),
        tally=ledger.tally(),
        given=ledger.given_lately(GIVEN),
        mode=ledger.mode(),
        pauses=ledger.pauses(at=now),
        remotes=_remotes(standing, ask),
        files=files,
        accepted=accepted,
        sources=sorted(settings.sources),
        rules=sorted(rule.name for rule in book.rules) if book else [],
        form=ask.form,
        **_coming(ask),
    )


def _coming(ask: Ask) -> dict[str, Any]:
    until = ask.now + AHEAD
    rows, number = ask.ledger.upcoming(ask.now - BEHIND, until, LANES)
    book, usual = ask.site.rules_in_force(), ask.site.settings.schedule.commit_ahead
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
