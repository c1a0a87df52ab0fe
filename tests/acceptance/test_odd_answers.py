"""What a real worker makes of answers that real servers and their proxies give."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit

import pytest

from connector.sandbox.faults import Fault
from tests.support import spoils
from tests.support.console import Shop
from tests.support.ears import Ear
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


def _url(shop: Shop, remote: str) -> str:
    box = shop.box
    urls = {"braze": box.braze_url, "salesforce": box.salesforce_url, "punchh": box.punchh_url}
    return urls[remote]


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
        done = shop.inside("run", "--once")
        proxy.disarm()
        assert done.code == 1
        assert [one["verdict"] for one in done.named("commit.settled")] == ["unknown"]
        shop.inside("run", "--once")
        assert sum(map(_posts, proxy.asked)) == 1
    assert len(shop.campaigns()) == 1


# --- the remote's clock


def _status(shop: Shop, remote: str) -> tuple[dict[str, object], list[str]]:
    status = shop.inside("status", "--json").json()
    codes = [one["code"] for one in status["attentions"] if one["id"] == f"remote:{remote}"]
    return status["remotes"][remote], codes


CENTURY = timedelta(days=36524)


@pytest.mark.parametrize(
    ("remote", "name", "off"),
    [
        ("punchh", "punchh", CENTURY),
        ("braze", "braze_us", CENTURY),
        ("salesforce", "sf_core", -timedelta(days=2)),
    ],
)
def test_a_date_that_is_no_clock_moves_nothing_and_is_named(
    shop: Shop, remote: str, name: str, off: timedelta
) -> None:
    with before(shop, _url(shop, remote)) as proxy:
        proxy.arm(Spoil(_all, spoils.dated_off(off, datetime.now(UTC))))
        done = shop.inside("run", "--once")
        assert len(shop.campaigns()) == 8
        note, codes = _status(shop, name)
        assert codes == ["clock-unusable"]
        assert [one["remote"] for one in done.named("clock.off")] == [name]
        assert abs(timedelta(seconds=int(str(note["skew_seconds"])))) <= timedelta(days=365)
        doctor = {(one["of"], one["code"]) for one in shop.inside("doctor", "--json").json()}
        assert (name, "clock-unusable") in doctor


def test_an_answer_out_of_a_cache_tells_no_time(shop: Shop) -> None:
    kept = format_datetime(datetime.now(UTC) - timedelta(hours=3), usegmt=True)
    stamped = spoils.changed(lambda reply, _: reply.having(("Age", "10800"), ("Date", kept)))
    with before(shop, shop.box.braze_url) as proxy:
        proxy.arm(Spoil(_all, stamped))
        shop.inside("run", "--once")
        note, codes = _status(shop, "braze_us")
    assert (note["skew_seconds"], codes) == (0, [])
    assert len(shop.campaigns()) == 8


# --- a remote that asks to be left alone

_DETAILS = "/campaigns/details"
HEADERS = (
    ("Retry-After", "120"),
    ("X-RateLimit-Retry-After", "120"),
    ("X-RateLimit-Reset", "120"),
)


def _asked(shop: Shop, remote: str) -> int:
    with shop.box.world.lock:
        return sum(row.remote == remote for row in shop.box.world.requests.rows())


@pytest.mark.parametrize(
    ("remote", "name", "header"),
    [
        ("braze", "braze_us", HEADERS[1]),
        ("salesforce", "sf_core", HEADERS[0]),
        ("punchh", "punchh", HEADERS[2]),
    ],
)
def test_a_wait_that_was_asked_for_outlives_the_process(
    live_shop: Shop, remote: str, name: str, header: tuple[str, str]
) -> None:
    shop = live_shop
    shop.fault("status", remote, code=429, body='{"message": "slow"}', headers=(header,), times=9)
    for _ in range(2):
        assert shop.inside("run", "--once").code == 1
        assert _asked(shop, remote) == 1
    note, codes = _status(shop, name)
    assert codes == ["left-alone"]
    breaker = note["breaker"]
    assert isinstance(breaker, dict)
    until = datetime.fromisoformat(breaker["not_before"])
    assert timedelta(0) < until - datetime.now(UTC) <= timedelta(seconds=120)


def test_a_wait_asked_for_in_a_side_question_is_kept_too(live_shop: Shop) -> None:
    """The list was read, and costs no offer; whether drafts wait it would not be asked."""
    shop = live_shop
    shop.fault("status", "braze", path=_DETAILS, code=429, headers=(HEADERS[0],), times=9)
    shop.inside("run", "--once")
    asked, committed = _asked(shop, "braze"), len(shop.campaigns())
    assert (asked, committed) == (2, 8)
    assert shop.inside("run", "--once").code == 1
    assert _asked(shop, "braze") == asked
    assert _status(shop, "braze_us")[1] == ["left-alone"]


# --- whoever says yes by the status and no in the text

OUTLETS = """
[alerts.channels.slack]
kind = "webhook"
url = "{0}/services/hook"
[heartbeat]
url = "{0}/ping"
"""


def test_an_alert_counts_as_sent_only_if_the_channel_took_it(live_shop: Shop) -> None:
    shop = live_shop
    with Ear() as ear:
        shop.configure("", OUTLETS.format(ear.url))
        ear.body = b'{"ok": false, "error": "channel_not_found"}'
        done = shop.once()
        assert (len(ear.posts), ear.gets) == (1, ["/ping"])
        assert done.named("alert.sent") == []
        assert [one["channel"] for one in done.named("alert.failed")] == ["slack"]
        assert len(done.named("heartbeat.failed")) == 1
        for body, code in ((ear.body, 1), (b"ok", 0)):
            ear.body = body
            tested = shop.inside("alert", "test")
            assert (tested.code, "channel_not_found" in tested.out) == (code, bool(code))


# --- why a remote cannot be read


def test_a_redirect_and_a_port_without_tls_are_told_with_their_cause(shop: Shop) -> None:
    plain = shop.box.salesforce_url.replace("http:", "https:")
    shop.configure(shop.box.salesforce_url, plain)
    elsewhere = Fault("redirect", remote="braze", location="https://sso.example/in?t=k", times=9)
    with shop.box.world.lock:
        shop.box.world.faults.add(elsewhere)
    shop.live()
    assert shop.once().code == 1
    assert _asked(shop, "braze") == 1
    trouble = {name: str(_status(shop, name)[0]["trouble"]) for name in ("braze_us", "sf_core")}
    assert "https://sso.example (302)" in trouble["braze_us"]
    assert "t=k" not in trouble["braze_us"]
    assert "does not speak TLS" in trouble["sf_core"]
