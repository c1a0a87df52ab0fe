"""Rules held against what Punchh and the sources hold: names, audiences, and idle rules."""
# ruff: noqa: RUF001  look-alikes are what it is about

from typing import Any

import pytest

from connector.domain.findings import Code, Severity
from connector.mapping.lookup import Outside
from tests.support.mappings import checked, told
from tests.support.planning import catalog, send

CATALOG = catalog(
    segments=[(7, "VIP Guests"), (8, "Lunch Crowd"), (11, "Families"), (12, "families")],
    redeemables=[("u-1", "Kid's Meal"), ("u-2", "Free Taco"), ("u-3", "Soup"), ("u-4", "Soup")],
)
HEAD = "rules:\n  - name: a\n    match: {send: x*}\n"  # lines 2 to 4
GOOD = HEAD + "    redeemable: Free Taco\n"
BUSY = (send("1", name="x1", audiences=("VIP Guests",)),)


def outside(**changes: Any) -> Outside:
    given: dict[str, Any] = {"catalog": CATALOG, "sends": BUSY}
    return Outside(**given | changes)


def found(text: str, **changes: Any) -> list[str]:
    return told(checked(text, outside=outside(**changes)))


NAMES = {
    HEAD + "    redeemable: Free Tacos\n": [
        (
            "a.yaml:5:17 error no-redeemable [Free Tacos] Punchh has no redeemable named “Free "
            "Tacos” | did you mean “Free Taco” (94 % alike)?"
        ),
    ],
    HEAD + "    redeemable: [Free Taco, Kid’s Meal]\n": [
        (
            "a.yaml:5:29 error no-redeemable [Kid’s Meal] Punchh has no redeemable named “Kid’s "
            "Meal” | “Kid's Meal” looks the same but is another (U+2019 right single quotation "
            "mark): copy the name from there"
        ),
    ],
    HEAD + '    redeemable: "*Soup*"\n': [
        (
            'a.yaml:5:17 error no-redeemable ["*Soup*"] Punchh has no redeemable named “*Soup*” '
            '| did you mean “Soup” (90 % alike)? Only "match" takes * and ? for wildcards'
        ),
    ],
    HEAD + "    redeemable: Soup\n": [
        (
            "a.yaml:5:17 error several [Soup] Punchh has 2 redeemables named “Soup” | rename all "
            "but one in Punchh, or write `redeemable: {uuid: u-3}` or `redeemable: {uuid: u-4}`"
        ),
    ],
    HEAD + "    redeemable: {uuid: u-9}\n": [
        (
            "a.yaml:5:17 error no-redeemable [{] Punchh has no redeemable with the uuid u-9 | "
            "look it up in Punchh, or write the name instead"
        ),
    ],
    GOOD + "    segment: [{id: 7}, {id: 9}, Families]\n": [
        (
            "a.yaml:6:24 error no-segment [{] Punchh has no segment with the id 9 | "
            "look it up in Punchh, or write the name instead"
        ),
        (
            "a.yaml:6:33 error several [Families] Punchh has 2 segments named “Families” | rename "
            "all but one in Punchh, or write `segment: {id: 11}` or `segment: {id: 12}`"
        ),
    ],
    "segments: {x: Familie, vip: Families}\n" + GOOD: [
        "a.yaml:2:12 note idle [x] no scheduled send and no rule names “x” now | ",
        (
            "a.yaml:2:15 error no-segment [Familie] Punchh has no segment named “Familie” | "
            "did you mean “Families” (93 % alike), “families” (93 % alike)?"
        ),
        "a.yaml:2:24 note idle [vip] no scheduled send and no rule names “vip” now | ",
        (
            "a.yaml:2:29 error several [Families] Punchh has 2 segments named “Families” | rename "
            "all but one in Punchh, or write `segment: {id: 11}` or `segment: {id: 12}` "
            "in the rules"
        ),
    ],
    "segments: {VIP: VIP Guests}\n" + GOOD + "    segment: vip\n": [],
    GOOD + "    segment: vip  GUESTS\n": [],
    HEAD + "    redeemable: CHOOSE A REDEEMABLE\n": [
        (
            "a.yaml:5:17 error choose [CHOOSE A REDEEMABLE] no redeemable is chosen yet | "
            "write the redeemable's name as it is in Punchh"
        )
    ],
}


@pytest.mark.parametrize("text", NAMES)
def test_names_in_punchh(text: str) -> None:
    assert found(text) == NAMES[text]


UNREAD = catalog(
    [(7, "VIP Guests")],
    [("u-1", "Free Taco")],
    unread_segments=["VIP Guests", "Gold"],
    unread_redeemables=["Free Taco"],
)


@pytest.mark.parametrize(
    ("rest", "codes"),
    [
        ("    redeemable: Free Taco\n    segment: {id: 7}\n", [Code.UNREAD]),
        ("    redeemable: {uuid: u-1}\n    segment: VIP Guests\n", [Code.UNREAD]),
        ("    redeemable: {uuid: u-1}\n    segment: Gold\n", [Code.UNREAD]),
        ("    redeemable: {uuid: u-1}\n    segment: Silver\n", [Code.NO_SEGMENT]),
        ("    redeemable: {uuid: u-1}\n    segment: {id: 7}\n", []),
        ("    redeemable: {uuid: u-1}\n", [Code.AUDIENCE]),
    ],
)
def test_a_name_of_a_row_that_cannot_be_read(rest: str, codes: list[Code]) -> None:
    assert [one.code for one in checked(HEAD + rest, outside=outside(catalog=UNREAD))] == codes


def test_names_are_looked_up_though_another_key_is_wrong() -> None:
    codes = [one.code for one in checked(
        HEAD + "    redeemable: Nope\n    segment: [{id: x}, Nope]\n    lead_time: soon\n",
        outside=outside(),
    )]  # fmt: skip
    assert codes == [Code.NO_REDEEMABLE, Code.VALUE, Code.NO_SEGMENT, Code.VALUE]


def test_where_a_file_is_no_yaml_nothing_is_looked_up() -> None:
    texts = (GOOD.replace("Free Taco", "Nope"), "segments: [\n")
    assert [one.code for one in checked(*texts, outside=outside())] == [Code.YAML]


def test_a_redeemable_that_punchh_refused() -> None:
    assert found(GOOD, refused={"u-2": "for “x0” on Sunday: it has expired"}) == [
        (
            "a.yaml:5:17 warning refused [Free Taco] Punchh refused “Free Taco” for “x0” on "
            "Sunday: it has expired | renew it in Punchh, or name another redeemable"
        )
    ]


def test_audiences_of_claimed_sends_once_for_each_rule() -> None:
    sends = (
        send("1", name="x1", audiences=("VIP Guets", "Lunch Crowd")),
        send("2", name="x2", audiences=("vip guets", "Families")),
        send("3", name="other", audiences=("nobody's",)),
    )
    assert found(GOOD, sends=sends) == [
        (
            "a.yaml:3:11 warning audience [a] it claims “x1”, whose audience “VIP Guets” is no "
            "segment in Punchh | did you mean “VIP Guests” (94 % alike)? Or translate it "
            "under `segments`"
        ),
        (
            "a.yaml:3:11 warning audience [a] it claims “x2”, whose audience “Families” is the "
            "name of 2 segments in Punchh | rename all but one there, or give the rule `segment: "
            "{id: 11}` or `segment: {id: 12}`"
        ),
    ]
    assert found(GOOD + "    segment: VIP Guests\n", sends=sends) == []
    assert found("segments: {VIP Guets: VIP Guests}\n" + GOOD, sends=sends[:1]) == []


RULES = (
    "rules:\n"
    "  - name: tagged\n    match: {{send: Taco*, tags: [offer], kind: canvas}}\n    ignore: y\n"
    "  - name: {0}\n    match: {1}\n    ignore: y\n"
)
SENDS = (
    send("1", name="Taco Tuesday", tags=("spring",)),
    send("2", name="Friday Fries", tags=("offer", "x")),
)
TAGGED = (
    "a.yaml:3:11 note idle [tagged] no scheduled send is claimed by this rule now | the nearest is "
    '“Taco Tuesday” in braze_us: kind "campaign" does not fit "canvas"; tag "offer" is missing'
)
IDLE = {
    "{send: Friday Frise}": "the nearest name is “Friday Fries” (91 % alike)",
    "{send: Nothing Like It}": "",
    "{id: '9'}": "",
    "{tags: [offer], kind: flow}": (
        'the nearest is “Friday Fries” in braze_us: kind "campaign" does not fit "flow"'
    ),
}


@pytest.mark.parametrize("match", IDLE)
def test_idle_rules_name_what_comes_nearest(match: str) -> None:
    assert found(RULES.format("b", match), sends=SENDS) == [
        TAGGED,
        f"a.yaml:6:11 note idle [b] no scheduled send is claimed by this rule now | {IDLE[match]}",
    ]


def test_an_idle_rule_whose_send_another_rule_claims() -> None:
    text = RULES.format("all", "{send: '*y', kind: campaign}") + (
        "  - name: tuesday\n    match: {send: '*tuesday'}\n    ignore: y\n"
    )
    (_, idle) = found(text, sends=SENDS)
    assert idle.endswith("| “Taco Tuesday” fits it, but rule “all” comes first (a.yaml:6:11)")


def test_a_shadowed_rule_is_not_called_idle_too() -> None:
    text = GOOD + GOOD.replace("rules:\n", "").replace("name: a", "name: b")
    assert [one.code for one in checked(text, outside=outside())] == [Code.SHADOWED]


def test_where_a_source_could_not_be_read_nothing_is_called_idle() -> None:
    text = "segments: {x: VIP Guests}\n" + GOOD
    assert found(text, sends=(), whole=False) == []
    assert [one.severity for one in checked(text, outside=outside(sends=()))] == [
        Severity.NOTE,
        Severity.NOTE,
    ]


def test_where_punchh_could_not_be_read_its_names_are_left_alone() -> None:
    assert found(GOOD.replace("Free Taco", "Nope"), catalog=None) == []
