"""What must hold after every step, looked at from outside: raw SQL on one side, truth on the other.

The numbers are those of the protocol's invariants (I1 to I12).
"""

import json
import sqlite3
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from connector.sandbox.business import Campaign
from connector.worker.cycle import Report
from tests.simulation.brand import Brand

MIN_LEAD = timedelta(minutes=5)
SETTLING = timedelta(minutes=11)  # an edit younger than this may not have been read yet


class BrokenError(AssertionError):
    """An invariant does not hold."""


def require(holds: object, invariant: str, *facts: object) -> None:
    if not holds:
        raise BrokenError(f"{invariant}: {'; '.join(map(str, facts))}")


@dataclass
class Watch:
    """Looks at the ledger's file with a connection of its own, never through our code."""

    path: Path
    brand: Brand
    committed: dict[str, int] = field(default_factory=dict)
    _tie: sqlite3.Connection | None = None

    def rows(self, statement: str, *given: object) -> list[sqlite3.Row]:
        if self._tie is None:
            self._tie = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
            self._tie.row_factory = sqlite3.Row
        return self._tie.execute(statement, given).fetchall()

    def close(self) -> None:
        if self._tie is not None:
            self._tie.close()
            self._tie = None

    @property
    def campaigns(self) -> list[Campaign]:
        return list(self.brand.world.punchh.campaigns.values())

    def step(self) -> None:
        """Check all that must hold at any moment."""
        if not self.campaigns and not self.committed:
            return
        rows = {row["id"]: row for row in self.rows("SELECT * FROM distribution")}
        of = {
            row["external_campaign_id"]: row["distribution"]
            for row in self.rows("SELECT external_campaign_id, distribution FROM attempt")
        }
        self._sealed(rows, of)
        self._gifts(rows, of)

    def _sealed(self, rows: dict[str, sqlite3.Row], of: dict[str, str]) -> None:
        made = {one.campaign_id: one for one in self.campaigns}
        now = {
            row["id"]: row["campaign_id"] for row in rows.values() if row["state"] == "committed"
        }
        for row_id, campaign_id in self.committed.items():
            require(now.get(row_id) == campaign_id, "I4 committed is final", row_id, campaign_id)
        self.committed = now
        require(len(set(now.values())) == len(now), "I2 one campaign, one row", now)
        for row_id, campaign_id in now.items():
            one = made.get(campaign_id)
            require(one, "I2 a committed row has its campaign", row_id, campaign_id)
            if one is not None:
                owner = of.get(one.external_campaign_id or "")
                require(owner == row_id, "I2 the campaign is the row's own", row_id, owner)
        for one in made.values():
            owner = of.get(one.external_campaign_id or "")
            require(owner, "I6 a campaign belongs to an attempt", one)
            row = rows[owner or ""]
            if row["state"] == "committed" and row["campaign_id"] == one.campaign_id:
                continue
            fine = row["state"] in ("intent", "unknown") or row["reason_code"] == "abandoned"
            require(fine, "I5 a campaign that nobody knows of", one, dict(row))

    def _gifts(self, rows: dict[str, sqlite3.Row], of: dict[str, str]) -> None:
        family: Counter[tuple[Any, ...]] = Counter()
        gifts: dict[tuple[Any, ...], list[Campaign]] = defaultdict(list)
        for one in self.campaigns:
            occurrence = rows[of[one.external_campaign_id or ""]]["occurrence"]
            family[occurrence, one.segment_id, one.redeemable_uuid] += 1
            gifts[_send_id(occurrence), one.segment_id, one.redeemable_uuid].append(one)
        twice = [key for key, count in family.items() if count > 1]
        require(not twice, "I1 one campaign for an offer of an occurrence", twice)
        for key, several in gifts.items():
            if len(several) > 1:
                self._apart(key, sorted(several, key=lambda one: one.created_at))

    def _apart(self, key: tuple[Any, ...], several: list[Campaign]) -> None:
        """Between two gifts of one offer with one send, the send must really have gone out."""
        fired = self.brand.fired.get(key[0], [])
        for one, other in pairwise(several):
            between = [at for at in fired if one.created_at <= at <= other.created_at]
            told = [f"{each.campaign_id} made {each.created_at}" for each in (one, other)]
            require(between, "I1 one gift for one firing", key, *told, f"fired {fired}")

    # --- at a POST

    def post(self, body: bytes, now: datetime, off: timedelta) -> None:
        """Check, before Punchh does anything, that the intent is durable and the offer in time."""
        order = json.loads(body)
        mark = order["external_campaign_id"]
        found = self.rows(
            "SELECT a.begun_at, a.verdict, d.state, d.external_campaign_id AS mark, d.not_before, "
            "d.occurrence FROM attempt a JOIN distribution d ON d.id = a.distribution "
            "WHERE a.external_campaign_id = ?",
            mark,
        )
        require(len(found) == 1, "I6 an attempt is written before its POST", mark)
        row = found[0]
        fine = (row["state"], row["verdict"], row["mark"]) == ("intent", None, mark)
        require(fine, "I6 its row is sealed before its POST", dict(row))
        if row["not_before"] is not None:
            told = datetime.fromisoformat(row["not_before"])
            require(now + off >= told, "I8 no attempt before its time", now, told)
        self._in_time(row["occurrence"], datetime.fromisoformat(order["start_time"]), now)

    def _in_time(self, occurrence: str, start: datetime, now: datetime) -> None:
        """An offer starts `min_lead` before the first guest can read, by what is true now."""
        send_id = _send_id(occurrence)
        edited = self.brand.edited.get(send_id)
        if edited is not None and now - edited < SETTLING:
            return
        showing = self.brand.showing(self.brand.send(send_id))
        if showing is not None and not showing.send.hidden:
            late = start > showing.first - MIN_LEAD
            require(not late, "an offer that comes too late", occurrence, start, showing.first)

    # --- after a cycle

    def cycle(self, report: Report) -> None:
        """Everything that a good poll showed is in the ledger (I3), and no fault was ours."""
        require(not report.plan.crashed, "no decision fails", report.plan.crashed)
        shown = {
            (row["kind"], row["send_id"]): row["scheduled_for"]
            for row in self.rows("SELECT kind, send_id, scheduled_for FROM occurrence")
        }
        for poll in report.observation.polls:
            for send in poll.snapshot.sends:
                require((send.kind, send.send_id) in shown, "I3 a shown send is written down", send)

    def end(self, now: datetime) -> None:
        """When all trouble is over (I11): nothing that could go waits, and nothing is in flight."""
        for row in self.rows("SELECT * FROM distribution WHERE state IN ('waiting', 'intent')"):
            require(row["state"] != "intent", "I11 no intent is left behind", dict(row))
            by = row["commit_by"] and datetime.fromisoformat(row["commit_by"])
            due = row["reason_code"] in ("due", "due-short", "late")
            require(not due, "I11 what is due is committed", now, dict(row))
            require(not by or now <= by, "I11 what is too late is told so", now, dict(row))

    def owed(self, wanted: dict[tuple[str, datetime], tuple[Any, ...]]) -> None:
        """In a quiet month: each firing has exactly the offers that its name asks for, in time."""
        of = {
            row["external_campaign_id"]: row["occurrence"]
            for row in self.rows(
                "SELECT a.external_campaign_id, d.occurrence FROM attempt a "
                "JOIN distribution d ON d.id = a.distribution"
            )
        }
        for (send_id, first), (segment, redeemables) in wanted.items():
            for uuid in redeemables:
                made = [
                    one
                    for one in self.campaigns
                    if _send_id(of[one.external_campaign_id or ""]) == send_id
                    and (one.segment_id, one.redeemable_uuid) == (segment, uuid)
                    and first - timedelta(hours=4) < one.start_time <= first - MIN_LEAD
                ]
                require(len(made) == 1, "I11 exactly once, in time", send_id, first, made)


def _send_id(occurrence: str) -> str:
    return occurrence.split(":")[3]
