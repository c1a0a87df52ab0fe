"""The mapping file's JSON Schema, for editors: it accepts what the loader accepts."""

import json
from typing import Any

from connector.domain.rules import MappingFile
from connector.domain.send import KINDS

_WHOLE = "^(?=[0-9]{1,18}$)0*[1-9]"
_LARGEST = 10**18 - 1  # as many digits as the loader reads
_SNIPPETS = (
    ("An offer", {"match": {"send": '"$2*"'}, "redeemable": "$3"}),
    ("No offer", {"match": {"send": '"$2*"'}, "ignore": "$3"}),
)


def json_schema() -> dict[str, Any]:
    """Return the schema in draft-07, which every editor's YAML server understands."""
    made = _plain(MappingFile.model_json_schema())
    definitions, keys = made.pop("$defs"), made["properties"]
    _rule_conditions(definitions["Rule"])
    match = definitions["Match"]
    match["minProperties"] = 1
    kind = match["properties"]["kind"]  # a pattern may stand there too, such as `list*`
    kind["anyOf"] = [{"enum": list(KINDS)}, {key: kind.pop(key) for key in _text()}]
    del keys["segments"]["patternProperties"]
    keys["segments"] |= {"propertyNames": {"pattern": r"\S"}, "additionalProperties": _text()}
    keys["version"] |= {"enum": [1, "1"]}
    del keys["version"]["anyOf"], keys["rules"]["default"]
    keys["rules"]["items"] = {**_alone(keys["rules"]["items"]), "defaultSnippets": _snippets()}
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


def _snippets() -> list[dict[str, Any]]:
    """Return what editors offer to write for a new rule."""
    return [{"label": label, "body": {"name": "$1", **body}} for label, body in _SNIPPETS]


def _rule_conditions(rule: dict[str, Any]) -> None:
    rule["oneOf"] = [{"required": ["redeemable"]}, {"required": ["ignore"]}]
    rule["not"] = {"required": ["ignore", "segment"]}
    for key in ("segment", "redeemable"):
        for branch in rule["properties"][key]["anyOf"]:
            if branch.get("type") == "array":
                branch["minItems"] = 1


def _alone(node: dict[str, Any]) -> dict[str, Any]:
    """Draft-07 ignores whatever stands beside a $ref."""
    kept = dict(node)
    return {"allOf": [{"$ref": kept.pop("$ref")}], **kept} if "$ref" in kept else kept


def _plain(node: Any) -> Any:
    """Take out titles and nulls, and let numbers pass for text."""
    if isinstance(node, list):
        return [_plain(item) for item in node if item != {"type": "null"}]
    if not isinstance(node, dict):
        return node
    kept = {key: value if key == "examples" else _plain(value) for key, value in node.items()}
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
    return _alone(kept) if len(kept) > 1 else kept


def _whole(node: dict[str, Any]) -> dict[str, Any]:
    """Accept a number in quotes too."""
    bounds: dict[str, Any] = {"maximum": _LARGEST}
    for key in ("type", "const", "exclusiveMinimum"):
        if key in node:
            bounds[key] = node.pop(key)
    return {**node, "anyOf": [bounds, {"type": "string", "pattern": _WHOLE}]}
