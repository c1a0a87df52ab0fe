"""Values for the ledger's tests: small builders, and strategies for whole values."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import strategies as st

from connector.domain.deadlines import due
from connector.domain.distribution import Attempt, Decision, Distribution, Occurrence, State
from connector.domain.keys import distribution_id, external_campaign_id, occurrence_key
from connector.domain.offer import Verdict
from connector.domain.plan import Action, Entry, Plan, Planned
from connector.domain.reasons import Reason, claimed
from connector.domain.send import Send, Spread, When
from connector.domain.verdicts import committed
from connector.ledger import Ledger
from connector.render.texts import SAID
from tests.support.words import saying

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
GAP = timedelta(hours=24)


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'ledger.db'}"


def new_ledger(folder: Path, *, live: bool = True) -> Ledger:
    ledger = Ledger.create(url_of(folder), ledger_id="L1", at=NOW)
    if live:
        ledger.go_live(at=NOW, who="test", nothing_given_yet=True)
    return ledger


def an_occurrence(send_id: str = "s1", *, at: datetime = NOW + timedelta(days=2)) -> Occurrence:
    when = When(at, at, "2026-11-24T06:00", "UTC")
    send = Send("braze_us", "campaign", "", send_id, f"Send {send_id}", when=when)
    return Occurrence(
        key=occurrence_key("campaign", "", send_id, at),
        send=send,
        opened_for=at,
        first_seen_at=NOW,
        decision=Decision.CLAIMED,
        rule="fries",
        reason=claimed("fries"),
    )


def a_distribution(
    of: Occurrence, *, wanted: str = "vip", segment_id: int = 7, state: State = State.WAITING
) -> Distribution:
    first = of.when.first_delivery if of.when else NOW
    return Distribution(
        id=distribution_id(of.key, wanted, "fries"),
        occurrence=of.key,
        wanted_segment=wanted,
        wanted_redeemable="fries",
        rule="fries",
        state=state,
        reason=due() if state is State.WAITING else saying(f"is-{state.value}", "so it is"),
        segment=wanted.upper(),
        segment_id=segment_id,
        redeemable="Fries",
        redeemable_uuid="u-1",
        scheduled_for=first,
        first_delivery=first,
        start_time=first - timedelta(minutes=30),
        commit_by=first - timedelta(minutes=22),
    )


def an_entry(occurrence: Occurrence, *distributions: Distribution) -> Entry:
    """Return an entry in which everything is new."""
    planned = tuple(Planned(each, None, Action.WAIT) for each in distributions)
    return Entry(occurrence, None, planned)


def a_plan(*entries: Entry) -> Plan:
    return Plan(NOW, entries)


def replanned(occurrence: Occurrence, was: Distribution, becomes: Distribution) -> Plan:
    """Return a plan that changes one distribution and nothing else."""
    return a_plan(Entry(occurrence, occurrence, (Planned(becomes, was, Action.WAIT),)))


def recorded(
    ledger: Ledger, *, wanted: str = "vip", segment_id: int = 7, state: State = State.WAITING
) -> Distribution:
    """Record an occurrence with one distribution, and return it as it stands."""
    occurrence = an_occurrence()
    offer = a_distribution(occurrence, wanted=wanted, segment_id=segment_id, state=state)
    ledger.record(a_plan(an_entry(occurrence, offer)), at=NOW)
    return ledger.distribution(offer.id)


def an_attempt(of: Distribution, *, at: datetime = NOW) -> Attempt:
    number = of.attempts + 1
    return Attempt(
        distribution=of.id,
        number=number,
        begun_at=at,
        external_campaign_id=external_campaign_id(of.occurrence, 7, "u-1", number),
        request_hash="h",
        start_time=of.start_time or at,
    )


def ended(
    intent: Distribution,
    attempt: Attempt,
    verdict: Verdict,
    state: State,
    campaign_id: int | None = None,
) -> tuple[Distribution, Attempt]:
    """Return an intent and its attempt as the committer hands them to `settle`."""
    at = attempt.begun_at + timedelta(seconds=1)
    reason = saying(verdict.value, "so it was")
    if campaign_id is not None:
        reason = committed(campaign_id, attempt.start_time)
    return (
        replace(intent, state=state, reason=reason, campaign_id=campaign_id),
        replace(attempt, ended_at=at, verdict=verdict, reach="replied", status=200),
    )


def settled(
    ledger: Ledger,
    waiting: Distribution,
    verdict: Verdict,
    state: State,
    campaign_id: int | None = None,
) -> Distribution:
    """Begin and settle one attempt."""
    attempt = an_attempt(waiting)
    intent = ledger.begin(waiting, attempt)
    return ledger.settle(*ended(intent, attempt, verdict, state, campaign_id))


# --- strategies -------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
numbers = st.integers(0, 2**62)
instants = st.timedeltas(timedelta(days=-9000), timedelta(days=9000)).map(NOW.__add__)
instants_of_reasons = st.datetimes(timezones=st.just(UTC))
params = st.one_of(
    texts,
    st.integers(),
    instants_of_reasons,
    st.timedeltas(),
    st.lists(texts, max_size=3).map(tuple),
    st.builds(Reason, texts),
    st.none(),
)
wide_reasons = st.builds(
    Reason,
    texts,
    st.dictionaries(texts, params, max_size=3).map(lambda found: tuple(sorted(found.items()))),
    texts.filter(lambda variant: variant not in SAID),
)
# What rests as one column in any case: which facts there are makes no difference to a row.
reasons = st.builds(saying, texts, texts) | st.sampled_from([claimed("fries"), due()])
whens = st.builds(
    When,
    instants,
    instants,
    texts,
    texts,
    st.sampled_from(Spread),
    st.none() | instants,
    st.none() | reasons,
)
sends = st.builds(
    Send,
    source=texts,
    kind=texts,
    account=texts,
    send_id=texts,
    name=texts,
    tags=st.lists(texts, max_size=3).map(tuple),
    audiences=st.lists(texts, max_size=3).map(tuple),
    when=st.none() | whens,
    problem=st.none() | reasons,
)
occurrences = st.builds(
    Occurrence,
    key=texts,
    send=sends,
    opened_for=st.none() | instants,
    first_seen_at=instants,
    absent_polls=numbers,
    seen_until=st.none() | instants,
    doubt=st.none() | reasons,
    decision=st.none() | st.sampled_from(Decision),
    rule=st.none() | texts,
    reason=st.none() | reasons,
    closed_at=st.none() | instants,
    queued_from=st.none() | instants,
    queued_until=st.none() | instants,
    draft=st.none() | st.booleans(),
)
distributions = st.builds(
    Distribution,
    id=texts,
    occurrence=texts,
    wanted_segment=texts,
    wanted_redeemable=texts,
    rule=texts,
    state=st.sampled_from(sorted(set(State) - {State.INTENT, State.UNKNOWN, State.COMMITTED})),
    reason=reasons,
    audience=st.none() | texts,
    segment=st.none() | texts,
    segment_id=st.none() | numbers,
    redeemable=st.none() | texts,
    redeemable_uuid=st.none() | texts,
    scheduled_for=st.none() | instants,
    first_delivery=st.none() | instants,
    start_time=st.none() | instants,
    commit_by=st.none() | instants,
    attempts=numbers,
    too_soon=numbers,
    latecomer=st.booleans(),
    not_before=st.none() | instants,
    campaign_id=st.none() | numbers,
    external_campaign_id=st.none() | texts,
    drift=st.none() | st.lists(texts, min_size=1, max_size=2).map(tuple),
)
attempts = st.builds(
    Attempt,
    distribution=texts,
    number=numbers,
    begun_at=instants,
    external_campaign_id=texts,
    request_hash=texts,
    start_time=instants,
    ended_at=st.none() | instants,
    verdict=st.none() | st.sampled_from(Verdict),
    reach=st.none() | texts,
    status=st.none() | numbers,
    request_id=st.none() | texts,
    reason=st.none() | reasons,
)
