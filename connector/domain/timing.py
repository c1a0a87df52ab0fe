"""When an offer starts and when it must be committed. All instants are aware, in UTC."""

from dataclasses import dataclass
from datetime import datetime

from connector.domain.policy import Policy
from connector.domain.rules import Rule


@dataclass(frozen=True, slots=True)
class Timing:
    """The instants of one distribution (design: instants).

    `wanted_start` lies `lead_time` before the first delivery, `earliest_start` is what the
    platform takes if asked now, `latest_start` still leaves `min_lead`; starts are whole minutes.
    The commit window goes from `opens_at` to `commit_by`, the last moment at which `latest_start`
    is taken.
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
    clock, notice = policy.terms.clock, policy.notice
    wanted_start = clock.until(first_delivery - lead_time)
    latest_start = clock.until(first_delivery - min_lead)
    return Timing(
        first_delivery=first_delivery,
        wanted_start=wanted_start,
        earliest_start=clock.accepted(now + notice),
        latest_start=latest_start,
        opens_at=wanted_start - clock.lag(wanted_start) - ahead,
        commit_by=latest_start - clock.lag(latest_start) - notice,
    )
