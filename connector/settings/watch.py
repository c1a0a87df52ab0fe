"""The tables that say who watches the worker, and who is told: alerts, heartbeat, health."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from connector.domain.channels import Routes
from connector.domain.durations import Duration
from connector.settings.types import (
    LOOPBACK,
    Filled,
    Header,
    Key,
    MailAddress,
    Port,
    Secret,
    SecretAddress,
    Section,
    Template,
)
from connector.settings.web import HostName


def _somebody(addresses: tuple[str, ...]) -> tuple[str, ...]:
    if not addresses:
        raise ValueError("must name an address")
    return addresses


class WebhookSettings(Section):
    """`[alerts.channels.NAME]` of kind webhook: a POST of JSON.

    The address is a secret: that of a Slack webhook is all that it takes to write there.
    """

    kind: Literal["webhook"]
    url: SecretAddress
    body: Template = '{"text": {slack}}'
    token: Key | None = None


class EmailSettings(Section):
    """`[alerts.channels.NAME]` of kind email: a letter by SMTP."""

    kind: Literal["email"]
    host: Filled
    port: Port = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: Header | None = None
    password: Secret | None = None
    sender: MailAddress
    to: Annotated[tuple[MailAddress, ...], AfterValidator(_somebody)]

    @model_validator(mode="after")
    def _login_is_whole_and_unseen(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("give username and password, or neither")
        if self.password and self.security == "none" and self.host not in LOOPBACK:
            raise ValueError("security must be starttls or tls where a password is sent")
        return self


ChannelSettings = Annotated[WebhookSettings | EmailSettings, Field(discriminator="kind")]
ChannelName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$")]


class AlertsSettings(Section):
    """`[alerts]`: who is told of what wants a person; nobody without a channel."""

    channels: dict[ChannelName, ChannelSettings] = Field(default_factory=dict)
    routes: Routes = Routes()
    repeat_after: Duration = timedelta(hours=24)

    @model_validator(mode="after")
    def _routes_lead_somewhere(self) -> Self:
        for route, names in self.routes.named():
            for name in names:
                if name not in self.channels:
                    raise ValueError(f"routes.{route} names a channel that is not there: {name}")
        return self


class HeartbeatSettings(Section):
    """`[heartbeat]`: an address that is asked after every good cycle; silence raises the alarm."""

    url: SecretAddress | None = None
    fail_suffix: Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9_.-]+)*$")] = ""


class LogSettings(Section):
    """`[log]`: what the worker and the pages tell on standard error."""

    level: Literal["info", "warning", "error", "critical"] = "info"
    format: Literal["auto", "json", "lines"] = "auto"


class HealthSettings(Section):
    """`[health]`: the worker's own pages for machines; none without a port."""

    host: Filled = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] | None = None
    hosts: tuple[HostName, ...] = ()
