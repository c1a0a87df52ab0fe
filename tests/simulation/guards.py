"""What must hold when a campaign is posted and when a remote is asked: the guards, from outside."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.simulation.invariants import MIN_LEAD, Owner, Watch, require

SETTLING = timedelta(minutes=11)  # an edit younger than this may not have been read yet
AFTER_ONE, AFTER_TWO = timedelta(minutes=1), timedelta(minutes=15)
_ATTEMPT = (
    "SELECT a.begun_at, a.verdict, d.id, d.state, d.external_campaign_id AS mark, d.not_before, "
    "d.occurrence, d.n, d.rule, d.first_delivery, o.source FROM attempt a "
    "JOIN distribution d ON d.id = a.distribution JOIN occurrence o ON o.key = d.occurrence "
    "WHERE a.external_campaign_id = ? ORDER BY a.begun_at DESC"
)
_PAUSES = "SELECT scope, name, until FROM pause WHERE resumed_at IS NULL"
_LEFT_ALONE = "SELECT name, refused_key, read_after, not_before FROM remote"
_VERDICTS = (
    "SELECT verdict, ended_at FROM attempt WHERE reach IS NOT NULL AND ended_at IS NOT NULL "
    "ORDER BY rowid DESC LIMIT 9"
)


@dataclass
class Guards:
    """Looks at every POST before Punchh does anything, and at whom each cycle asked.

    `forgiven` is the worker's clock when it last lost its memory, or a person told it to go on.
    """

    watch: Watch
    forgiven: datetime
    _alone: dict[str, sqlite3.Row] = field(default_factory=dict)

    def post(self, body: bytes, now: datetime, off: timedelta) -> None:
        """Check that the intent is durable, the offer in time, and nobody said no."""
        order = json.loads(body)
        mark = order["external_campaign_id"]
        found = self.watch.rows(_ATTEMPT, mark)
        require(found, "I6 an attempt is written before its POST", mark)
        row = found[0]
        fine = (row["state"], row["verdict"], row["mark"]) == ("intent", None, mark)
        require(fine, "I6 its row is sealed before its POST", dict(row))
        if row["not_before"] is not None:
            told = datetime.fromisoformat(row["not_before"])
            require(now + off >= told, "I8 no attempt before its time", now, told)
        begun = datetime.fromisoformat(row["begun_at"])
        self._not_paused(row["source"], row["rule"], begun)
        self._not_too_soon_after_unknowns(begun)
        first = row["first_delivery"] and datetime.fromisoformat(row["first_delivery"])
        owner = Owner(row["id"], row["occurrence"], row["n"], first)
        self.watch.owners[mark] = owner
        self._in_time(owner, datetime.fromisoformat(order["start_time"]), now)

    def _not_paused(self, source: str, rule: str, at: datetime) -> None:
        mode = self.watch.rows("SELECT rehearsal FROM ledger")[0]
        require(not mode["rehearsal"], "nothing is posted in rehearsal")
        for one in self.watch.rows(_PAUSES):
            over = one["until"] is not None and datetime.fromisoformat(one["until"]) <= at
            covers = one["scope"] in ("all", "punchh") or one["name"] in (source, rule)
            require(over or not covers, "a pause stops commits", tuple(one), source, rule)

    def _not_too_soon_after_unknowns(self, at: datetime) -> None:
        """After one lost answer Punchh is given a minute, after two in a row a quarter hour."""
        rows = self.watch.rows(_VERDICTS)
        lost = []
        for row in rows:
            ended = datetime.fromisoformat(row["ended_at"])
            if row["verdict"] == "committed" or ended <= self.forgiven:
                break
            if row["verdict"] == "unknown":
                lost.append(ended)
        if lost:
            rest = AFTER_ONE if len(lost) == 1 else AFTER_TWO
            require(at >= lost[0] + rest, "I8 a rest after lost answers", at, *lost)

    def _in_time(self, owner: Owner, start: datetime, now: datetime) -> None:
        """An offer starts `min_lead` before the first guest can read, by what is true now."""
        brand = self.watch.brand
        edited = brand.edited.get(owner.send_id)
        if edited is not None and now - edited < SETTLING:
            return
        showing = brand.showing(brand.send(owner.send_id))
        if showing is None or showing.send.hidden:
            return
        late = start > showing.first - MIN_LEAD
        require(not late, "an offer that comes too late", owner, start, showing.first)

    # --- whom a cycle asks

    def before_cycle(self, at: datetime) -> None:
        """Note which remotes the ledger says are to be left alone."""
        self._alone = {}
        for row in self.watch.rows(_LEFT_ALONE):
            waits = [one for one in (row["read_after"], row["not_before"]) if one]
            for_good = row["refused_key"] and not row["read_after"]
            if for_good or any(datetime.fromisoformat(one) > at for one in waits):
                self._alone[row["name"]] = row

    def after_cycle(self, asked: set[str], keys: Mapping[str, str]) -> None:
        """Check that nobody asked them; one with another key than the refused may be tried."""
        for name, row in self._alone.items():
            another = row["refused_key"] not in (None, keys[name])
            require(name not in asked or another, "I8 a remote is left alone", dict(row))
