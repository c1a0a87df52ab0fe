"""The tables of the configuration, as frozen models."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from connector.domain.durations import Duration
from connector.domain.evidence import REMEMBERED
from connector.domain.policy import Safety, Schedule
from connector.domain.reasons import span
from connector.settings import variables
from connector.settings.paths import SQLITE
from connector.settings.types import (
    Address,
    CountPath,
    ExistingFile,
    FilePath,
    Filled,
    Header,
    HeaderName,
    Key,
    LedgerUrl,
    Secret,
    Section,
    WebPath,
    Zone,
    offset,
)
from connector.settings.variables import PREFIX
from connector.settings.watch import AlertsSettings, HealthSettings, HeartbeatSettings, LogSettings
from connector.settings.web import WebSettings


class LedgerSettings(Section):
    """`[ledger]`: where the ledger is, and its mark, if not beside it."""

    url: LedgerUrl = Field("sqlite:///ledger.db", validate_default=True)
    mark: FilePath | None = None

    @property
    def mark_path(self) -> Path | None:
        return Path(self.mark) if self.mark else None

    @model_validator(mode="after")
    def _mark_stands_apart(self) -> Self:
        own = self.url.removeprefix(SQLITE)
        if self.mark in {own, *(f"{own}{end}" for end in ("-wal", "-shm", "-journal", ".lock"))}:
            raise ValueError("mark must be a file of its own, not one of the ledger's")
        return self


class MappingSettings(Section):
    """`[mappings]`: a mapping file, or a folder of them."""

    path: FilePath = Field("../mappings", validate_default=True)


CanaryName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$")]


class CanarySettings(Section):
    """`[punchh.canaries.NAME]`: a test guest of a segment, asked whether a gift landed."""

    segment: Filled
    token: Key | None = None
    authentication_token: Key | None = None
    email: Filled | None = None
    basket: ExistingFile | None = None

    @model_validator(mode="after")
    def _is_signed_in(self) -> Self:
        if (self.token is None) == (self.authentication_token is None):
            raise ValueError("give either token (an access token) or authentication_token")
        return self


class RewardsSettings(Section):
    """`[punchh.webhook]`: the receiver of Punchh's `rewards` events; off without this table."""

    path: WebPath = "/webhooks/punchh"
    public_path: WebPath | None = None
    client: Filled | None = None
    secret: Key | None = None
    previous_secret: Key | None = None
    token: Key | None = None
    previous_token: Key | None = None
    signature_header: HeaderName = "Authorization"
    window: Duration = REMEMBERED

    @model_validator(mode="after")
    def _is_guarded(self) -> Self:
        signed = self.client is not None and self.secret is not None
        if signed == (self.token is not None) or (self.client is None) != (self.secret is None):
            raise ValueError(
                "give either client and secret (HMAC-SHA256), or token (bearer), as in Punchh"
            )
        for name in ("secret", "token"):
            if getattr(self, f"previous_{name}") and not getattr(self, name):
                raise ValueError(f"previous_{name} needs {name} beside it")
        return self

    @field_validator("window")
    @classmethod
    def _is_remembered(cls, window: timedelta) -> timedelta:
        if not timedelta(minutes=1) <= window <= REMEMBERED:
            raise ValueError(f"must be between 1m and {span(REMEMBERED)}: ids are kept so long")
        return window


class PunchhSettings(Section):
    """`[punchh]`: one Punchh business (facts: punchh §1)."""

    base_url: Address
    admin_key: Key
    user_agent: Header
    timezone: Zone
    campaign_clock: Literal["utc", "business"] | None = None
    on_429: Literal["wait", "unknown"] = "wait"
    true_client_ip: Header | None = None
    segment_count_path: CountPath | None = None
    client: Key | None = None
    secret: Key | None = None
    guest_user_agent: Header | None = None
    canary_within: Duration = timedelta(minutes=15)
    canaries: dict[CanaryName, CanarySettings] = Field(default_factory=dict)
    webhook: RewardsSettings | None = None

    @model_validator(mode="after")
    def _can_sign(self) -> Self:
        if self.canaries and not (self.client and self.secret):
            raise ValueError("canaries need client and secret: guest calls are signed with them")
        return self


class BrazeSettings(Section):
    """`[sources.NAME]` of kind braze: one workspace (facts: braze §3)."""

    kind: Literal["braze"]
    base_url: Address
    api_key: Key
    timezone: Zone
    audience_tag_prefix: Filled = "punchh:segment="
    earliest_offset: str = "+14:00"
    winner_tail: Duration = timedelta()

    @property
    def earliest(self) -> timedelta:
        """The first offset from UTC that a guest's zone can have."""
        return offset(self.earliest_offset)

    @model_validator(mode="after")
    def _offset_is_one(self) -> Self:
        try:
            offset(self.earliest_offset)
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
    ca_bundle: ExistingFile | None = None


class _Variables(EnvSettingsSource):
    """The variables handed to `load`, not those of the process: the demo has none."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in variables.read.get().items()}


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
    alerts: AlertsSettings = AlertsSettings()
    heartbeat: HeartbeatSettings = HeartbeatSettings()
    health: HealthSettings = HealthSettings()
    log: LogSettings = LogSettings()
    web: WebSettings = WebSettings()

    @field_validator("sources")
    @classmethod
    def _no_second_punchh(cls, sources: dict[str, Any]) -> dict[str, Any]:
        if "punchh" in sources:
            raise ValueError("a source cannot be named punchh: that is the loyalty platform's name")
        return sources

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
