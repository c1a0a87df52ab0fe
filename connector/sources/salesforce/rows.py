"""What the rows of both readers have in common (facts: salesforce §1.0)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.domain.reasons import AUDIENCE_UNSEEN, Reason, reason
from connector.domain.send import Send, When
from connector.sources.checks import bad_time, filled, shortened
from connector.sources.salesforce.troubles import unreadable

REMOTE = "Salesforce"
_YEARS = range(2000, 2200)


class UnreadableInstantError(ValueError):
    """A text that is no instant; `why` says what is wrong with it."""

    def __init__(self, why: Reason) -> None:
        super().__init__(why.key)
        self.why = why


def read_instant(text: object) -> datetime:
    """Read `2026-03-01T15:00:00.000+0000`; UnreadableInstantError where it is no instant."""
    if not isinstance(text, str):
        raise UnreadableInstantError(reason("time/none"))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UnreadableInstantError(
            reason("time/not-a-time", like="2026-03-01T15:00:00.000+0000")
        ) from None
    if moment.tzinfo is None:
        raise UnreadableInstantError(reason("time/no-offset"))
    if moment.year not in _YEARS:
        raise UnreadableInstantError(reason("time/year", year=moment.year))
    return moment.astimezone(UTC)


def timed(send: Send, row: dict[str, Any], field: str, tail: timedelta = timedelta()) -> Send:
    """Add the time to a send, or the problem with it; an earlier problem stays.

    `tail` is how much later the last message may come.
    """
    text = row.get(field)
    try:
        moment = read_instant(text)
    except UnreadableInstantError as error:
        return replace(send, problem=send.problem or bad_time(field, text, error.why, REMOTE))
    reading = reason("reading/salesforce", field=field)
    when = When(moment, moment, str(text), "UTC", last_delivery=moment + tail, reading=reading)
    return replace(send, when=when)


def vouched(source: str, row: dict[str, Any], status: str, flag: str) -> dict[str, Any]:
    """Return a row that says of itself whether it is live; RemoteError for any other."""
    if not filled(row.get("Id")) or not filled(row.get(status)):
        raise unreadable(
            source, reason("answer/without", id=shortened(row.get("Id")), field=status)
        )
    if not isinstance(row.get(flag), bool):
        raise unreadable(
            source, reason("answer/odd-value", key=flag, value=shortened(row.get(flag)))
        )
    return row


def unseen_audience(what: str, id_: object) -> Reason:
    """Return the problem of a send whose audience the run-as user may not see."""
    return reason(AUDIENCE_UNSEEN, what=what, audience_id=str(id_))


def literal(moment: datetime) -> str:
    """Spell an aware instant for SOQL: unquoted, in UTC (facts: salesforce §1.0)."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
