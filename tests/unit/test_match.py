import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain import match as module
from connector.domain import names, reasons
from connector.domain.distribution import Decision
from connector.domain.match import Trial, Wanted, match, trace
from connector.domain.names import normalise
from connector.domain.rules import RedeemableUuid, Rule, RuleBook, SegmentId
from connector.domain.send import Send


def _send(**changes: Any) -> Send:
    given_: dict[str, Any] = {
        "source": "braze_us",
        "kind": "campaign",
        "account": "",
        "send_id": "abc-1",
        "name": "Friday Fries push",
        "tags": ("offer", "Food"),
        "audiences": ("VIP - Email", "Lunch Crowd"),
    }
    return Send(**given_ | changes)


def _rule(name: str = "r", **changes: Any) -> Rule:
    given_: dict[str, Any] = {"name": name, "match": {"send": "*"}, "redeemable": "Fries"}
    return Rule.model_validate(given_ | changes)


def _book(*rules: Rule, **segments: str) -> RuleBook:
    table = {normalise(key): value for key, value in segments.items()}
    return RuleBook(rules, table, "d", {rule.name: f"m.yaml:{n}:3" for n, rule in enumerate(rules)})


HOLDS: list[tuple[dict[str, Any], str | None]] = [
    ({"source": "braze_us"}, None),
    ({"source": "BRAZE*"}, None),
    ({"source": "sf_core"}, 'source "braze_us" does not fit "sf_core"'),
    ({"kind": "campaign"}, None),
    ({"kind": "canvas"}, 'kind "campaign" does not fit "canvas"'),
    ({"send": "friday fries*"}, None),
    ({"send": "Friday Fries"}, 'send "Friday Fries push" does not fit "Friday Fries"'),
    ({"id": "ABC-?"}, None),
    ({"id": "abc"}, 'id "abc-1" does not fit "abc"'),
    ({"tags": ["offer"]}, None),
    ({"tags": ["OFFER", "f??d"]}, None),
    ({"tags": ["offer", "drink"]}, 'tag "drink" is missing'),
    ({"tags": ["drink*"]}, 'no tag fits "drink*"'),
    ({"audience": "VIP*"}, None),
    (
        {"audience": "Gold*"},
        'no audience fits "Gold*" (the send names "VIP - Email", "Lunch Crowd")',
    ),
]


@pytest.mark.parametrize(("given_", "why_not"), HOLDS)
def test_each_condition_and_what_is_said_where_it_does_not_hold(
    given_: dict[str, Any], why_not: str | None
) -> None:
    book = _book(_rule(match=given_))
    told = match(_send(), book)
    assert told.decision is (Decision.UNMAPPED if why_not else Decision.CLAIMED)
    assert trace(_send(), book) == (Trial("r", "m.yaml:0:3", (why_not,) if why_not else ()),)


def test_all_conditions_must_hold_and_all_that_do_not_are_told() -> None:
    rule = _rule(match={"source": "sf", "send": "Friday*", "tags": ["x", "offer"], "audience": "?"})
    assert match(_send(audiences=()), _book(rule)).rule is None
    assert trace(_send(audiences=()), _book(rule))[0].why_not == (
        'source "braze_us" does not fit "sf"',
        'tag "x" is missing',
        'the send names no audience that could fit "?"',
    )


def test_a_send_without_tags_has_no_tag() -> None:
    assert match(_send(tags=()), _book(_rule(match={"tags": ["*"]}))).rule is None


def test_the_first_rule_that_matches_claims_and_the_trace_ends_with_it() -> None:
    book = _book(_rule("a", match={"send": "Lunch*"}), _rule("b"), _rule("c", redeemable="Another"))
    told = match(_send(), book)
    assert told.rule is book.rules[1]
    assert told.reason == reasons.claimed("b")
    assert [(trial.rule, bool(trial.why_not)) for trial in trace(_send(), book)] == [
        ("a", True),
        ("b", False),
    ]


def test_a_send_that_no_rule_claims() -> None:
    told = match(_send(), _book())
    assert told == module.Match(
        Decision.UNMAPPED, None, reasons.unmapped(("VIP - Email", "Lunch Crowd"))
    )
    assert match(_send(audiences=()), _book()).reason.code == "unmapped"
    assert trace(_send(), _book()) == ()


def test_a_send_that_a_rule_skips() -> None:
    rule = _rule(redeemable=None, ignore="a newsletter")
    told = match(_send(), _book(rule))
    assert told == module.Match(Decision.IGNORED, rule, reasons.ignored("r", "a newsletter"))


BOTH = "VIP - Email + Lunch Crowd"


@pytest.mark.parametrize(
    ("rule", "audiences", "expected"),
    [
        (
            {},
            ("VIP - Email", "Lunch Crowd"),
            [("VIP - Email", "VIP - Email", "Fries"), ("Lunch Crowd", "Regulars", "Fries")],
        ),
        (
            {"redeemable": ["Fries", "Shake"]},
            ("Lunch Crowd",),
            [("Lunch Crowd", "Regulars", "Fries"), ("Lunch Crowd", "Regulars", "Shake")],
        ),
        ({"segment": "Gold"}, ("VIP - Email", "Lunch Crowd"), [(BOTH, "Gold", "Fries")]),
        ({"segment": "Lunch crowd"}, (), [(None, "Regulars", "Fries")]),
        ({"segment": {"id": 7}}, ("VIP",), [("VIP", SegmentId(id=7), "Fries")]),
        (
            {"segment": ["Gold", {"id": 7}]},
            (),
            [(None, "Gold", "Fries"), (None, SegmentId(id=7), "Fries")],
        ),
        (
            {"redeemable": {"uuid": "U-1"}},
            ("VIP",),
            [("VIP", "VIP", RedeemableUuid(uuid="U-1"))],
        ),
        ({}, (), [(None, None, "Fries")]),
        ({"redeemable": ["Fries", "Shake"]}, (), [(None, None, "Fries"), (None, None, "Shake")]),
        ({}, ("VIP", " vip "), [("VIP", "VIP", "Fries")]),
        ({}, ("Lunch Crowd", "Regulars"), [("Lunch Crowd + Regulars", "Regulars", "Fries")]),
        ({"segment": ["Gold", "GOLD"]}, ("A", "B"), [("A + B", "Gold", "Fries")]),
        ({"redeemable": ["Fries", " fries"]}, ("VIP",), [("VIP", "VIP", "Fries")]),
    ],
)
def test_what_a_rule_wants(
    rule: dict[str, Any], audiences: tuple[str, ...], expected: list[tuple[Any, Any, Any]]
) -> None:
    book = _book(_rule(**rule), **{"Lunch Crowd": "Regulars"})
    told = match(_send(audiences=audiences), book)
    assert told.wanted == tuple(Wanted(*one) for one in expected)
    assert told.left_out == ()


@pytest.mark.parametrize(
    ("segment", "expected"),
    [(None, ("VIP - Email", "VIP - Email")), ("Gold", ("VIP - Email", "Gold"))],
)
def test_an_audience_pattern_narrows_the_rule_and_tells_whom_it_left_out(
    segment: str | None, expected: tuple[str, str]
) -> None:
    told = match(_send(), _book(_rule(match={"audience": "VIP*"}, segment=segment)))
    assert told.wanted == (Wanted(*expected, "Fries"),)
    assert told.left_out == ("Lunch Crowd",)


@pytest.mark.parametrize(
    ("wanted", "identity"),
    [
        (Wanted(None, None, " Free  FRIES"), ("", "free fries")),
        (Wanted("a", "VIP  Guests", "x"), ("vip guests", "x")),
        (
            Wanted("a", SegmentId(id=123), RedeemableUuid(uuid="AB-1")),
            ("id:123", "uuid:ab-1"),
        ),
    ],
)
def test_identity(wanted: Wanted, identity: tuple[str, str]) -> None:
    assert (wanted.wanted_segment, wanted.wanted_redeemable) == identity


_patterns = st.text("ab*?", min_size=1, max_size=3)
_given = st.dictionaries(st.sampled_from(["source", "send", "id", "audience"]), _patterns)
_texts = st.text("ab", max_size=3)


@given(
    st.lists(_given.filter(bool), max_size=4),
    st.builds(_send, source=_texts, name=_texts, send_id=_texts, audiences=st.tuples(_texts)),
)
def test_match_and_trace_agree_with_or_without_caches(
    given_: list[dict[str, str]], send: Send
) -> None:
    book = _book(*(_rule(f"r{n}", match=one) for n, one in enumerate(given_)))
    first = (match(send, book), trace(send, book))
    module._prepared.cache_clear()
    names._compiled.cache_clear()
    names.normalise.cache_clear()
    again = _book(*(_rule(f"r{n}", match=one) for n, one in enumerate(given_)))
    assert first == (match(send, again), trace(send, again))
    claimed, tried = first
    assert [trial.rule for trial in tried if not trial.why_not] == (
        [claimed.rule.name] if claimed.rule else []
    )
    assert len(tried) == (book.rules.index(claimed.rule) + 1 if claimed.rule else len(book.rules))


def test_a_cycle_of_a_thousand_sends_and_two_hundred_rules_is_quick() -> None:
    book = _book(
        *(_rule(f"r{n}", match={"source": "braze_us", "send": f"Lunch {n}*"}) for n in range(200))
    )
    sends = [_send(name=f"Dinner {n}", send_id=str(n)) for n in range(1000)]
    began = time.process_time()
    assert all(match(send, book).rule is None for send in sends)
    assert time.process_time() - began < 3
