"""A Braze whose rows come in a test's own bytes: the sandbox cannot write them all."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.console import Shop
from tests.support.rawserver import RawServer, answer, read

FIELDS = re.compile(r'(\[sources\.braze_us\]\nkind = "braze"\nbase_url = )"[^"]*"')


def broadcast(number: int, **changes: Any) -> dict[str, Any]:
    """Return a row of `scheduled_broadcasts` that fires in two hours and so many minutes."""
    at = datetime.now(UTC) + timedelta(hours=2, minutes=number)
    return {
        "name": f"Lunch Push {number}",
        "id": f"c{number}",
        "type": "Campaign",
        "tags": ["punchh:segment=Lunch Regulars"],
        "next_send_time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "schedule_type": "America/New_York",
    } | changes


@contextmanager
def showing(shop: Shop, *rows: Any) -> Iterator[None]:
    """Let the shop's Braze show these rows; half a surrogate pair goes out escaped."""
    body = json.dumps({"scheduled_broadcasts": rows}).encode()
    with RawServer([read, answer(body)] * 50) as server:
        text = shop.config.read_text(encoding="utf-8")
        shop.config.write_text(FIELDS.sub(rf'\1"{server.url}"', text), encoding="utf-8")
        yield
        shop.config.write_text(text, encoding="utf-8")
