"""`[web]`: where the admins' pages are served, who may see them, and who may say a word there."""

import hashlib
import re
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)

from connector.domain.durations import Duration
from connector.settings.types import LOOPBACK, Address, Filled, Section

HASH = re.compile(r"scrypt:(\d+):(\d+):(\d+):([A-Za-z0-9_-]{22}):([A-Za-z0-9_-]{43})")
LEAST_SECRET = 32
HEALTH_PATH = "/healthz"


def pages_id(ledger_id: str) -> str:
    """Return by what the pages of one ledger are told from those of another."""
    return hashlib.sha256(ledger_id.encode()).hexdigest()[:8]


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


def _origin(text: str) -> str:
    if urlsplit(text).path:
        raise ValueError("must be an address without a path, like https://connector.brand.com")
    return text


Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]
HostName = Annotated[Filled, StringConstraints(to_lower=True, pattern=r"^[A-Za-z0-9.:_-]+$")]
HeaderName = Annotated[Filled, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")]
PublicUrl = Annotated[Address, AfterValidator(_origin)]
SessionLength = Annotated[Duration, AfterValidator(_length)]


class WebUser(Section):
    """`[web.users.NAME]`: a viewer sees everything, an approver may also say a person's word.

    Without a `password_hash` the name is known through the reverse proxy alone.
    """

    role: Literal["viewer", "approver"] = "viewer"
    password_hash: Annotated[SecretStr, AfterValidator(_hash)] | None = None


class WebSettings(Section):
    """`[web]`. `public_url` is where browsers find the pages, through a proxy with TLS.

    `hosts` are further names by which they come. `proxies` are believed in whom they ask for
    (`X-Forwarded-For`), and with `proxy_user_header` in who that is.
    """

    host: HostName = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    public_url: PublicUrl | None = None
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
        public = urlsplit(self.public_url or "").hostname
        return frozenset({*LOOPBACK, self.host, *self.hosts, *([public] if public else [])})

    @property
    def over_tls(self) -> bool:
        """True where browsers are known to come over https, whatever name a proxy asks by."""
        return self.public_url is not None and self.public_url.startswith("https://")

    @model_validator(mode="after")
    def _header_has_its_proxies(self) -> Self:
        if self.proxy_user_header is not None and not self.proxies:
            raise ValueError("proxy_user_header needs proxies: from whom to believe it")
        return self
