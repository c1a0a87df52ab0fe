"""The mapping file's JSON Schema, for editors: it accepts what the loader accepts."""

import json
from typing import Any

from connector.domain.rules import MappingFile

_WHOLE = "^0{0,9}[1-9][0-9]{0,8}$"


def json_schema() -> dict[str, Any]:
    """Return the schema in draft-07, which every editor's YAML server understands."""
    made = _plain(MappingFile.model_json_schema())
    definitions = made.pop("$defs")
    _rule_conditions(definitions["Rule"])
    definitions["Match"]["minProperties"] = 1
    made["properties"]["segments"] = {
        "description": made["properties"]["segments"]["description"],
        "type": "object",
        "propertyNames": {"pattern": r"\S"},
        "additionalProperties": _text(),
    }
    made["properties"]["version"] |= {"enum": [1, "1"]}
    del made["properties"]["version"]["anyOf"]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Mapping file: which sends get which Punchh offer",
        **{key: value for key, value in made.items() if key != "title"},
        "definitions": definitions,
    }


def written() -> str:
    """Return the text of `mappings/mapping.schema.json`."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _text() -> dict[str, Any]:
    """Text is whatever was typed: an editor calls some of it a number or a truth value."""
    return {"type": ["string", "number", "boolean"], "pattern": r"\S"}


def _rule_conditions(rule: dict[str, Any]) -> None:
    rule["oneOf"] = [{"required": ["redeemable"]}, {"required": ["ignore"]}]
    rule["not"] = {"required": ["ignore", "segment"]}
    for key in ("segment", "redeemable"):
        for branch in rule["properties"][key]["anyOf"]:
            if branch.get("type") == "array":
                branch["minItems"] = 1


def _plain(node: Any) -> Any:
    """Take out titles and nulls, and let numbers pass for text."""
    if isinstance(node, list):
        return [_plain(item) for item in node if item != {"type": "null"}]
    if not isinstance(node, dict):
        return node
    kept = {key: _plain(value) for key, value in node.items()}
    if isinstance(kept.get("title"), str):
        del kept["title"]
    if kept.get("default", "") is None:
        del kept["default"]
    if "$ref" in kept:
        kept["$ref"] = kept["$ref"].replace("#/$defs/", "#/definitions/")
    if kept.get("pattern") == r"\S":
        kept.pop("minLength", None)
        kept |= _text()
    if kept.get("type") == "integer":
        kept = _whole(kept)
    if len(kept.get("anyOf", ())) == 1:
        kept |= kept.pop("anyOf")[0]
    if "$ref" in kept and len(kept) > 1:  # draft-07 ignores whatever stands beside a $ref
        kept["allOf"] = [{"$ref": kept.pop("$ref")}]
    return kept


def _whole(node: dict[str, Any]) -> dict[str, Any]:
    """Accept a number in quotes too."""
    bounds = {key: node.pop(key) for key in ("type", "const", "exclusiveMinimum") if key in node}
    return {**node, "anyOf": [bounds, {"type": "string", "pattern": _WHOLE}]}
