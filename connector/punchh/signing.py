"""Punchh's signature of guest calls, `x-pch-digest`.

`/api/auth/*` takes HMAC-SHA1 (its mobile twin SHA-256: not to be mixed up), as lower-case hex,
keyed with the client's secret, over the target exactly as sent (path and query) directly followed
by the body exactly as sent (facts: punchh §6, §8 row 1).
"""

import hmac
from collections.abc import Mapping
from hashlib import sha1

HEADER = "x-pch-digest"


def digest(secret: str, target: str, body: bytes) -> str:
    return hmac.new(secret.encode(), target.encode() + body, sha1).hexdigest()


def signed(secret: str, target: str, body: bytes) -> Mapping[str, str]:
    """Return the header that signs a request."""
    return {HEADER: digest(secret, target, body)}
