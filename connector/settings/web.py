"""`[web]`: where the admins' pages are served, who may see them, and who may say a word there."""

import re
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)

from connector.domain.durations import Duration
from connector.settings.types import LOOPBACK, Filled, Section

HASH = re.compile(r"scrypt:(\d+):(\d+):(\d+):([A-Za-z0-9_-]{22}):([A-Za-z0-9_-]{43})")
LEAST_SECRET = 32


def _hash(secret: SecretStr) -> SecretStr:
    if not HASH.fullmatch(secret.get_secret_value()):
        raise ValueError("must be what `connector web hash-password` prints")
    return secret


def _signing(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < LEAST_SECRET:
        raise ValueError(f"must be {LEAST_SECRET} letters or more, of no meaning to anybody")
    return secret


def _network(text: Any) -> Any:
    try:
        return ip_network(text) if isinstance(text, str) else text
    except ValueError:
        raise ValueError("must be an address or a network like 10.0.0.0/8") from None


def _length(length: timedelta) -> timedelta:
    if not timedelta(minutes=1) <= length <= timedelta(days=30):
        raise ValueError("must be between 1m and 30d")
    return length


Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]
HostName = Annotated[Filled, StringConstraints(to_lower=True, pattern=r"^[A-Za-z0-9.:_-]+$")]
HeaderName = Annotated[Filled, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")]
SessionLength = Annotated[Duration, AfterValidator(_length)]


class WebUser(Section):
    """`[web.users.NAME]`: a viewer sees everything, an approver may also say a person's word.

    Without a `password_hash` the name is known through the reverse proxy alone.
    """

    role: Literal["viewer", "approver"] = "viewer"
    password_hash: Annotated[SecretStr, AfterValidator(_hash)] | None = None


class WebSettings(Section):
    """`[web]`. `hosts` are the names, besides this machine's own, by which browsers come."""

    host: HostName = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    hosts: tuple[HostName, ...] = ()
    secret: Annotated[SecretStr, AfterValidator(_signing)] | None = None
    session_idle: SessionLength = timedelta(minutes=30)
    session_length: SessionLength = timedelta(hours=12)
    users: dict[Filled, WebUser] = Field(default_factory=dict)
    proxy_user_header: HeaderName | None = None
    proxies: tuple[Network, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The host names under which a browser may ask for a page."""
        return frozenset({*LOOPBACK, self.host, *self.hosts})

    @model_validator(mode="after")
    def _proxy_is_whole(self) -> Self:
        if (self.proxy_user_header is None) != (not self.proxies):
            raise ValueError(
                "give proxy_user_header and proxies together: the header, and whom to believe it"
            )
        return self
