"""Which facts and settings gave which instant of a send and its offer."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from connector.domain.campaign_clock import CampaignClock
from connector.domain.policy import Policy
from connector.domain.reasons import span
from connector.domain.rules import Rule
from connector.domain.send import When
from connector.domain.timing import Timing, timing
from connector.render.table import Table
from connector.render.words import Words, local

Row = tuple[str, str, str]


def table(
    when: When | None, rule: Rule | None, policy: Policy, words: Words, now: datetime
) -> Table:
    """Every instant with what it was made from; those of the offer where a rule brings one."""
    zone = words.zone
    rows: list[Row] = []
    if when is not None:
        rows += _message(when, words)
        if rule is not None and rule.ignore is None:
            timed = timing(when.first_delivery, rule, policy, now)
            rows += [*_lengths(rule, policy), *_offer(timed, policy, zone, now)]
    return Table(
        f"How its times come about, as of {local(now, zone)}",
        ("What", "Is", "Because"),
        tuple(rows),
        empty="its source gives no time that can be read",
    )


def _both(moment: datetime, zone: ZoneInfo) -> str:
    return f"{local(moment, zone)}\n{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _message(when: When, words: Words) -> Iterator[Row]:
    zone = words.zone
    yield "its source says", when.wall, words.sentence(when.reading)
    yield "fires", _both(when.scheduled_for, zone), "the nominal time"
    yield "first message", _both(when.first_delivery, zone), "no guest can have it sooner"
    if when.last_delivery is not None:
        why = "the redeemable must outlive it; where it ends is set in Punchh, and not readable"
        yield "last message", _both(when.last_delivery, zone), why


def _lengths(rule: Rule, policy: Policy) -> Iterator[Row]:
    for name in ("lead_time", "min_lead", "commit_ahead"):
        own = getattr(rule, name)
        length = getattr(policy.schedule, name) if own is None else own
        yield name, span(length), "schedule" if own is None else f"rule {rule.name}"
    terms = policy.terms
    told = f"{span(terms.notice)} that Punchh asks for, {span(terms.margin)} of margin"
    if policy.skew:
        told += f", {span(policy.skew)} because its clock is ahead of ours"
    yield "notice", span(policy.notice), told
    if terms.clock.zone is not None:
        told = f"starts are sent by the clocks of {terms.clock.zone.key}"
        yield "campaign_clock", "business", told


def _offer(timed: Timing, policy: Policy, zone: ZoneInfo, now: datetime) -> Iterator[Row]:
    clock = policy.terms.clock
    told = "first message - lead_time, to the minute"
    if clock.zone is not None:
        told += f"; sent as {clock.sent(timed.wanted_start):%Y-%m-%dT%H:%MZ}"
    yield "offer starts", _both(timed.wanted_start, zone), told
    west = _lag(clock, timed.wanted_start)
    yield "window opens", _both(timed.opens_at, zone), f"offer start - commit_ahead{west}"
    west = _lag(clock, timed.latest_start)
    yield "commit by", _both(timed.commit_by, zone), f"first message - min_lead - notice{west}"
    if timed.late:
        told = f"too late by {span(now - timed.commit_by)}"
        yield "committed now", _both(timed.earliest_start, zone), told
    elif timed.start > timed.wanted_start:
        lead = span(timed.first_delivery - timed.start)
        yield "committed now", _both(timed.start, zone), f"it would start {lead} before the message"
    else:
        yield "time left", span(max(timed.commit_by - now, timedelta())), "until commit by"


def _lag(clock: CampaignClock, start: datetime) -> str:
    lag = clock.lag(start)
    return f" - {span(lag)}, because Punchh checks its notice by UTC" if lag else ""
