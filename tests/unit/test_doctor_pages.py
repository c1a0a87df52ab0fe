"""What the doctor says of the way to the pages, by what comes back from there."""

import json
from pathlib import Path
from random import Random

import pytest
from structlog.testing import capture_logs

from connector.domain.checkup import Check
from connector.http.reply import Reply
from connector.settings.web import pages_id
from connector.worker.doctor.pages import MADE_UP, _judged, reached
from tests.support.clocks import FixedClock
from tests.support.planning import NOW
from tests.support.rawserver import RawServer, answer, read, refusing
from tests.unit.test_settings import BASE
from tests.unit.test_settings import read as settings_of

HEADERS = {"Strict-Transport-Security": "max-age=1"}
URL = "https://connector.brand.com"


def codes(checks: list[Check]) -> list[tuple[str, str]]:
    return [(check.level.value, check.found.code) for check in checks]


def judged(tmp_path: Path, reply: Reply, web: str = "") -> list[tuple[str, str]]:
    settings = settings_of(tmp_path, f'{BASE}[web]\npublic_url = "{URL}"\n{web}').web
    return codes(list(_judged(settings, reply, "L1")))


def health(**changed: object) -> Reply:
    found = {"pages": pages_id("L1"), "address": "203.0.113.5", "proxied": True, "steps": 1}
    return Reply(200, HEADERS, json.dumps({**found, **changed}).encode())


REACHED = ("ok", "reached")


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (health(), [REACHED, ("ok", "address")]),
        (health(address="10.0.0.1", proxied=False, steps=0), [REACHED, ("fails", "address")]),
        (health(address="10.0.0.1", steps=0), [REACHED, ("fails", "address")]),
        (health(address=MADE_UP), [REACHED, ("fails", "address")]),
        (health(address=MADE_UP, steps=2), [REACHED, ("warning", "address")]),
        (Reply(200, {}, health().body), [REACHED, ("ok", "address"), ("warning", "tls")]),
        (health(pages="another"), [("fails", "reached")]),
        (Reply(200, HEADERS, b"<html>"), [("fails", "reached")]),
        (Reply(200, HEADERS, b"[]"), [("fails", "reached")]),
        (Reply(404, HEADERS, b""), [("fails", "reached")]),
        (Reply(421, HEADERS, b""), [("fails", "host")]),
        (Reply(502, HEADERS, b""), [("warning", "reached")]),
    ],
)
def test_each_answer_is_judged(tmp_path: Path, reply: Reply, found: list[tuple[str, str]]) -> None:
    assert judged(tmp_path, reply) == found


@pytest.mark.parametrize(
    ("web", "found"),
    [
        ("", []),
        ('proxies = ["10.0.0.1"]', [("warning", "public-url")]),
        ('hosts = ["connector.brand.com"]', [("warning", "public-url")]),
    ],
)
def test_without_a_public_url_nobody_is_asked(
    tmp_path: Path, web: str, found: list[tuple[str, str]]
) -> None:
    settings = settings_of(tmp_path, f"{BASE}[web]\n{web}\n")
    assert codes(list(reached(settings, FixedClock(NOW), Random(1), "L1"))) == found


def test_it_asks_as_a_stranger_who_makes_up_an_address(tmp_path: Path) -> None:
    with RawServer([read, answer(health(proxied=False).body)]) as server, capture_logs():
        settings = settings_of(tmp_path, f'{BASE}[web]\npublic_url = "{server.url}"\n')
        found = codes(list(reached(settings, FixedClock(NOW), Random(1), "L1")))
        assert found == [REACHED, ("warning", "address")]  # plain http: on this machine alone
        assert f"X-Forwarded-For: {MADE_UP}".encode() in server.requests[0]
    with refusing() as url, capture_logs():
        settings = settings_of(tmp_path, f'{BASE}[web]\npublic_url = "{url}"\n')
        found = codes(list(reached(settings, FixedClock(NOW), Random(1), "L1")))
        assert found == [("warning", "reached")]
