"""What became of a send after its offer was committed: the offer cannot follow it by itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connector.domain.distribution import Decision, Distribution, Occurrence
from connector.domain.names import normalise
from connector.domain.reasons import Param, Reason, reason


@dataclass(frozen=True, slots=True)
class Drift:
    """How a committed offer and its send differ; `bad` where guests read of it and have it not."""

    reason: Reason
    bad: bool = False


def drift(occurrence: Occurrence, row: Distribution) -> Drift | None:
    """Compare what was committed with what the source says now, the worst first."""
    if row.recommitted_as is not None:  # its campaign was cancelled by a person
        return None
    early = _message_first(occurrence, row)
    if early is not None and early.bad:
        return early
    if occurrence.closed_at is not None:  # it has fired, and its offer was there, or was to be late
        return None
    if early is not None:
        return early
    if row.drift is not None:
        return Drift(reason("drift/echo", differs=row.drift, **_stop(row)))
    return _moved(occurrence, row) or _gone(occurrence, row) or _aimed_elsewhere(occurrence, row)


def _message_first(occurrence: Occurrence, row: Distribution) -> Drift | None:
    when, start = occurrence.when, row.start_time
    if when is None or start is None or start <= when.first_delivery:
        return None
    early = start - when.first_delivery
    if when.first_delivery == row.first_delivery:
        return Drift(reason("late", early=early))
    moved = {"before": row.first_delivery, "now": when.first_delivery}
    return Drift(reason("drift/message-first", early=early, **moved, **_stop(row)), bad=True)


def _moved(occurrence: Occurrence, row: Distribution) -> Drift | None:
    when, start = occurrence.when, row.start_time
    if when is None or row.first_delivery is None or when.first_delivery == row.first_delivery:
        return None
    moved = {"before": row.first_delivery, "now": when.first_delivery}
    if start is None:
        return Drift(reason("drift/moved-unstarted", **moved, **_stop(row)))
    lead = when.first_delivery - start
    return Drift(reason("drift/moved", lead=lead, **moved, **_stop(row)))


def _gone(occurrence: Occurrence, row: Distribution) -> Drift | None:
    if occurrence.absent_polls < 2:
        return None
    return Drift(reason("drift/gone", **_stop(row)))


def _aimed_elsewhere(occurrence: Occurrence, row: Distribution) -> Drift | None:
    """Tell of a send that names another audience now, or that no rule claims any more."""
    now = occurrence.send.audiences
    if row.audience is not None and not _still_named(row.audience, now):
        key = "drift/audience" if now else "drift/no-audience"
        return Drift(reason(key, audiences=now, audience=row.audience, **_stop(row)))
    if occurrence.decision not in (None, Decision.CLAIMED):
        return Drift(reason("drift/unclaimed", send=occurrence.send.name, **_stop(row)))
    return None


def _still_named(audience: str, named: Iterable[str]) -> bool:
    """Say whether a send still names an audience, or all of those that are joined by ` + `."""
    there = {normalise(name) for name in named}
    return (
        normalise(audience) in there or {normalise(part) for part in audience.split(" + ")} <= there
    )


def _stop(row: Distribution) -> Mapping[str, Param]:
    """Return by what a person finds the campaign, to stop or move it, and the offer's id."""
    return {"campaign": row.campaign_id, "mark": row.external_campaign_id, "id": row.id}
