"""Plans, ledgers and sends as tables. Times are shown in the business's zone."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from connector.domain.distribution import Attempt, Distribution, Occurrence
from connector.domain.keys import occurrence_id
from connector.domain.match import Trial
from connector.domain.plan import Plan
from connector.domain.reasons import span
from connector.render.table import Table


def local(moment: datetime | None, zone: ZoneInfo) -> str:
    """Spell an instant by the business's wall clock: `Sun 22 Nov 10:30 EST`."""
    return f"{moment.astimezone(zone):%a %d %b %H:%M %Z}" if moment else "-"


def left(until: datetime | None, now: datetime) -> str:
    if until is None:
        return "-"
    return span(until - now) if until > now else "over"


def offer(row: Distribution) -> str:
    return f"{row.redeemable or '?'} to {row.segment or '?'}"


def plan_offers(plan: Plan, zone: ZoneInfo) -> Table:
    """Every offer: what this cycle would do with it, when, and why."""
    return Table(
        f"Offers, {local(plan.generated_at, zone)}",
        ("Send", "Offer", "First message", "Offer starts", "Commit by", "Left", "Action", "Why"),
        tuple(
            (
                entry.occurrence.send.name,
                offer(planned.distribution),
                local(planned.distribution.first_delivery, zone),
                local(planned.distribution.start_time, zone),
                local(planned.distribution.commit_by, zone),
                left(planned.distribution.commit_by, plan.generated_at),
                planned.action.value,
                str(planned.distribution.reason),
            )
            for entry, planned in plan.planned()
        ),
        empty="no offer is wanted by any send",
    )


def plan_sends(plan: Plan, zone: ZoneInfo) -> Table:
    """Every send that brings no offer in this plan, and why."""
    return Table(
        "Sends without an offer",
        ("Send", "Source", "First message", "Decision", "Why"),
        tuple(
            (
                entry.occurrence.send.name,
                entry.occurrence.send.source,
                local(when.first_delivery if (when := entry.occurrence.when) else None, zone),
                entry.occurrence.decision.value if entry.occurrence.decision else "-",
                str(entry.occurrence.reason or "-"),
            )
            for entry in plan.entries
            if not entry.planned and entry.occurrence.closed_at is None
        ),
        empty="none",
    )


def ledger(
    rows: Iterable[tuple[Occurrence, Distribution | None]], zone: ZoneInfo, title: str = "Ledger"
) -> Table:
    """The ledger as a list."""
    return Table(
        title,
        ("Id", "Send", "Offer", "First message", "Offer starts", "State", "Why"),
        tuple(_ledger_row(occurrence, row, zone) for occurrence, row in rows),
        empty="the ledger is empty: `connector run --once` fills it",
    )


def _ledger_row(
    occurrence: Occurrence, row: Distribution | None, zone: ZoneInfo
) -> tuple[str, ...]:
    when = occurrence.when
    first = local(when.first_delivery if when else None, zone)
    if row is None:
        decision = occurrence.decision.value if occurrence.decision else "-"
        name = occurrence.send.name
        return (
            occurrence_id(occurrence.key),
            name,
            "-",
            first,
            "-",
            decision,
            str(occurrence.reason),
        )
    return (
        row.id,
        occurrence.send.name,
        offer(row),
        local(row.first_delivery, zone) if row.first_delivery else first,
        local(row.start_time, zone),
        row.state.value,
        str(row.reason),
    )


def fields(title: str, pairs: Sequence[tuple[str, object]]) -> Table:
    """One thing's fields, a line each; those without a value are left out."""
    shown = tuple((name, str(value)) for name, value in pairs if value not in (None, "", ()))
    return Table(title, ("Field", "Value"), shown)


def attempts(found: Sequence[Attempt], zone: ZoneInfo) -> Table:
    """The attempts of one distribution with their evidence."""
    return Table(
        "Attempts",
        ("No.", "Begun", "Ended", "Verdict", "Reach", "Status", "Request id", "Told"),
        tuple(
            (
                str(one.number),
                local(one.begun_at, zone),
                local(one.ended_at, zone),
                one.verdict.value if one.verdict else "-",
                one.reach or "-",
                str(one.status or "-"),
                one.request_id or "-",
                one.sentence or "-",
            )
            for one in found
        ),
        empty="none",
    )


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
