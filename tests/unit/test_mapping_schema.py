import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from connector.domain.policy import Schedule
from connector.mapping import schema
from connector.mapping.folder import MappingText
from connector.mapping.load import read_texts

FOLDER = Path(__file__).parents[2] / "mappings"
SCHEMA = schema.json_schema()

TOP = "version: 1\nrules:\n"
RULE = "  - name: a\n    match: {send: x}\n"
GOOD = TOP + RULE + "    redeemable: R\n"


def test_the_file_beside_the_mappings_is_the_schema() -> None:
    assert (FOLDER / "mapping.schema.json").read_text(encoding="utf-8") == schema.written()
    assert json.loads(schema.written()) == SCHEMA


def test_every_key_is_described() -> None:
    groups = [SCHEMA, *SCHEMA["definitions"].values()]
    assert [len(group["properties"]) for group in groups] == [3, 6, 1, 13, 1]
    for group in groups:
        assert group["additionalProperties"] is False
        assert all(key["description"] for key in group["properties"].values())


def test_the_example_points_to_it_and_fits() -> None:
    text = (FOLDER / "restaurant.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=./mapping.schema.json\n")
    assert _accepts(SCHEMA, YAML(typ="safe", pure=True).load(text))


# --- as much of draft-07 as the schema uses ------------------------------------------------------


def _is(kind: str, value: Any) -> bool:
    match kind:
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case _:
            kinds = {"string": str, "boolean": bool, "array": list, "object": dict}
            return isinstance(value, kinds[kind])


def _properties(schema_: dict[str, Any], value: Any) -> bool:
    known, rest = schema_.get("properties", {}), schema_.get("additionalProperties", {})
    return not isinstance(value, dict) or all(
        _accepts(known.get(key, rest), item) for key, item in value.items()
    )


CHECKS: dict[str, Callable[[Any, Any], bool]] = {
    "type": lambda kinds, value: any(
        _is(kind, value) for kind in ([kinds] if isinstance(kinds, str) else kinds)
    ),
    "enum": lambda allowed, value: value in allowed and not isinstance(value, bool),
    "const": lambda allowed, value: bool(value == allowed),
    "pattern": lambda form, value: not isinstance(value, str) or re.search(form, value) is not None,
    "exclusiveMinimum": lambda least, value: not _is("number", value) or value > least,
    "minItems": lambda least, value: not isinstance(value, list) or len(value) >= least,
    "minProperties": lambda least, value: not isinstance(value, dict) or len(value) >= least,
    "required": lambda keys, value: not isinstance(value, dict) or set(keys) <= set(value),
    "items": lambda each, value: (
        not isinstance(value, list) or all(_accepts(each, item) for item in value)
    ),
    "propertyNames": lambda each, value: (
        not isinstance(value, dict) or all(_accepts(each, str(key)) for key in value)
    ),
    "anyOf": lambda branches, value: any(_accepts(branch, value) for branch in branches),
    "allOf": lambda branches, value: all(_accepts(branch, value) for branch in branches),
    "oneOf": lambda branches, value: sum(_accepts(branch, value) for branch in branches) == 1,
    "not": lambda branch, value: not _accepts(branch, value),
    "$ref": lambda name, value: _accepts(SCHEMA["definitions"][name.rsplit("/", 1)[1]], value),
}
NOTES = {"$schema", "title", "description", "default", "examples", "definitions"}
PAIRED = {"properties", "additionalProperties"}


def _accepts(schema_: Any, value: Any) -> bool:
    if isinstance(schema_, bool):
        return schema_
    checks = set(schema_) - NOTES - PAIRED
    return all(CHECKS[key](schema_[key], value) for key in checks) and _properties(schema_, value)


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
    assert (_accepts(SCHEMA, read_by_an_editor), _loads(text)) == (fits, fits)


_scalars = st.sampled_from(["x", "", " ", "7", "0", "1h", "required", "allow", "each", "skip"])
_values = st.one_of(
    _scalars,
    st.just({"id": "5"}),
    st.just({"uuid": "u"}),
    st.lists(st.one_of(_scalars, st.just({"id": "5"}), st.just({"uuid": "u"})), max_size=2),
    st.dictionaries(st.sampled_from(["send", "tags", "id", "uuid"]), _scalars, max_size=2),
)
_keys = st.sampled_from([*SCHEMA["definitions"]["Rule"]["properties"], "unknown"])


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(_keys, _values, max_size=4),
    st.dictionaries(
        st.sampled_from([*SCHEMA["definitions"]["Match"]["properties"], "unknown"]),
        st.one_of(_scalars, st.lists(_scalars, max_size=2)),
        max_size=2,
    ),
)
def test_schema_and_loader_agree_on_made_up_rules(
    changes: dict[str, Any], match: dict[str, Any]
) -> None:
    # Times are kept such that they fit the settings, of which a schema knows nothing.
    rule = {"name": "a", "match": match, "redeemable": "R", "lead_time": "1h", **changes}
    for key in ("min_lead", "commit_ahead"):
        rule[key] = "20m" if rule.get(key) == "1h" else rule.get(key, "20m")
    text = json.dumps({"version": 1, "rules": [rule]})
    assert _accepts(SCHEMA, json.loads(text)) is _loads(text)
