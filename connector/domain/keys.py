"""The public formulas by which an occurrence and its campaign are known. Versioned: see tests.

A changed formula would make known sends look new and give their offers again.
"""

import base64
import hashlib
import re
from datetime import UTC, datetime
from functools import lru_cache


def _escaped(part: str) -> str:
    return part.replace("%", "%25").replace(":", "%3A")


def occurrence_key(
    kind: str, account: str, send_id: str, opened_for: datetime | None, n: int = 1
) -> str:
    """Return the key of one firing of a send.

    `opened_for` is the nominal time at first sight (None where the source gave none); it never
    changes afterwards. `n` counts occurrences of one send that were opened for the same time.
    """
    opened = f"{opened_for.astimezone(UTC):%Y%m%dT%H%M%SZ}" if opened_for else "unknown"
    parts = ["v1", *map(_escaped, (kind, account, send_id)), opened]
    return ":".join(parts if n == 1 else [*parts, str(n)])


def _short(*parts: str, length: int) -> str:
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:length]


def distribution_id(
    occurrence: str, wanted_segment: str, wanted_redeemable: str, n: int = 1
) -> str:
    """Return the ledger's short id of an offer that an occurrence wants.

    `n` counts the times that a person had it made again.
    """
    parts = ["d1", occurrence, wanted_segment, wanted_redeemable]
    return _short(*(parts if n == 1 else [*parts, str(n)]), length=10)


def external_campaign_id(
    occurrence: str, segment_id: int, redeemable_uuid: str, attempt: int
) -> str:
    """Return the mark by which a person or a webhook finds the campaign of one attempt."""
    short = _short("c1", occurrence, str(segment_id), redeemable_uuid, str(attempt), length=16)
    return f"c1-{short}"


_MARK = re.compile(r"c1-[a-z2-7]{16}", re.ASCII)


def mark_of(campaign_name: str) -> str | None:
    """Return the mark in which a campaign's name ends, None where it is none of ours."""
    last = campaign_name.split()[-1:]
    return last[0] if last and _MARK.fullmatch(last[0]) else None


@lru_cache(maxsize=16_384)  # asked for again and again of every line, in each look and each page
def occurrence_id(occurrence: str) -> str:
    """Return the short id by which people name an occurrence."""
    return _short("o1", occurrence, length=10)
