import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from connector.domain.policy import Schedule
from connector.domain.send import KINDS
from connector.mapping import schema
from connector.mapping.folder import MappingText
from connector.mapping.load import read_texts
from connector.sources.braze.rows import TYPES
from connector.sources.salesforce import flow, list_email

FOLDER = Path(__file__).parents[2] / "mappings"
SCHEMA = schema.json_schema()
VALID = Draft7Validator(SCHEMA)

TOP = "version: 1\nrules:\n"
RULE = "  - name: a\n    match: {send: x}\n"
GOOD = TOP + RULE + "    redeemable: R\n"


def test_the_file_beside_the_mappings_is_the_schema() -> None:
    assert (FOLDER / "mapping.schema.json").read_text(encoding="utf-8") == schema.written()
    assert json.loads(schema.written()) == SCHEMA


def test_it_is_a_sound_schema_of_draft_7() -> None:
    Draft7Validator.check_schema(SCHEMA)


def test_every_key_is_described() -> None:
    groups = [SCHEMA, *SCHEMA["definitions"].values()]
    assert [len(group["properties"]) for group in groups] == [3, 6, 1, 13, 1]
    for group in groups:
        assert group["additionalProperties"] is False
        for key in group["properties"].values():
            assert len(key["description"].split()) > 4
            assert key["description"][-1] in ".)"


def test_what_may_be_chosen_is_enumerated() -> None:
    rule, match = (SCHEMA["definitions"][name]["properties"] for name in ("Rule", "Match"))
    assert rule["late"]["enum"] == ["skip", "earliest"]
    assert [rule[key]["const"] for key in ("approval", "repeat", "several")] == [
        *("required", "allow", "each"),
    ]
    assert match["kind"]["anyOf"][0]["enum"] == list(KINDS)
    shown = {*TYPES, list_email.KIND, flow.KIND}
    assert shown == set(KINDS)


def test_its_examples_and_snippets_fit() -> None:
    rule, match = (SCHEMA["definitions"][name]["properties"] for name in ("Rule", "Match"))
    for key, told in rule.items():
        for example in told.get("examples", ()):
            offer = {} if key == "ignore" else {"redeemable": "R"}
            made = {"name": "a", "match": {"send": "x"}, **offer, "lead_time": "2h", key: example}
            assert VALID.is_valid({"version": 1, "rules": [made]}), (key, example)
    for key, told in match.items():
        for example in told.get("examples", ()):
            made = {"name": "a", "match": {key: example}, "redeemable": "R"}
            assert VALID.is_valid({"version": 1, "rules": [made]}), (key, example)
    for snippet in SCHEMA["properties"]["rules"]["items"]["defaultSnippets"]:
        assert VALID.is_valid({"version": 1, "rules": [snippet["body"]]})


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.yaml")), ids=lambda file: file.name)
def test_every_example_points_to_it_and_fits(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    modeline = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    assert modeline
    assert json.loads((FOLDER / modeline[1]).read_text(encoding="utf-8")) == SCHEMA
    assert VALID.is_valid(YAML(typ="safe", pure=True).load(text))


FITTING = [
    GOOD,
    GOOD.replace("version: 1", "version: '1'"),
    GOOD.replace("name: a", "name: 0123"),
    GOOD.replace("name: a", "name: true"),
    GOOD.replace("name: a", "name: 1.5"),
    GOOD.replace("send: x", "tags: [1, no, 12:30]"),
    GOOD.replace("send: x", "source: s, kind: k, send: x, id: 5, tags: [t], audience: a"),
    GOOD + "segments: {no: 12:30, 5: 7}\n",
    GOOD + "segments: {}\n",
    GOOD + "    segment: S\n",
    GOOD + "    segment: {id: 5}\n",
    GOOD + "    segment: {id: '5'}\n",
    GOOD + "    segment: [S, {id: 5}]\n",
    TOP + RULE + "    redeemable: {uuid: 77}\n",
    TOP + RULE + "    redeemable: [R, {uuid: u}]\n",
    TOP + RULE + "    ignore: why\n",
    GOOD + "    lead_time: 1h30m\n    min_lead: 2m\n    commit_ahead: 1h\n",
    GOOD + "    max_guests: 500\n    approval: required\n    late: earliest\n",
    GOOD + "    max_guests: '0500'\n    repeat: allow\n    several: each\n",
    GOOD + "    late: skip\n",
]
UNFIT = [
    "[]\n",
    "text\n",
    GOOD.replace("version: 1\n", ""),
    GOOD.replace("version: 1", "version: 2"),
    GOOD.replace("version: 1", "version: one"),
    GOOD.replace("version: 1", "version: true"),
    "version: 1\nrules: {}\n",
    "version: 1\nrules: [x]\n",
    GOOD + "extra: x\n",
    GOOD + "segments: []\n",
    GOOD + "segments: {a: [b]}\n",
    GOOD + "segments: {a: }\n",
    GOOD + "segments: {' ': b}\n",
    GOOD + "segments: {a: ' '}\n",
    GOOD.replace("name: a", "name: ''"),
    GOOD.replace("name: a", "name: null"),
    GOOD.replace("name: a", "name: [a]"),
    GOOD.replace("{send: x}", "{}"),
    GOOD.replace("{send: x}", "x"),
    GOOD.replace("send: x", "sent: x"),
    GOOD.replace("send: x", "tags: x"),
    GOOD.replace("send: x", "tags: []"),
    GOOD.replace("send: x", "tags: [[x]]"),
    TOP + RULE,
    TOP + "  - match: {send: x}\n    redeemable: R\n",
    TOP + "  - name: a\n    redeemable: R\n",
    GOOD + "    redeemible: R\n",
    GOOD + "    ignore: why\n",
    TOP + RULE + "    ignore: why\n    segment: S\n",
    TOP + RULE + "    ignore: ~\n",
    TOP + RULE + "    redeemable: []\n",
    TOP + RULE + "    redeemable: {id: 5}\n",
    TOP + RULE + "    redeemable: {uuid: ''}\n",
    GOOD + "    segment: []\n",
    GOOD + "    segment: {}\n",
    GOOD + "    segment: {id: VIP}\n",
    GOOD + "    segment: {id: 0}\n",
    GOOD + "    segment: {id: '0'}\n",
    GOOD + "    segment: {id: 5, name: S}\n",
    GOOD + "    segment: [[S]]\n",
    GOOD + "    lead_time: 30\n",
    GOOD + "    lead_time: soon\n",
    GOOD + "    lead_time: [1h]\n",
    GOOD + "    max_guests: 0\n",
    GOOD + "    max_guests: -5\n",
    GOOD + "    max_guests: 5.5\n",
    GOOD + "    max_guests: true\n",
    GOOD + "    late: never\n",
    GOOD + "    approval: yes\n",
    GOOD + "    several: 1\n",
]


def _loads(text: str) -> bool:
    made = MappingText("m.yaml", text.encode(), "m.yaml")
    return read_texts([made], schedule=Schedule()).accepted is not None


@pytest.mark.parametrize(
    ("text", "fits"), [*((text, True) for text in FITTING), *((text, False) for text in UNFIT)]
)
def test_schema_and_loader_agree(text: str, fits: bool) -> None:
    read_by_an_editor = YAML(typ="safe", pure=True).load(text)
    assert (VALID.is_valid(read_by_an_editor), _loads(text)) == (fits, fits)


# --- files made up by chance -----------------------------------------------------------------

# Times fit the settings and names differ, since a schema knows nothing of other keys and rules.
_text = st.sampled_from(["x", "VIP Guests", "list*", "12:30", "no", "1h", "required", "7", 7, 1.5])
_segment = st.one_of(_text, st.sampled_from([{"id": 5}, {"id": "05"}]))
_redeemable = st.one_of(_text, st.builds(lambda uuid: {"uuid": uuid}, _text))
_MATCH: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("source", "kind", "send", "id", "audience"), _text),
    "tags": st.lists(_text, min_size=1, max_size=2),
}
_RULE: dict[str, st.SearchStrategy[Any]] = {
    "lead_time": st.sampled_from(["1h", "30m", "45m0s", " 2h "]),
    "min_lead": st.sampled_from(["1m", "20m"]),
    "commit_ahead": st.sampled_from(["20m", "0d2h"]),
    "approval": st.just("required"),
    "max_guests": st.sampled_from([1, 500, "500", "0500", 10**17]),
    "late": st.sampled_from(["skip", "earliest"]),
    "repeat": st.just("allow"),
    "several": st.just("each"),
}
_OFFER: dict[str, st.SearchStrategy[Any]] = {
    "segment": st.one_of(_segment, st.lists(_segment, min_size=1, max_size=2)),
    "redeemable": st.one_of(_redeemable, st.lists(_redeemable, min_size=1, max_size=2)),
    "ignore": _text,
}
_OFFERS = (["redeemable"], ["redeemable", "segment"], ["ignore"])
_WRONG: tuple[Any, ...] = (
    *("", " ", "yes", "h", "1 h", "never", "2hours", -1, 0, "0", 5.5, True, None, 30, 10**18),
    *([], {}, [[]], ["x", {}], {"id": 0}, {"id": "x"}, {"uuid": ""}, {"id": 5, "name": "x"}),
)
_wrong: st.SearchStrategy[Any] = st.sampled_from(_WRONG)
_table = st.dictionaries(st.sampled_from("AB"), _text, max_size=2)


@st.composite
def _files(draw: st.DrawFn) -> dict[str, Any]:
    """Return a good file, in which often one thing is not."""
    rules: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 3))):
        match = draw(st.fixed_dictionaries({}, optional=_MATCH).filter(bool))
        offer = {key: draw(_OFFER[key]) for key in draw(st.sampled_from(_OFFERS))}
        rest = draw(st.fixed_dictionaries({}, optional=_RULE))
        rules.append({"name": f"rule {number}", "match": match, **offer, **rest})
    made = {"version": draw(st.sampled_from([1, "1"])), "segments": draw(_table), "rules": rules}
    if draw(st.booleans()):
        group: Any = draw(st.sampled_from([made, made["segments"], rules[0], rules[0]["match"]]))
        keys = ["version", "segments", "rules", "A", *_OFFER, *_RULE, *_MATCH, "match", "name", " "]
        key = draw(st.sampled_from([*group, *keys]))
        if draw(st.booleans()):
            group.pop(key, None)
        else:
            group[key] = draw(_wrong)
    assume(made.get("rules"))  # one file may have none, though a set of files may not
    return made


def _agree(made: dict[str, Any]) -> bool:
    """Check that both say the same of a file, and return what they say."""
    text = json.dumps(made)
    loads = _loads(text)
    assert bool(VALID.is_valid(json.loads(text))) is loads, text
    return loads


@settings(max_examples=300)
@given(_files())
def test_schema_and_loader_agree_on_made_up_files(made: dict[str, Any]) -> None:
    _agree(made)


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_schema_and_loader_agree_on_ten_thousand_files() -> None:
    said: list[bool] = []

    @settings(max_examples=10_000, database=None, suppress_health_check=list(HealthCheck))
    @given(_files())
    def play(made: dict[str, Any]) -> None:
        said.append(_agree(made))

    play()
    assert len(said) >= 10_000
    assert 0.1 < sum(said) / len(said) < 0.9
