"""Reading the configuration, and telling what is wrong with it in one line each."""

import copy
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsError

from connector.domain.names import ranked
from connector.errors import ConfigError
from connector.settings import variables
from connector.settings.credentials import with_credentials
from connector.settings.model import LedgerSettings, MappingSettings, Settings
from connector.settings.paths import folder, folder_of
from connector.settings.types import is_secret
from connector.settings.variables import PREFIX

_Table = TypeVar("_Table", bound=BaseModel)


def load(path: Path, environment: Mapping[str, str]) -> Settings:
    """Read and check the configuration; ConfigError with a line for each problem.

    No line shows a value: it may be a secret.
    """
    shown = str(path)
    written = _written(path)
    given = variables.ours(environment)
    problems = variables.problems(given, Settings.model_fields)
    given = {name: variables.unquoted(value) for name, value in given.items()}
    written = with_credentials(written, environment, frozenset(Settings.model_fields))
    place, token = folder.set(folder_of(path)), variables.read.set(given)
    try:
        settings = Settings(**_without_overridden(written, given))
    except ValidationError as error:
        problems += [_problem(shown, given, dict(found)) for found in error.errors()]
    except SettingsError:
        problems.append(f"{PREFIX}… variables: one that stands for a whole table is not JSON")
    finally:
        folder.reset(place)
        variables.read.reset(token)
    if problems:
        raise ConfigError(problems)
    return settings


def _written(path: Path) -> dict[str, Any]:
    """Return what the file says, with or without a BOM as Windows' editors write it."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        if path.is_symlink():
            raise ConfigError([f"{path}: is a link to a file that does not exist"]) from None
        step = "write one with `connector init`, or give --config PATH or CONNECTOR_CONFIG"
        raise ConfigError([f"{path}: there is no such file: {step}"]) from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read ({error.strerror})"]) from None
    except UnicodeDecodeError:
        raise ConfigError([f"{path}: cannot be read (it is not UTF-8 text)"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{path}: is not TOML: {_toml_problem(error)}"]) from None
    except RecursionError:
        raise ConfigError([f"{path}: is not TOML: it is nested too deeply"]) from None


def ledger_url(path: Path, environment: Mapping[str, str]) -> str:
    """Return where a configuration that is not filled in yet wants its ledger."""
    return _early(path, environment, "ledger", LedgerSettings).url


def mapping_path(path: Path, environment: Mapping[str, str]) -> Path:
    """Return where a configuration that is not filled in yet wants its mapping files."""
    return Path(_early(path, environment, "mappings", MappingSettings).path)


def _early(path: Path, environment: Mapping[str, str], table: str, model: type[_Table]) -> _Table:
    """Read one table, without secrets, of a configuration whose other tables may be wrong."""
    given = variables.ours(environment)
    prefix = f"{PREFIX}{table}__".upper()
    overriding = {
        name.upper().removeprefix(prefix).lower(): variables.unquoted(value)
        for name, value in given.items()
        if name.upper().startswith(prefix)
    }
    token = folder.set(folder_of(path))
    try:
        values = _written(path).get(table, {})
        both = {**values, **overriding} if isinstance(values, dict) else values
        return model.model_validate(both)
    except ValidationError as error:
        problems = [
            _problem(str(path), given, {**problem, "loc": (table, *problem["loc"])})
            for problem in error.errors()
        ]
        raise ConfigError(problems) from None
    finally:
        folder.reset(token)


def _without_overridden(
    written: Mapping[str, Any], environment: Mapping[str, str]
) -> dict[str, Any]:
    """Drop a file's `KEY_file` where a variable gives KEY, and the other way round."""
    kept: dict[str, Any] = copy.deepcopy(dict(written))
    for name in environment:
        *tables, key = name.lower().removeprefix(PREFIX.lower()).split("__")
        place: Any = kept
        for table in tables:
            place = place.get(table) if isinstance(place, dict) else None
        if isinstance(place, dict) and tables:
            place.pop(key.removesuffix("_file") if key.endswith("_file") else f"{key}_file", None)
    return kept


def _toml_problem(error: tomllib.TOMLDecodeError) -> str:
    place = re.search(r"\(at (line \d+, column \d+|end of document)\)", str(error))
    return f"look at {place[1]}" if place else "look at its brackets and quotes"


def _problem(shown: str, environment: Mapping[str, str], found: Mapping[str, Any]) -> str:
    """Say in one line where a value is wrong and how: the file's key, or the variable."""
    loc = [str(part) for part in found["loc"]]
    kinds = _kinds(found["loc"])
    if kinds and len(loc) > kinds.depth:
        del loc[kinds.depth]  # the kind, by which pydantic chose the model
    if loc[-1:] == ["[key]"]:
        del loc[-1]
    variable = PREFIX + "__".join(loc).upper()
    given_by = next((name for name in environment if name.upper() == variable), None)
    place = given_by or ": ".join(filter(None, [shown, ".".join(loc)]))
    unknown = found["type"] == "extra_forbidden"
    told = _unknown_key(found["loc"], given_by) if unknown else _complaint(variable, found)
    return f"{place}: {told}"


@dataclass(frozen=True, slots=True)
class _Kinds:
    """Tables of several kinds: where they stand, what names them, and which kinds there are."""

    above: tuple[str, ...]
    noun: str
    known: tuple[str, ...]

    @property
    def depth(self) -> int:
        return len(self.above) + 1


_TABLES = (
    _Kinds(("sources",), "source", ("braze", "salesforce")),
    _Kinds(("alerts", "channels"), "channel", ("webhook", "email")),
)


def _kinds(loc: Sequence[object]) -> _Kinds | None:
    return next((each for each in _TABLES if tuple(loc[: len(each.above)]) == each.above), None)


_NUMBER, _TABLE = "must be a whole number", "must be a table"
_TOLD = {
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "string_type": "must be text in quotes",
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), _NUMBER),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), _TABLE),
}
_FORMS = {
    "fail_suffix": "must be a path like /fail",
    "[key]": "a name here is lower-case letters, digits and single underscores",
    "domain": "must be the part before .salesforce.com, like brand.my",
    "api_version": "must be a version like 62.0",
    "host": "must be a name or an address like 127.0.0.1",
    "hosts": "must be names like connector.brand.com",
    "proxy_user_header": "must be a header's name like X-Forwarded-User",
}


def _complaint(variable: str, found: Mapping[str, Any]) -> str:
    loc = found["loc"]
    match found["type"]:
        case "missing" | "too_short" if loc == ("sources",):
            return "at least one source is needed: [sources.NAME]"
        case "missing" if len(loc) == 1:
            return f"is missing: the file needs a table [{loc[0]}]"
        case "missing":
            return f"is missing: write it in the file or set {variable}"
        case "string_pattern_mismatch" if (kinds := _kinds(loc)) and loc[-1] == "[key]":
            return f"a {kinds.noun}'s name is lower-case letters, digits and single underscores"
        case "string_pattern_mismatch":
            return _FORMS[next(str(part) for part in reversed(loc) if part in _FORMS)]
        case "union_tag_not_found" if kinds := _kinds(loc):
            return f"has no `kind`: {' or '.join(kinds.known)}"
        case "union_tag_invalid" if kinds := _kinds(loc):
            return f"is of an unknown `kind`: {' and '.join(kinds.known)} are known"
        case "greater_than_equal":
            return f"must be at least {found['ctx']['ge']}"
        case "less_than_equal":
            return f"must be at most {found['ctx']['le']}"
    told = str(found["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")
    return _TOLD.get(found["type"], told)


def _unknown_key(loc: Sequence[object], given_by: str | None) -> str:
    near = ranked(str(loc[-1]), _siblings(loc))
    if not near:
        return "is not a known key: correct or remove it"
    meant, _ = max(near, key=lambda each: (each[1], -len(each[0])))
    if given_by:
        meant = f"{given_by.rpartition('__')[0]}__{meant.upper()}"
    return f"is not a known key: did you mean {meant}?"


def _siblings(loc: Sequence[object]) -> frozenset[str]:
    """Return the keys that are known where an unknown one stands."""
    tables: list[type[BaseModel]] = [Settings]
    for part in loc[:-1]:
        fields = [each.model_fields[part] for each in tables if part in each.model_fields]
        of_kind = [each for each in tables if part in _kinds_of(each)]
        inner = [found for field in fields for found in _tables_in(field.annotation)]
        tables = inner or of_kind or tables  # else it is a name that people choose
    return frozenset(
        name
        for each in tables
        for key, field in each.model_fields.items()
        for name in ((key, f"{key}_file") if is_secret(field.annotation) else (key,))
    )


def _kinds_of(table: type[BaseModel]) -> tuple[object, ...]:
    kind = table.model_fields.get("kind")
    return get_args(kind.annotation) if kind else ()


def _tables_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _tables_in(part)
