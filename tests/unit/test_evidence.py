"""What follows from what webhooks told: the table of `connector.domain.evidence`, cell by cell."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.distribution import Distribution, Mover, State, may_move
from connector.domain.evidence import Evidence, Finding, Heard, Kind, Sighting, judge
from tests.support.planning import NOW, hours, minutes, occurrence, row, send

OWN, OTHER, THIRD = 501, 502, 503
LAST, EARLIER = "c1-aaaaaaaaaaaaaaaa", "c1-bbbbbbbbbbbbbbbb"
X = occurrence(send(at=hours(2)))


def heard(mark: str = LAST, campaign_id: int = OWN, **more: Any) -> Heard:
    given: dict[str, Any] = {"gifts": 1, "first_at": NOW, "last_at": NOW, "distribution": "d"}
    return Heard(mark, campaign_id, **given | more)


def offer(state: State, **changes: Any) -> Distribution:
    given: dict[str, Any] = {"attempts": 2, "external_campaign_id": LAST}
    if state is State.COMMITTED:
        given["campaign_id"] = OWN
    return row(X, state, **given | changes)


NOTHING: tuple[Heard, ...] = ()
TOLD = {
    "nothing": NOTHING,
    "own": (heard(),),
    "another id": (heard(campaign_id=OTHER),),
    "earlier": (heard(EARLIER, OTHER),),
    "earlier, same id": (heard(), heard(EARLIER, OWN)),
    "two of one mark": (heard(), heard(campaign_id=OTHER)),
    "two of two marks": (heard(), heard(EARLIER, OTHER)),
    "three": (heard(), heard(campaign_id=OTHER), heard(EARLIER, THIRD)),
    "stands on another": (heard(stands_on="e"),),
}
OPEN_STATES = [state for state in State if not state.sealed]
# Written out once more: state, what was told -> what follows.
ALWAYS = {
    "nothing": Kind.NOTHING,
    "two of one mark": Kind.TWO_CAMPAIGNS,
    "two of two marks": Kind.TWO_CAMPAIGNS,
    "three": Kind.TWO_CAMPAIGNS,
    "stands on another": Kind.ANOTHERS,
}
GIVEN_ANYHOW = dict.fromkeys(TOLD, Kind.GIVEN_AFTER_ALL) | ALWAYS
TABLE: dict[State, dict[str, Kind]] = {
    **dict.fromkeys(OPEN_STATES, GIVEN_ANYHOW),
    State.INTENT: {
        **ALWAYS,
        "own": Kind.NOTHING,
        "another id": Kind.NOTHING,
        "earlier": Kind.EARLIER_ATTEMPT,
        "earlier, same id": Kind.EARLIER_ATTEMPT,
    },
    State.UNKNOWN: {
        **ALWAYS,
        "own": Kind.COMMITTED,
        "another id": Kind.COMMITTED,  # it has no id yet that this could contradict
        "earlier": Kind.EARLIER_ATTEMPT,
        "earlier, same id": Kind.EARLIER_ATTEMPT,
    },
    State.COMMITTED: {
        **ALWAYS,
        "own": Kind.LANDED,
        "another id": Kind.OTHER_CAMPAIGN,
        "earlier": Kind.EARLIER_ATTEMPT,
        "earlier, same id": Kind.EARLIER_ATTEMPT,
    },
}


@pytest.mark.parametrize(("state", "told"), list(product(State, TOLD)), ids=str)
def test_each_cell_of_the_table(state: State, told: str) -> None:
    assert judge(offer(state), TOLD[told]).kind is TABLE[state][told]


@pytest.mark.parametrize("told", TOLD)
def test_a_campaign_that_a_person_cancelled_and_that_gave_all_the_same(told: str) -> None:
    cancelled = offer(State.COMMITTED, recommitted_as="again")
    expected = TABLE[State.COMMITTED][told]
    expected = Kind.GIVEN_AFTER_ALL if expected is Kind.LANDED else expected
    assert judge(cancelled, TOLD[told]).kind is expected


def test_a_finding_names_every_campaign_once() -> None:
    assert judge(offer(State.UNKNOWN), TOLD["three"]) == Finding(
        Kind.TWO_CAMPAIGNS, (OWN, OTHER, THIRD)
    )


tellings = st.lists(
    st.builds(
        heard,
        st.sampled_from([LAST, EARLIER]),
        st.sampled_from([OWN, OTHER, THIRD]),
        stands_on=st.none() | st.just("e"),
    ),
    max_size=4,
)


@given(st.sampled_from(State), tellings, st.permutations(range(4)))
def test_order_and_repetition_change_nothing(
    state: State, told: list[Heard], order: list[int]
) -> None:
    shuffled = [told[place] for place in order if place < len(told)]
    assert judge(offer(state), told) == judge(offer(state), [*shuffled, *told])


@given(st.sampled_from(State), tellings)
def test_only_an_unknown_is_ever_settled_and_by_its_own_mark_alone(
    state: State, told: list[Heard]
) -> None:
    finding = judge(offer(state), told)
    if finding.kind is not Kind.COMMITTED:
        return
    assert may_move(Mover.EVIDENCE, state, State.COMMITTED)
    assert {one.mark for one in told} == {LAST}
    assert finding.campaigns == (told[0].campaign_id,)
    assert not any(one.stands_on for one in told)


@given(st.sampled_from(State), tellings, tellings)
def test_more_evidence_never_takes_a_doubt_away(
    state: State, told: list[Heard], more: list[Heard]
) -> None:
    quiet = {Kind.NOTHING, Kind.COMMITTED, Kind.LANDED}
    if judge(offer(state), told).kind not in quiet:
        assert judge(offer(state), [*told, *more]).kind not in quiet


def test_when_a_gift_is_known_to_have_landed() -> None:
    committed = offer(State.COMMITTED)
    seen = Sighting("d", "vip", minutes(9), minutes(15), seen_at=minutes(4))
    assert Evidence().landed_at(committed) is None
    assert Evidence(TOLD["own"]).landed_at(committed) == NOW
    assert Evidence(TOLD["another id"]).landed_at(committed) is None
    later = (heard(first_at=minutes(6)),)
    assert Evidence(later, (seen,)).landed_at(committed) == minutes(4)
    missing = Sighting("d", "vip", minutes(20), minutes(15))
    assert Evidence((), (missing,)).landed_at(committed) is None
