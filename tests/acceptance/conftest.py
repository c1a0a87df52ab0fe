"""Each test has a shop of its own: a folder, a ledger, and an outside world."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.console import Shop, opened


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with opened(tmp_path / "shop") as found:
        yield found


@pytest.fixture
def live_shop(shop: Shop) -> Shop:
    shop.live()
    return shop
