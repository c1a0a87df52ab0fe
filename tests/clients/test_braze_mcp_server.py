"""Braze's own `braze-mcp-server` at work against Braze's simulator, by its protocol on stdio."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from connector.sandbox import BRAZE_KEY
from tests.support.sandbox import FAR, Outside

pytestmark = [pytest.mark.clients, pytest.mark.timeout(400)]
PROTOCOL = "2025-06-18"


class Client:
    """One session with the server: a line of JSON each way."""

    def __init__(self, asks: IO[str], answers: IO[str]) -> None:
        self._asks, self._answers = asks, answers
        self._last = 0

    def _say(self, message: dict[str, Any]) -> None:
        self._asks.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self._asks.flush()

    def ask(self, method: str, **params: Any) -> Any:
        self._last += 1
        self._say({"id": self._last, "method": method, "params": params})
        while line := self._answers.readline():
            reply = json.loads(line)
            if reply.get("id") == self._last:
                return reply["result"]
        raise AssertionError("the server hung up")

    def begin(self) -> None:
        who = {"name": "tests", "version": "1"}
        self.ask("initialize", protocolVersion=PROTOCOL, capabilities={}, clientInfo=who)
        self._say({"method": "notifications/initialized", "params": {}})

    def call(self, function: str, **parameters: Any) -> Any:
        """Call a function of Braze's API; return what the server made of the answer.

        The server wraps what fits its own models with their schema, and passes on raw what does
        not: so the schema says whether the simulator answered as Braze's client expects.
        """
        text, failed = self.call_raw(function, **parameters)
        assert not failed, text
        return json.loads(text)

    def call_raw(self, function: str, **parameters: Any) -> tuple[str, bool]:
        """Call a function; return what the server writes, and whether it calls that an error."""
        arguments = {"function_name": function, "parameters": parameters}
        result = self.ask("tools/call", name="call_function", arguments=arguments)
        return result["content"][0]["text"], result["isError"]


@contextmanager
def serving(outside: Outside, program: Path, tmp_path: Path) -> Iterator[Client]:
    environment = {"BRAZE_API_KEY": BRAZE_KEY, "BRAZE_BASE_URL": outside.box.braze_url}
    with (
        (tmp_path / "stderr").open("w") as stderr,
        subprocess.Popen(  # noqa: S603  installed by the tests
            [str(program)],
            env=environment,
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            encoding="utf-8",
        ) as server,
    ):
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            client = Client(server.stdin, server.stdout)
            client.begin()
            yield client
        finally:
            server.stdin.close()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()


@pytest.fixture
def client(outside: Outside, braze_mcp: Path, tmp_path: Path) -> Iterator[Client]:
    with serving(outside, braze_mcp, tmp_path) as found:
        yield found


def fits(reply: Any, model: str) -> Any:
    assert reply["schema"]["model_name"] == model
    return reply["data"]


def test_what_is_scheduled(outside: Outside, client: Client) -> None:
    reply = client.call("get_scheduled_broadcasts", end_time=FAR)
    rows = fits(reply, "ScheduledBroadcastsResponse")["scheduled_broadcasts"]
    assert rows == outside.broadcasts()
    assert len(rows) == 15


def test_lists_and_details(outside: Outside, client: Client) -> None:
    campaigns = fits(client.call("get_campaign_list"), "CampaignListResponse")["campaigns"]
    canvases = fits(client.call("get_canvas_list"), "CanvasListResponse")["canvases"]
    assert {"Friday Fries - Email", "Friday Fries - Receipt"} <= {row["name"] for row in campaigns}
    assert [row["name"] for row in canvases] == ["Birthday Dessert"]
    made = next(row for row in campaigns if row["name"] == "Friday Fries - Email")
    detail = client.call("get_campaign_details", campaign_id=made["id"])
    assert fits(detail, "CampaignDetails")["enabled"] is True
    detail = client.call("get_canvas_details", canvas_id=canvases[0]["id"])
    assert fits(detail, "CanvasDetails")["name"] == "Birthday Dessert"
    drafted = {"name": "Later"}
    outside.control("POST", f"/sends/{made['id']}/draft", drafted)
    detail = client.call(
        "get_campaign_details", campaign_id=made["id"], post_launch_draft_version=True
    )
    assert fits(detail, "CampaignDetails")["name"] == "Later"


def test_segments_and_their_sizes(outside: Outside, client: Client) -> None:
    made = outside.control("POST", "/braze/segments", {"name": "VIP", "size": 1234})
    reply = client.call("get_segment_list", sort_direction="desc")
    assert fits(reply, "SegmentListResponse")["segments"][0]["name"] == "VIP"
    reply = client.call("get_segment_details", segment_id=made["id"])
    assert fits(reply, "SegmentDetails")["name"] == "VIP"
    reply = client.call("get_segment_data_series", segment_id=made["id"], length=14)
    series = fits(reply, "SegmentDataSeriesResponse")["data"]
    assert [point["size"] for point in series] == [1234] * 14
    assert series[-1]["time"] == outside.now().date().isoformat()


def test_null_tags_fit_its_lists_and_not_its_broadcasts(outside: Outside, client: Client) -> None:
    outside.switch("braze.null_tags", True)
    reply = client.call("get_campaign_list")
    assert fits(reply, "CampaignListResponse")["campaigns"][0]["tags"][0] is None
    reply = client.call("get_scheduled_broadcasts", end_time=FAR)
    assert reply["scheduled_broadcasts"][0]["tags"][0] is None
    outside.switch("braze.null_tags", False)
    outside.switch("braze.details_absent", ["archived", "draft", "enabled", "tags"])
    made = outside.broadcasts()[0]
    detail = client.call("get_campaign_details", campaign_id=made["id"])
    assert fits(detail, "CampaignDetails")["enabled"] is None


@pytest.mark.parametrize("form", ["message", "errors", "empty", "html"])
def test_refusals(outside: Outside, client: Client, form: str) -> None:
    outside.switch("braze.error_body", form)
    outside.switch("braze.missing_permissions", ["campaigns.list"])
    reply = client.call("get_campaign_list")
    assert reply["success"] is False
    assert reply["error"]["details"]["http_status"] == 403
    reply = client.call("get_campaign_details", campaign_id="nothing")
    assert reply["error"]["details"]["http_status"] == 400


@pytest.mark.parametrize("text", ["a\x00b\u202ec", "Crème 🍔"], ids=ascii)
def test_odd_texts_arrive(outside: Outside, client: Client, text: str) -> None:
    outside.send(source="braze", name=text, tags=[text], at="2098-01-01T00:00:00Z")
    reply = client.call("get_scheduled_broadcasts", end_time=FAR)
    row = fits(reply, "ScheduledBroadcastsResponse")["scheduled_broadcasts"][-1]
    assert (row["name"], row["tags"]) == (text, [text])


def test_half_a_surrogate_pair_costs_this_client_the_whole_list(
    outside: Outside, client: Client
) -> None:
    """One such name, and Braze's own client shows none of the others: what ours must not do."""
    outside.send(source="braze", name="Friday \ud83c", at="2098-01-01T00:00:00Z")
    text, failed = client.call_raw("get_scheduled_broadcasts", end_time=FAR)
    assert failed
    assert "surrogates not allowed" in text
