"""What an attempt came to, and what people found out about it."""

from datetime import datetime

from connector.domain.reasons import Reason, reason

ABANDONED = "abandoned"  # the code of a person's word that nobody knows what became of it


def withheld() -> Reason:
    """Say that the request was not made, for what was found out just before."""
    return reason("withheld")


def in_flight() -> Reason:
    return reason("in-flight")


def committed(campaign_id: int, start: datetime) -> Reason:
    return reason("committed", campaign_id=campaign_id, start=start)


def found_in_punchh(who: str, campaign_id: int) -> Reason:
    return reason("committed/found", who=who, campaign_id=campaign_id)


def evidenced(campaign_id: int, mark: str, start: datetime | None) -> Reason:
    """Say that a webhook settled an unknown."""
    return reason("committed/evidenced", campaign_id=campaign_id, mark=mark, start=start)


def not_committed(who: str, why: str) -> Reason:
    return reason("not-committed", who=who, why=why)


def abandoned(who: str, why: str) -> Reason:
    return reason(ABANDONED, who=who, why=why)


def may_still_arrive(until: datetime) -> Reason:
    """Warn of a lost request that Punchh would still take, up to its notice before the start."""
    return reason("may-still-arrive", until=until)


def recommitted(who: str, campaign_id: int | None, why: str) -> Reason:
    return reason("recommitted", who=who, campaign_id=campaign_id, why=why)


def retried(who: str, why: str) -> Reason:
    return reason("retried", who=who, why=why)


def orphaned() -> Reason:
    return reason("orphaned")


def backoff(until: datetime, why: Reason) -> Reason:
    """Say when an attempt that was surely not carried out is made again; it keeps its code."""
    return reason(f"{why.code}/again", until=until, why=why)


def too_soon_again(times: int) -> Reason:
    return reason("start-too-soon/given-up", times=times)
