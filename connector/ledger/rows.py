"""From rows to the domain's values and back: the only place where the two are spelled out."""

import json
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row

from connector.domain.distribution import Attempt, Decision, Distribution, Occurrence, State
from connector.domain.keys import occurrence_id
from connector.domain.offer import Verdict
from connector.domain.send import Send, Spread, When
from connector.ledger.wording import worded


@lru_cache(maxsize=8192)
def texts(values: tuple[str, ...]) -> str:
    """Spell several texts as one JSON array."""
    return json.dumps(values, ensure_ascii=False)


@lru_cache(maxsize=8192)
def texts_of(column: str) -> tuple[str, ...]:
    return tuple(json.loads(column))


_SPREADS = {spread.value: spread for spread in Spread}
_DECISIONS: dict[str | None, Decision | None] = {
    None: None,
    **{each.value: each for each in Decision},
}
_STATES = {state.value: state for state in State}
_VERDICTS: dict[str | None, Verdict | None] = {None: None, **{each.value: each for each in Verdict}}


def occurrence_values(tx: Connection, occurrence: Occurrence, *, at: datetime) -> dict[str, Any]:
    send, when = occurrence.send, occurrence.send.when
    problem, doubt, reason = send.problem, occurrence.doubt, occurrence.reason
    id_ = occurrence_id(occurrence.key)
    sentence, next_step = worded(tx, reason, id_)
    return {
        "key": occurrence.key,
        "id": id_,
        "source": send.source,
        "kind": send.kind,
        "account": send.account,
        "send_id": send.send_id,
        "send_name": send.name,
        "tags": texts(send.tags),
        "audiences": texts(send.audiences),
        **_when_values(tx, when),
        "problem": worded(tx, problem, id_).sentence or None,
        "problem_data": problem,
        "opened_for": occurrence.opened_for,
        "first_seen_at": occurrence.first_seen_at,
        "absent_polls": occurrence.absent_polls,
        "seen_until": occurrence.seen_until,
        "queued_from": occurrence.queued_from,
        "queued_until": occurrence.queued_until,
        "draft": occurrence.draft,
        "doubt": worded(tx, doubt, id_).sentence or None,
        "doubt_data": doubt,
        "decision": occurrence.decision.value if occurrence.decision else None,
        "rule": occurrence.rule,
        "reason_code": reason.code if reason else None,
        "reason": sentence or None,
        "reason_data": reason,
        "next_step": next_step or None,
        "closed_at": occurrence.closed_at,
        "updated_at": at,
    }


def _when_values(tx: Connection, when: When | None) -> dict[str, Any]:
    return {
        "scheduled_for": when.scheduled_for if when else None,
        "first_delivery": when.first_delivery if when else None,
        "last_delivery": when.last_delivery if when else None,
        "wall": when.wall if when else None,
        "zone": when.zone if when else None,
        "spread": when.spread.value if when else None,
        "reading": worded(tx, when.reading if when else None).sentence or None,
        "reading_data": when.reading if when else None,
    }


def _send_of(row: Row[Any]) -> Send:
    when = None
    if row.scheduled_for is not None:
        when = When(
            row.scheduled_for,
            row.first_delivery,
            row.wall,
            row.zone,
            _SPREADS[row.spread],
            row.last_delivery,
            row.reading_data,
        )
    return Send(
        source=row.source,
        kind=row.kind,
        account=row.account,
        send_id=row.send_id,
        name=row.send_name,
        tags=texts_of(row.tags),
        audiences=texts_of(row.audiences),
        when=when,
        problem=row.problem_data,
    )


def occurrence_of(row: Row[Any]) -> Occurrence:
    return Occurrence(
        key=row.key,
        send=_send_of(row),
        opened_for=row.opened_for,
        first_seen_at=row.first_seen_at,
        absent_polls=row.absent_polls,
        seen_until=row.seen_until,
        queued_from=row.queued_from,
        queued_until=row.queued_until,
        draft=row.draft,
        doubt=row.doubt_data,
        decision=_DECISIONS[row.decision],
        rule=row.rule,
        reason=row.reason_data,
        closed_at=row.closed_at,
    )


def distribution_values(tx: Connection, distribution: Distribution) -> dict[str, Any]:
    sentence, next_step = worded(tx, distribution.reason, distribution.id)
    return {
        "id": distribution.id,
        "occurrence": distribution.occurrence,
        "wanted_segment": distribution.wanted_segment,
        "wanted_redeemable": distribution.wanted_redeemable,
        "audience": distribution.audience,
        "rule": distribution.rule,
        "segment": distribution.segment,
        "segment_id": distribution.segment_id,
        "redeemable": distribution.redeemable,
        "redeemable_uuid": distribution.redeemable_uuid,
        "scheduled_for": distribution.scheduled_for,
        "first_delivery": distribution.first_delivery,
        "start_time": distribution.start_time,
        "commit_by": distribution.commit_by,
        "state": distribution.state.value,
        "reason_code": distribution.reason.code,
        "reason": sentence,
        "reason_data": distribution.reason,
        "next_step": next_step,
        "attempts": distribution.attempts,
        "too_soon": distribution.too_soon,
        "latecomer": distribution.latecomer,
        "not_before": distribution.not_before,
        "campaign_id": distribution.campaign_id,
        "external_campaign_id": distribution.external_campaign_id,
        "drift": texts(distribution.drift) if distribution.drift else None,
        "n": distribution.n,
        "recommitted_as": distribution.recommitted_as,
        "version": distribution.version,
        "updated_at": distribution.updated_at,
    }


def distribution_of(row: Row[Any]) -> Distribution:
    return Distribution(
        id=row.id,
        occurrence=row.occurrence,
        wanted_segment=row.wanted_segment,
        wanted_redeemable=row.wanted_redeemable,
        audience=row.audience,
        rule=row.rule,
        segment=row.segment,
        segment_id=row.segment_id,
        redeemable=row.redeemable,
        redeemable_uuid=row.redeemable_uuid,
        scheduled_for=row.scheduled_for,
        first_delivery=row.first_delivery,
        start_time=row.start_time,
        commit_by=row.commit_by,
        state=_STATES[row.state],
        reason=row.reason_data,
        attempts=row.attempts,
        too_soon=row.too_soon,
        latecomer=row.latecomer,
        not_before=row.not_before,
        campaign_id=row.campaign_id,
        external_campaign_id=row.external_campaign_id,
        drift=texts_of(row.drift) if row.drift else None,
        n=row.n,
        recommitted_as=row.recommitted_as,
        version=row.version,
        updated_at=row.updated_at,
    )


def attempt_values(tx: Connection, attempt: Attempt) -> dict[str, Any]:
    return {
        "distribution": attempt.distribution,
        "number": attempt.number,
        "begun_at": attempt.begun_at,
        "external_campaign_id": attempt.external_campaign_id,
        "request_hash": attempt.request_hash,
        "start_time": attempt.start_time,
        "ended_at": attempt.ended_at,
        "verdict": attempt.verdict.value if attempt.verdict else None,
        "reach": attempt.reach,
        "status": attempt.status,
        "request_id": attempt.request_id,
        "reason": worded(tx, attempt.reason, attempt.distribution).sentence or None,
        "reason_data": attempt.reason,
    }


def attempt_of(row: Row[Any]) -> Attempt:
    return Attempt(
        distribution=row.distribution,
        number=row.number,
        begun_at=row.begun_at,
        external_campaign_id=row.external_campaign_id,
        request_hash=row.request_hash,
        start_time=row.start_time,
        ended_at=row.ended_at,
        verdict=_VERDICTS[row.verdict],
        reach=row.reach,
        status=row.status,
        request_id=row.request_id,
        reason=row.reason_data,
    )
