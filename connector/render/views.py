"""Plans, ledgers and sends as tables. Times are shown in the business's zone."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from connector.domain.distribution import Attempt, Distribution, Occurrence
from connector.domain.evidence import Evidence, Sighting
from connector.domain.keys import occurrence_id
from connector.domain.match import Trial
from connector.domain.plan import Action, Planned
from connector.domain.reasons import span
from connector.render.table import Table, short
from connector.render.words import Words, local

A_WEEK = timedelta(days=6)
_KEPT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")  # as the ledger keeps an instant


def kept(text: str) -> datetime | None:
    """Return the instant that an event's before or after is, None where it is a word."""
    return datetime.fromisoformat(text) if _KEPT.fullmatch(text) else None


def near(moment: datetime | None, zone: ZoneInfo, now: datetime) -> str:
    """Spell an instant for a narrow column: `Sun 10:30` within a week, else `22 Nov 10:30`."""
    if moment is None:
        return "-"
    form = "%a %H:%M" if abs(moment - now) < A_WEEK else "%d %b %H:%M"
    return f"{moment.astimezone(zone):{form}}"


def times(occurrence: Occurrence, row: Distribution | None, zone: ZoneInfo, now: datetime) -> str:
    """Spell when the first message comes, and below it when the offer does."""
    when = occurrence.when
    first = row.first_delivery if row and row.first_delivery else when and when.first_delivery
    message = f"message {near(first, zone, now)}" if first else "no time"
    if row is None or row.start_time is None:
        return message
    return f"{message}\noffer   {near(row.start_time, zone, now)}"


def offer(row: Distribution) -> str:
    return f"{short(row.redeemable or '?')} to {short(row.segment or '?')}"


def action(planned: Planned) -> str:
    """Say what the cycle would do; where that is nothing, the state that says why."""
    if planned.action is Action.SKIP:
        return planned.distribution.state.value
    return planned.action.value


def ledger(
    rows: Iterable[tuple[Occurrence, Distribution | None]],
    words: Words,
    now: datetime,
    title: str = "Ledger",
) -> Table:
    """The ledger as a list."""
    return Table(
        f"{title}, {words.local(now)} (all times in that zone)",
        ("Id", "Send, and what it gives", "Message, offer", "State", "Why"),
        tuple(_ledger_row(occurrence, row, words, now) for occurrence, row in rows),
        empty="nothing yet: `connector run --once` fills it",
    )


def _ledger_row(
    occurrence: Occurrence, row: Distribution | None, words: Words, now: datetime
) -> tuple[str, ...]:
    name, when = short(occurrence.send.name), times(occurrence, row, words.zone, now)
    if row is None:
        why = words.whole(occurrence.reason) or "-"
        return (occurrence_id(occurrence.key), name, when, occurrence.state or "-", why)
    why = words.whole(row.reason, row.id)
    return (row.id, f"{name}\n{offer(row)}", when, row.state.value, why)


def fields(title: str, pairs: Sequence[tuple[str, object]]) -> Table:
    """One thing's fields, a line each; those without a value are left out."""
    shown = tuple((name, str(value)) for name, value in pairs if value not in (None, "", ()))
    return Table(title, ("Field", "Value"), shown)


def attempts(found: Sequence[Attempt], words: Words) -> Table:
    """The attempts of one distribution with their evidence."""
    return Table(
        "Attempts",
        ("No.", "Begun", "Ended", "Verdict", "Reach", "Status", "Request", "Request id", "Told"),
        tuple(
            (
                str(one.number),
                words.local(one.begun_at),
                words.local(one.ended_at),
                one.verdict.value if one.verdict else "-",
                one.reach or "-",
                str(one.status or "-"),
                one.request_hash[:12],
                one.request_id or "-",
                words.sentence(one.reason, one.distribution) or "-",
            )
            for one in found
        ),
        empty="none",
    )


def evidence(of: Evidence, zone: ZoneInfo) -> Table:
    """What webhooks told of an offer's gifts, and what canaries hold of it."""
    told = [
        (
            "webhook",
            f"{one.gifts} gifts of campaign {one.campaign_id}, marked {one.mark}",
            local(one.first_at, zone),
            local(one.last_at, zone),
        )
        for one in of.heard
    ]
    seen = [
        (
            f"canary {one.canary}",
            _sighted(one),
            local(one.seen_at, zone),
            local(one.looked_at, zone),
        )
        for one in of.sightings
    ]
    return Table("Evidence", ("By", "What", "First seen", "Last"), (*told, *seen))


def _sighted(one: Sighting) -> str:
    if one.seen_at is not None:
        return "its gift"
    others = ", ".join(map(str, one.campaigns))
    return f"no gift of it, but of campaign {others}" if others else "no gift of it"


def trials(name: str, found: Sequence[Trial]) -> Table:
    """Every rule that was tried on a send, and why it did or did not match."""
    return Table(
        f"Rules tried on “{name}”",
        ("Rule", "At", "Matched", "Why not"),
        tuple(
            (one.rule, one.place, "no" if one.why_not else "yes", "; ".join(one.why_not) or "-")
            for one in found
        ),
        empty="there are no rules",
    )


def ago(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return "never"
    passed = now - moment
    return "just now" if passed < timedelta(seconds=1) else f"{span(passed)} ago"
