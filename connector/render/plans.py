"""A plan as a person reads it: what would be given, when everything happens, and why."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from connector.domain.campaign_clock import CampaignClock
from connector.domain.distribution import Distribution, Occurrence
from connector.domain.plan import Plan, Planned
from connector.domain.reasons import span
from connector.domain.send import Spread, When
from connector.render.table import Table, short
from connector.render.views import action, near, offer
from connector.render.words import Words, local

OUTLIVES = (
    "An offer ends when its redeemable does, in Punchh, where the connector cannot read it: see "
    "that each redeemable outlives the last message."
)
HOW = {
    Spread.LOCAL: "by each guest's clock",
    Spread.INTELLIGENT: "at each guest's best time that day",
}
BY_WALL_CLOCK = (
    'punchh.campaign_clock = "business": Punchh is sent the start as the business\'s wall clock '
    "shows it, and west of UTC so much earlier, because it checks its notice by UTC."
)


def offers(plan: Plan, words: Words, clock: CampaignClock) -> Table:
    """Every offer: what this cycle would do with it, when, and why."""
    now, zone = plan.generated_at, words.zone
    return Table(
        f"Offers, as of {local(now, zone)} (times in that zone, but for those that say UTC)",
        ("Send, and what it gives", "Message", "Offer", "Action", "Why"),
        tuple(
            (
                f"{short(entry.occurrence.send.name)}\n{offer(planned.distribution)}",
                message(entry.occurrence, zone, now),
                "\n".join(_offer(planned, zone, now, clock)),
                action(planned),
                _why(entry.occurrence, planned.distribution, words),
            )
            for entry, planned in plan.planned()
        ),
        empty="no offer is wanted by any send",
    )


def without_offer(plan: Plan, words: Words) -> Table:
    """Every send that brings no offer in this plan, and why."""
    return Table(
        "Sends without an offer",
        ("Send", "Source", "Message", "Decision", "Why"),
        tuple(
            (
                short(entry.occurrence.send.name),
                entry.occurrence.send.source,
                message(entry.occurrence, words.zone, plan.generated_at),
                entry.occurrence.state or "-",
                "\n".join(map(words.whole, entry.occurrence.reasons)) or "-",
            )
            for entry in plan.entries
            if not entry.planned and entry.occurrence.closed_at is None
        ),
        empty="none",
    )


def _why(occurrence: Occurrence, offer: Distribution, words: Words) -> str:
    """Give the reason of an offer, and what is wrong with the row of its send."""
    problem, why = occurrence.send.problem, words.whole(offer.reason, offer.id)
    if problem is None or problem.code == offer.reason.code:
        return why
    return f"{why}\n{words.whole(problem)}"


def notes(plan: Plan, clock: CampaignClock) -> Iterator[str]:
    """Say what a table of offers cannot."""
    if any(entry.planned for entry in plan.entries):
        yield OUTLIVES
        if clock.zone is not None:
            yield BY_WALL_CLOCK


def message(occurrence: Occurrence, zone: ZoneInfo, now: datetime) -> str:
    """Spell when a send fires, by the business's clock and in UTC, and when guests can read it."""
    when = occurrence.when
    if when is None:
        return "no time"
    return "\n".join((_fires(when, zone, now), *_spread(when, zone, now)))


def _fires(when: When, zone: ZoneInfo, now: datetime) -> str:
    moment = when.scheduled_for
    there, utc = moment.astimezone(zone), near(moment, ZoneInfo("UTC"), now)
    same_day = there.replace(tzinfo=None).date() == moment.date()
    return f"fires {near(moment, zone, now)} {there:%Z}\n    = {utc[-5:] if same_day else utc} UTC"


def _spread(when: When, zone: ZoneInfo, now: datetime) -> Iterator[str]:
    last = when.last_delivery or when.scheduled_for
    if when.first_delivery == when.scheduled_for == last:
        yield "all guests then"
        return
    if when.spread in HOW:
        yield HOW[when.spread]
    yield f"first {near(when.first_delivery, zone, now)}"
    yield f"last  {near(last, zone, now)}"


def _offer(planned: Planned, zone: ZoneInfo, now: datetime, clock: CampaignClock) -> Iterator[str]:
    """Spell when an offer starts, when it can be committed, and how much time is left."""
    row = planned.distribution
    if row.start_time is None:
        yield "-"
        return
    yield f"starts      {near(row.start_time, zone, now)}"
    if clock.zone is not None:
        yield f"  sent as   {clock.sent(row.start_time):%d %b %H:%M}Z"
    if planned.timing is None or row.commit_by is None or row.state.sealed:
        return
    left = row.commit_by - now
    yield f"commit from {near(planned.timing.opens_at, zone, now)}"
    yield f"commit by   {near(row.commit_by, zone, now)}"
    yield f"            {span(left)} left" if left > timedelta() else "            too late"
