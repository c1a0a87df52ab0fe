"""Rows of `scheduled_broadcasts`, checked one by one (facts: braze §1)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from connector.domain.names import normalise
from connector.domain.reasons import Reason, reason
from connector.domain.send import Send
from connector.sources.braze.times import UnreadableTimeError, read_when
from connector.sources.checks import (
    NAMELESS,
    bad_row,
    bad_time,
    earliest_of_each,
    filled,
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
        tagged = isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)
        problem = None
        if not kind_known:
            problem = bad_row("type", kind, "Campaign or Canvas", REMOTE)
        elif not named:
            problem = bad_row("name", name, "a text", REMOTE)
        elif not tagged:
            problem = bad_row("tags", tags, "a list of texts", REMOTE)
        kept = tuple(tags) if tagged and tags else ()
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
        """Add the time to a send; a row that is bad already keeps its first problem."""
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
        return replace(send, when=when, problem=send.problem or problem)


def audiences(tags: Iterable[str], prefix: str) -> tuple[str, ...]:
    """Return what stands after the prefix in each tag that has it, in any case and width.

    Nothing after the prefix names no audience; the same name twice is one.
    """
    wanted = normalise(prefix)
    named: dict[str, str] = {}
    for tag in tags:
        if not normalise(tag).startswith(wanted):
            continue
        end = next((n for n in range(len(tag) + 1) if normalise(tag[:n]) == wanted), len(tag))
        if rest := tag[end:].strip():
            named.setdefault(normalise(rest), rest)
    return tuple(named.values())
