"""What a value of the configuration can be: addresses, zones, keys, paths, secrets."""

import json
import re
from datetime import timedelta
from typing import Annotated, Any, get_args
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)

from connector.domain import zones
from connector.settings import paths

WESTMOST, EASTMOST = timedelta(hours=-12), timedelta(hours=14)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
VISIBLE = re.compile(r"[!-~]+")  # what a key or an address consists of
PLACEHOLDER = re.compile(r"\{(text|slack|title|severity|notices)\}")  # in a webhook's body
PRINTED = re.compile(r"[ -~]+")  # what a header may hold


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that do not pair, a port that is none
        known = False
    if not known or parts.fragment or not VISIBLE.fullmatch(text):
        raise ValueError("must be an address like https://host")
    if parts.username or parts.password:
        raise ValueError("must not hold a user name or password")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("must begin with https:// (http is for 127.0.0.1 only)")
    return text


def _base_address(text: str) -> str:
    if "?" in text:
        raise ValueError("must be an address like https://host")
    return _web_address(text).rstrip("/")


def _secret_address(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value().strip()
    return SecretStr(_web_address(text) if text else text)


def _zone(text: str) -> str:
    zone = zones.find(text)
    if zone is not None:
        return zone.key
    *others, last = map(zones.spelled, zones.candidates(text) or ("America/New_York",))
    if not others:
        raise ValueError(f"must be a time zone name like {last}")
    raise ValueError(f"could mean several time zones: write {', '.join(others)} or {last}")


def offset(text: object) -> timedelta:
    found = re.fullmatch(r"([+-])(\d\d):([0-5]\d)", text) if isinstance(text, str) else None
    length = timedelta(hours=int(found[2]), minutes=int(found[3])) if found else timedelta()
    offset = -length if found and found[1] == "-" else length
    if not found or not WESTMOST <= offset <= EASTMOST:
        raise ValueError("must be an offset from UTC like +14:00")
    return offset


def _key(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value().strip()
    if len(text) > 1 and text[0] == text[-1] in "\"'":
        raise ValueError("has quotes around it that are read as part of it: remove them")
    if text and not VISIBLE.fullmatch(text):
        raise ValueError("must be one line without blanks or special letters")
    return SecretStr(text)


def _header(text: str) -> str:
    if not PRINTED.fullmatch(text):
        raise ValueError("must be one line of plain letters")
    return text


def _mail_address(text: str) -> str:
    if not re.fullmatch(r"[!-?A-~]+@[!-?A-~]+", text):
        raise ValueError("must be a mail address like ops@example.com")
    return text


def _template(text: str) -> str:
    try:
        json.loads(PLACEHOLDER.sub('"x"', text))
    except ValueError:
        raise ValueError(
            "must be JSON with {text}, {slack}, {title}, {severity} or {notices} for values"
        ) from None
    return text


def _count_path(text: str) -> str:
    if not re.fullmatch(r"/[A-Za-z0-9_./-]*\{segment_id\}[A-Za-z0-9_./-]*", text):
        raise ValueError("must be a path like /api2/dashboard/segments/{segment_id}/count")
    return text


def _web_path(text: str) -> str:
    if not re.fullmatch(r"(/[A-Za-z0-9_.~-]+)+", text):
        raise ValueError("must be a path like /webhooks/punchh")
    return text


def _header_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]+", text):
        raise ValueError("must be a header's name")
    return text


Address = Annotated[str, AfterValidator(_base_address)]
SecretAddress = Annotated[SecretStr, AfterValidator(_secret_address), Field(min_length=1)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
Template = Annotated[str, AfterValidator(_template)]
Port = Annotated[int, Field(ge=1, le=65535)]
Zone = Annotated[str, AfterValidator(_zone)]
Filled = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
FilePath = Annotated[Filled, AfterValidator(paths.absolute)]
ExistingFile = Annotated[FilePath, AfterValidator(paths.existing)]
LedgerUrl = Annotated[Filled, AfterValidator(paths.ledger_url)]
CountPath = Annotated[str, AfterValidator(_count_path)]
WebPath = Annotated[str, AfterValidator(_web_path)]
HeaderName = Annotated[str, AfterValidator(_header_name)]
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
            if path is None or not is_secret(field.annotation):
                continue
            del found[f"{key}_file"]
            if key in found:
                raise ValueError(f"give {key} or {key}_file, not both")
            found[key] = paths.secret_file(key, str(path))
        return found


def is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(map(is_secret, get_args(annotation)))
