"""What a real worker makes of answers that real servers and their proxies give."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from tests.support import spoils
from tests.support.console import Shop
from tests.support.faultserver import Asked, Proxy, Spoil
from tests.support.spoils import Act

POSTED = "POST"
PROCESSING = b"HTTP/1.1 102 Processing\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"


@contextmanager
def before(shop: Shop, url: str) -> Iterator[Proxy]:
    """Put a proxy before one of the sandbox's remotes, and make the ledger live."""
    place = urlsplit(url)
    with Proxy((place.hostname or "", place.port or 0)) as proxy:
        shop.configure(url, proxy.url)
        shop.live()
        yield proxy


def _all(asked: Asked) -> bool:
    return True


def _posts(asked: Asked) -> bool:
    return asked.method == POSTED


def test_informational_answers_come_before_every_answer(shop: Shop) -> None:
    with before(shop, shop.box.punchh_url) as proxy:
        proxy.arm(Spoil(_all, spoils.prefaced(PROCESSING + HINTS)))
        done = shop.once()
        verdicts = Counter(one["verdict"] for one in done.named("commit.settled"))
        assert sum(map(_posts, proxy.asked)) == verdicts.total()
    assert verdicts == {"committed": 8, "rejected": 1}  # a draft stands among the redeemables
    assert len(shop.campaigns()) == 8


@pytest.mark.parametrize("act", [spoils.prefaced(SWITCH), spoils.prefaced(PROCESSING * 1000)])
def test_a_commit_without_a_final_answer_is_unknown_and_made_once(shop: Shop, act: Act) -> None:
    with before(shop, shop.box.punchh_url) as proxy:
        proxy.arm(Spoil(_posts, act, after=True))
        done = shop.once()
        proxy.disarm()
        assert done.code == 1
        assert [one["verdict"] for one in done.named("commit.settled")] == ["unknown"]
        shop.once()
        assert sum(map(_posts, proxy.asked)) == 1
    assert len(shop.campaigns()) == 1
