"""Scheduled list emails and whom they go to (facts: salesforce §1.1, §1.2)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connector.domain.reasons import Reason
from connector.domain.send import Send
from connector.sources.checks import (
    TEXT,
    bad_row,
    earliest_of_each,
    filled,
    is_text,
    name_of,
    with_ids,
)
from connector.sources.salesforce.rows import REMOTE, literal, timed, unseen_audience, vouched
from connector.sources.salesforce.session import Org
from connector.sources.salesforce.troubles import NOT_THERE, QueryError

Row = dict[str, Any]
KIND = "list_email"
OBJECT = "ListEmail"
AHEAD = timedelta(days=92)  # a list email can be scheduled two months ahead (§1.1)
# One that still says Scheduled after its time was sent at once and is in flight (§1.1).
IN_FLIGHT = timedelta(hours=1)
LIVE = frozenset({"Scheduled", "Running"})
# A polymorphic id tells its object by its first three characters (§1.0).
OBJECTS = {"00B": "ListView", "701": "Campaign", "0TO": "Topic"}

_MAILS = (
    "SELECT Id, Name, Status, ScheduledDate FROM ListEmail WHERE Status = 'Scheduled' "
    "AND ScheduledDate > {start} AND ScheduledDate < {end} ORDER BY ScheduledDate, Id"
)
_SOURCES = (
    "SELECT Id, ListEmailId, SourceListId, SourceType FROM ListEmailRecipientSource "
    "WHERE ListEmailId IN ({ids}) ORDER BY Id"
)
_NAMES = "SELECT Id, Name FROM {object} WHERE Id IN ({{ids}})"
_STATUSES = "SELECT Id, Status, IsDeleted FROM ListEmail WHERE Id IN ({ids})"


class ListEmails:
    """Reads the list emails of one org; what is wrong with one becomes its problem."""

    kind = KIND
    noun = "list emails"
    object = OBJECT

    def __init__(self, source: str, account: str) -> None:
        self._source, self._account = source, account

    def read(self, org: Org, now: datetime) -> tuple[tuple[Send, ...], tuple[Reason, ...]]:
        """Return those scheduled for the next 92 days, with all their audiences by name.

        One that is in flight is seen too late, and is shown all the same.
        One that has individual recipients only has no audience, and no problem (§1.3).
        """
        rows = org.rows(_MAILS.format(start=literal(now - IN_FLIGHT), end=literal(now + AHEAD)))
        rows, notes = with_ids(rows, "Id", REMOTE)
        targets, doubt = _targets(org, [row["Id"] for row in rows]) if rows else ({}, None)
        names = _names(org, targets)
        sends, twice = earliest_of_each(
            (self._send(row, doubt, targets.get(row["Id"], ()), names) for row in rows), REMOTE
        )
        return sends, (*notes, *twice)

    def probes(self) -> Iterator[tuple[str, str, bool]]:
        """Give the queries that `read` and `live` make of an id: object, query, also of deleted."""
        yield "ListEmailRecipientSource", _SOURCES, False
        for object_ in OBJECTS.values():
            yield object_, _NAMES.format(object=object_), False
        yield OBJECT, _STATUSES, True

    def _send(
        self,
        row: Row,
        doubt: Reason | None,
        targets: Iterable[Row],
        names: Mapping[str, str],
    ) -> Send:
        name = row.get("Name")
        send = Send(
            source=self._source,
            kind=KIND,
            account=self._account,
            send_id=row["Id"],
            name=name_of(name),
            problem=doubt if is_text(name) else bad_row("Name", name, TEXT, REMOTE),
        )
        return timed(_addressed(send, targets, names), row, "ScheduledDate")

    def live(self, org: Org, ids: Iterable[str]) -> frozenset[str]:
        """Return which of these are scheduled or running; deleted and unknown ones are not."""
        rows = org.rows_of(_STATUSES, ids, deleted=True)
        return frozenset(
            row["Id"]
            for row in (vouched(self._source, row, "Status", "IsDeleted") for row in rows)
            if row["Status"] in LIVE and not row["IsDeleted"]
        )


def _targets(org: Org, mails: list[str]) -> tuple[Mapping[str, list[Row]], Reason | None]:
    """Return the recipient sources of each mail, in the order of their ids.

    And what casts doubt on those of every mail: that they may not be seen, or whose one of them is.
    """
    found: dict[str, list[Row]] = {mail: [] for mail in mails}
    try:
        rows = org.rows_of(_SOURCES, mails)
    except QueryError as error:
        if error.code not in NOT_THERE:
            raise
        return {}, unseen_audience("ListEmailRecipientSource", error.code)
    doubt = None
    for row in rows:
        mail = row.get("ListEmailId")
        if isinstance(mail, str) and mail in found:
            found[mail].append(row)
        else:
            doubt = bad_row("ListEmailId", mail, "the Id of a list email", REMOTE)
    return found, doubt


def _addressed(send: Send, targets: Iterable[Row], names: Mapping[str, str]) -> Send:
    """Add the audiences; only `Include` is a documented SourceType, so no other is read."""
    audiences: dict[str, None] = {}
    problem = send.problem
    for target in targets:
        kind, id_ = target.get("SourceType"), target.get("SourceListId")
        if kind != "Include":
            problem = problem or bad_row("SourceType", kind, "Include", REMOTE)
        elif not isinstance(id_, str) or id_ not in names:
            problem = problem or unseen_audience("recipient source", id_)
        else:
            audiences[names[id_]] = None
    return replace(send, audiences=tuple(audiences), problem=problem)


def _names(org: Org, targets: Mapping[str, list[Row]]) -> dict[str, str]:
    """Return the names of all included targets that we may see, by id."""
    wanted: dict[str, set[str]] = {}
    for row in (row for rows in targets.values() for row in rows):
        id_ = row.get("SourceListId")
        if isinstance(id_, str) and (object_ := OBJECTS.get(id_[:3])):
            wanted.setdefault(object_, set()).add(id_)
    found: dict[str, str] = {}
    for object_, ids in sorted(wanted.items()):
        try:
            rows = org.rows_of(_NAMES.format(object=object_), ids)
        except QueryError as error:
            if error.code not in NOT_THERE:
                raise
            continue  # an object that we may not see at all: each of its names is unseen
        found |= {row["Id"]: row["Name"] for row in rows if _is_named(row)}
    return found


def _is_named(row: Row) -> bool:
    return isinstance(row.get("Id"), str) and filled(row.get("Name")) and is_text(row["Name"])
