"""Passwords at rest: scrypt with a salt each, compared in constant time."""

import base64
import hashlib
import hmac
from unicodedata import normalize

from connector.clock import Random
from connector.settings.web import HASH

_COST, _BLOCK, _LANES = 2**15, 8, 1
_MEMORY = 2**27
LONGEST = 1024  # a longer password only costs us time


def hashed(password: str, random: Random) -> str:
    """Return what the configuration holds instead of a password."""
    salt = random.randbytes(16)
    digest = _digest(password, salt, _COST, _BLOCK, _LANES)
    return f"scrypt:{_COST}:{_BLOCK}:{_LANES}:{_text(salt)}:{_text(digest)}"


def fits(password: str, kept: str | None) -> bool:
    """Say whether a password is the one that was hashed; None takes as long and says no."""
    found = HASH.fullmatch(kept or _NOBODY)
    if found is None or len(password) > LONGEST:
        return False
    cost, block, lanes = (int(found[part]) for part in (1, 2, 3))
    try:
        digest = _digest(password, _bytes(found[4]), cost, block, lanes)
    except (ValueError, MemoryError):  # a cost that no machine bears
        return False
    return hmac.compare_digest(digest, _bytes(found[5])) and kept is not None


def _digest(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    text = normalize("NFC", password).encode("utf-8", "surrogatepass")  # a terminal's é is a page's
    return hashlib.scrypt(text, salt=salt, n=cost, r=block, p=lanes, maxmem=_MEMORY, dklen=32)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


_NOBODY = f"scrypt:{_COST}:{_BLOCK}:{_LANES}:{_text(bytes(16))}:{_text(bytes(32))}"
