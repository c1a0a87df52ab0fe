"""What is accepted and hardly meant is found, with its place; what is well is left alone."""
# ruff: noqa: RUF001  look-alikes are what it is about

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.findings import Code, Severity
from connector.mapping.lint import CHOOSE
from tests.support.mappings import checked, marked, reading, told

RULE = "  - name: {0}\n    match: {1}\n    redeemable: R\n"


def rules(*matches: str, more: str = "") -> str:
    return "rules:\n" + "".join(RULE.format(f"r{n}", one) for n, one in enumerate(matches)) + more


FOUND = {
    rules('{send: "Frіes*"}'): [
        (
            'a.yaml:4:22 warning look-alike [і] this "і" only looks like a Latin "i" '
            '(U+0456 cyrillic small letter byelorussian-ukrainian i) | type "i" in its place'
        )
    ],
    rules("{send: VIP\u00a0Guests}"): [
        (
            "a.yaml:4:22 warning look-alike [\u00a0] this blank is no plain one "
            "(U+00A0 no-break space) | type a plain blank in its place"
        )
    ],
    "segments: {VI\u200bP: Gold\u200b\u200b}\n" + rules("{send: x}"): [
        (
            "a.yaml:2:14 warning look-alike [\u200b] a character that shows nothing stands here "
            "(U+200B zero width space) | delete it, or type the text anew"
        ),
        (
            "a.yaml:2:22 warning look-alike [\u200b] a character that shows nothing stands here "
            "(U+200B zero width space); 1 more such characters follow | "
            "delete it, or type the text anew"
        ),
    ],
    rules("{send: “Fries*”}"): [
        (
            "a.yaml:4:19 warning look-alike [“Fries*”] the quotes “ ” are taken for a part of the "
            'name | use straight ones: "Fries*"'
        )
    ],
    rules('{send: " Fries"}'): [
        (
            'a.yaml:4:19 warning blanks [" Fries"] a blank stands within the quotes before the '
            'text | write "Fries": names are compared without outer blanks'
        )
    ],
    "segments: {'VIP ': Gold}\n" + rules("{send: x}"): [
        (
            "a.yaml:2:12 warning blanks ['VIP '] a blank stands within the quotes after the text | "
            'write "VIP": names are compared without outer blanks'
        )
    ],
    "segments: {'A #1': B}\n" + rules("{send: x}", more="    segment: $5 off  #1\n"): [
        (
            'a.yaml:7:22 warning comment [#] a comment begins at this "#": what follows is no part '
            "of the text before it | put the whole text into quotes if it is, else leave a blank "
            'after the "#"'
        )
    ],
    rules("{tags: [a, b, A]}", more="    segment: [S, {id: 5}, s, {id: 5}]\n"): [
        'a.yaml:4:26 warning twice [A] item 3 of "tags" stands in the list already | take it out',
        (
            'a.yaml:6:27 warning twice [s] item 3 of "segment" stands in the list already | '
            "take it out"
        ),
        (
            'a.yaml:6:30 warning twice [{] item 4 of "segment" stands in the list already | '
            "take it out"
        ),
    ],
    "rules:\n  - name: n\n    match: {send: n}\n    ignore: why\n    late: skip\n": [
        (
            'a.yaml:6:5 warning no-effect [late] "late" has no effect in a rule with "ignore" | '
            "take it out"
        )
    ],
    rules("{send: x}", more="    segment: S\n    several: each\n"): [
        (
            'a.yaml:7:5 warning no-effect [several] "several" has no effect in a rule with one '
            "segment | take it out"
        )
    ],
    rules("{kind: campain}"): [
        (
            'a.yaml:4:19 warning no-effect [campain] no send is of the kind "campain": the rule '
            'can never match | did you mean "campaign"?'
        )
    ],
    rules("{kind: zzz}"): [
        (
            'a.yaml:4:19 warning no-effect [zzz] no send is of the kind "zzz": the rule can never '
            "match | there are campaign, canvas, list_email, flow"
        )
    ],
    rules('{source: "sfmc*"}'): [
        (
            'a.yaml:4:21 warning source ["sfmc*"] no source fits "sfmc*": the rule can '
            "never match | configured: braze_us, sf_core"
        )
    ],
    rules("{send: x}").replace("redeemable: R", f"redeemable: {CHOOSE}"): [
        (
            f"a.yaml:5:17 error choose [{CHOOSE}] no redeemable is chosen yet | "
            "write the redeemable's name as it is in Punchh"
        )
    ],
    rules('{send: "Taco*"}', "{send: Taco Tuesday, kind: canvas}"): [
        (
            'a.yaml:6:11 warning shadowed [r1] this rule can claim nothing: rule "r0" '
            "(a.yaml:3:11) comes first and takes all that it fits | "
            "move this rule above that one, or take it out"
        )
    ],
    rules("{send: x, kind: flow}", "{kind: FLOW, send: X}", "{kind: flow, send: x, id: '5'}"): [
        (
            'a.yaml:6:11 warning shadowed [r1] this rule fits the very sends that rule "r0" '
            "(a.yaml:3:11) claims before it | "
            'take one of the two out, or let their "match" differ'
        ),
        (
            'a.yaml:9:11 warning shadowed [r2] this rule can claim nothing: rule "r0" '
            "(a.yaml:3:11) comes first and takes all that it fits | "
            "move this rule above that one, or take it out"
        ),
    ],
    "segments: {VIP: vip, A: B, a: b}\n" + rules("{send: x}"): [
        (
            'a.yaml:2:12 warning no-effect [VIP] "VIP" is translated to itself | '
            "take the entry out: names that are equal need none"
        ),
        (
            'a.yaml:2:28 warning twice [a] "a" is translated already at a.yaml:2:22 | '
            "take one of the two out"
        ),
    ],
}


@pytest.mark.parametrize("text", FOUND)
def test_what_is_hardly_meant(text: str) -> None:
    assert told(checked(text)) == FOUND[text]


WELL = [
    rules('{send: "A #1"}', more='    segment: "S" #so\n    late: skip # so\n    # so\n'),
    rules("{send: x}", more="    segment: B#1 ## so\n"),
    rules('{send: "Taco*"}', '{send: "*"}'),
    rules("{send: x, tags: [a]}", "{send: x}"),
    rules('{send: "Kid’s Meal – 5 %", kind: "list*", source: "*us"}'),
    rules("{send: x}", more="    segment: [S, T]\n    several: each\n"),
    rules("{send: x}", more="    several: each\n"),
    "rules:\n  - name: n\n    match: {send: n}\n    ignore: “none”\u00a0here\u200b, Frіes \n",
    'rules:\n  - name: n\n    match: {send: n}\n    ignore: "  why  "\n',
    "segments: {VIP - Email: VIP}\n" + rules("{send: |\n      x\n      }".replace("|", "x")),
    "# ‘Frіes’ in a comment is nobody's business\n" + rules("{send: x}"),
]


@pytest.mark.parametrize("text", WELL)
def test_what_is_well(text: str) -> None:
    assert told(checked(text)) == []


def test_the_worked_example_is_well() -> None:
    for file in (Path(__file__).parents[2] / "mappings").glob("*.yaml"):
        assert told(checked(file.read_text(encoding="utf-8"))) == [], file


def test_shadows_and_doubles_are_found_over_all_files() -> None:
    found = checked("segments: {A: B}\n" + rules("{send: x}"),
                    "segments: {a: b}\n" + rules("{send: X}").replace("r0", "q"))  # fmt: skip
    assert [(one.where, one.code) for one in found] == [
        ("b.yaml:2:12", Code.TWICE),
        ("b.yaml:4:11", Code.SHADOWED),
    ]
    assert 'rule "r0" (a.yaml:4:11)' in found[1].message


def test_it_speaks_where_another_key_is_wrong() -> None:
    found = checked(rules("{send: “x”}", "{sent: y}", more="    lead_time: soon\n"))
    assert [(one.code, marked(one)) for one in found] == [
        (Code.LOOK_ALIKE, "“x”"), (Code.KEY, "sent"), (Code.VALUE, "soon"),
    ]  # fmt: skip


def test_in_a_file_that_is_no_yaml_what_may_hinder_the_reading_is_found() -> None:
    found = checked("rules:\n\u00a0 - name: a\n   # Frіes\n  - [\n")
    assert [(one.where, one.code, one.severity) for one in found if one.code is not Code.VALUE] == [
        ("a.yaml:3:1", Code.LOOK_ALIKE, Severity.WARNING),
        ("a.yaml:5:3", Code.YAML, Severity.ERROR),
    ]


_bits = st.sampled_from(
    ["rules:", "\n", "  - ", "name: a", "match: ", "{send: x}", "[", "]", "{", "}", ": ", '"', "'",
     "segments:", "\u00a0", "\u200b", "“", "”", "і", "a", "tags", "kind: ", "source: ", "ignore: ",
     "redeemable: ", "|", "\n    ", "*", "&", "#", "\u2028", "\x85"]
)  # fmt: skip


@given(st.lists(_bits, max_size=25).map("".join))
def test_whatever_a_file_says_each_finding_has_its_line(text: str) -> None:
    lines = reading(text).files[0].tree.lines
    for one in checked(text):
        assert one.place is not None
        assert 1 <= one.place.line <= len(lines) + 1
        assert one.quote == ("" if one.place.line > len(lines) else lines[one.place.line - 1])
        assert one.width >= 1
        assert one.message
