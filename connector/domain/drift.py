"""What became of a send after its offer was committed: the offer cannot follow it by itself."""

from collections.abc import Iterable
from dataclasses import dataclass

from connector.domain.distribution import Decision, Distribution, Occurrence
from connector.domain.names import normalise
from connector.domain.reasons import Reason, instant, quoted, span


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
        return Drift(Reason("drift", row.drift, _upper(_stop(row))))
    return _moved(occurrence, row) or _gone(occurrence, row) or _aimed_elsewhere(occurrence, row)


def _message_first(occurrence: Occurrence, row: Distribution) -> Drift | None:
    when, start = occurrence.when, row.start_time
    if when is None or start is None or start <= when.first_delivery:
        return None
    early = span(start - when.first_delivery)
    if when.first_delivery == row.first_delivery:
        told = f"it was committed late: its message may come {early} before it"
        return Drift(Reason("late", told, "Tell the guests that the offer follows, if it matters"))
    told = f"the send moved {_from_to(occurrence, row)}: the message comes {early} before the offer"
    return Drift(Reason("drift", told, _upper(_again(row))), bad=True)


def _moved(occurrence: Occurrence, row: Distribution) -> Drift | None:
    when, start = occurrence.when, row.start_time
    if when is None or row.first_delivery is None or when.first_delivery == row.first_delivery:
        return None
    told = f"the send moved {_from_to(occurrence, row)} after its offer was committed"
    if start is not None:
        told += f": the offer comes {span(when.first_delivery - start)} before the message"
    return Drift(Reason("drift", told, f"If that is too early: {_again(row)}"))


def _gone(occurrence: Occurrence, row: Distribution) -> Drift | None:
    if occurrence.absent_polls < 2:
        return None
    told = (
        "the send is gone from its source, and its offer is committed: guests get the offer "
        "without a message"
    )
    return Drift(Reason("drift", told, f"If they should not: {_stop(row)}"))


def _aimed_elsewhere(occurrence: Occurrence, row: Distribution) -> Drift | None:
    """Tell of a send that names another audience now, or that no rule claims any more."""
    now = occurrence.send.audiences
    if row.audience is not None and not _still_named(row.audience, now):
        to = quoted(now) if now else "no audience"
        told = (
            f"the send now names {to}, and its offer is committed for “{row.audience}”: guests "
            "of the one get the message, of the other the offer"
        )
        return Drift(Reason("drift", told, f"If the offer should not go there: {_stop(row)}"))
    if occurrence.decision not in (None, Decision.CLAIMED):
        told = (
            f"no rule wants an offer with the send any more (it is called “{occurrence.send.name}”"
            "), and its offer is committed"
        )
        return Drift(Reason("drift", told, f"If it should bring none: {_stop(row)}"))
    return None


def _still_named(audience: str, named: Iterable[str]) -> bool:
    """Say whether a send still names an audience, or all of those that are joined by ` + `."""
    there = {normalise(name) for name in named}
    return (
        normalise(audience) in there or {normalise(part) for part in audience.split(" + ")} <= there
    )


def _from_to(occurrence: Occurrence, row: Distribution) -> str:
    was, when = row.first_delivery, occurrence.when
    before = f"from {instant(was)} " if was else ""
    return f"{before}to {instant(when.first_delivery)}" if when else before


def _stop(row: Distribution) -> str:
    return (
        f"in Punchh's dashboard find campaign {row.campaign_id} under Campaigns "
        f"(its name ends in {row.external_campaign_id}) and stop or move it there"
    )


def _again(row: Distribution) -> str:
    return (
        f"{_stop(row)}; cancelled, it is made again for the new time by "
        f"`connector ledger recommit {row.id} --cancelled-in-punchh --reason …`"
    )


def _upper(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
