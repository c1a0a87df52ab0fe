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
    MOST_TAGS,
    TEXT,
    bad_row,
    bad_time,
    earliest_of_each,
    filled,
    graver,
    is_text,
    name_of,
    shortened,
    with_ids,
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
        known, notes = with_ids(rows, "id", REMOTE)
        sends, twice = earliest_of_each(map(self._send, known), REMOTE)
        return sends, (*notes, *twice)

    def _send(self, row: dict[str, Any]) -> Send:
        name, kind, tags = row.get("name"), row.get("type"), row.get("tags")
        named = is_text(name)
        kind_known = isinstance(kind, str) and kind.strip().lower() in TYPES
        kept = tuple(filter(is_text, tags[:MOST_TAGS])) if isinstance(tags, list) else ()
        problem = misspelled(kept, self.prefix, REMOTE) or _unreadable(tags)
        if not kind_known:
            problem = bad_row("type", kind, "Campaign or Canvas", REMOTE)
        elif not named:
            problem = bad_row("name", name, TEXT, REMOTE)
        send = Send(
            source=self.source,
            kind=str(kind).strip().lower() if kind_known else "unknown",
            account="",
            send_id=row["id"].strip(),
            name=name_of(name),
            tags=kept,
            audiences=audiences(kept, self.prefix),
            problem=problem,
        )
        return self._timed(send, row)

    def _timed(self, send: Send, row: dict[str, Any]) -> Send:
        """Add the time to a send; a row that cannot be used already keeps that problem."""
        text, kind = row.get("next_send_time"), row.get("schedule_type")
        problem, when = None, None
        if kind is not None and not is_text(kind):
            problem = bad_row("schedule_type", kind, TEXT, REMOTE)
        elif not filled(text) or not is_text(text):
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


def _unreadable(tags: object) -> Reason | None:
    """Return the problem of tags that are no list, or not all text (facts: braze §10)."""
    if not isinstance(tags, list):
        return reason(f"{UNREADABLE_TAGS}/no-list", remote=REMOTE, tags=shortened(tags))
    odd = [*(tag for tag in tags[:MOST_TAGS] if not is_text(tag)), *tags[MOST_TAGS:]]
    if not odd:
        return None
    first = shortened(odd[0])
    return reason(UNREADABLE_TAGS, remote=REMOTE, count=len(odd), of=len(tags), first=first)
