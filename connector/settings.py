"""The configuration: connector.toml, overridden by CONNECTOR_… variables, checked as a whole.

Secrets come from a variable, from the file, or from a file of their own named by `…_file`.
"""

import copy
import re
import tomllib
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from connector.domain.policy import Safety, Schedule
from connector.errors import ConfigError

PREFIX = "CONNECTOR_"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SQLITE = "sqlite:///"
VISIBLE = re.compile(r"[!-~]+")  # what a key or an address consists of
PRINTED = re.compile(r"[ -~]+")  # what a header may hold

# What is being loaded: the folder that relative paths are relative to, and the variables.
_folder: ContextVar[Path] = ContextVar("folder", default=Path())
_variables: ContextVar[Mapping[str, str]] = ContextVar("variables")


def _path(text: str) -> str:
    return str((_folder.get() / text).resolve())


def _ledger_url(text: str) -> str:
    if not text.startswith(SQLITE):
        return text
    return SQLITE + _path(text.removeprefix(SQLITE))


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that do not pair, a port that is none
        known = False
    if not known or parts.query or parts.fragment or not VISIBLE.fullmatch(text):
        raise ValueError("must be an address like https://host")
    if parts.username or parts.password:
        raise ValueError("must not hold a user name or password")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("must begin with https:// (http is for 127.0.0.1 only)")
    return text.rstrip("/")


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ValueError("must be a time zone name like America/New_York") from None
    return text


def _offset(text: object) -> timedelta:
    found = re.fullmatch(r"([+-])(\d\d):([0-5]\d)", text) if isinstance(text, str) else None
    if not found or int(found[2]) > 14:
        raise ValueError("must be an offset from UTC like +14:00")
    length = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -length if found[1] == "-" else length


def _key(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value().strip()
    if text and not VISIBLE.fullmatch(text):
        raise ValueError("must be one line without blanks or special letters")
    return SecretStr(text)


def _header(text: str) -> str:
    if not PRINTED.fullmatch(text):
        raise ValueError("must be one line of plain letters")
    return text


Address = Annotated[str, AfterValidator(_web_address)]
Zone = Annotated[str, AfterValidator(_zone)]
Filled = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
FilePath = Annotated[Filled, AfterValidator(_path)]
Header = Annotated[Filled, AfterValidator(_header)]
Secret = Annotated[SecretStr, Field(min_length=1)]
Key = Annotated[SecretStr, AfterValidator(_key), Field(min_length=1)]


class Section(BaseModel):
    """A table of the file: frozen, no unknown keys, secrets also from `KEY_file`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _secrets_from_files(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        found = dict(given)
        for key, field in cls.model_fields.items():
            path = found.get(f"{key}_file")
            if path is None or not _is_secret(field.annotation):
                continue
            del found[f"{key}_file"]
            if key in found:
                raise ValueError(f"give {key} or {key}_file, not both")
            found[key] = _secret_file(key, str(path))
        return found


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(map(_is_secret, get_args(annotation)))


def _secret_file(key: str, path: str) -> str:
    try:
        return (_folder.get() / path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ValueError(f"{key}_file cannot be read ({error.strerror})") from None
    except ValueError:
        raise ValueError(f"{key}_file cannot be read (not a text file's name)") from None


class LedgerSettings(Section):
    """`[ledger]`: where the ledger is."""

    url: Annotated[Filled, AfterValidator(_ledger_url)] = Field(
        "sqlite:///ledger.db", validate_default=True
    )


class MappingSettings(Section):
    """`[mappings]`: a mapping file, or a folder of them."""

    path: FilePath = Field("../mappings", validate_default=True)


class PunchhSettings(Section):
    """`[punchh]`: one Punchh business (facts: punchh §1)."""

    base_url: Address
    admin_key: Key
    user_agent: Header
    timezone: Zone
    campaign_clock: Literal["utc", "business"] | None = None
    on_429: Literal["wait", "unknown"] = "wait"
    true_client_ip: Header | None = None


class BrazeSettings(Section):
    """`[sources.NAME]` of kind braze: one workspace (facts: braze §3)."""

    kind: Literal["braze"]
    base_url: Address
    api_key: Key
    timezone: Zone
    audience_tag_prefix: Filled = "punchh:segment="
    earliest_offset: str = "+14:00"

    @property
    def earliest(self) -> timedelta:
        """The first offset from UTC that a guest's zone can have."""
        return _offset(self.earliest_offset)

    @model_validator(mode="after")
    def _offset_is_one(self) -> Self:
        try:
            _offset(self.earliest_offset)
        except ValueError as error:
            raise ValueError(f"earliest_offset {error}") from None
        return self


class SalesforceSettings(Section):
    """`[sources.NAME]` of kind salesforce: one org (facts: salesforce §4)."""

    kind: Literal["salesforce"]
    domain: Annotated[Filled, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$")]
    consumer_key: Key
    consumer_secret: Key | None = None
    username: Filled | None = None
    private_key: Secret | None = None
    endpoint: Address | None = None
    api_version: Annotated[Filled, StringConstraints(pattern=r"^\d{2,3}\.0$")] = "62.0"

    @model_validator(mode="after")
    def _can_log_in(self) -> Self:
        if self.domain.lower().endswith("salesforce.com"):
            raise ValueError("domain is the part before .salesforce.com, like brand.my")
        if float(self.api_version) < 61:
            raise ValueError("api_version must be 61.0 or later")
        jwt = self.username is not None and self.private_key is not None
        if jwt == (self.consumer_secret is not None):
            raise ValueError(
                "give either consumer_secret (client credentials), "
                "or username and private_key_file (JWT)"
            )
        return self


SourceSettings = Annotated[BrazeSettings | SalesforceSettings, Field(discriminator="kind")]
SourceName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$")]


class HttpSettings(Section):
    """`[http]`: how the remotes are reached; the environment's proxy settings are not read."""

    proxy: Address | None = None
    ca_bundle: FilePath | None = None


class _Variables(EnvSettingsSource):
    """The variables handed to `load`, not those of the process: the demo has none."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in _variables.get().items()}


class Settings(BaseSettings):
    """The whole configuration. Paths in it are absolute once loaded."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        env_prefix=PREFIX,
        env_nested_delimiter="__",
    )

    ledger: LedgerSettings = Field(default_factory=LedgerSettings)
    mappings: MappingSettings = Field(default_factory=MappingSettings)
    schedule: Schedule = Schedule()
    punchh: PunchhSettings
    sources: dict[SourceName, SourceSettings] = Field(min_length=1)
    safety: Safety = Safety()
    http: HttpSettings = HttpSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the signature is not ours
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let a variable override the file; nothing else is read."""
        return (_Variables(settings_cls), init_settings)


def load(path: Path, environment: Mapping[str, str]) -> Settings:
    """Read and check the configuration; ConfigError with a line for each problem.

    No line shows a value: it may be a secret.
    """
    shown = str(path)
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        step = "write one with `connector init`, or give --config PATH or CONNECTOR_CONFIG"
        raise ConfigError([f"{shown}: there is no such file: {step}"]) from None
    except OSError as error:
        raise ConfigError([f"{shown}: cannot be read ({error.strerror})"]) from None
    except UnicodeDecodeError:
        raise ConfigError([f"{shown}: cannot be read (it is not UTF-8 text)"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{shown}: is not TOML: {_toml_problem(error)}"]) from None
    problems = _unknown_variables(environment)
    token, variables = _folder.set(path.resolve().parent), _variables.set(environment)
    try:
        settings = Settings(**_without_overridden(written, environment))
    except ValidationError as error:
        problems += [_problem(shown, environment, dict(found)) for found in error.errors()]
    except SettingsError:
        problems.append(f"{PREFIX}… variables: one that stands for a whole table is not JSON")
    finally:
        _folder.reset(token)
        _variables.reset(variables)
    if problems:
        raise ConfigError(problems)
    return settings


def ledger_url(path: Path, environment: Mapping[str, str]) -> str:
    """Return where a configuration that is not filled in yet wants its ledger."""
    token = _folder.set(path.resolve().parent)
    given = {name.upper(): value for name, value in environment.items()}
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8")).get("ledger", {})
        url = given.get(f"{PREFIX}LEDGER__URL") or written.get("url")
        return LedgerSettings.model_validate({"url": url} if url else {}).url
    finally:
        _folder.reset(token)


def _without_overridden(
    written: Mapping[str, Any], environment: Mapping[str, str]
) -> dict[str, Any]:
    """Drop a file's `KEY_file` where a variable gives KEY, and the other way round."""
    kept: dict[str, Any] = copy.deepcopy(dict(written))
    for name in environment:
        if not name.upper().startswith(PREFIX):
            continue
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


def _unknown_variables(environment: Mapping[str, str]) -> list[str]:
    known = {name.upper() for name in Settings.model_fields}
    return [
        f"{name}: no setting is named so; did you mean {PREFIX}<TABLE>__<KEY>?"
        for name in sorted(environment)
        if name.upper().startswith(PREFIX)
        and name.upper() != f"{PREFIX}CONFIG"
        and name.upper().removeprefix(PREFIX).split("__")[0] not in known
    ]


def _problem(shown: str, environment: Mapping[str, str], found: Mapping[str, Any]) -> str:
    """Say in one line where a value is wrong and how: the file's key, or the variable."""
    loc = [str(part) for part in found["loc"]]
    if loc[:1] == ["sources"] and len(loc) > 2:
        del loc[2]  # the kind, by which pydantic chose the model
    if loc[-1:] == ["[key]"]:
        del loc[-1]
    variable = PREFIX + "__".join(loc).upper()
    given_by = next((name for name in environment if name.upper() == variable), None)
    place = given_by or ": ".join(filter(None, [shown, ".".join(loc)]))
    return f"{place}: {_complaint(variable, found)}"


_NUMBER, _TABLE = "must be a whole number", "must be a table"
_TOLD = {
    "extra_forbidden": "is not a known key: correct or remove it",
    "union_tag_not_found": "has no `kind`: braze or salesforce",
    "union_tag_invalid": "is of an unknown `kind`: braze and salesforce are known",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "string_type": "must be text in quotes",
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), _NUMBER),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), _TABLE),
}
_FORMS = {
    "[key]": "a source's name is lower-case letters, digits and single underscores",
    "domain": "must be the part before .salesforce.com, like brand.my",
    "api_version": "must be a version like 62.0",
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
        case "string_pattern_mismatch":
            return _FORMS[str(loc[-1])]
        case "greater_than_equal":
            return f"must be at least {found['ctx']['ge']}"
        case "less_than_equal":
            return f"must be at most {found['ctx']['le']}"
    told = str(found["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")
    return _TOLD.get(found["type"], told)
