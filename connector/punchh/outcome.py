"""What an answer to the commit means: one table (design: outcome of an attempt).

The call makes a campaign each time it is made, and what it made cannot be looked up
(facts: punchh §4.6, §4.7). So only an answer that leaves no doubt is definitive.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.domain.offer import Order, Outcome, Verdict
from connector.domain.reasons import Reason, reason
from connector.domain.text import one_line
from connector.domain.verdicts import committed
from connector.http.exchange import ExchangeError, Reach
from connector.http.reply import Reply
from connector.http.retry import asked_wait

FEATURE_OFF = re.compile(
    r"disabled.?_?feature|does not support this feature|feature (is )?not enabled"
    r"|functionality is not available",
    re.IGNORECASE,
)
TOO_SOON = re.compile(r"start[ _]time should be at least", re.IGNORECASE)
LONGEST = 160  # characters of what Punchh said that a sentence holds
SHORTER = 100  # of an unknown, whose next step is long
_READ = 4096  # characters of a page that are looked through for its words
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
# Under these keys stand errors; every other key is itself a part of the error.
_HOLDERS = frozenset({"error", "errors", "message", "base"})
_NUMBERS = frozenset({"code", "status"})  # beside an error, these only number it
_NAMES_ERROR = re.compile("_error$|invalid|disabled|missing|not_found|unauthorized")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a refusal says: the inner keys ("" where there are none) and the texts, joined."""

    key: str
    text: str


def envelope(reply: Reply) -> Envelope | None:
    """Return the error a reply holds; None unless it holds nothing else, in a documented shape.

    A list of texts, or texts by key; or a text too under `error`, `errors`, `base`, `message` or a
    key that names an error (facts: punchh §4.3, §11).
    """
    try:
        errors = list(_errors(reply.json()))
    except ValueError:
        return None
    keys = dict.fromkeys(error.key for error in errors if error.key)
    return Envelope(" ".join(keys), "; ".join(dict.fromkeys(error.text for error in errors)))


def _errors(body: Any) -> Iterator[Envelope]:
    """Yield the errors of a body; ValueError where it is of no documented shape."""
    if isinstance(body, list):
        yield from _texts("", body, depth=1)
        return
    if not isinstance(body, dict):
        raise ValueError("neither an object nor a list")  # noqa: TRY004  one kind of error for all
    fields = _unnumbered(body)
    for key, value in fields.items():
        if key not in _HOLDERS and not _NAMES_ERROR.search(key) and not isinstance(value, list):
            raise ValueError(f"{key} is not known to hold an error")
    yield from _texts("", fields, depth=3)


def _texts(key: str, value: Any, depth: int) -> Iterator[Envelope]:
    match value:
        case str(text):
            yield Envelope("" if key in _HOLDERS else key, text)
        case [_, *_] if depth:
            for item in value:
                yield from _texts(key, item, depth - 1)
        case {**fields} if depth and (inner := _unnumbered(fields)):
            for name, item in inner.items():
                yield from _texts(name, item, depth - 1)
        case _:
            raise ValueError("neither a text nor a list or a table of texts")


def _unnumbered(fields: dict[Any, Any]) -> dict[Any, Any]:
    """Return what stands in an object besides the numbers of its error."""
    return {
        key: value
        for key, value in fields.items()
        if key not in _NUMBERS or not isinstance(value, int | str)
    }


def is_id(value: int) -> bool:
    """Say whether a number can be one of Punchh's ids, which are int64 (facts: punchh §4.2)."""
    return not isinstance(value, bool) and 0 < value < 1 << 63


def says_feature_off(status: int, error: Envelope) -> bool:
    """Say whether a refusal is that of a switched-off feature (facts: punchh §3, §8 row 8, §11)."""
    return status in (400, 403, 404, 422) and bool(FEATURE_OFF.search(f"{error.key} {error.text}"))


def classify(
    result: Reply | ExchangeError,
    order: Order,
    sent_start: datetime,
    *,
    on_429: str,
    now: datetime,
    secret: str = "",
) -> Outcome:
    """Return the outcome of one commit.

    `sent_start` is the wall clock that was sent, `on_429` the setting of that name, `now` an
    aware instant for reading a `Retry-After` date. `secret` is kept out of what Punchh said.
    """
    if isinstance(result, ExchangeError):
        return _no_reply(result)
    error = envelope(result)
    said = quotation(result, error, secret)
    odd = quotation(result, error, secret, SHORTER)
    match result.status:
        case 200:
            return _accepted(result, order, sent_start, odd)
        case status if error and says_feature_off(status, error):
            return _outcome(result, Verdict.ACCOUNT, feature_off(said))
        case 422 if error and _says_too_soon(error):
            return _outcome(result, Verdict.TOO_SOON, reason("start-too-soon"))
        case 400 | 406 | 422 if error:
            return _outcome(result, Verdict.REJECTED, _rejection(error, said))
        case 401 | 403 if error:
            why = reason("account", status=result.status, said=said)
            return _outcome(result, Verdict.ACCOUNT, why)
        case 429 if on_429 == "wait" and _is_json(result):
            return _outcome(result, Verdict.THROTTLED, reason("throttled"), asked_wait(result, now))
        case status:
            why = reason("unknown/status", status=status, said=odd)
            return _outcome(result, Verdict.UNKNOWN, why)


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


def _accepted(reply: Reply, order: Order, sent_start: datetime, said: str | None) -> Outcome:
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
            why = reason("unknown/no-campaign-id", said=said)
            return _outcome(reply, Verdict.UNKNOWN, why)


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


def feature_off(said: str | None) -> Reason:
    return reason("feature-off", said=said)


_REJECTIONS = (
    ("invalid_redeemable", "no-redeemable/refused"),
    ("deactivated", "redeemable-deactivated"),
    ("redeemable is scheduled", "redeemable-scheduled"),
    ("expir", "redeemable-expired"),
    ("invalid_segment", "no-segment/refused"),
)


def _says_too_soon(error: Envelope) -> bool:
    """Say whether a later start is the cure: past the expiry, only an earlier one would be."""
    soon = error.key == "invalid_start_time" or TOO_SOON.search(error.text) is not None
    return soon and "expir" not in error.text.lower()


def _rejection(error: Envelope, said: str | None) -> Reason:
    """Tell a refusal in our words: by inner key, else by a part of the text, never the whole."""
    text = f"{error.key} {error.text}".lower()
    for part, key in _REJECTIONS:
        if part in text:
            return reason(key, said=said)
    return reason("rejected", said=said)


def quotation(
    reply: Reply, error: Envelope | None, secret: str = "", most: int = LONGEST
) -> str | None:
    """Return the first of what a reply says, fit for a sentence; None if it is nothing.

    The secret goes before the words are cut, which could leave a part of it.
    """
    text = error.text if error else _body(reply)
    if secret:
        text = text.replace(secret, "…")
    text = text[:_READ] if error else _TAGS.sub(" ", text[:_READ])
    words = one_line(text)[:most].rstrip(" .")
    return words if any(char.isalnum() for char in words) else None


def _body(reply: Reply) -> str:
    """Return a body as text; JSON without its escapes, which could hide the secret."""
    try:
        return json.dumps(reply.json(), ensure_ascii=False)
    except ValueError:
        return reply.body.decode("utf-8", "replace")
