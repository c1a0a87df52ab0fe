"""What must hold after every step, looked at from outside: raw SQL on one side, truth on the other.

The numbers are those of the protocol's invariants (I1 to I12).
"""

import sqlite3
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from connector.ledger.verify import verify
from connector.sandbox.business import Campaign
from connector.worker.cycle import Report
from tests.simulation.brand import Brand

MIN_LEAD = timedelta(minutes=5)


class BrokenError(AssertionError):
    """An invariant does not hold."""


def require(holds: object, invariant: str, *facts: object) -> None:
    if not holds:
        raise BrokenError(f"{invariant}: {'; '.join(map(str, facts))}")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose attempt a campaign is, as the ledger said when it was posted.

    `n` counts the rows that a person had opened for one offer, one after another.
    """

    distribution: str
    occurrence: str
    n: int
    first_delivery: datetime | None

    @property
    def send_id(self) -> str:
        return self.occurrence.split(":")[3]


@dataclass
class Watch:
    """Looks at the ledger's file with a connection of its own, never through our code.

    `owners` go by the campaign's mark and outlive every ledger; `lost` are the campaigns of which
    a ledger that was put back knows nothing.
    """

    path: Path
    brand: Brand
    committed: dict[str, int] = field(default_factory=dict)
    owners: dict[str, Owner] = field(default_factory=dict)
    lost: set[int] = field(default_factory=set)
    excused: set[tuple[Any, ...]] = field(default_factory=set)
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
        """All that were ever made, with those that were cancelled in time."""
        return [*self.brand.live_campaigns(), *self.brand.cancelled.values()]

    def campaigns_of(self, send_id: str) -> list[Campaign]:
        """Return the campaigns that stand for a send."""
        return [one for one in self.brand.live_campaigns() if self._owner(one).send_id == send_id]

    def _owner(self, campaign: Campaign) -> Owner:
        owner = self.owners.get(campaign.external_campaign_id or "")
        if owner is None:
            raise BrokenError(f"I6 a campaign belongs to an attempt: {campaign}")
        return owner

    # --- after every step

    def step(self) -> None:
        """Check all that must hold at any moment."""
        if not self.brand.world.punchh.campaigns and not self.committed:
            return
        rows = {row["id"]: row for row in self.rows("SELECT * FROM distribution")}
        self._sealed(rows)
        self._gifts()

    def _sealed(self, rows: dict[str, sqlite3.Row]) -> None:
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
                owner = self._owner(one).distribution
                require(owner == row_id, "I2 the campaign is the row's own", row_id, owner)
        for one in made.values():
            told = _told_of(one, rows.get(self._owner(one).distribution))
            fine = told or one.campaign_id in self.lost
            require(fine, "I5 a campaign that nobody knows of", one)

    def _gifts(self) -> None:
        """Count what guests get: a campaign that was cancelled in time gave nothing."""
        family: Counter[tuple[Any, ...]] = Counter()
        gifts: dict[tuple[Any, ...], list[Campaign]] = defaultdict(list)
        for one in self.brand.live_campaigns():
            owner, pair = self._owner(one), (one.segment_id, one.redeemable_uuid)
            if (owner.send_id, *pair) in self.excused:
                continue
            gifts[owner.send_id, *pair].append(one)
            if one.campaign_id not in self.lost:
                family[owner.occurrence, owner.n, *pair] += 1
        twice = [key for key, count in family.items() if count > 1]
        require(not twice, "I1 one campaign for an offer of an occurrence", twice)
        for key, several in gifts.items():
            if len(several) > 1:
                self._apart(key, sorted(several, key=lambda one: one.created_at))

    def _apart(self, key: tuple[Any, ...], several: list[Campaign]) -> None:
        """Between two gifts of one offer with one send, the send must really have gone out.

        Or it leapt by whole days just before its time, or was moved when its messages had begun to
        queue: no source tells that from a firing.
        """
        fired = self.brand.fired.get(key[0], [])
        fired = [*fired, *(at for send_id, at in self.brand.leaps if send_id == key[0])]
        for one, other in pairwise(several):
            between = [at for at in fired if one.created_at <= at <= other.created_at]
            told = [f"{each.campaign_id} made {each.created_at}" for each in (one, other)]
            require(between, "I1 one gift for one firing", key, *told, f"fired {fired}")

    # --- after a ledger was put back

    def restored(self) -> None:
        """Note what the ledger has forgotten; a person looks into Punchh for what has moved."""
        self.close()
        self.committed = {}
        rows = {row["id"]: row for row in self.rows("SELECT * FROM distribution")}
        for one in self.campaigns:
            if not _told_of(one, rows.get(self._owner(one).distribution)):
                self.lost.add(one.campaign_id)
                self._look_up(one)

    def looked_up(self) -> None:
        """Before going live a person looks once more for what no worker has seen since."""
        seen = {row["send_id"] for row in self.rows("SELECT send_id FROM occurrence")}
        for one in self.campaigns:
            if one.campaign_id in self.lost and self._owner(one).send_id not in seen:
                self._look_up(one)

    def _look_up(self, one: Campaign) -> None:
        """Cancel the campaign of a send that moved since, as the handbook says.

        Where it had begun already, nobody can, and guests may get that offer twice.
        """
        owner = self._owner(one)
        if self._moved_since(one, owner) and not self.brand.stop(one.campaign_id):
            self.excused.add((owner.send_id, one.segment_id, one.redeemable_uuid))

    def _moved_since(self, made: Campaign, owner: Owner) -> bool:
        fired = self.brand.fired.get(owner.send_id, [])
        showing = self.brand.showing(self.brand.send(owner.send_id))
        gone_out = any(at >= made.created_at for at in fired)
        return not gone_out and (showing is None or showing.first != owner.first_delivery)

    # --- after a cycle

    def cycle(self, report: Report, per_cycle: int) -> None:
        """Everything that a good poll showed is in the ledger (I3), and no fault was ours."""
        require(not report.plan.crashed, "no decision fails", report.plan.crashed)
        shown = {
            (row["kind"], row["send_id"])
            for row in self.rows("SELECT kind, send_id FROM occurrence")
        }
        for poll in report.observation.polls:
            for send in poll.snapshot.sends:
                require((send.kind, send.send_id) in shown, "I3 a shown send is written down", send)
        if len(report.settled) > per_cycle:
            self._capped(report, per_cycle)

    def _capped(self, report: Report, per_cycle: int) -> None:
        ids = {row["distribution"] for row in self.rows("SELECT distribution FROM approval")}
        free = [one for one in report.settled if one.distribution.id not in ids]
        require(len(free) <= per_cycle, "a cap is kept", len(free))

    # --- in the end

    def end(self, now: datetime) -> None:
        """When all trouble is over (I11): nothing that could go waits, and nothing is in flight."""
        for row in self.rows("SELECT * FROM distribution WHERE state IN ('waiting', 'intent')"):
            require(row["state"] != "intent", "I11 no intent is left behind", dict(row))
            by = row["commit_by"] and datetime.fromisoformat(row["commit_by"])
            due = row["reason_code"] in ("due", "due-short", "late")
            require(not due, "I11 what is due is committed", now, dict(row))
            require(not by or now <= by, "I11 what is too late is told so", now, dict(row))
        silent = self.rows("SELECT id, state FROM distribution WHERE trim(reason) = ''")
        require(not silent, "no state without a reason", [tuple(row) for row in silent])
        problems = verify(self.path)
        require(not problems, "I10 the ledger is whole", *problems)

    def owed(self, wanted: dict[tuple[str, datetime], tuple[Any, ...]]) -> None:
        """In a quiet month: each firing has exactly the offers that its name asks for, in time."""
        for (send_id, first), (segment, redeemables) in wanted.items():
            for uuid in redeemables:
                made = [
                    one
                    for one in self.campaigns_of(send_id)
                    if (one.segment_id, one.redeemable_uuid) == (segment, uuid)
                    and first - timedelta(hours=4) < one.start_time <= first - MIN_LEAD
                ]
                require(len(made) == 1, "I11 exactly once, in time", send_id, first, made)


def _told_of(campaign: Campaign, row: sqlite3.Row | None) -> bool:
    """Say whether a row accounts for a campaign: as its own, or as what its last attempt made.

    An old copy of a ledger may know a row by an earlier attempt only.
    """
    if row is None:
        return False
    if row["state"] == "committed":
        return bool(row["campaign_id"] == campaign.campaign_id)
    may_exist = row["state"] in ("intent", "unknown") or row["reason_code"] == "abandoned"
    return bool(may_exist and row["external_campaign_id"] == campaign.external_campaign_id)
