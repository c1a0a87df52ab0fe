"""A rule that an earlier one covers can claim nothing: what is said to be so is so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.match import match
from connector.domain.names import fits, includes
from connector.domain.rules import Match, Rule, RuleBook
from connector.domain.send import Send
from connector.domain.shadow import covers

INCLUDED = [
    ("*", "anything"), ("*", "*"), ("Fries*", "fries"), ("Fries*", "Fries - Push"),
    ("*fries*", "Friday Fries*"), ("f?ies", "fries"), ("f?ies", "f?ies"), ("?*", "*?"),
    ("a*c", "a*b*c"), ("a*b*c", "aXbXbXc"), ("**", "x"), ("Fries  *", "fries *"),
    ("*?*", "?*?"), ("\uff46ries", "Fries"),
]  # fmt: skip
NOT_INCLUDED = [
    ("fries", "fries*"), ("fries*", "fri*"), ("?", "*"), ("f?ies", "f*ies"), ("a*b", "a*"),
    ("a*b*c", "a*c"), ("Fries?", "Fries"), ("[ab]", "a"), ("??", "?"),
]  # fmt: skip


@pytest.mark.parametrize(("wide", "narrow"), INCLUDED)
def test_patterns_that_include_others(wide: str, narrow: str) -> None:
    assert includes(wide, narrow)


@pytest.mark.parametrize(("wide", "narrow"), NOT_INCLUDED)
def test_patterns_that_do_not(wide: str, narrow: str) -> None:
    assert not includes(wide, narrow)


_pattern = st.text("ab*?", max_size=6)


@given(_pattern, _pattern, st.text("ab", max_size=7))
def test_what_fits_the_included_fits_the_including(wide: str, narrow: str, name: str) -> None:
    if includes(wide, narrow) and fits(narrow, name):
        assert fits(wide, name)


@given(_pattern)
def test_every_pattern_includes_itself_and_is_included_by_a_star(pattern: str) -> None:
    assert includes(pattern, pattern)
    assert includes("*", pattern)


COVERED = [
    ({"send": "*"}, {"send": "x"}),
    ({"send": "*"}, {"tags": ["a"]}),
    ({"send": "Taco*"}, {"send": "Taco Tuesday", "kind": "campaign"}),
    ({"tags": ["a"]}, {"tags": ["b", "A"], "source": "s"}),
    ({"tags": ["a*"]}, {"tags": ["ab", "c"]}),
    ({"audience": "VIP*"}, {"audience": "vip guests"}),
    ({"id": "5", "source": "s"}, {"id": "5", "source": "S"}),
]
NOT_COVERED = [
    ({"send": "x"}, {"send": "*"}),
    ({"send": "x", "kind": "flow"}, {"send": "x"}),
    ({"tags": ["a", "b"]}, {"tags": ["a"]}),
    ({"tags": ["*"]}, {"send": "x"}),
    ({"audience": "*"}, {"send": "x"}),
    ({"audience": "a"}, {"tags": ["a"]}),
    ({"source": "s"}, {"kind": "flow"}),
]


def _match(keys: dict[str, object]) -> Match:
    return Match.model_validate(keys)


@pytest.mark.parametrize(("wide", "narrow"), COVERED)
def test_covered(wide: dict[str, object], narrow: dict[str, object]) -> None:
    assert covers(_match(wide), _match(narrow))


@pytest.mark.parametrize(("wide", "narrow"), NOT_COVERED)
def test_not_covered(wide: dict[str, object], narrow: dict[str, object]) -> None:
    assert not covers(_match(wide), _match(narrow))


def test_a_source_that_is_the_only_one_is_no_condition() -> None:
    wide, narrow = _match({"source": "braze_us", "send": "a*"}), _match({"send": "ab"})
    assert not covers(wide, narrow)
    assert not covers(wide, narrow, ["braze_us", "sf_core"])
    assert covers(wide, narrow, ["braze_us"])
    two = _match({"source": "braze_??"})
    assert covers(two, _match({"source": "braze*"}), ["braze_us", "braze_eu", "sf_core"])
    assert not covers(two, _match({"source": "braze*"}), ["braze_us", "braze_1", "sf_core"])


_word = st.text("ab*", min_size=1, max_size=3)
_name = st.text("ab", min_size=1, max_size=3)
_conditions = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("source", "kind", "send", "id", "audience"), _word),
        "tags": st.lists(_word, min_size=1, max_size=2),
    },
).filter(bool)
_sends = st.builds(
    Send, _name, _name, st.just(""), _name, _name, st.lists(_name, max_size=2).map(tuple),
    st.lists(_name, max_size=2).map(tuple),
)  # fmt: skip


@given(_conditions, _conditions)
def test_more_conditions_make_a_rule_narrower(
    wide: dict[str, object], more: dict[str, object]
) -> None:
    assert covers(_match(wide), _match({**more, **wide}))


@given(_conditions, _conditions, _sends)
def test_a_covered_rule_never_claims(
    wide: dict[str, object], narrow: dict[str, object], send: Send
) -> None:
    rules = [
        Rule.model_validate({"name": name, "match": keys, "redeemable": "R"})
        for name, keys in (("wide", wide), ("narrow", narrow))
    ]
    if covers(rules[0].match, rules[1].match, [send.source]):
        found = match(send, RuleBook(tuple(rules), {}, "", {})).rule
        assert found is None or found.name == "wide"
