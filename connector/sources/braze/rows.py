"""Rows of `scheduled_broadcasts`, checked one by one (facts: braze §1)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from connector.domain.reasons import Reason, reason
from connector.domain.send import UNREADABLE_TAGS, Send
from connector.sources.braze.tags import audiences, misspelled
from connector.sources.braze.times import UnreadableTimeError, read_when
from connector.sources.checks import (
    NAMELESS,
    bad_row,
    bad_time,
    earliest_of_each,
    filled,
    graver,
    shortened,
    without_id,
)

REMOTE = "Braze"
TYPES = ("campaign", "canvas")


@dataclass(frozen=True, slots=True)
class Reading:
    """How one source's rows are read; times as in `times.read_when`."""

    source: str
    timezone: str
    earliest: timedelta
    tail: timedelta
    prefix: str

    def sends(self, rows: Iterable[Any]) -> tuple[tuple[Send, ...], tuple[Reason, ...]]:
        """Return a send for every row that has an id, and a note for every other."""
        known, notes = [], []
        for row in rows:
            if isinstance(row, dict) and filled(row.get("id")):
                known.append(self._send(row))
            else:
                notes.append(without_id(row, REMOTE))
        sends, twice = earliest_of_each(known, REMOTE)
        return sends, (*notes, *twice)

    def _send(self, row: dict[str, Any]) -> Send:
        name, kind, tags = row.get("name"), row.get("type"), row.get("tags")
        named = isinstance(name, str)
        kind_known = isinstance(kind, str) and kind.strip().lower() in TYPES
        kept = tuple(filter(_is_text, tags)) if isinstance(tags, list) else ()
        problem = misspelled(kept, self.prefix, REMOTE) or _unreadable(tags)
        if not kind_known:
            problem = bad_row("type", kind, "Campaign or Canvas", REMOTE)
        elif not named:
            problem = bad_row("name", name, "a text", REMOTE)
        send = Send(
            source=self.source,
            kind=str(kind).strip().lower() if kind_known else "unknown",
            account="",
            send_id=row["id"].strip(),
            name=str(name) if named else NAMELESS,
            tags=kept,
            audiences=audiences(kept, self.prefix),
            problem=problem,
        )
        return self._timed(send, row)

    def _timed(self, send: Send, row: dict[str, Any]) -> Send:
        """Add the time to a send; a row that cannot be used already keeps that problem."""
        text, kind = row.get("next_send_time"), row.get("schedule_type")
        problem, when = None, None
        if kind is not None and not isinstance(kind, str):
            problem = bad_row("schedule_type", kind, "a text", REMOTE)
        elif not filled(text):
            problem = bad_time("next_send_time", text, reason("time/none"), REMOTE)
        else:
            try:
                when = read_when(
                    str(text),
                    kind,
                    company_zone=self.timezone,
                    earliest=self.earliest,
                    tail=self.tail,
                )
            except UnreadableTimeError as error:
                problem = bad_time("next_send_time", text, error.why, REMOTE)
        return replace(send, when=when, problem=graver(send.problem, problem))


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _unreadable(tags: object) -> Reason | None:
    """Return the problem of tags that are no list, or not all text (facts: braze §10)."""
    if not isinstance(tags, list):
        return reason(f"{UNREADABLE_TAGS}/no-list", remote=REMOTE, tags=shortened(tags))
    odd = [tag for tag in tags if not _is_text(tag)]
    if not odd:
        return None
    first = shortened(odd[0])
    return reason(UNREADABLE_TAGS, remote=REMOTE, count=len(odd), of=len(tags), first=first)
