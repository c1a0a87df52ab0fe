"""The JSON that people's scripts read: keys and forms are fixed (design: command line)."""

from datetime import UTC, datetime
from typing import Any

from connector.domain.attention import Attention, of_distribution, of_occurrence
from connector.domain.campaign_clock import CampaignClock
from connector.domain.distribution import Distribution, Occurrence
from connector.domain.evidence import NO_EVIDENCE, Evidence
from connector.domain.keys import occurrence_id
from connector.domain.plan import Plan, Planned
from connector.domain.standing import Row
from connector.render.words import Words

Fields = dict[str, Any]
KEYS = (
    "id",
    "source",
    "send_id",
    "send_name",
    "scheduled_for",
    "first_delivery",
    "audience",
    "rule",
    "segment",
    "segment_id",
    "redeemable",
    "redeemable_uuid",
    "start_time",
    "commit_by",
    "state",
    "reason",
    "attention",
    "attempts",
    "campaign_id",
    "external_campaign_id",
    "updated_at",
    "last_delivery",
    "landed_at",
)  # of a line, in their order
TIMES = (
    "scheduled_for",
    "first_delivery",
    "last_delivery",
    "start_time",
    "commit_by",
    "updated_at",
    "landed_at",
)  # those of them that are instants


def stamp(moment: datetime | None) -> str | None:
    """Spell an instant as ISO-8601 UTC with `Z`, to the second."""
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def line(of: Row, now: datetime, words: Words) -> Fields:
    """Return a line of the ledger, and when its gift is known to have landed."""
    offer = of.distribution
    landed_at = of.evidence.landed_at(offer) if offer else None
    shown = row(of.occurrence, offer, now, words, of.evidence)
    return {**shown, "landed_at": stamp(landed_at)}


def row(
    occurrence: Occurrence,
    distribution: Distribution | None,
    now: datetime,
    words: Words,
    evidence: Evidence = NO_EVIDENCE,
) -> Fields:
    """Return an offer as planned or kept, or an occurrence that brings none."""
    told = (
        _offer(occurrence, distribution, now, words, evidence)
        if distribution
        else _unclaimed(occurrence, words)
    )
    return {**told, **_last(occurrence)}


def _last(occurrence: Occurrence) -> Fields:
    when = occurrence.when
    return {"last_delivery": stamp(when.last_delivery if when else None)}


def _offer(
    occurrence: Occurrence,
    distribution: Distribution,
    now: datetime,
    words: Words,
    evidence: Evidence = NO_EVIDENCE,
) -> Fields:
    when = occurrence.when
    scheduled_for = distribution.scheduled_for or (when.scheduled_for if when else None)
    first_delivery = distribution.first_delivery or (when.first_delivery if when else None)
    return {
        "id": distribution.id,
        **send(occurrence),
        "scheduled_for": stamp(scheduled_for),
        "first_delivery": stamp(first_delivery),
        "audience": distribution.audience,
        "rule": distribution.rule,
        "segment": distribution.segment,
        "segment_id": distribution.segment_id,
        "redeemable": distribution.redeemable,
        "redeemable_uuid": distribution.redeemable_uuid,
        "start_time": stamp(distribution.start_time),
        "commit_by": stamp(distribution.commit_by),
        "state": distribution.state.value,
        "reason": words.whole(distribution.reason, distribution.id),
        "attention": _told(
            of_distribution(occurrence, distribution, now, evidence), distribution.id, words
        ),
        "attempts": distribution.attempts,
        "campaign_id": distribution.campaign_id,
        "external_campaign_id": distribution.external_campaign_id,
        "updated_at": stamp(distribution.updated_at),
    }


def plan(
    value: Plan,
    words: Words,
    clock: CampaignClock = CampaignClock(),  # noqa: B008  frozen
) -> Fields:
    """Return a plan: its distributions with their actions, and a decision for every send.

    `sent_start_time` is `start_time` as Punchh is sent it.
    """
    return {
        "generated_at": stamp(value.generated_at),
        "distributions": [
            {
                **_offer(entry.occurrence, planned.distribution, value.generated_at, words),
                "action": planned.action.value,
                **_last(entry.occurrence),
                **_moments(planned, clock),
            }
            for entry, planned in value.planned()
        ],
        "sends": [
            {
                **send(entry.occurrence),
                "decision": entry.occurrence.decision or entry.occurrence.state,
                "reason": _reason(entry.occurrence, words),
            }
            for entry in value.entries
            if entry.occurrence.state is not None and entry.occurrence.closed_at is None
        ],
        "campaign_clock": "business" if clock.zone else "utc",
    }


def _reason(occurrence: Occurrence, words: Words) -> str:
    """Return why a send is claimed or not, and what is wrong with its row."""
    return " ".join(words.whole(one) for one in occurrence.reasons)


def _moments(planned: Planned, clock: CampaignClock) -> Fields:
    start = planned.distribution.start_time
    return {
        "opens_at": stamp(planned.timing.opens_at if planned.timing else None),
        "sent_start_time": stamp(clock.sent(start) if start else None),
    }


def attention(told: Attention, words: Words) -> Fields:
    """Return one thing that wants a person."""
    return {
        "severity": told.severity.value,
        "code": told.reason.code,
        "id": told.subject,
        "about": told.about,
        "whom": told.whom.value,
        "told": words.whole(told.reason, told.subject),
        "acknowledged_by": told.acknowledged_by,
    }


def send(occurrence: Occurrence) -> Fields:
    send = occurrence.send
    return {"source": send.source, "send_id": send.send_id, "send_name": send.name}


def _unclaimed(occurrence: Occurrence, words: Words) -> Fields:
    when = occurrence.when
    nothing = dict.fromkeys(
        ("segment", "segment_id", "redeemable", "redeemable_uuid", "start_time", "commit_by")
    )
    return {
        "id": occurrence_id(occurrence.key),
        **send(occurrence),
        "scheduled_for": stamp(when.scheduled_for if when else None),
        "first_delivery": stamp(when.first_delivery if when else None),
        "audience": " + ".join(occurrence.send.audiences) or None,
        "rule": occurrence.rule,
        **nothing,
        "state": occurrence.state,
        "reason": words.whole(occurrence.reason) or None,
        "attention": _told(of_occurrence(occurrence), occurrence_id(occurrence.key), words),
        "attempts": 0,
        "campaign_id": None,
        "external_campaign_id": None,
        "updated_at": None,
    }


def _told(attention: Attention | None, id: str, words: Words) -> str | None:
    return words.whole(attention.reason, id) if attention else None
