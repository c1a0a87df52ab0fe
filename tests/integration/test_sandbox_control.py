"""The control API, the ports, and the seeded restaurant."""

import json
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.sandbox import Sandbox, World
from tests.support.sandbox import CAMPAIGNS, REDEEMABLES, SEGMENTS, Outside, opened

ROOT = Path(__file__).parents[2]


@pytest.fixture
def outside() -> Iterator[Outside]:
    with opened(scenario=True) as running:
        yield running


def refused(outside: Outside, method: str, path: str, body: Any) -> tuple[int, str]:
    url = outside.box.control_url + path
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    reply = outside.session.request(method, url, data=data, timeout=5)
    return reply.status_code, reply.json()["error"]


def by_name(outside: Outside) -> dict[str, Any]:
    return {send["name"]: send for send in outside.control("GET", "/sends")["sends"]}


# The API


def test_the_root_lists_the_verbs(outside: Outside) -> None:
    verbs = outside.control("GET", "/")
    assert {"POST /sends", "GET /punchh/campaigns", "POST /faults"} <= set(verbs)


def test_the_clock_is_set_and_advanced(outside: Outside) -> None:
    outside.set_clock("2026-03-02T18:00:00+02:00")
    assert abs(outside.now() - datetime.fromisoformat("2026-03-02T16:00:00Z")) < timedelta(
        seconds=5
    )
    outside.advance(timedelta(hours=1))
    assert outside.now() > datetime.fromisoformat("2026-03-02T17:00:00Z")
    assert outside.braze("/campaigns/list").headers["Date"].startswith("Mon, 02 Mar 2026 17:00")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "sentence"),
    [
        ("POST", "/clock", {"set": "noon"}, 400, "set must be an ISO-8601 time with a zone"),
        ("POST", "/clock", {"set": "2026-03-02T18:00"}, 400, "set must be an ISO-8601 time"),
        ("POST", "/clock", {"advance": "1"}, 400, "advance must be a number of seconds"),
        ("POST", "/clock", b"{", 400, "the body is not JSON"),
        ("POST", "/clock", [], 400, "the body must be a JSON object"),
        ("POST", "/sends", {"source": "x"}, 400, "source must be one of braze, salesforce"),
        ("POST", "/sends", {"source": "braze"}, 400, "name must be a text"),
        ("POST", "/sends", {"source": "braze", "name": "x", "tag": 1}, 400, "unknown: tag"),
        ("POST", "/sends", {"source": "braze", "name": "x", "tags": "a"}, 400, "tags must be a"),
        ("POST", "/sends", {"source": "braze", "name": "x", "recurring": 1}, 400, "recurring must"),
        ("POST", "/sends", {"source": "braze", "name": "x", "schedule": "local",
                            "at": "2026-03-02T18:00:00Z"}, 400, "at must be an ISO-8601 wall"),
        ("POST", "/sends", {"source": "braze", "name": "x", "row": []}, 400, "row must be an ob"),
        ("POST", "/sends", {"source": "salesforce", "kind": "flow", "name": "x", "progress": "Up"},
         400, "progress must be one of Draft, InvalidDraft"),
        ("POST", "/sends", {"source": "salesforce", "kind": "flow", "name": "x", "campaign": 1},
         400, "campaign must be a text or null"),
        ("POST", "/braze/segments", {"size": 1}, 400, "name must be a text"),
        ("PATCH", "/sends/nope", {}, 404, "there is no send nope"),
        ("DELETE", "/sends/nope?how=burn", {}, 400, "how must be cancel or delete"),
        ("POST", "/segments", {}, 400, "name must be a text"),
        ("POST", "/segments", {"name": "x", "members": -1}, 400, "members must be a whole"),
        ("PATCH", "/segments/1", {}, 404, "there is no segment 1"),
        ("POST", "/redeemables", {"name": "x", "status": "odd"}, 400, "status must be one of"),
        ("DELETE", "/redeemables/x", {}, 404, "there is no redeemable x"),
        ("POST", "/faults", {"kind": "fire"}, 400, "kind must be one of"),
        ("POST", "/faults", {"kind": "status", "headers": 1}, 400, "headers must be an object"),
        ("POST", "/switches", {"braze.nope": 1}, 400, "there is no switch braze.nope"),
        ("POST", "/switches", {"braze.roll": "never"}, 400, "braze.roll is one of nominal"),
        ("POST", "/switches", {"punchh.clamp": True}, 400, "punchh.clamp is of kind int"),
        ("POST", "/switches", {"punchh.check_order": ["name"]}, 400, "punchh.check_order names"),
        ("POST", "/switches", {"salesforce.invalid_types": "x"}, 400, "salesforce.invalid_types"),
        ("GET", "/nothing", {}, 404, "there is no GET /nothing: see GET /"),
    ],
)  # fmt: skip
def test_mistakes_get_one_sentence(
    outside: Outside, method: str, path: str, body: Any, status: int, sentence: str
) -> None:
    found, told = refused(outside, method, path, body)
    assert found == status
    assert told.startswith(sentence)


def test_switches_change_together_or_not_at_all(outside: Outside) -> None:
    refused(outside, "POST", "/switches", {"punchh.clamp": 5, "braze.nope": 1})
    assert outside.control("GET", "/switches")["switches"]["punchh.clamp"]["value"] == 0


def test_the_catalog_is_edited(outside: Outside) -> None:
    made = outside.segment("Night Owls", members=5)
    path = f"/segments/{made['segment_id']}"
    outside.control("PATCH", path, {"name": "Night Birds"})
    assert outside.punchh("GET", SEGMENTS).json()[0]["name"] == "Night Birds"
    outside.control("DELETE", path)
    assert outside.punchh("GET", SEGMENTS, params={"query": "Night"}).json() == []
    treat = outside.redeemable("Treat", starts_at="2099-01-01T00:00:00Z")
    path = f"/redeemables/{treat['redeemable_id']}"
    outside.control("PATCH", path, {"name": "Sweet", "expires_at": "2099-02-01T00:00:00Z"})
    assert outside.punchh("GET", REDEEMABLES).json()[0]["name"] == "Sweet"
    outside.control("DELETE", path)
    held = outside.control("GET", "/redeemables")["redeemables"]
    assert "Sweet" not in [redeemable["name"] for redeemable in held]
    assert "Night Birds" not in [
        segment["name"] for segment in outside.control("GET", "/segments")["segments"]
    ]


def test_the_request_log_tells_no_secrets(outside: Outside) -> None:
    outside.punchh("GET", SEGMENTS, params={"query": "secret-query"})
    outside.punchh("POST", CAMPAIGNS, json={"name": "secret-body"})
    log = outside.control("GET", "/requests")
    told = [(row["remote"], row["method"], row["path"], row["status"]) for row in log["requests"]]
    assert told == [("punchh", "GET", SEGMENTS, 200), ("punchh", "POST", CAMPAIGNS, 400)]
    assert "sandbox-punchh-key" not in json.dumps(log)
    assert "secret" not in json.dumps(log)
    assert outside.control("DELETE", "/requests") == {"requests": []}
    assert outside.control("GET", "/requests")["requests"] == []


def test_reset_brings_the_scenario_back(outside: Outside) -> None:
    before = by_name(outside)
    for send in before.values():
        outside.control("DELETE", f"/sends/{send['id']}?how=delete")
    outside.segment("Night Owls")
    outside.switch("punchh.clamp", 1)
    outside.fault("reset")
    outside.control("POST", "/reset")
    after = by_name(outside)
    assert {name: send["id"] for name, send in after.items()} == {
        name: send["id"] for name, send in before.items()
    }
    assert len(outside.punchh("GET", SEGMENTS).json()) == 10


# The box


def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"port {port} "):
            Sandbox(port, scenario=False).start()


def test_fixed_ports() -> None:
    base = free_base()
    with Sandbox(base, world=World(seed=9), scenario=False) as box:
        urls = (box.control_url, box.braze_url, box.salesforce_url, box.punchh_url)
    assert urls == tuple(f"http://127.0.0.1:{base + place}" for place in (0, 1, 2, 4))


def free_base() -> int:
    for base in range(18_800, 19_800, 10):
        try:
            for place in range(5):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", base + place))
        except OSError:
            continue
        return base
    raise AssertionError


def test_the_import_is_cheap() -> None:
    script = (
        "import sys, connector.sandbox as s; s.BRAZE_KEY; "
        "print([m for m in ('http.server', 'socketserver', 'requests') if m in sys.modules])"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603  our own
    assert done.stdout.strip() == "[]"


# The restaurant


def minutes_ahead(outside: Outside, send: Any) -> int:
    away = datetime.fromisoformat(send["first_delivery"]) - outside.now()
    return round(away / timedelta(minutes=1))


def test_what_is_to_be_committed_lies_just_ahead(outside: Outside) -> None:
    sends = by_name(outside)
    wanted = {
        "Friday Fries - Email": 95,
        "Friday Fries - Push": 120,
        "Lunch Push": 100,
        "Birthday Dessert": 110,
        "Sunrise Coffee": 105,
        "Catering Invitation": 95,
        "Two Cities": 105,
        "Harvest Dinner": 110,
        "Win-back Flow": 115,
        "Flash Sale": 14,
    }
    found = {name: minutes_ahead(outside, sends[name]) for name in wanted}
    assert all(abs(found[name] - minutes) <= 1 for name, minutes in wanted.items()), found


def test_what_braze_shows(outside: Outside) -> None:
    shown = {row["name"]: row for row in outside.broadcasts()}
    assert len(shown) == 15
    hidden = {"Copy of Friday Fries - Email", "Friday Fries - Retired", "Friday Fries - Welcome"}
    assert not hidden & set(shown)
    assert "Friday Fries - Receipt" not in shown
    assert shown["Birthday Dessert"]["schedule_type"] == "Eastern Time (US & Canada)"
    assert " " in shown["Lunch Push"]["next_send_time"]


def whole_list(outside: Outside, path: str) -> list[Any]:
    rows: list[Any] = []
    for number in range(1, 9):
        rows += outside.punchh("GET", path, params={"page": number}).json()
    return rows


def test_the_catalog_needs_several_pages(outside: Outside) -> None:
    segments = Counter(row["name"] for row in whole_list(outside, SEGMENTS))
    assert sum(segments.values()) == 45
    assert (segments["Families"], segments["VIP Guests"], segments["Taco Loverz"]) == (2, 1, 0)
    redeemables = Counter(row["name"] for row in whole_list(outside, REDEEMABLES))
    assert sum(redeemables.values()) == 47
    assert set(redeemables.values()) == {1}


def test_summer_wings_are_over(outside: Outside) -> None:
    names = {row["name"]: row for row in whole_list(outside, REDEEMABLES)}
    body = {
        "redeemable_uuid": names["Summer Wings"]["redeemable_uuid"],
        "segment_id": whole_list(outside, SEGMENTS)[0]["segment_id"],
        "category": "gift_redeemable",
        "campaign_type": "mass_gifting",
        "name": "Wings",
        "start_time": (outside.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    reply = outside.punchh("POST", CAMPAIGNS, json=body)
    assert (reply.status_code, reply.json()) == (422, {"errors": "Redeemable is expired."})


def test_the_mapping_example_names_what_is_there(outside: Outside) -> None:
    text = (ROOT / "mappings" / "restaurant.yaml").read_text()
    wanted = {
        line.split(":", 1)[1].strip()
        for line in text.splitlines()
        if line.strip().startswith("redeemable:")
    }
    assert wanted <= {row["name"] for row in whole_list(outside, REDEEMABLES)}
