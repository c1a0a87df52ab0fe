"""Settings that decisions read: how far ahead, how early, and how much at most."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from connector.domain.clocks import believed
from connector.domain.durations import Duration
from connector.domain.offer import Terms
from connector.domain.reasons import span

NOTICE = timedelta(minutes=15)  # Punchh refuses a campaign that starts sooner by itself
_STEP = timedelta(seconds=10)
NOTICE_AND_MARGIN = NOTICE + timedelta(minutes=2)


class Schedule(BaseModel):
    """`[schedule]`: when offers are planned and committed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    poll_seconds: int = Field(60, ge=5, le=3600)
    horizon: Duration = timedelta(days=7)
    commit_ahead: Duration = timedelta(hours=2)
    lead_time: Duration = timedelta(minutes=30)
    min_lead: Duration = timedelta(minutes=5)
    max_snapshot_age: Duration = timedelta(minutes=10)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        check_lead(self.lead_time, self.min_lead)
        check_commit_ahead(self.commit_ahead, self.poll_seconds)
        least = self.lead_time + self.commit_ahead + timedelta(days=1)
        if self.horizon < least:
            raise ValueError(
                f"horizon ({span(self.horizon)}) must be at least "
                f"lead_time + commit_ahead + 1d ({span(least)})"
            )
        return self


def _no_flag(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a whole number")  # noqa: TRY004  pydantic's way
    return value


Count = Annotated[int, BeforeValidator(_no_flag), Field(ge=0)]


class Safety(BaseModel):
    """`[safety]`: the most that may be given without a person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_commits_per_cycle: Count = 20
    max_commits_per_day: Count = 100
    same_offer_gap: Duration = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Policy:
    """All that decisions read of the settings and of the loyalty platform.

    `skew` is how far the platform's clock is ahead of ours, as it is allowed for.
    """

    schedule: Schedule
    safety: Safety
    terms: Terms
    skew: timedelta = timedelta()

    @property
    def notice(self) -> timedelta:
        """How long before its start a campaign must be asked for, by our clock."""
        return self.terms.notice + self.terms.margin + self.skew


def allowance(skew: timedelta) -> timedelta:
    """Return what is allowed for where a clock is ahead of ours by so much.

    Nothing below 5 s, and rounded up to 10 s: a plan does not change with a second of noise.
    Nothing either for what is not `believed`.
    """
    ahead = believed(skew)
    if ahead < timedelta(seconds=5):
        return timedelta()
    return -(-ahead // _STEP) * _STEP


def check_lead(lead_time: timedelta, min_lead: timedelta) -> None:
    """Refuse (ValueError) a least lead that is longer than the lead itself."""
    if min_lead > lead_time:
        raise ValueError(
            f"min_lead ({span(min_lead)}) must not be longer than lead_time ({span(lead_time)})"
        )


def check_commit_ahead(commit_ahead: timedelta, poll_seconds: int) -> None:
    """Refuse (ValueError) a commit window too short for Punchh's notice and two polls."""
    least = NOTICE_AND_MARGIN + 2 * timedelta(seconds=poll_seconds)
    if commit_ahead < least:
        raise ValueError(
            f"commit_ahead ({span(commit_ahead)}) must be at least 17m + 2 polls ({span(least)})"
        )
