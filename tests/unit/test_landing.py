"""What wants a person about gifts: the sentence, the severity, and the command to copy."""

from typing import Any

import pytest

from connector.domain.attention import Severity, Whom, of_distribution
from connector.domain.attentions import attentions
from connector.domain.distribution import State
from connector.domain.evidence import Evidence, Heard, Sighting
from connector.domain.landing import CanaryNote
from connector.domain.policy import Schedule
from connector.domain.reasons import Reason
from connector.domain.standing import Row, Standing
from tests.support.planning import NOW, minutes
from tests.support.words import IN_UTC, in_words, saying, step_of
from tests.unit.test_evidence import EARLIER, OTHER, OWN, TOLD, X, heard, offer


def sighting(canary: str = "vip", looked: float = 20, **more: Any) -> Sighting:
    return Sighting("d", canary, minutes(looked), minutes(15), **more)


def told(state: State, evidence: Evidence, **changes: Any) -> Reason | None:
    found = of_distribution(X, offer(state, **changes), NOW, evidence)
    if found is not None and evidence != Evidence():
        assert found.severity is Severity.CRITICAL
    return found.reason if found else None


DOUBTS = [
    (State.COMMITTED, "two of one mark", "two-campaigns"),
    (State.UNKNOWN, "two of two marks", "two-campaigns"),
    (State.UNKNOWN, "stands on another", "anothers-campaign"),
    (State.UNKNOWN, "earlier", "earlier-attempt"),
    (State.COMMITTED, "earlier", "earlier-attempt"),
    (State.COMMITTED, "another id", "other-campaign"),
    (State.WAITING, "own", "given-after-all"),
    (State.REJECTED, "earlier", "given-after-all"),
    (State.MISSED, "own", "given-after-all"),
]


@pytest.mark.parametrize(("state", "what", "code"), DOUBTS)
def test_every_doubt_is_critical_and_names_the_campaigns(
    state: State, what: str, code: str
) -> None:
    evidence = Evidence(TOLD[what])
    reason = told(state, evidence)
    assert reason
    assert reason.code == code
    assert all(str(one.campaign_id) in IN_UTC.whole(reason) for one in evidence.heard)
    resolve = f"`connector ledger resolve {offer(state).id} --committed CAMPAIGN_ID --reason …`"
    assert (resolve in step_of(reason)) == (state is State.UNKNOWN)


def test_what_landed_wants_nobody() -> None:
    assert told(State.COMMITTED, Evidence(TOLD["own"])) is None
    assert told(State.COMMITTED, Evidence((), (sighting(seen_at=NOW),))) is None
    late = sighting("other", looked=30)
    assert told(State.COMMITTED, Evidence(TOLD["own"], (late,))) is None


def test_a_gift_that_a_canary_did_not_get_in_time_wants_a_person() -> None:
    assert told(State.COMMITTED, Evidence((), (sighting(looked=14.9),))) is None
    reason = told(State.COMMITTED, Evidence((), (sighting(looked=15),)))
    assert reason
    assert reason.code == "not-landed"
    assert "canary vip did not get the gift of campaign 501 by Sun 22 Nov 06:15 UTC" in in_words(
        reason
    )
    assert "its name ends in c1-aaaaaaaaaaaaaaaa" in step_of(reason)


def test_a_gift_of_another_number_is_told_apart_from_none() -> None:
    reason = told(State.COMMITTED, Evidence((), (sighting(campaigns=(77,)),)))
    assert reason
    assert reason.code == "landed-unnamed"
    assert "of campaign 77 instead of 501" in in_words(reason)


def test_a_canary_never_settles_an_unknown_but_gives_the_command() -> None:
    unknown = offer(State.UNKNOWN)
    reason = told(State.UNKNOWN, Evidence((), (sighting(campaigns=(77, 78)),)))
    assert reason
    assert reason.code == "unknown-seen"
    for campaign in (77, 78):
        command = f"`connector ledger resolve {unknown.id} --committed {campaign} --reason …`"
        assert command in step_of(reason)
    assert "name ends in c1-aaaaaaaaaaaaaaaa" in step_of(reason)


def test_an_unknown_of_which_nothing_was_seen_says_what_it_said() -> None:
    plain = told(State.UNKNOWN, Evidence())
    assert plain
    assert plain.code == "unknown"
    assert told(State.UNKNOWN, Evidence((), (sighting(looked=900),))) == plain


def test_a_cancelled_campaign_that_gave_names_the_offer_that_follows() -> None:
    seen = Evidence((), (sighting(seen_at=NOW),))
    for evidence in (Evidence(TOLD["own"]), seen):
        reason = told(State.COMMITTED, evidence, recommitted_as="again")
        assert reason
        assert reason.code == "given-after-all"
        assert "`connector ledger approve again --reason …`" in step_of(reason)
    missing = Evidence((), (sighting(),))
    assert told(State.COMMITTED, missing, recommitted_as="again") is None


def _of(**more: Any) -> list[Any]:
    return attentions(Standing(**more), Schedule(), NOW)


def test_the_one_set_has_what_the_evidence_of_a_row_says() -> None:
    unknown = offer(State.UNKNOWN)
    found, *_ = _of(rows=(Row(X, unknown, Evidence(TOLD["earlier"])),))
    assert (found.reason.code, found.subject) == ("earlier-attempt", unknown.id)


def test_a_campaign_that_nobody_here_made_is_told_to_operators() -> None:
    stray: Heard = heard(EARLIER, OTHER, distribution=None)
    (found,) = _of(strays=(stray,))
    assert (found.severity, found.whom) == (Severity.CRITICAL, Whom.OPERATORS)
    assert found.subject == f"campaign:{OTHER}"
    assert EARLIER in in_words(found.reason)
    assert str(OWN) not in in_words(found.reason)


CANARIES = {
    "": CanaryNote("vip", "VIP Guests", NOW, member=True, member_at=NOW),
    "canary-unread": CanaryNote("vip", "VIP Guests", NOW, trouble=saying("guest-token", "so")),
    "canary-outside": CanaryNote("vip", "VIP Guests", member=False, member_at=NOW),
    "canary-misnamed": CanaryNote("vip", "VIP Guests", misnamed=saying("canary-misnamed", "so")),
}


@pytest.mark.parametrize(("code", "note"), CANARIES.items())
def test_a_canary_that_proves_nothing_is_told_to_operators(code: str, note: CanaryNote) -> None:
    found = _of(canaries=(note,))
    assert [one.reason.code for one in found] == ([code] if code else [])
    assert all(one.subject == "canary:vip" and one.whom is Whom.OPERATORS for one in found)


def test_every_sentence_is_one_without_its_full_stop() -> None:
    reasons = [told(state, Evidence(TOLD[what])) for state, what, _ in DOUBTS]
    reasons += [one.reason for note in CANARIES.values() for one in _of(canaries=(note,))]
    for reason in reasons:
        assert reason
        for text in (in_words(reason), step_of(reason)):
            assert not text.endswith((".", " "))
            assert "None" not in text
