"""What an attempt came to, and what people found out about it, in their words."""

from datetime import datetime

from connector.domain.reasons import Reason, instant

ABANDONED = "abandoned"  # the code of a person's word that nobody knows what became of it


def withheld() -> Reason:
    """Say that the request was not made, for what was found out just before."""
    return Reason(
        "withheld",
        "nothing was sent: the ledger, its mark or its lock could not be relied on",
        "The worker's log says why (cycle.failed); look at the ledger's folder",
    )


def in_flight() -> Reason:
    return Reason("in-flight", "the commit is being made")


def committed(campaign_id: int, start: datetime) -> Reason:
    return Reason("committed", f"Punchh campaign {campaign_id} starts {instant(start)}")


def found_in_punchh(who: str, campaign_id: int) -> Reason:
    return Reason("committed", f"{who} found it in Punchh as campaign {campaign_id}")


def evidenced(campaign_id: int, mark: str, start: datetime | None) -> Reason:
    """Say that a webhook settled an unknown."""
    began = f", starts {instant(start)}" if start else ""
    return Reason(
        "committed",
        f"Punchh campaign {campaign_id}{began}: its webhook told of gifts by the mark {mark}",
    )


def not_committed(who: str, why: str) -> Reason:
    return Reason("not-committed", f"{who} looked, and Punchh holds no such campaign: {why}")


def abandoned(who: str, why: str) -> Reason:
    return Reason(
        ABANDONED,
        f"given up by {who}, though Punchh may hold the campaign: {why}",
        "Nothing repeats it but `connector ledger retry ID --although-it-may-exist --reason …`",
    )


def may_still_arrive(until: datetime) -> str:
    """Warn of a lost request that Punchh would still take, up to its notice before the start."""
    return (
        f"warning: until {instant(until)} Punchh may still take the lost request; look again then, "
        "and stop one of the two if it did"
    )


def recommitted(who: str, campaign_id: int | None, why: str) -> Reason:
    return Reason("recommitted", f"{who} cancelled campaign {campaign_id} in Punchh: {why}")


def retried(who: str, why: str) -> Reason:
    return Reason("retried", f"{who} wants it tried again: {why}")


def orphaned() -> Reason:
    return Reason(
        "orphaned",
        "the worker ended while the commit was in flight: Punchh may or may not hold the campaign",
        "Look in Punchh's dashboard for the campaign, then "
        "`connector ledger resolve ID --committed CAMPAIGN_ID | --not-committed --reason …`",
    )


def backoff(until: datetime, why: Reason) -> Reason:
    return Reason(why.code, f"{why.sentence}; tried again from {instant(until)}", why.next_step)


def too_soon_again(times: int) -> Reason:
    return Reason(
        "start-too-soon",
        f"Punchh found the start too soon {times} times, though it was computed anew",
        "Compare this machine's clock with Punchh's, then `connector ledger retry ID --reason …`",
    )
