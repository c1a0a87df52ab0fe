"""Passwords at rest: scrypt with a salt each, compared in constant time."""

import base64
import hashlib
import hmac
import re
from unicodedata import normalize

from connector.clock import Random
from connector.settings.web import HASH

_COST, _BLOCK, _LANES = 2**15, 8, 3  # 32 MB and a quarter of a second, as OWASP advises
_MEMORY = 2**27
LONGEST = 1024  # a longer password only costs us time
LEAST_OWN = 5  # different characters beside the words below
# Ours, and what the lists of the most used passwords are made of, which guesses begin with.
_TRIED_FIRST = (
    "connector|punchh|braze|salesforce|approver|viewer|admin|root|user|login|default|changeme|"
    "password|passwort|passw|pass|secret|letmein|welcome|whatever|trustno|iloveyou|sunshine|"
    "princess|football|baseball|basketball|superman|batman|starwars|dragon|monkey|shadow|master|"
    "michael|jordan|freedom|chocolate|butterfly|liverpool|charlie|hello|computer|internet|"
    "qwertyuiop|qwerty|qwertz|azerty|asdfghjkl|asdfgh|asdf|zxcvbnm|zxcvb|qazwsx|qaz|wsx|edc|"
    "1q2w3e4r5t|1q2w3e4r|1q2w3e|abcdefgh|abcdef|abc|"
    "1234567890|0123456789|123456789|987654321|12345678|123456|12345|1234|123"
)
_LETTERS = str.maketrans("0134579@$!", "oleastgasi")


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


def easy(password: str, name: str) -> bool:
    """Say whether a password is little more than its user's name and words that are tried first."""
    words = f"{_TRIED_FIRST}|{re.escape(name.casefold())}"
    plain = password.casefold()
    texts = (plain, plain.translate(_LETTERS))
    return any(len(set(re.sub(words, "", text))) < LEAST_OWN for text in texts)


def _digest(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    text = normalize("NFC", password).encode("utf-8", "surrogatepass")  # a terminal's é is a page's
    return hashlib.scrypt(text, salt=salt, n=cost, r=block, p=lanes, maxmem=_MEMORY, dklen=32)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


_NOBODY = f"scrypt:{_COST}:{_BLOCK}:{_LANES}:{_text(bytes(16))}:{_text(bytes(32))}"
