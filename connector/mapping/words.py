"""A file's plain data checked against the model, with every complaint in plain words."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from connector.domain import rules
from connector.domain.findings import Code
from connector.domain.names import nearest, normalise
from connector.domain.rules import MappingFile, RedeemableUuid, Rule, SegmentId
from connector.mapping.places import Path, Plain, Problem, form, subject
from connector.mapping.tree import Tree

_WHOLE = re.compile(r"[0-9]{1,18}")
_SENTENCES = {
    "string_too_short": "{what} is empty",
    "string_pattern_mismatch": "{what} is empty",
    "too_short": "{what} is an empty list",
    "too_long": "{what} has more than {max_length} entries",
    "string_type": "{what} must be text, not {form}",
    "int_type": "{what} must be a whole number, not {form}",
    "greater_than": "{what} must be more than {gt}",
    "tuple_type": "{what} must be a list, not {form}",
    "model_type": "{what} must be keys with values, not {form}",
    "dict_type": "{what} must be keys with values, not {form}",
}
_REFERENCES = {"segment": "a name or {id: …}", "redeemable": "a name or {uuid: …}"}


def check(tree: Tree) -> tuple[MappingFile | None, list[Problem]]:
    """Return the file's model, or None and what keeps it from being one."""
    problems: list[Problem] = []
    spoilt = {problem.path for problem in tree.problems if problem.path is not None}
    data = _numbered(tree.value, (), tree, problems, spoilt)
    try:
        file = MappingFile.model_validate(data)
    except ValidationError as error:
        problems += _problems(error, tree, spoilt)
        return None, problems
    return (None if problems else file), problems


def _is_reference(path: Path) -> bool:
    """Say whether a name or `{id: …}` may stand at a path."""
    match path:
        case ("rules", int(), str(key)) | ("rules", int(), str(key), int()):
            return key in _REFERENCES
        case _:
            return False


def _is_number(path: Path) -> bool:
    match path:
        case ("version",) | ("rules", int(), "max_guests"):
            return True
        case ("rules", int(), "segment", "id") | ("rules", int(), "segment", int(), "id"):
            return True
        case _:
            return False


def _numbered(
    value: Plain | None, path: Path, tree: Tree, problems: list[Problem], spoilt: set[Path]
) -> Any:
    """Return the data with whole numbers where the model has them, and text everywhere else."""
    match value:
        case dict():
            return {
                key: _numbered(item, (*path, key), tree, problems, spoilt)
                for key, item in value.items()
            }
        case list():
            return [
                _numbered(item, (*path, index), tree, problems, spoilt)
                for index, item in enumerate(value)
            ]
        case str() if _is_number(path):
            if _WHOLE.fullmatch(value):
                return int(value)
            if path not in spoilt:
                message = f'{subject(path)} must be a whole number, not "{value}"'
                problems.append(Problem(tree.place(path), Code.VALUE, message, path))
                spoilt.add(path)
    return value


def _problems(error: ValidationError, tree: Tree, spoilt: set[Path]) -> list[Problem]:
    """Make one problem for each place, however many branches a union tried there."""
    found: dict[Path, Problem] = {}
    for detail in error.errors(include_url=False):
        path, tried_in_vain = _resolved(detail["loc"], tree.value)
        value = _at(path, tree.value)
        if tried_in_vain:
            if isinstance(path[-1], int) and isinstance(value, list):
                message = f"{subject(path)} must be {_REFERENCES[str(path[-2])]}, not a list"
                found.setdefault(path, Problem(tree.place(path), Code.VALUE, message))
        elif detail["type"] == "extra_forbidden":
            message, fix = _unknown_key(path)
            found[path] = Problem(tree.key_place(path), Code.KEY, message, fix=fix)
        elif detail["type"] == "missing":
            found[path] = Problem(tree.place(path), Code.KEY, _missing(path))
        elif path not in spoilt:
            context = {"msg": detail["msg"], **detail.get("ctx", {})}
            told = _sentence(detail["type"], path, value, context)
            code = Code.RULE if isinstance(value, dict) and path else Code.VALUE
            fix = _form_wanted(detail["type"], path, value)
            found.setdefault(path, Problem(tree.place(path), code, told, fix=fix))
    return list(found.values())


def _resolved(loc: Sequence[str | int], root: Plain | None) -> tuple[Path, bool]:
    """Turn pydantic's location into a path.

    Pydantic tries each branch of a union and names it in the location. True is returned with the
    union's place where that was a branch for values of another form.
    """
    path: Path = ()
    chosen = False
    for step in loc:
        if step == "[key]":
            break
        if _is_reference(path) and not chosen:
            if not isinstance(_at(path, root), _branch(str(step))):
                return path, True
            chosen = True
        else:
            path = (*path, step)
            chosen = False
    return path, False


def _branch(name: str) -> type:
    if name.startswith("tuple["):
        return list
    return str if name == "constrained-str" else dict


def _at(path: Path, root: Plain | None) -> Plain | None:
    value = root
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step]
        else:
            return None
    return value


def _model(path: Path) -> type[BaseModel]:
    """Return the model whose keys stand in the group at a path."""
    match path:
        case ("rules", int()):
            return Rule
        case ("rules", int(), "match"):
            return rules.Match
        case ("rules", int(), "segment", *_):
            return SegmentId
        case ("rules", int(), "redeemable", *_):
            return RedeemableUuid
        case _:
            return MappingFile


def _unknown_key(path: Path) -> tuple[str, str]:
    key = str(path[-1])
    model = _model(path[:-1])
    said = f'unknown key "{key}"'
    if model is Rule and normalise(key) in rules.Match.model_fields:
        return said, 'it belongs under "match"'
    if model is rules.Match and normalise(key) in Rule.model_fields:
        return said, 'it belongs beside "match", not under it'
    near = nearest(key, model.model_fields, 1)
    if near:
        return said, f'did you mean "{near[0]}"?'
    return said, f"known here: {', '.join(model.model_fields)}"


def _form_wanted(kind: str, path: Path, value: object) -> str:
    """Show how a list or a group is written, where something else stands."""
    match kind, path:
        case "tuple_type", ("rules",):
            return 'begin each rule with "- name:", indented below "rules:"'
        case "tuple_type", _ if isinstance(value, str):
            return f'write ["{value}"]'
        case "model_type", (*_, "match"):
            return 'write {send: "the name of the send"}'
        case _:
            return ""


def _missing(path: Path) -> str:
    hint = ': a mapping file begins with "version: 1"' if path == ("version",) else ""
    return f'missing key "{path[-1]}"{hint}'


def _sentence(kind: str, path: Path, value: object, context: Mapping[str, Any]) -> str:
    what = subject(path)
    if kind in _SENTENCES:
        return _SENTENCES[kind].format(what=what, form=form(value), **context)
    match kind:
        case "value_error" if isinstance(path[-1], int):
            return str(context["error"])
        case "value_error" if isinstance(value, dict):
            return f"{what} {context['error']}"
        case "value_error":
            typed = f', not "{value}"' if isinstance(value, str) else ""
            return f"{what}: {context['error']}{typed}"
        case "literal_error":
            expected = str(context["expected"]).replace("'", '"')
            typed = f'"{value}"' if isinstance(value, str) else form(value)
            return f"{what} must be {expected}, not {typed}"
    return f"{what}: {context['msg'][:1].lower()}{context['msg'][1:]}"
