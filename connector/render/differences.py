"""What a change of the rules would change, as a table and as JSON."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from connector.domain.difference import Change, Side
from connector.domain.distribution import Decision
from connector.domain.plan import Plan
from connector.render import contract, views
from connector.render.table import Table, short
from connector.render.words import Words


def table(changes: Sequence[Change], before: str, plan: Plan, words: Words) -> Table:
    """Show each change; `before` names the former rules, `plan` is by the files as they are."""
    now, zone = plan.generated_at, words.zone
    return Table(
        f"What changes against {before}, as of {words.local(now)} (all times in that zone)",
        ("Send", "Change", "Before", "After", "Why"),
        tuple(
            (
                _send(one.after, zone, now),
                one.kind.value,
                _told(one.before, zone, now),
                _told(one.after, zone, now),
                _why(one.after, words),
            )
            for one in changes
        ),
        empty="no scheduled send would get another offer, or at another time",
    )


def summary(changes: Sequence[Change], plan: Plan) -> str:
    """Say in one line how much changes."""
    sends = sum(entry.occurrence.closed_at is None for entry in plan.entries)
    touched = len({one.after.occurrence.key for one in changes})
    counts = Counter(one.kind for one in changes)
    told = ", ".join(f"{kind.value}: {counts[kind]}" for kind in sorted(counts))
    return f"{touched} of {sends} scheduled sends change" + (f" ({told})" if told else "")


def as_json(changes: Sequence[Change], before: str, plan: Plan, words: Words) -> contract.Fields:
    """Return all changes with the keys of `plan --json`."""
    now = plan.generated_at
    return {
        "generated_at": contract.stamp(now),
        "against": before,
        "changes": [
            {
                **contract.send(one.after.occurrence),
                "change": one.kind.value,
                "before": _side(one.before, now, words),
                "after": _side(one.after, now, words),
            }
            for one in changes
        ],
    }


def _send(side: Side, zone: ZoneInfo, now: datetime) -> str:
    return f"{short(side.occurrence.send.name)}\n{views.times(side.occurrence, None, zone, now)}"


def _told(side: Side, zone: ZoneInfo, now: datetime) -> str:
    """Say what one side has for a send."""
    if side.planned is None:
        return _without(side)
    offer = side.planned.distribution
    start = f"\noffer {views.near(offer.start_time, zone, now)}" if offer.start_time else ""
    return f"{views.offer(offer)}{start}\n{views.action(side.planned)}, by rule {offer.rule}"


def _without(side: Side) -> str:
    rule = side.occurrence.rule
    given = "\n".join(f"{views.offer(one)}\n{one.state.value}, and stays" for one in side.given)
    match side.occurrence.decision:
        case Decision.IGNORED:
            return f"{given}\nrule {rule} skips it" if given else f"no offer: rule {rule} skips it"
        case Decision.CLAIMED:
            return f"{given or 'no offer yet'}\nby rule {rule}"
        case _:
            return f"{given}\nno rule" if given else "no offer: no rule"


def _why(side: Side, words: Words) -> str:
    if side.planned is None:
        return words.whole(side.occurrence.reason) or "-"
    offer = side.planned.distribution
    return words.whole(offer.reason, offer.id)


def _side(side: Side, now: datetime, words: Words) -> contract.Fields:
    decision = side.occurrence.decision
    decided = {"decision": decision.value if decision else None}
    if side.planned is None:
        reason = words.whole(side.occurrence.reason) or None
        given = [one.id for one in side.given]
        return {**decided, "rule": side.occurrence.rule, "reason": reason, "given": given}
    row = contract.row(side.occurrence, side.planned.distribution, now, words)
    return {**decided, **row, "action": side.planned.action.value}
