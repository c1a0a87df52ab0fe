"""How often a password may be guessed: by name and address, by address, and by name alone."""

import pytest

from connector.web.addresses import client_of, counted_as
from connector.web.throttle import (
    LONGEST_GAP,
    MOST_BY_ADDRESS,
    MOST_BY_NAME,
    WHILE,
    Throttle,
)
from tests.unit.test_settings_web import networks


class Hands:
    """A monotonic clock that is set by hand."""

    at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_a_try_counts_before_it_is_looked_at() -> None:
    hands = Hands()
    throttle = Throttle(hands)
    waits = [throttle.begin("ada", "1.1.1.1") for _ in range(150)]  # all at once, none is done
    assert waits == [0] * MOST_BY_NAME + [int(WHILE)] * (150 - MOST_BY_NAME)
    assert throttle.begin("vic", "1.1.1.1") == 0
    assert throttle.begin("ada", "2.2.2.2") == 0
    hands.at += WHILE
    assert throttle.begin("ada", "1.1.1.1") == 0


def test_an_address_that_failed_often_waits_for_every_name() -> None:
    throttle = Throttle(Hands())
    for number in range(MOST_BY_ADDRESS):
        assert throttle.begin(f"name-{number}", "1.1.1.1") == 0
    assert throttle.begin("ada", "1.1.1.1") > 0
    assert throttle.begin("ada", "2.2.2.2") == 0


def test_addresses_of_one_ipv6_household_are_one() -> None:
    throttle = Throttle(Hands())
    waits = [throttle.begin("ada", f"2001:db8:1:2::{number:x}") for number in range(40)]
    assert waits.count(0) == MOST_BY_NAME
    assert throttle.begin("ada", "2001:db8:1:3::1") == 0
    mapped = [throttle.begin("vic", address) for address in ("::ffff:9.9.9.9", "9.9.9.9") * 5]
    assert mapped.count(0) == MOST_BY_NAME


def test_a_name_guessed_at_from_everywhere_is_slowed_and_never_locked() -> None:
    hands = Hands()
    throttle = Throttle(hands)
    admitted = 0
    for number in range(3600):  # somebody new each second, for an hour
        wait = throttle.begin("ada", f"10.0.{number // 250}.{number % 250}")
        assert wait <= LONGEST_GAP
        admitted += wait == 0
        hands.at += 1
    assert 3600 / LONGEST_GAP < admitted < 3600 / LONGEST_GAP * 2
    hands.at += LONGEST_GAP
    assert throttle.begin("ada", "7.7.7.7") == 0


def test_a_browser_that_logged_in_before_waits_for_nobody_else() -> None:
    throttle = Throttle(Hands())
    for number in range(100):
        throttle.begin("ada", "1.1.1.1")
        throttle.begin("ada", f"10.0.0.{number}")
        throttle.begin(f"name-{number}", "1.1.1.1")
    assert throttle.begin("ada", "1.1.1.1", "browser-1") == 0
    waits = [throttle.begin("ada", "1.1.1.1", "browser-2") for _ in range(50)]
    assert waits.count(0) == MOST_BY_NAME  # a stolen one guesses no faster


def test_who_got_in_starts_anew() -> None:
    throttle = Throttle(Hands())
    for _ in range(8 * MOST_BY_ADDRESS):  # far more than may fail
        for _ in range(MOST_BY_NAME - 1):
            assert throttle.begin("ada", "1.1.1.1", "browser") == 0
        throttle.passed("ada", "1.1.1.1", "browser")
    for _ in range(8 * MOST_BY_ADDRESS):
        assert throttle.begin("ada", "2.2.2.2") == 0
        throttle.passed("ada", "2.2.2.2")


def test_strangers_cannot_fill_the_memory() -> None:
    throttle = Throttle(Hands())
    for number in range(12_000):
        throttle.begin("x" * 300 + str(number), f"10.0.{number // 250}.{number % 250}")
    assert len(throttle._failures) <= 10_000


# --- whom a request comes from


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.5", ["1.2.3.4"], "203.0.113.5"),  # no proxy of ours: it may say what it likes
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.5"], "203.0.113.5"),
        ("10.0.0.1", ["6.6.6.6, 203.0.113.5"], "203.0.113.5"),
        ("10.0.0.1", ["6.6.6.6", "203.0.113.5, 10.0.0.2"], "203.0.113.5"),
        ("10.0.0.1", ["6.6.6.6", "203.0.113.5", "10.0.0.3", "10.0.0.2"], "203.0.113.5"),
        ("::ffff:10.0.0.1", ["203.0.113.5:4711"], "203.0.113.5"),
        ("10.0.0.1", ["[2001:db8::5]:4711"], "2001:db8::5"),
        ("10.0.0.1", ["2001:db8::5"], "2001:db8::5"),
        ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", ["6.6.6.6, unknown"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("", ["6.6.6.6"], ""),
    ],
)
def test_only_what_believed_proxies_wrote_says_whom_a_request_comes_from(
    peer: str, forwarded: list[str], found: str
) -> None:
    assert client_of(peer, forwarded, networks("10.0.0.0/8"))[0] == found


def test_what_is_no_address_is_counted_as_it_is() -> None:
    assert counted_as("testclient") == "testclient"
    assert counted_as("fe80::1%eth0") == "fe80::/64"
