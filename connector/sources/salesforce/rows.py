"""What the rows of both readers have in common (facts: salesforce §1.0)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.domain.reasons import AUDIENCE_UNSEEN, Reason
from connector.domain.send import Send, When
from connector.sources.checks import bad_time, filled, shortened
from connector.sources.salesforce.troubles import unreadable

REMOTE = "Salesforce"
_YEARS = range(2000, 2200)


def read_instant(text: object) -> datetime:
    """Read `2026-03-01T15:00:00.000+0000`; ValueError saying why where it is no instant."""
    if not isinstance(text, str):
        raise ValueError("that is no time")  # noqa: TRY004  one kind of error for one caller
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("it is not a time like 2026-03-01T15:00:00.000+0000") from None
    if moment.tzinfo is None:
        raise ValueError("it has no offset from UTC")
    if moment.year not in _YEARS:
        raise ValueError(f"the year {moment.year} cannot be meant")
    return moment.astimezone(UTC)


def timed(send: Send, row: dict[str, Any], field: str, tail: timedelta = timedelta()) -> Send:
    """Add the time to a send, or the problem with it; an earlier problem stays.

    `tail` is how much later the last message may come.
    """
    text = row.get(field)
    try:
        moment = read_instant(text)
    except ValueError as error:
        return replace(send, problem=send.problem or bad_time(field, text, str(error), REMOTE))
    told = f"Salesforce gives {field} in UTC"
    when = When(moment, moment, str(text), "UTC", last_delivery=moment + tail, reading=told)
    return replace(send, when=when)


def vouched(source: str, row: dict[str, Any], status: str, flag: str) -> dict[str, Any]:
    """Return a row that says of itself whether it is live; RemoteError for any other."""
    if not filled(row.get("Id")) or not filled(row.get(status)):
        raise unreadable(source, f"its answer has Id {row.get('Id')!r:.40} without a {status}")
    if not isinstance(row.get(flag), bool):
        raise unreadable(source, f"its answer has {flag} {shortened(row.get(flag))}")
    return row


def unseen_audience(what: str, id_: object) -> Reason:
    """Return the problem of a send whose audience the run-as user may not see."""
    return Reason(
        AUDIENCE_UNSEEN,
        f"Salesforce does not show us the name of its audience ({what} {id_})",
        "Share it with the run-as user, or give the rule a `segment:`",
    )


def literal(moment: datetime) -> str:
    """Spell an aware instant for SOQL: unquoted, in UTC (facts: salesforce §1.0)."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
