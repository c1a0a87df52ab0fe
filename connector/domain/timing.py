"""When an offer starts and when it must be committed. All instants are aware, in UTC."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.domain.policy import Policy
from connector.domain.rules import Rule

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Timing:
    """The instants of one distribution (design: instants).

    `wanted_start` lies `lead_time` before the first delivery, `earliest_start` is what the
    platform takes if asked now, `latest_start` still leaves `min_lead`. The commit window goes
    from `opens_at` to `commit_by`.
    """

    first_delivery: datetime
    wanted_start: datetime
    earliest_start: datetime
    latest_start: datetime
    opens_at: datetime
    commit_by: datetime

    @property
    def start(self) -> datetime:
        """The start of a commit made now."""
        return max(self.wanted_start, self.earliest_start)

    @property
    def late(self) -> bool:
        """True where a commit made now could not start `min_lead` before the first delivery."""
        return self.earliest_start > self.latest_start


def timing(first_delivery: datetime, rule: Rule, policy: Policy, now: datetime) -> Timing:
    """Compute the instants for a first delivery under a rule's own times or the schedule's."""
    schedule = policy.schedule
    lead_time = rule.lead_time if rule.lead_time is not None else schedule.lead_time
    min_lead = rule.min_lead if rule.min_lead is not None else schedule.min_lead
    ahead = rule.commit_ahead if rule.commit_ahead is not None else schedule.commit_ahead
    notice = policy.terms.notice + policy.terms.margin + policy.skew
    wanted_start = _floor(first_delivery - lead_time)
    return Timing(
        first_delivery=first_delivery,
        wanted_start=wanted_start,
        earliest_start=_ceil(now + notice),
        latest_start=first_delivery - min_lead,
        opens_at=wanted_start - ahead,
        commit_by=first_delivery - min_lead - notice,
    )


def _floor(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _ceil(moment: datetime) -> datetime:
    floor = _floor(moment)
    return floor if floor == moment else floor + MINUTE
