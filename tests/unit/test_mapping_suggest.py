"""Suggested rules load as they are, claim their sends, and give nothing that nobody chose."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.distribution import Decision
from connector.domain.match import match
from connector.domain.offer import Catalog
from connector.domain.policy import Schedule
from connector.domain.rules import RuleBook
from connector.domain.send import Send
from connector.mapping.folder import MappingText
from connector.mapping.lint import CHOOSE
from connector.mapping.load import read_texts
from connector.mapping.suggest import FEW, Suggester, quoted
from tests.support.planning import book, catalog, hours, rule, send

CATALOG = catalog(
    segments=[(7, "VIP Guests"), (8, "Taco Lovers"), (11, "Families"), (12, "families")],
    redeemables=[("u-1", "Free Taco"), ("u-2", "Fries"), ("u-3", "Tuesday Treat")],
)


def spelled(at: datetime) -> str:
    return f"{at:%d %b %H:%M}"


def suggest(*sends: Send, rules: RuleBook | None = None, lists: Catalog | None = CATALOG) -> str:
    suggester = Suggester(rules or NONE, lists, spelled)
    return "\n".join(suggester.file(suggester.unclaimed(sends)))


NONE = book(rule(match={"send": "Claimed*"}))


def loaded(text: str) -> RuleBook:
    file = MappingText("m.yaml", text.encode(), "m.yaml")
    return read_texts([file], schedule=Schedule()).book


def test_a_send_whose_audience_is_a_segment() -> None:
    tagged: dict[str, Any] = {
        "tags": ("offer", "punchh:segment=VIP Guests"),
        "audiences": ("vip guests",),
    }
    assert suggest(send("1", hours(2), name="Taco Tuesday", **tagged)) == (
        "version: 1\n"
        "rules:\n"
        '  # "Taco Tuesday": campaign in braze_us, fires 22 Nov 08:00\n'
        '  #   tags: "offer", "punchh:segment=VIP Guests"\n'
        "  - name: taco-tuesday\n"
        '    match: {source: braze_us, send: "Taco Tuesday"}\n'
        '    # Its audience "vip guests" is segment "VIP Guests" in Punchh (7): no `segment` is '
        "needed.\n"
        "    redeemable: CHOOSE A REDEEMABLE\n"
        '    # redeemable: "Tuesday Treat"  # 76 % alike\n'
        '    # redeemable: "Free Taco"  # 58 % alike\n'
        '    # Or, in place of the redeemable:  ignore: "why no offer goes with it"'
    )


AUDIENCES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "near": ({"audiences": ("Taco Loverz",)}, [
        '    # Its audience "Taco Loverz" is no segment in Punchh. Nearest:',
        '    # segment: "Taco Lovers"  # 90 % alike',
    ]),
    "far": ({"audiences": ("Nobody",)}, [
        '    # Its audience "Nobody" is no segment in Punchh. Nearest:',
        '    # segment: "its name in Punchh"',
    ]),
    "several": ({"audiences": ("FAMILIES",)}, [
        '    # Several segments in Punchh are named "FAMILIES". One of:',
        "    # segment: {id: 11}",
        "    # segment: {id: 12}",
    ]),
    "none": ({}, [
        "    # It names no audience: tag it with one, or name the segment here.",
        '    # segment: "its name in Punchh"',
    ]),
}  # fmt: skip


@pytest.mark.parametrize("case", AUDIENCES)
def test_other_audiences(case: str) -> None:
    given, lines = AUDIENCES[case]
    text = suggest(send("1", name="x", **given))
    start = text.splitlines().index('    match: {source: braze_us, send: "x"}') + 1
    assert text.splitlines()[start : start + len(lines)] == lines


def test_audiences_are_translated_first() -> None:
    text = suggest(
        send("1", audiences=("Gold",)), rules=book(rule(match={"id": "z"}), gold="Families")
    )
    assert 'Several segments in Punchh are named "Families"' in text


def test_without_punchh_there_are_no_candidates() -> None:
    text = suggest(send("1", name="Free Taco", audiences=("Taco Lovers",)), lists=None)
    assert text.splitlines()[5:] == [
        '    # Its audience "Taco Lovers" is looked up in Punchh by that name; or else:',
        '    # segment: "its name in Punchh"',
        "    redeemable: CHOOSE A REDEEMABLE",
        '    # Or, in place of the redeemable:  ignore: "why no offer goes with it"',
    ]
    assert loaded(text).rules[0].redeemable == CHOOSE


def test_without_punchh_the_translation_is_told() -> None:
    rules = book(rule(match={"id": "z"}), gold="Families")
    text = suggest(send("1", audiences=("Gold",)), rules=rules, lists=None)
    assert 'audience "Gold" is looked up in Punchh by "Families"; or else:' in text


def test_beside_what_is_told_of_them_stand_only_a_few_and_none_for_claimed_ones() -> None:
    suggester = Suggester(NONE, None, spelled)
    assert suggester.ready([send("1", name="Claimed already")]) == ""
    few = [send(str(n), hours(n), name=f"send {n}") for n in range(1, FEW + 1)]
    assert suggester.ready(few) == suggest(*few, lists=None)
    many = suggester.ready([*few, send("x", hours(50), name="x"), send("y", hours(51), name="y")])
    *shown, empty, last = many.splitlines()
    assert "\n".join(shown) == suggest(*few, lists=None)
    assert (empty, last) == ("", "  # 2 more: `connector mappings suggest` writes them all")
    assert len(loaded(many).rules) == FEW


def test_sends_of_one_name_share_a_rule_and_claimed_ones_have_none() -> None:
    sends = (
        send("3", None, name="Later"),
        send("2", hours(5), name="taco  tuesday"),
        send("1", hours(2), name="Taco Tuesday", audiences=("VIP Guests",)),
        send("4", hours(1), name="Taco Tuesday", source="sf_core"),
        send("5", hours(1), name="Claimed already"),
    )
    text = suggest(*sends)
    rules = loaded(text).rules
    assert [(one.name, one.match.source) for one in rules] == [
        ("taco-tuesday", "sf_core"), ("taco-tuesday-2", "braze_us"), ("later", "braze_us"),
    ]  # fmt: skip
    assert "fires 22 Nov 08:00, and 1 more of that name" in text
    assert '"Later": campaign in braze_us, without a time' in text


def test_a_rule_s_name_is_one_that_is_free() -> None:
    taken = book(rule("taco", match={"id": "z"}), rule("TACO-2", match={"id": "z"}))
    assert loaded(suggest(send("1", name="Taco!"), rules=taken)).rules[0].name == "taco-3"
    for name, made in {"🍟": "send", "null": "null-2", "Crème Brûlée": "creme-brulee"}.items():
        assert loaded(suggest(send("1", name=name))).rules[0].name == made
    assert len(loaded(suggest(send("1", name="a b " * 99))).rules[0].name) <= 60


def test_a_rule_never_claims_more_than_names_like_its_send_s() -> None:
    named = {"*": '"?"', "10 % off*": '"10 % off?"', "Fries?": '"Fries?"', "a\x07": '"a?"'}
    for name, pattern in named.items():
        assert f"send: {pattern}}}" in suggest(send("1", name=name))
    nameless = suggest(send("s-1", name="  "), send("s-2", name="x"))
    assert 'match: {source: braze_us, id: "s-1"}' in nameless
    assert match(send("s-3", name="other"), loaded(nameless)).decision is Decision.UNMAPPED


def test_its_comments_can_be_uncommented() -> None:
    catalog_ = catalog(segments=[(7, 'VIP "#1": * guests')], redeemables=[("u", 'Taco\n# "x"')])
    one = send("1", name="Taco x", audiences=('VIP "#1": * guest',))
    text = suggest(one, lists=catalog_)
    text = text.replace(f"    redeemable: {CHOOSE}\n", "").replace("    # segment", "    segment")
    found = loaded(text.replace("    # redeemable", "    redeemable")).rules[0]
    assert (found.segment, found.redeemable) == ('VIP "#1": * guests', 'Taco\n# "x"')


_any = st.text(st.characters(codec=None), max_size=12)


@given(st.lists(st.tuples(_any, _any, _any), min_size=1, max_size=4))
def test_whatever_sends_are_called_the_rules_load_and_claim_them(
    named: list[tuple[str, str, str]],
) -> None:
    sends = [
        send(f"s{n}", name=name, tags=(tag,), audiences=(audience,))
        for n, (name, tag, audience) in enumerate(named)
    ]
    lists = catalog(segments=[(n, one.audiences[0]) for n, one in enumerate(sends)],
                    redeemables=[(one.name, one.name) for one in sends])  # fmt: skip
    rules = loaded(suggest(*sends, rules=book(rule(match={"id": "nothing"})), lists=lists))
    assert {one.redeemable for one in rules.rules} == {CHOOSE}
    for one in sends:
        assert not one.name.strip() or match(one, rules).decision is Decision.CLAIMED


@given(_any)
def test_quoted_text_is_one_line(text: str) -> None:
    assert len(quoted(text).splitlines()) == 1
