"""Where Punchh's outbound webhook goes, what waits to be told there, and what was told."""

import hmac
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where events go, and how they prove themselves: by a signature, or by a bearer token."""

    url: str
    client: str = ""
    secret: str = ""
    token: str = ""

    @property
    def target(self) -> str:
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def proof(self, body: bytes) -> dict[str, str]:
        """Return the headers that prove a request."""
        if self.token:
            return {"Authorization": f"bearer {self.token}"}
        signed = self.target.encode() + body
        digest = hmac.new(self.secret.encode(), signed, sha256).hexdigest()
        return {"Authorization": f"hmac {digest}", "x-pch-key": self.client}


@dataclass(frozen=True, slots=True)
class Event:
    """One event that waits for its time; `tries` failed so far. Without a body it is a probe."""

    content_id: str
    body: bytes
    due: datetime
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Posted:
    """One request that was made: `status` is 0 where nobody answered."""

    method: str
    content_id: str
    status: int
    at: datetime


@dataclass
class Hooks:
    """One business's webhook; `told` are the campaigns whose events were made.

    One that is not active sends nothing any more: its URL was tried in vain too often.
    """

    receiver: Receiver | None = None
    waiting: list[Event] = field(default_factory=list)
    active: bool = True
    posted: list[Posted] = field(default_factory=list)
    told: set[int] = field(default_factory=set)
