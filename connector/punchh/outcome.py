"""What an answer to the commit means: one table (design: outcome of an attempt).

The call makes a campaign each time it is made, and what it made cannot be looked up
(facts: punchh §4.6, §4.7). So only an answer that leaves no doubt is definitive.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.domain.offer import Order, Outcome, Verdict
from connector.domain.reasons import Reason, reason
from connector.domain.verdicts import committed
from connector.http.exchange import ExchangeError, Reach
from connector.http.reply import Reply
from connector.http.retry import asked_wait

FEATURE_OFF = re.compile(r"disabled.?_?feature|does not support this feature", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Envelope:
    """One of Punchh's four error shapes: an inner key ("" where there is none) and its text."""

    key: str
    text: str


def envelope(reply: Reply) -> Envelope | None:
    """Return the error a reply holds, or None unless it has a known shape (facts: punchh §4.3)."""
    try:
        found = reply.json()
    except ValueError:
        return None
    match found:
        case {"error": str(text), **rest} if not rest:
            return Envelope("", text)
        case {"no_permission_error": str(text), **rest} if not rest:
            return Envelope("no_permission_error", text)
        case {"errors": str(text), **rest} if not rest:
            return Envelope("", text)
        case {"errors": {**inner}, **rest} if not rest and len(inner) == 1:
            key, told = next(iter(inner.items()))
            return Envelope(str(key), told) if isinstance(told, str) else None
        case _:
            return None


def is_id(value: int) -> bool:
    """Say whether a number can be one of Punchh's ids, which are int64 (facts: punchh §4.2)."""
    return not isinstance(value, bool) and 0 < value < 1 << 63


def says_feature_off(status: int, error: Envelope) -> bool:
    """Say whether a refusal is that of a switched-off feature (facts: punchh §3, §8 row 8)."""
    return status in (400, 422) and bool(FEATURE_OFF.search(f"{error.key} {error.text}"))


def classify(
    result: Reply | ExchangeError, order: Order, sent_start: datetime, *, on_429: str, now: datetime
) -> Outcome:
    """Return the outcome of one commit.

    `sent_start` is the wall clock that was sent, `on_429` the setting of that name, `now` an
    aware instant for reading a `Retry-After` date.
    """
    if isinstance(result, ExchangeError):
        return _no_reply(result)
    error = envelope(result)
    match result.status:
        case 200:
            return _accepted(result, order, sent_start)
        case 400 | 422 if error and says_feature_off(result.status, error):
            return _outcome(result, Verdict.ACCOUNT, feature_off())
        case 422 if error and error.key == "invalid_start_time" and not _about_expiry(error):
            return _outcome(result, Verdict.TOO_SOON, reason("start-too-soon"))
        case 400 | 422 if error:
            return _outcome(result, Verdict.REJECTED, _rejection(error))
        case 401 | 403 if error:
            return _outcome(result, Verdict.ACCOUNT, reason("account", status=result.status))
        case 429 if on_429 == "wait" and _is_json(result):
            return _outcome(result, Verdict.THROTTLED, reason("throttled"), asked_wait(result, now))
        case status:
            return _outcome(result, Verdict.UNKNOWN, reason("unknown/status", status=status))


def _outcome(
    reply: Reply, verdict: Verdict, reason: Reason, retry_after: float | None = None
) -> Outcome:
    return Outcome(
        verdict,
        reason,
        Reach.BODY.value,
        status=reply.status,
        request_id=reply.request_id,
        retry_after=None if retry_after is None else timedelta(seconds=retry_after),
    )


def _no_reply(error: ExchangeError) -> Outcome:
    if error.reach.may_have_acted:
        return Outcome(
            Verdict.UNKNOWN,
            reason("unknown/exchange", why=error.why),
            error.reach.value,
            status=error.status,
        )
    return Outcome(Verdict.NOT_SENT, reason("not-sent", why=error.why), error.reach.value)


def _accepted(reply: Reply, order: Order, sent_start: datetime) -> Outcome:
    try:
        found = reply.json()
    except ValueError:
        found = None
    match found:
        case {"campaign_id": int(campaign_id)} if is_id(campaign_id):
            return Outcome(
                Verdict.COMMITTED,
                committed(campaign_id, order.start_time),
                Reach.BODY.value,
                status=reply.status,
                request_id=reply.request_id,
                campaign_id=campaign_id,
                drift=echo_drift(found, order, sent_start),
            )
        case _:
            return _outcome(reply, Verdict.UNKNOWN, reason("unknown/no-campaign-id"))


def echo_drift(found: dict[str, Any], order: Order, sent_start: datetime) -> tuple[str, ...] | None:
    """Name what in Punchh's echo differs from what was sent, or None (facts: punchh §4.2)."""
    differs = []
    external = found.get("external_source_id", found.get("external_campaign_id"))
    if external != order.external_campaign_id:
        differs.append("external_id")
    start, zone = found.get("start_time"), found.get("timezone", found.get("time_zone"))
    try:
        told = datetime.strptime(str(start), "%Y-%m-%d %I:%M %p").replace(tzinfo=UTC)
    except ValueError:
        told = None
    if told != sent_start or zone not in ("Etc/UTC", "UTC"):
        differs.append("start_time")
    return tuple(differs) or None


def _is_json(reply: Reply) -> bool:
    try:
        reply.json()
    except ValueError:
        return False
    return True


def feature_off() -> Reason:
    return reason("feature-off")


_REJECTIONS = (
    ("invalid_redeemable", "no-redeemable/refused"),
    ("deactivated", "redeemable-deactivated"),
    ("redeemable is scheduled", "redeemable-scheduled"),
    ("expir", "redeemable-expired"),
    ("invalid_segment", "no-segment/refused"),
)


def _about_expiry(error: Envelope) -> bool:
    """Say whether the start is past the redeemable's expiry: an earlier one would be no cure."""
    return "expir" in error.text.lower()


def _rejection(error: Envelope) -> Reason:
    """Tell a refusal in our words: by inner key, else by a part of the text, never the whole."""
    text = f"{error.key} {error.text}".lower()
    for part, key in _REJECTIONS:
        if part in text:
            return reason(key)
    printable = "".join(char if char.isprintable() else " " for char in error.text)
    return reason("rejected", said=" ".join(printable.split())[:160])
