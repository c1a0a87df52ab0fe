"""jsforce at work against Salesforce's simulator."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from connector.sandbox.credentials import (
    SALESFORCE_KEY,
    SALESFORCE_PASSWORD,
    SALESFORCE_REFRESH_TOKEN,
    SALESFORCE_SECRET,
    SALESFORCE_TOKEN,
    SALESFORCE_USERNAME,
)
from connector.sandbox.org import ORG_ID, USER_ID
from tests.support.sandbox import Outside

pytestmark = [pytest.mark.clients, pytest.mark.timeout(400)]
CASES = Path(__file__).with_name("jsforce.cjs")
NAMES = ["Catering Invitation", "Harvest Dinner", "Personal Thank-You", "Two Cities"]


def played(outside: Outside, jsforce: Path, case: str) -> Any:
    """Play a case with jsforce; the simulator gives its own addresses, which jsforce follows."""
    outside.switch("salesforce.addresses", "own")
    environment = {
        "SALESFORCE": outside.box.salesforce_url,
        "CONTROL": outside.box.control_url,
        "KEY": SALESFORCE_KEY,
        "SECRET": SALESFORCE_SECRET,
        "USERNAME": SALESFORCE_USERNAME,
        "PASSWORD": SALESFORCE_PASSWORD,
        "TOKEN": SALESFORCE_TOKEN,
        "REFRESH": SALESFORCE_REFRESH_TOKEN,
        "NODE_PATH": str(jsforce / "node_modules"),
        "PATH": os.environ["PATH"],
    }
    command = ["node", str(CASES), case]
    done = subprocess.run(  # noqa: S603  our own
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def violations(outside: Outside) -> list[str]:
    rows = outside.control("GET", "/requests")["requests"]
    return [row["violation"] for row in rows if row["violation"]]


def test_every_way_to_log_in(outside: Outside, jsforce: Path) -> None:
    outside.switch("salesforce.password_logins", True)
    result = played(outside, jsforce, "logins")
    assert result["counts"] == [4, 4, 4]
    assert set(result["instances"]) == {outside.box.salesforce_url}
    assert result["users"] == [USER_ID] * 3
    assert result["wrong"]["message"] == "authentication failure"
    assert violations(outside) == []


def test_who_one_is(outside: Outside, jsforce: Path) -> None:
    result = played(outside, jsforce, "identity")
    assert result == {"user": USER_ID, "org": ORG_ID, "same": True}


def test_a_session_is_refreshed(outside: Outside, jsforce: Path) -> None:
    assert played(outside, jsforce, "refresh") == {"before": 4, "after": 4, "renewed": 1}


def test_queries(outside: Outside, jsforce: Path) -> None:
    outside.switch("salesforce.page_size", 3)
    result = played(outside, jsforce, "queries")
    assert result["pages"] == [NAMES[:3], NAMES[3:]]
    assert result["done"] == [False, True]
    assert result["all"] == NAMES
    assert result["found"] == ["Harvest Dinner", "Two Cities"]
    assert result["rest"] == ["Personal Thank-You", "Catering Invitation", "Catering Follow-up"]
    assert result["unlike"] == [["Win-back Flow", "Lapsed Guests"]]
    assert {"Id", "FlowDefinition", "ProgressStatus", "Segment"} <= set(result["stars"])
    assert (result["count"], result["used"], result["limits"]) == (1, 15_000, 15_000)
    assert violations(outside) == []


def test_descriptions(outside: Outside, jsforce: Path) -> None:
    result = played(outside, jsforce, "describe")
    assert {"ListEmail", "FlowRecord", "FlowRecordVersion"} <= set(result["objects"])
    assert result["prefix"] == "0XB"
    assert "ActiveVersionId" in result["fields"]
    assert result["segment"] == ["MarketSegment"]
    assert set(result["children"]) == {"FlowRecordVersion", "FlowRecordVersionOccurrence"}


def test_records_one_and_many(outside: Outside, jsforce: Path) -> None:
    result = played(outside, jsforce, "retrieve")
    assert result["single"] == NAMES[0]
    assert result["several"] == [NAMES[1], None, NAMES[0]]
    assert result["missing"]["code"] == "NOT_FOUND"
    assert violations(outside) == []


def test_refusals(outside: Outside, jsforce: Path) -> None:
    result = played(outside, jsforce, "refusals")
    codes = {key: value["code"] for key, value in result.items()}
    assert codes == {
        "field": "INVALID_FIELD",
        "object": "INVALID_TYPE",
        "query": "MALFORMED_QUERY",
        "write": "METHOD_NOT_ALLOWED",
    }
    assert violations(outside) == ["a write to Salesforce"]


@pytest.mark.parametrize("text", ["Friday \ud83c", "a\x00b\u202ec", "Crème 🍔"], ids=ascii)
def test_odd_texts_arrive(outside: Outside, jsforce: Path, text: str) -> None:
    outside.send(source="salesforce", kind="flow", name=text, segment="S")
    result = played(outside, jsforce, "texts")
    assert result["codes"] == [ord(char) for char in text]
