"""The webhook's receiver over real sockets: the simulated Punchh's events, and everybody else's."""

import hashlib
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest
import structlog

from connector.clock import ShiftedClock
from connector.domain.distribution import Distribution, State
from connector.domain.offer import Verdict
from connector.errors import LedgerError
from connector.ledger import Ledger
from connector.punchh.webhook import LARGEST, Delivery, Why
from connector.sandbox import Sandbox, World
from connector.sandbox.business import Campaign, Redeemable, Segment
from connector.sandbox.hooks import Event, Receiver
from connector.sandbox.webhooks import post, send_to
from connector.settings import RewardsSettings
from connector.web import rewards
from tests.support.clocks import FixedClock
from tests.support.console import until
from tests.support.ledger import NOW, new_ledger, recorded, settled
from tests.support.receiver import BEARER, SIGNED, receiving
from tests.unit.test_webhook import CLIENT, EVENT, SECRET, TOKEN, body_of, changed, fuzzed

GUESTS = 4
CAMPAIGN = 99511403
HOUR = timedelta(hours=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path) as found:
        yield found


@pytest.fixture
def unknown(ledger: Ledger) -> Distribution:
    return settled(ledger, recorded(ledger), Verdict.UNKNOWN, State.UNKNOWN)


@pytest.fixture
def box() -> Iterator[Sandbox]:
    clock = ShiftedClock()
    clock.set(NOW)
    with Sandbox(0, world=World(clock), scenario=False) as opened:
        yield opened
        assert opened.world.errors == []


def gift(
    box: Sandbox,
    mark: str | None,
    campaign_id: int = CAMPAIGN,
    switches: Mapping[str, Any] | None = None,
) -> None:
    """Let a campaign be done whose name ends in a mark; its events wait for their time."""
    given = {"punchh.webhook_guests": GUESTS, "punchh.webhook_lag_seconds": 0}
    with box.world.lock:
        box.world.switches.set({**given, **(switches or {})})
        business, now = box.world.punchh, box.world.now()
        business.segments[7] = Segment(7, "VIP", 100)
        business.redeemables["u-1"] = Redeemable(20, "u-1", "Fries")
        made = Campaign(campaign_id, f"Fries {mark}", 7, "u-1", mark, now, now, now, 100)
        business.campaigns[campaign_id] = replace(made, status="finished", gifts=100, gifted_at=now)


def tell(box: Sandbox, url: str, **proof: str) -> None:
    with box.world.lock:
        send_to(box.world, Receiver(url, **(proof or {"client": CLIENT, "secret": SECRET})))


def statuses(box: Sandbox, method: str = "POST") -> list[int]:
    with box.world.lock:
        return [one.status for one in box.world.hooks.posted if one.method == method]


def gifts_heard(ledger: Ledger, row: Distribution) -> list[tuple[int, int]]:
    found = ledger.evidence([row.id]).get(row.id)
    return [(one.campaign_id, one.gifts) for one in found.heard] if found else []


@pytest.mark.parametrize(
    ("settings", "proof"),
    [(SIGNED, {"client": CLIENT, "secret": SECRET}), (BEARER, {"token": TOKEN})],
    ids=["signed", "bearer"],
)
def test_every_gift_is_counted_once_though_told_twice_and_in_no_order(
    box: Sandbox,
    ledger: Ledger,
    unknown: Distribution,
    settings: RewardsSettings,
    proof: dict[str, str],
) -> None:
    order = {"punchh.webhook_order": "shuffled", "punchh.webhook_copies": 2}
    gift(box, unknown.external_campaign_id, switches=order)
    with receiving(settings, ledger, box.world.clock) as url:
        tell(box, url, **proof)
        until(lambda: len(statuses(box)) == 2 * GUESTS)
    assert set(statuses(box)) == set(statuses(box, "GET")) == {200}
    assert gifts_heard(ledger, unknown) == [(CAMPAIGN, GUESTS)]
    assert [row.state for row in ledger.settle_heard(at=NOW)] == [State.COMMITTED]


def test_late_events_come_when_their_time_has_come(
    box: Sandbox, ledger: Ledger, unknown: Distribution
) -> None:
    gift(box, unknown.external_campaign_id, switches={"punchh.webhook_lag_seconds": 3600})
    with receiving(SIGNED, ledger, box.world.clock) as url:
        tell(box, url)
        until(lambda: statuses(box, "GET"))
        assert statuses(box) == []
        with box.world.lock:
            box.world.clock.advance(HOUR)
        until(lambda: len(statuses(box)) == GUESTS)
    assert gifts_heard(ledger, unknown) == [(CAMPAIGN, GUESTS)]


def test_an_event_that_is_too_old_to_be_remembered_is_not_counted(
    box: Sandbox, ledger: Ledger, unknown: Distribution
) -> None:
    gift(box, unknown.external_campaign_id)
    with box.world.lock:
        box.world.clock.advance(timedelta(days=2, hours=1))
    with receiving(SIGNED, ledger, box.world.clock) as url:
        tell(box, url)
        until(lambda: len(statuses(box)) == GUESTS)
    assert set(statuses(box)) == {200}
    assert gifts_heard(ledger, unknown) == []


def test_a_campaign_of_another_number_is_told_apart(
    box: Sandbox, ledger: Ledger, unknown: Distribution
) -> None:
    gift(box, unknown.external_campaign_id)
    gift(box, unknown.external_campaign_id, CAMPAIGN + 1)
    with receiving(SIGNED, ledger, box.world.clock) as url:
        tell(box, url)
        until(lambda: len(statuses(box)) == 2 * GUESTS)
    assert gifts_heard(ledger, unknown) == [(CAMPAIGN, GUESTS), (CAMPAIGN + 1, GUESTS)]
    assert ledger.settle_heard(at=NOW) == ()


@pytest.mark.parametrize("proof", [{"client": CLIENT, "secret": "wrong"}, {"token": TOKEN}])
def test_who_proves_nothing_is_refused_but_for_the_probe(
    box: Sandbox, ledger: Ledger, unknown: Distribution, proof: dict[str, str]
) -> None:
    gift(box, unknown.external_campaign_id)
    with receiving(SIGNED, ledger, box.world.clock) as url:
        tell(box, url, **proof)
        until(lambda: len(statuses(box)) == GUESTS)
    assert (set(statuses(box)), set(statuses(box, "GET"))) == ({401}, {200})
    assert gifts_heard(ledger, unknown) == []


def test_what_the_ledger_cannot_take_is_told_again_later(
    box: Sandbox, ledger: Ledger, unknown: Distribution
) -> None:
    gift(box, unknown.external_campaign_id)
    spoilt = [LedgerError("the disk is full")] * GUESTS
    with receiving(SIGNED, ledger, box.world.clock, spoilt) as url:
        tell(box, url)
        until(lambda: len(statuses(box)) == GUESTS)
        assert set(statuses(box)) == {503}
        with box.world.lock:
            box.world.clock.advance(timedelta(minutes=2))
        until(lambda: len(statuses(box)) == 2 * GUESTS)
    assert statuses(box)[GUESTS:] == [200] * GUESTS
    assert gifts_heard(ledger, unknown) == [(CAMPAIGN, GUESTS)]


# --- strangers


@contextmanager
def door(ledger: Ledger, clock: Any = None) -> Iterator[tuple[str, int]]:
    with receiving(SIGNED, ledger, clock or FixedClock(NOW)) as url:
        place = urlsplit(url)
        yield place.hostname or "", place.port or 0


def raw(place: tuple[str, int], data: bytes, seconds: float = 5.0) -> bytes:
    """Say bytes as they are, and return what comes back until the other side has enough."""
    with closing(socket.create_connection(place, seconds)) as line:
        line.sendall(data)
        line.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := line.recv(4096):
            answer += chunk
    return answer


def state_of(folder: Path) -> str:
    """Return a digest of all that the ledger's files hold."""
    made = hashlib.sha256()
    for path in sorted(folder.glob("ledger.db*")):
        if not path.name.endswith("-shm"):
            made.update(path.name.encode() + path.read_bytes())
    return made.hexdigest()


def asked(line: HTTPConnection, delivery: Delivery) -> int:
    """Make the request that a delivery describes, and return the answer's status."""
    target = delivery.target.decode("latin-1") or "/"
    line.putrequest(delivery.method, target, skip_accept_encoding=True)
    for name, value in delivery.headers.items():
        sayable = "".join(char for char in value if char.isprintable() and char < "\xff")
        line.putheader(name, sayable.strip().encode("latin-1"))
    line.putheader("Content-Length", str(len(delivery.body)))
    line.endheaders(delivery.body)
    reply = line.getresponse()
    reply.read()
    return reply.status


def fuzz(ledger: Ledger, folder: Path, count: int, seed: int) -> dict[int, int]:
    """Send so many deliveries that prove nothing; return how often each status came."""
    random, seen = Random(seed), dict[int, int]()
    before = state_of(folder)
    with structlog.testing.capture_logs() as logs, door(ledger) as place:
        line = HTTPConnection(*place, timeout=10)
        for number in range(count):
            delivery = fuzzed(random)
            if random.random() < 0.7 or not delivery.target.isascii():
                delivery = replace(delivery, target=b"/webhooks/punchh")
            target = delivery.target.decode("latin-1")
            if any(not "!" <= char <= "~" for char in target):
                delivery = replace(delivery, target=b"/webhooks/punchh")
            status = asked(line, delivery)
            seen[status] = seen.get(status, 0) + 1
            if number % 50 == 0:  # and some of what is not even HTTP
                raw(place, bytes(random.randrange(256) for _ in range(200)))
        line.close()
        assert state_of(folder) == before
    told = [one.get("why", one["event"]) for one in logs]
    assert len(told) == len(set(told)) <= 6  # a stranger cannot fill the log
    assert state_of(folder) == before
    return seen


def _check(seen: dict[int, int]) -> None:
    assert set(seen) <= {200, 401, 404, 405}  # 200: a GET asks whether somebody is here
    assert seen[401] > sum(seen.values()) / 4


def test_nothing_that_a_stranger_sends_changes_anything(
    ledger: Ledger, unknown: Distribution, tmp_path: Path
) -> None:
    _check(fuzz(ledger, tmp_path, 1_000, seed=1))


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_nothing_that_ten_thousand_strangers_send_changes_anything(
    ledger: Ledger, unknown: Distribution, tmp_path: Path
) -> None:
    _check(fuzz(ledger, tmp_path, 10_000, seed=2))


def test_an_oversized_body_is_not_read_to_its_end(ledger: Ledger) -> None:
    with door(ledger) as place:
        line = HTTPConnection(*place, timeout=5)
        line.request("POST", "/webhooks/punchh", b"x" * (LARGEST + 1))
        assert line.getresponse().status == 413
        line.close()


def test_a_body_that_never_ends_is_given_up(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewards, "SECONDS", 0.2)
    head = b"POST /webhooks/punchh HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"
    with door(ledger) as place, closing(socket.create_connection(place, 5)) as line:
        line.sendall(head)
        assert b" 408 " in line.recv(4096)


def test_a_caller_who_hangs_up_is_no_fault(ledger: Ledger) -> None:
    head = b"POST /webhooks/punchh HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"
    with structlog.testing.capture_logs() as logs, door(ledger) as place:
        raw(place, head)
        line = HTTPConnection(*place, timeout=5)
        line.request("GET", "/webhooks/punchh")
        assert line.getresponse().status == 200
        line.close()
    assert [(one["event"], one["why"]) for one in logs] == [("webhook.refused", Why.CUT_SHORT)]


def test_refusals_are_logged_once_a_minute(ledger: Ledger) -> None:
    clock = FixedClock(NOW)
    with structlog.testing.capture_logs() as logs, door(ledger, clock) as place:
        line = HTTPConnection(*place, timeout=5)
        for _ in range(4):
            asked(line, Delivery("POST", b"/webhooks/punchh", {}))
            clock.advance(timedelta(seconds=30))
        line.close()
    assert [(one["why"], one["count"]) for one in logs] == [(Why.NO_PROOF, 1), (Why.NO_PROOF, 2)]


def test_it_is_off_unless_its_table_is_there(ledger: Ledger) -> None:
    assert rewards.routes(None, lambda: ledger, FixedClock(NOW)) == []


def test_a_proven_event_of_somebody_elses_campaign_leaves_no_trace(
    ledger: Ledger, tmp_path: Path
) -> None:
    before = state_of(tmp_path)
    other = changed(campaign_name="Signup - Free Burger")
    with receiving(SIGNED, ledger, FixedClock(NOW)) as url:
        receiver = Receiver(url, CLIENT, SECRET)
        for body in (body_of(other), body_of(changed(event_name="checkins"))):
            assert post(receiver, Event("x", body, NOW)) == 200
        assert state_of(tmp_path) == before
        assert post(receiver, Event("x", body_of(EVENT), NOW)) == 200
    assert state_of(tmp_path) != before
    assert [one.campaign_id for one in ledger.standing(since=NOW - HOUR).strays] == [99511403]
